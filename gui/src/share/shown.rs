//! The server's words, in the window's.

use crate::state::sharing::{
    Access, Circle, Draft, Invitation, Lasting, Link, Person, QrCode, Share,
};
use ferry_server::config;
use ferry_server::daemon::sharing::{self, Invite, Invited, SharedFolder, SharingError};
use ferry_server::qr::QrMatrix;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// How a server is, and who was invited to it.
pub(super) fn share_of(folder: &SharedFolder) -> Result<Share, SharingError> {
    let (sharing, people) = (folder.sharing()?, folder.people()?);
    let circle = circle(sharing.circle);
    let is_for_guests = matches!(circle, Circle::Everybody(_));
    Ok(Share {
        folder: PathBuf::from(&sharing.folder),
        port: sharing.local.port(),
        circle,
        link: is_for_guests.then(|| link(sharing.link)),
        people: people.into_iter().map(person).collect(),
        keeps_running: sharing.is_kept,
    })
}

/// A link with its code.
#[must_use]
pub fn link(text: String) -> Link {
    Link { code: code(&text), text }
}

fn code(link: &str) -> Option<QrCode> {
    let matrix = QrMatrix::of(link)?;
    let width = matrix.width();
    let fields = (0..width).flat_map(|row| (0..width).map(move |column| (column, row)));
    let dark = fields.map(|(column, row)| matrix.is_dark(column, row)).collect();
    Some(QrCode { width, dark })
}

/// What the server is to invite to: one device, which is asked nothing more.
pub(super) fn wish(draft: &Draft) -> Invite {
    Invite {
        user: Some(draft.account()),
        expires: lasting(draft.lasting).to_owned(),
        uses: NonZeroU32::MIN,
        read_only: draft.access == Access::Read,
        path: None,
        address: None,
    }
}

pub(super) fn invitation(invited: Invited) -> Invitation {
    let until = invited.expires.as_unix_secs();
    Invitation { name: invited.account, link: link(invited.link), until }
}

pub(super) fn person(person: sharing::Person) -> Person {
    Person {
        name: person.name,
        access: access(person.access),
        // What a device calls itself is another's word.
        devices: person
            .devices
            .iter()
            .map(|name| ferry_protocol::escape(name.as_bytes()))
            .collect(),
        invited_until: person.invited_until.map(sharing::Expiry::as_unix_secs),
        has_password: person.has_password,
    }
}

pub(super) fn circle_of(circle: Circle) -> sharing::Circle {
    match circle {
        Circle::Window => sharing::Circle::Owner,
        Circle::Invited => sharing::Circle::Invited,
        Circle::Everybody(Access::Read) => sharing::Circle::Everybody(config::Access::Read),
        Circle::Everybody(Access::Write) => sharing::Circle::Everybody(config::Access::Write),
    }
}

fn circle(circle: sharing::Circle) -> Circle {
    match circle {
        sharing::Circle::Owner => Circle::Window,
        sharing::Circle::Invited => Circle::Invited,
        sharing::Circle::Everybody(guests) => Circle::Everybody(access(guests)),
    }
}

fn access(access: config::Access) -> Access {
    match access {
        config::Access::Read => Access::Read,
        config::Access::Write => Access::Write,
    }
}

fn lasting(lasting: Lasting) -> &'static str {
    match lasting {
        Lasting::Hour => "1h",
        Lasting::Day => "1d",
        Lasting::Week => "7d",
    }
}

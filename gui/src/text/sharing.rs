//! Texts of the shared folder's dialog.

use super::format::{counted, time};
use crate::state::sharing::{Access, Circle, Lasting, NameMistake, Person, Way};
use jiff::tz::TimeZone;

/// Above the dialog.
pub const TITLE: &str = "Sharing a folder";
/// Lets nobody in again.
pub const NARROW: &str = "Close it to others";
/// Lets those in again who were invited before.
pub const LET_IN_AGAIN: &str = "Let them in again";
/// It stays.
pub const KEEP_RUNNING: &str = "Keep sharing when this window closes";
/// It stops.
pub const STOP: &str = "Stop sharing";
/// Goes there.
pub const SHOW: &str = "Show it here";
/// Copies a link.
pub const COPY_LINK: &str = "Copy link";
/// A code, for screen readers.
pub const CODE: &str = "QR code of the link";

/// Who reaches the folder now.
#[must_use]
pub fn circle(circle: Circle) -> &'static str {
    match circle {
        Circle::Window => "Only this window can reach it.",
        Circle::Invited => "Those you invited can reach it over your network.",
        Circle::Everybody(Access::Read) => "Everybody on your network can reach it and read.",
        Circle::Everybody(Access::Write) => {
            "Everybody on your network can reach it and change files."
        }
    }
}

/// A way to let others in.
#[must_use]
pub fn way(way: Way) -> &'static str {
    match way {
        Way::Invite => "Invite one person",
        Way::Guests => "Let everybody in",
    }
}

/// What it is.
#[must_use]
pub fn way_hint(way: Way) -> &'static str {
    match way {
        Way::Invite => "By a link that works once",
        Way::Guests => "As guests, without a password",
    }
}

/// For whom an invitation is.
pub const NAME: &str = "Name";
/// In its empty field.
pub const NAME_HINT: &str = "who it is for, such as ben";
/// What they may do.
pub const MAY: &str = "May";
/// How long the link can be opened.
pub const LASTS: &str = "Works for";
/// Makes the invitation.
pub const INVITE: &str = "Make a link";
/// Puts it away.
pub const PUT_AWAY: &str = "Done";
/// Beside a link that invites.
pub const INVITATION_HINT: &str = "Send it, or let a camera read the code. It is shown only now.";
/// Above those who were invited.
pub const PEOPLE: &str = "Invited";
/// While there is nobody.
pub const NOBODY: &str = "Nobody yet. Whoever opens a link you made is listed here.";

/// What somebody may do, in a choice.
#[must_use]
pub fn access(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Write => "add and change",
    }
}

/// How long a link can be opened, in a choice.
#[must_use]
pub fn lasting(lasting: Lasting) -> &'static str {
    match lasting {
        Lasting::Hour => "1 hour",
        Lasting::Day => "1 day",
        Lasting::Week => "7 days",
    }
}

/// What is wrong with a name.
#[must_use]
pub fn name_mistake(mistake: NameMistake) -> &'static str {
    match mistake {
        NameMistake::Empty => "Type a name, so that you know later whom you let in.",
        NameMistake::Letters => "Only letters from a to z, digits, dots, dashes and underscores.",
        NameMistake::TooLong => "A name has 64 characters at most.",
        NameMistake::Reserved => "This name means something else on a server. Choose another.",
        NameMistake::Taken => "Somebody of this name was invited already. Choose another.",
    }
}

/// Above an invitation.
#[must_use]
pub fn invitation_for(name: &str) -> String {
    format!("A link for {name}")
}

/// Under it.
#[must_use]
pub fn works_until(until: i64, zone: &TimeZone) -> String {
    format!("Works once, until {}", moment(until, zone))
}

/// Once its link was opened.
#[must_use]
pub fn has_come(name: &str) -> String {
    format!("{name} is in")
}
/// Under that.
pub const HAS_COME_DETAILS: &str =
    "The link was opened and works no more. From that device no password is asked.";

/// How somebody stands.
#[must_use]
pub fn person(person: &Person, zone: &TimeZone) -> String {
    let may = match person.access {
        Access::Read => "may read",
        Access::Write => "may add and change files",
    };
    let mut parts = Vec::new();
    match person.devices.as_slice() {
        [] => {}
        [one] if one.is_empty() => parts.push("1 device".to_owned()),
        [one] => parts.push(format!("in from {one}")),
        many => parts.push(format!("in from {}", devices(many.len()))),
    }
    if person.has_password {
        parts.push("has a password".to_owned());
    }
    match person.invited_until {
        Some(until) => parts.push(format!("link open until {}", moment(until, zone))),
        None if parts.is_empty() => parts.push("the link ran out unopened".to_owned()),
        None => {}
    }
    parts.push(may.to_owned());
    super::problems::sentence(&parts.join(" · "))
}

fn devices(count: usize) -> String {
    counted(count as u64, "device", "devices")
}

/// Revokes the link of somebody who has not come yet.
pub const REVOKE: &str = "Revoke link";
/// Takes somebody off the list whose link ran out.
pub const REMOVE: &str = "Remove";
/// Lets somebody in no more.
pub const SHUT_OUT: &str = "Shut out";
/// Does so, after it was asked.
pub const SHUT_OUT_NOW: &str = "Yes, shut out";
/// Does not.
pub const KEEP: &str = "Keep";
/// What comes of it.
pub const SHUT_OUT_DETAILS: &str = "Is cut off at once and can come again by a new link only.";

/// Lets everybody in.
pub const WIDEN: &str = "Open it to everybody";
/// Lets no guests in any more.
pub const NO_GUESTS: &str = "No more guests";
/// What guests may do.
pub const GUESTS_MAY: &str = "Guests may";
/// Before everybody is let in.
pub const GUESTS_ABOUT: &str = "Whoever is on the same network gets in: at home that may be right, in a café it is not. Nobody needs a link or a password.";
/// Beside the link for guests.
pub const LINK_HINT: &str = "It names the place and the key. Guests get in without it, too.";

/// On the connect screen, while a folder is shared.
#[must_use]
pub fn shared_now(folder: &str) -> String {
    format!("This computer shares {folder}.")
}

/// What was asked did not work.
pub const FAILED: &str = "Sharing did not work";
/// The server has ended and nobody had asked for it.
pub const ENDED: &str = "The folder is not shared any more";
/// Why, and what to do.
pub const ENDED_REMEDY: &str = "Its server has ended. Press Share a folder to share it again.";
/// Another folder is shared.
#[must_use]
pub fn already_shared(folder: &str) -> String {
    format!("{folder} is shared already; stop sharing it first")
}
/// There is no thread that asks the server.
pub const NOBODY_STEERS: &str = "This computer has no room for another thread. Close other \
    programs, then start this one again.";
/// There is no place for the server's key.
pub const NO_STATE_FOLDER: &str =
    "this user has no home folder to keep the server's key in; set FERRY_STATE_DIR";
/// This program cannot be run again.
#[must_use]
pub fn no_program(why: &str) -> String {
    format!("cannot find this program: {why}")
}

fn moment(unix_secs: i64, zone: &TimeZone) -> String {
    time(Some(unix_secs.saturating_mul(1_000_000_000)), zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ben() -> Person {
        Person { name: "ben".to_owned(), ..Person::default() }
    }

    #[test]
    fn how_somebody_stands_is_said_in_one_line() {
        let said = |ben: Person| person(&ben, &TimeZone::UTC);
        let open = Person { invited_until: Some(1_795_666_500), ..ben() };
        assert_eq!(said(open), "Link open until 2026-11-26 04:15 · may read");
        assert_eq!(said(ben()), "The link ran out unopened · may read");
        let devices = vec!["laptop".to_owned()];
        let here = Person { devices, access: Access::Write, ..ben() };
        assert_eq!(said(here), "In from laptop · may add and change files");
        let devices = vec!["laptop".to_owned(), "phone".to_owned()];
        let many = Person { devices, has_password: true, ..ben() };
        assert_eq!(said(many), "In from 2 devices · has a password · may read");
    }
}

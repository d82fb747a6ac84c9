//! `link` and `links`: makes, shows and revokes invitations.

use super::control::{Wish, ask};
use super::failure::Failure;
use super::invite::{Invite, invite};
use super::print;
use super::report::{counted, rows};
use super::user::tell_server;
use super::verbs::state;
use crate::accounts::{Invitation, InvitationState, InvitationsFile};
use crate::config::{LinkArguments, LinksCommand};
use crate::qr::QrMatrix;
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

/// Makes a link and prints it.
pub(super) fn make(
    arguments: &LinkArguments,
    state_dir: Option<&Path>,
) -> Result<ExitCode, Failure> {
    let state = state(state_dir)?;
    let wish = Invite {
        user: arguments.user.clone(),
        expires: arguments.expires.clone(),
        uses: arguments.uses,
        read_only: arguments.read_only,
        path: arguments.path.clone(),
        address: arguments.address.clone(),
    };
    let made = invite(&state, &wish)?;
    // A running server learns of a new account now; else it does when the link is opened.
    drop(ask(&state, Wish::Reload));
    if arguments.json {
        let line = serde_json::json!({
            "link": made.link,
            "id": made.id,
            "account": made.account,
            "expires": made.expires.to_string(),
            "uses": arguments.uses,
        });
        print(&line.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    print(&made.link);
    if arguments.qr {
        let code = QrMatrix::of(&made.link)
            .ok_or_else(|| Failure::refused("this link is too long for a QR code"))?;
        print(&code.half_blocks());
    }
    let devices = counted(arguments.uses.get(), "device", "devices");
    let whom = format!("It lets {devices} in to the account {}", made.account);
    let until = format!("until {}; end it with `ferry-server links revoke", made.expires);
    print(&format!("{whom} {until} {}`", made.id));
    Ok(ExitCode::SUCCESS)
}

/// Shows or revokes links.
pub(super) fn run(
    command: Option<&LinksCommand>,
    json: bool,
    state_dir: Option<&Path>,
) -> Result<ExitCode, Failure> {
    let state = state(state_dir)?;
    let file = InvitationsFile::of(state.path());
    match command {
        None => list(&file, json),
        Some(LinksCommand::Revoke { id }) => {
            let revoked = file.revoke(id).map_err(Failure::refused)?;
            tell_server(&state, &format!("revoked the link {id} to {}", revoked.account))
        }
    }
}

fn list(file: &InvitationsFile, json: bool) -> Result<ExitCode, Failure> {
    let now = SystemTime::now();
    let links = file.read().map_err(Failure::refused)?;
    if json {
        for link in &links {
            print(&json_line(link, link.state(now)).to_string());
        }
    } else if !links.is_empty() {
        let lines: Vec<_> =
            links.iter().map(|link| (link.id.as_str(), line(link, link.state(now)))).collect();
        print(&rows(&lines));
    }
    Ok(ExitCode::SUCCESS)
}

fn line(link: &Invitation, state: InvitationState) -> String {
    let used = link.uses - link.uses_left;
    let (account, uses, expires) = (&link.account, link.uses, link.expires);
    format!("{}; {account}; used {used} of {uses}; until {expires}", state.word())
}

fn json_line(link: &Invitation, state: InvitationState) -> serde_json::Value {
    serde_json::json!({
        "id": link.id,
        "state": state.word(),
        "account": link.account.as_str(),
        "uses": link.uses,
        "uses_left": link.uses_left,
        "made": link.made.to_string(),
        "expires": link.expires.to_string(),
    })
}

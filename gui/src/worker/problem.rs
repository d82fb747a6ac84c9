//! From errors to what a person is told.

use crate::state::problem::{Fault, Problem};
use crate::text::problems as text;
use ferry_client::Error;
use ferry_client::protocol::Status;
use std::io;

/// What went wrong with the server, under a summary of what was tried.
pub(super) fn of_client(summary: String, err: &Error) -> Problem {
    Problem { summary, details: details(err), fault: fault(err) }
}

/// What went wrong on this computer.
pub(super) fn of_disk(summary: String, err: &io::Error) -> Problem {
    Problem { summary, details: disk_details(err), fault: Fault::Here }
}

/// Why there is no connection.
pub(super) fn of_connecting(server: &str, err: &Error) -> Problem {
    let (summary, details) = match err {
        Error::KeyUnknown { .. } => {
            (text::NOT_TRUSTED.to_owned(), text::NOT_TRUSTED_DETAILS.to_owned())
        }
        Error::PasswordNeeded { account } => {
            (text::password_needed(account), text::PASSWORD_REMEDY.to_owned())
        }
        err if err.status() == Some(Status::LOGIN_REFUSED) => {
            (text::LOGIN_REFUSED.to_owned(), text::LOGIN_REMEDY.to_owned())
        }
        err => (text::no_connection(server), details(err)),
    };
    Problem { summary, details, fault: fault(err) }
}

/// A guest whom the server refuses needs an account.
pub(super) fn of_guest_refused() -> Problem {
    Problem {
        summary: text::GUEST_REFUSED.to_owned(),
        details: text::GUEST_REMEDY.to_owned(),
        fault: Fault::Server,
    }
}

fn fault(err: &Error) -> Fault {
    match err {
        Error::Local { .. } | Error::LocalRefused { .. } | Error::Cancelled => Fault::Here,
        Error::Resolve { .. }
        | Error::Connect { .. }
        | Error::TimedOut { .. }
        | Error::ConnectionLost { .. }
        | Error::Corrupt { .. } => Fault::Network,
        _ => Fault::Server,
    }
}

/// Why, and what to do. The library's own words name options of the command line here and there;
/// those are put in the window's words.
fn details(err: &Error) -> String {
    match err {
        Error::TargetExists { .. } => text::EXISTS.to_owned(),
        Error::Local { source, .. } => disk_details(source),
        Error::LocalRefused { what, .. } => text::sentence(what) + ".",
        err => match err.status() {
            Some(Status::NO_SPACE) => text::DISK_FULL_SERVER.to_owned(),
            Some(Status::EXISTS) => text::NAME_TAKEN.to_owned(),
            _ => text::sentence(&err.to_string()) + ".",
        },
    }
}

fn disk_details(err: &io::Error) -> String {
    match err.kind() {
        io::ErrorKind::StorageFull => text::DISK_FULL_HERE.to_owned(),
        io::ErrorKind::AlreadyExists => text::NAME_TAKEN.to_owned(),
        _ => text::sentence(&err.to_string()) + ".",
    }
}

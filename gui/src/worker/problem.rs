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

/// What failed of many things that were to be done: the first with its reason, the others counted.
#[derive(Default)]
pub(super) struct Failed {
    first: Option<Problem>,
    others: u64,
}

impl Failed {
    pub(super) fn note(&mut self, problem: impl FnOnce() -> Problem) {
        match self.first {
            None => self.first = Some(problem()),
            Some(_) => self.others += 1,
        }
    }

    pub(super) fn problem(self) -> Option<Problem> {
        let mut first = self.first?;
        if self.others > 0 {
            first.details = text::and_others(&first.details, self.others);
        }
        Some(first)
    }
}

/// A server has no room yet, and is tried again.
pub(super) fn of_busy(server: &str, err: &Error) -> Problem {
    Problem {
        summary: text::busy(server),
        details: text::with_remedy(&err.to_string(), text::BUSY_REMEDY),
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

/// Why, and what to do. The library's own words name options of the command line here and there,
/// and know no buttons; those are put in the window's words.
fn details(err: &Error) -> String {
    match err {
        Error::TargetExists { .. } => text::EXISTS.to_owned(),
        Error::Local { source, .. } => disk_details(source),
        Error::LocalRefused { what, .. } => text::sentence(what) + ".",
        Error::KeyUnknown { .. } => text::NOT_TRUSTED_DETAILS.to_owned(),
        Error::KeyChanged { .. } => text::KEY_CHANGED.to_owned(),
        Error::PasswordNeeded { .. } => text::PASSWORD_REMEDY.to_owned(),
        Error::Connect { server, source } => text::cannot_connect(server, &system(source)),
        Error::ConnectionLost { .. } => text::LOST_REMEDY.to_owned(),
        Error::Tls { .. } | Error::Decode(_) | Error::Misbehaved(_) => {
            text::with_remedy(&err.to_string(), text::OTHER_VERSION)
        }
        Error::Journal(_) => text::with_remedy(&err.to_string(), text::JOURNAL_REMEDY),
        err => match err.status() {
            Some(Status::NO_SPACE) => text::DISK_FULL_SERVER.to_owned(),
            Some(Status::EXISTS) => text::NAME_TAKEN.to_owned(),
            _ => in_own_words(&err.to_string()),
        },
    }
}

/// What a library or a journal says, without what only a command line could do.
pub(super) fn in_own_words(text: &str) -> String {
    let is_ours = |part: &&str| !COMMAND_LINE.iter().any(|word| part.contains(word));
    let parts: Vec<&str> = text.split("; ").filter(is_ours).collect();
    text::sentence(&parts.join("; ")) + "."
}

/// Marks of the command line.
const COMMAND_LINE: [&str; 5] = [" --", "FERRY_", "`ferry", "ferry forget", "trying again"];

fn disk_details(err: &io::Error) -> String {
    match err.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => text::DISK_FULL_HERE,
        io::ErrorKind::AlreadyExists => text::NAME_TAKEN,
        io::ErrorKind::PermissionDenied => text::NOT_ALLOWED_HERE,
        io::ErrorKind::NotFound => text::GONE_HERE,
        io::ErrorKind::ReadOnlyFilesystem => text::READ_ONLY_HERE,
        io::ErrorKind::DirectoryNotEmpty => text::NOT_EMPTY_HERE,
        io::ErrorKind::InvalidFilename => text::BAD_NAME_HERE,
        io::ErrorKind::NotADirectory => text::NO_FOLDER_HERE,
        io::ErrorKind::CrossesDevices => text::OTHER_DISK_HERE,
        io::ErrorKind::ResourceBusy | io::ErrorKind::ExecutableFileBusy => text::BUSY_HERE,
        _ => return text::with_remedy(&system(err), text::SYSTEM_REMEDY),
    }
    .to_owned()
}

/// What the system said, without the number that it adds.
fn system(err: &io::Error) -> String {
    let said = err.to_string();
    said.split(" (os error").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferry_client::protocol;
    use ferry_client::trust::Fingerprint;
    use std::path::PathBuf;

    fn io(kind: io::ErrorKind) -> io::Error {
        kind.into()
    }

    fn said(err: &Error) -> String {
        let problem = of_client("It did not work".to_owned(), err);
        format!("{} {}", problem.details, of_connecting("harbour:3000", err).details)
    }

    #[test]
    fn the_window_speaks_of_no_command_line() {
        let server = || "harbour:3000".to_owned();
        let key = || Fingerprint::parse(&"a".repeat(52)).unwrap();
        let errors = [
            Error::TargetExists { path: "/a".to_owned() },
            Error::KeyUnknown { server: server(), presented: key() },
            Error::PasswordNeeded { account: "ana".to_owned() },
            Error::NoInvitations { server: server() },
            Error::Connect { server: server(), source: io(io::ErrorKind::ConnectionRefused) },
            Error::ConnectionLost { server: server(), source: io(io::ErrorKind::BrokenPipe) },
            Error::KeyChanged { server: server(), known: key(), presented: key(), was_given: true },
            Error::Local {
                action: "read",
                path: PathBuf::from("/a"),
                source: io::Error::from_raw_os_error(5),
            },
        ];
        for err in errors {
            let said = said(&err);
            for word in ["--", "FERRY_", "`", "ferry forget", "os error", ".."] {
                assert!(!said.contains(word), "{word} in {said}");
            }
        }
    }

    #[test]
    fn what_a_journal_says_loses_its_options() {
        let text = "/a already exists with other content; choose with --if-exists skip|replace";
        assert_eq!(in_own_words(text), "/a already exists with other content.");
    }

    #[test]
    fn a_full_disk_is_said_with_its_side_and_what_to_do() {
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            let local =
                Error::Local { action: "write", path: PathBuf::from("/a"), source: io(kind) };
            let told = [of_disk(String::new(), &io(kind)), of_client(String::new(), &local)];
            for problem in told {
                assert_eq!(problem.fault, Fault::Here);
                assert_eq!(problem.details, text::DISK_FULL_HERE);
            }
        }
        let fault = protocol::Fault::new(Status::NO_SPACE, "no room");
        let problem = of_client(String::new(), &Error::Remote { path: "/a".to_owned(), fault });
        assert_eq!(problem.fault, Fault::Server);
        assert_eq!(problem.details, text::DISK_FULL_SERVER);
    }

    #[test]
    fn what_the_disk_refuses_comes_with_what_to_do() {
        for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::NotFound, io::ErrorKind::Other]
        {
            let details = of_disk(String::new(), &kind.into()).details;
            assert!(details.matches('.').count() >= 2, "{details}");
        }
    }
}

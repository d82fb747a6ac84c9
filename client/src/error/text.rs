//! How errors read. Text that came from the peer is escaped before it is shown.

use super::{Error, Stage};
use ferry_protocol::{Fault, escape};
use std::path::Path;
use std::{fmt, io};

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "looking up its name",
            Self::Connect => "connecting",
            Self::Handshake => "agreeing on encryption",
            Self::Hello => "waiting for its welcome",
            Self::Login => "waiting for the login's answer",
            Self::Answer => "waiting for an answer",
            Self::Transfer => "moving content",
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve { .. }
            | Self::Connect { .. }
            | Self::TimedOut { .. }
            | Self::Tls { .. }
            | Self::NotFerry { .. }
            | Self::KeyUnknown { .. }
            | Self::NoInvitations { .. }
            | Self::PasswordNeeded { .. } => self.fmt_no_connection(f),
            Self::KeyChanged { .. } => self.fmt_key_changed(f),
            Self::ConnectionLost { server, .. } => write!(f, "the connection to {server} was lost"),
            Self::GoneAway(fault) => {
                write!(f, "the server closed the connection: ")?;
                fault_text(f, fault)
            }
            Self::Busy { server, text, .. } => {
                write!(f, "{server} has too much to do ({}); try again later", server_text(text))
            }
            Self::Remote { path, fault } => remote_text(f, path, fault),
            Self::Decode(err) => write!(f, "the server sent what cannot be read: {err}"),
            Self::Misbehaved(err) => write!(f, "the server broke the protocol: {err}"),
            Self::Untrustworthy { subject, what } => {
                write!(f, "what the server says of {subject} is refused: {what}")
            }
            Self::Corrupt { path } => write!(
                f,
                "{path} was altered on the way: its digest is not the one the server announced; \
                 nothing was kept, try again"
            ),
            Self::BadSegment { path, offset } => write!(
                f,
                "{}: what lies at byte {offset} was altered on the way, however often it was \
                 sent; look for a fault in the memory, disk or network card of either computer",
                shown(path)
            ),
            Self::Local { action, path, source } => {
                write!(f, "cannot {action} {}: {source}", shown(path))
            }
            Self::LocalRefused { path, what } => write!(f, "{}: {what}", shown(path)),
            Self::TargetExists { path } => write!(
                f,
                "{path} already exists with other content; choose with --if-exists \
                 skip|replace|rename|newer"
            ),
            Self::Unproved { server, files } => write!(
                f,
                "{server} restarted, or its disk failed, before {files} files were on its stable \
                 storage, and they changed or are gone here, or it happened again; send them once \
                 more"
            ),
            Self::Journal(err) => write!(f, "{err}"),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}

impl Error {
    /// Why there is no connection to begin with.
    fn fmt_no_connection(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve { host, .. } => write!(
                f,
                "the name \"{}\" has no address that can be found; check its spelling and this \
                 computer's network",
                escape(host.as_bytes())
            ),
            Self::Connect { server, source } => connect_text(f, server, source),
            Self::TimedOut { server, stage, after } => write!(
                f,
                "{server} did not answer within {} s while {stage}; check that the server runs \
                 and that no firewall is in between",
                after.as_secs().max(1)
            ),
            Self::Tls { server, .. } => {
                write!(f, "no encrypted connection to {server} could be agreed on")
            }
            Self::NotFerry { server, what } => {
                write!(f, "{server} is no Ferry server: {what}; check the address and the port")
            }
            Self::KeyUnknown { server, presented } => write!(
                f,
                "{server} is not known yet and there is nobody to ask; if its fingerprint is \
                 {presented}, name it with --fingerprint or use the link that the server printed"
            ),
            Self::NoInvitations { server } => write!(
                f,
                "the link invites, but the server at {server} knows no invitations; it may be an \
                 older one: ask its owner for an account"
            ),
            Self::PasswordNeeded { account } => write!(
                f,
                "the account \"{}\" needs a password; set FERRY_PASSWORD or use --password-file",
                escape(account.as_bytes())
            ),
            _ => Ok(()),
        }
    }

    fn fmt_key_changed(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::KeyChanged { server, known, presented, was_given } = self else {
            return Ok(());
        };
        if *was_given {
            return write!(
                f,
                "{server} does not have the key that the link, --fingerprint or the job names\n  \
                 named:     {known}\n  presented: {presented}\nEither the link is old, or somebody \
                 stands between you and the server. Nothing was sent. Ask for a new link."
            );
        }
        let host = server.rsplit_once(':').map_or(server.as_str(), |parts| parts.0);
        write!(
            f,
            "the key of {server} has changed\n  known:     {known}\n  presented: {presented}\n\
             Either the server was set up anew, or somebody stands between you and it. Nothing \
             was sent. If you know that the change is right: ferry forget {host}"
        )
    }
}

fn connect_text(f: &mut fmt::Formatter<'_>, server: &str, source: &io::Error) -> fmt::Result {
    if source.kind() == io::ErrorKind::ConnectionRefused {
        return write!(
            f,
            "nothing listens at {server}; check the address and that the server runs"
        );
    }
    write!(f, "cannot connect to {server}: {source}")
}

fn remote_text(f: &mut fmt::Formatter<'_>, path: &str, fault: &Fault) -> fmt::Result {
    if !path.is_empty() {
        // A server's text may begin with the path already.
        if !server_text(&fault.text).starts_with(path) {
            write!(f, "{path}: ")?;
        }
    }
    fault_text(f, fault)
}

fn fault_text(f: &mut fmt::Formatter<'_>, fault: &Fault) -> fmt::Result {
    if fault.text.is_empty() {
        return write!(f, "{}", fault.status);
    }
    f.write_str(&server_text(&fault.text))
}

/// A server's text, safe to show. Names in it were escaped by the server: its backslashes, which
/// do no harm, stay as they are.
fn server_text(text: &str) -> String {
    let parts: Vec<String> = text.split('\\').map(|part| escape(part.as_bytes())).collect();
    parts.join("\\")
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

/// An error with its chain of causes in one line.
pub(crate) fn with_causes(err: &Error) -> String {
    let mut text = err.to_string();
    let mut cause = std::error::Error::source(err);
    while let Some(err) = cause {
        let next = err.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = std::error::Error::source(err);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferry_protocol::Status;

    fn refused(text: &str) -> String {
        Error::remote(b"/a\n", Fault::new(Status::NOT_FOUND, text)).to_string()
    }

    #[test]
    fn names_that_the_server_escaped_are_not_escaped_again_and_told_once() {
        assert_eq!(refused("/a\\n: not found"), "/a\\n: not found");
    }

    #[test]
    fn what_a_server_did_not_escape_is_harmless_all_the_same() {
        assert_eq!(refused("gone\x1b[2J\n\\"), "/a\\n: gone\\x1b[2J\\n\\");
    }
}

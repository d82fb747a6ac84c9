//! Everything that can go wrong, as the user of this crate needs to know it: what failed, on
//! what, why, and what to do. Text that came from the peer is escaped before it is shown.

use crate::connector::tls::TlsError;
use crate::journal::JournalError;
use crate::trust::Fingerprint;
use ferry_protocol::{DecodeError, Fault, PeerMisbehaved, Status, escape};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The part of a connection's life in which a deadline passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Looking the host's name up.
    Resolve,
    /// Opening the TCP connection.
    Connect,
    /// The TLS handshake.
    Handshake,
    /// Waiting for the server's welcome.
    Hello,
    /// Waiting for the answer to the login.
    Login,
    /// Waiting for the answer to a request.
    Answer,
    /// Moving content.
    Transfer,
}

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

/// Why an operation failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The host's name has no address.
    Resolve {
        /// Name that was looked up.
        host: String,
        /// What the system said.
        source: io::Error,
    },
    /// No TCP connection could be opened to any of the host's addresses.
    Connect {
        /// `HOST:PORT`.
        server: String,
        /// What the system said of the last address tried.
        source: io::Error,
    },
    /// A deadline passed.
    TimedOut {
        /// `HOST:PORT`.
        server: String,
        /// What was going on.
        stage: Stage,
        /// How long it was waited.
        after: Duration,
    },
    /// TLS failed for a reason other than the server's identity.
    Tls {
        /// `HOST:PORT`.
        server: String,
        /// What was wrong with it.
        source: TlsError,
    },
    /// Whatever answers there, it is no Ferry server.
    NotFerry {
        /// `HOST:PORT`.
        server: String,
        /// What it did instead of speaking Ferry.
        what: &'static str,
    },
    /// The server shows another key than before: a hard stop.
    KeyChanged {
        /// `HOST:PORT`.
        server: String,
        /// The fingerprint that was expected.
        known: Fingerprint,
        /// The fingerprint that the server has now.
        presented: Fingerprint,
        /// Whether `known` came from a link or an option instead of the known servers.
        was_given: bool,
    },
    /// The server is not known and nobody vouched for its key.
    KeyUnknown {
        /// `HOST:PORT`.
        server: String,
        /// The fingerprint that the server has.
        presented: Fingerprint,
    },
    /// The link invites, but the server knows no invitations.
    NoInvitations {
        /// `HOST:PORT`.
        server: String,
    },
    /// A password is needed and there is nobody to ask.
    PasswordNeeded {
        /// Account that it belongs to.
        account: String,
    },
    /// The connection broke.
    ConnectionLost {
        /// `HOST:PORT`.
        server: String,
        /// What the system said.
        source: io::Error,
    },
    /// The server closes, and said so.
    GoneAway(Fault),
    /// The server has too much to do and the time to wait for it is over.
    Busy {
        /// `HOST:PORT`.
        server: String,
        /// What the server said.
        text: String,
        /// When it wants to be asked again.
        retry_after: Duration,
    },
    /// The server refused or failed a request.
    Remote {
        /// Path that the request was about, escaped for showing; empty when there is none.
        path: String,
        /// What the server said.
        fault: Fault,
    },
    /// The server sent bytes that are no message.
    Decode(DecodeError),
    /// The server sent a message that is not allowed then.
    Misbehaved(PeerMisbehaved),
    /// The server told of something that cannot be true or is not safe to act on.
    Untrustworthy {
        /// What it was about, escaped for showing.
        subject: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// What was received is not what the server's digest says.
    Corrupt {
        /// The file, escaped for showing.
        path: String,
    },
    /// A segment of a file arrived with another content than it was sent with, again and again.
    BadSegment {
        /// The file.
        path: PathBuf,
        /// Where in the file the segment begins, in bytes.
        offset: u64,
    },
    /// Something local failed.
    Local {
        /// What was tried, as in "read" or "create".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A local file cannot be sent or written as it is.
    LocalRefused {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        what: &'static str,
    },
    /// The target exists with other content.
    TargetExists {
        /// The target, escaped for showing.
        path: String,
    },
    /// The journal of a job cannot be used.
    Journal(JournalError),
    /// Somebody asked to stop.
    Cancelled,
}

impl Error {
    pub(crate) fn local(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Local { action, path: path.to_path_buf(), source }
    }

    pub(crate) fn remote(path: &[u8], fault: Fault) -> Self {
        Self::Remote { path: escape(path), fault }
    }

    /// Whether the same operation can succeed on a new connection, without anyone doing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Resolve { .. }
            | Self::Connect { .. }
            | Self::TimedOut { .. }
            | Self::ConnectionLost { .. }
            | Self::GoneAway(_)
            | Self::Busy { .. } => true,
            Self::Remote { fault, .. } => {
                matches!(fault.status, Status::STOPPING | Status::TIMED_OUT | Status::BUSY)
            }
            _ => false,
        }
    }

    /// Whether no usable connection came about, or it was lost for good (exit code 3).
    #[must_use]
    pub fn is_connection(&self) -> bool {
        matches!(
            self,
            Self::Resolve { .. }
                | Self::Connect { .. }
                | Self::TimedOut { .. }
                | Self::Tls { .. }
                | Self::NotFerry { .. }
                | Self::KeyUnknown { .. }
                | Self::ConnectionLost { .. }
                | Self::GoneAway(_)
                | Self::Busy { .. }
                | Self::Decode(_)
                | Self::Misbehaved(_)
        )
    }

    /// Whether the server's key is not the expected one (exit code 4).
    #[must_use]
    pub fn is_key_changed(&self) -> bool {
        matches!(self, Self::KeyChanged { .. })
    }

    /// Whether somebody asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }

    /// The status that the server gave, if it was the server that refused.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        match self {
            Self::Remote { fault, .. } => Some(fault.status),
            _ => None,
        }
    }
}

impl From<JournalError> for Error {
    fn from(err: JournalError) -> Self {
        Self::Journal(err)
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
                "{server} does not have the key that the link or --fingerprint names\n  \
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

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Resolve { source, .. } | Self::ConnectionLost { source, .. } => Some(source),
            Self::Tls { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<DecodeError> for Error {
    fn from(err: DecodeError) -> Self {
        Self::Decode(err)
    }
}

impl From<PeerMisbehaved> for Error {
    fn from(err: PeerMisbehaved) -> Self {
        Self::Misbehaved(err)
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

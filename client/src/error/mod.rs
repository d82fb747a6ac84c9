//! Everything that can go wrong, as the user of this crate needs to know it: what failed, on
//! what, why, and what to do. Text that came from the peer is escaped before it is shown.

mod text;

pub(crate) use text::with_causes;

use crate::connector::tls::TlsError;
use crate::journal::JournalError;
use crate::trust::Fingerprint;
use ferry_protocol::{DecodeError, Fault, PeerMisbehaved, Status, escape};
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
    /// The server may have lost files that it had answered and not synced, and they could not be
    /// proved or sent again.
    Unproved {
        /// `HOST:PORT`.
        server: String,
        /// How many.
        files: usize,
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

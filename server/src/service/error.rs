//! Why the service refuses or fails.

use crate::storage;
use ferry_protocol::{PathError, RemotePath};
use std::fmt;

/// A refused or failed operation.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum Error {
    /// The storage says so.
    Storage(storage::Error),
    /// The account may not do this.
    Denied {
        /// What was asked: "read", "write" and so on.
        action: &'static str,
    },
    /// The path cannot be.
    BadPath(PathError),
    /// The content that came does not have the announced digest.
    DigestMismatch(RemotePath),
    /// Too many segments came with other values than their content has.
    BadSegments(RemotePath),
    /// Less content came than was announced.
    Truncated(RemotePath),
    /// The file changed while it was read.
    Changed(RemotePath),
    /// The request makes no sense, for the reason given.
    Nonsense(&'static str),
    /// Too many logins wait for their password to be checked.
    LoginsBusy,
    /// The account was removed, or what opened the session holds good no more.
    AccountGone,
    /// The account's time is over.
    AccountEnded,
    /// The account may not log in from the peer's address.
    NotFromHere,
    /// The device is not enrolled for the account, or was revoked.
    DeviceUnknown,
    /// The account has no devices.
    NoDevices,
    /// The account has as many devices as it may.
    DevicesFull,
    /// No invitation has this secret.
    InvitationUnknown,
    /// The invitation's time is over.
    InvitationEnded,
    /// The invitation was used as often as it may be.
    InvitationUsed,
    /// The server could not keep what it was to remember; the log says why.
    NotKept,
    /// The account's own folder cannot be used; the log says why.
    FolderGone,
    /// The account's own folder is being opened, for longer than anybody should wait.
    FolderSlow,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Storage(err) => err.fmt(f),
            Self::Denied { action } => {
                write!(f, "this account may not {action}; ask the server's owner for the right")
            }
            Self::BadPath(err) => err.fmt(f),
            Self::DigestMismatch(path) => {
                write!(f, "{path}: the content was altered on the way; send it again")
            }
            Self::BadSegments(path) => {
                write!(
                    f,
                    "{path}: segment after segment was altered on the way; look for a fault \
                           in the sender's memory or disk"
                )
            }
            Self::Truncated(path) => write!(f, "{path}: the content ended early"),
            Self::Changed(path) => write!(f, "{path}: the file changed while it was read"),
            Self::Nonsense(reason) => f.write_str(reason),
            Self::LoginsBusy => f.write_str("too many logins at once"),
            Self::AccountEnded => {
                f.write_str("this account has ended; ask the server's owner to extend it")
            }
            Self::NotFromHere => f.write_str(
                "this account may not log in from your address; ask the server's owner to allow it",
            ),
            Self::DeviceUnknown => f.write_str(
                "this device is not enrolled here, or was revoked; use a password or a new link",
            ),
            Self::NoDevices => f.write_str("this account can have no devices"),
            Self::DevicesFull => f.write_str(
                "this account has too many devices; ask the server's owner to revoke some",
            ),
            Self::InvitationUnknown => f.write_str(
                "this invitation is not known here: its link was cut off, was revoked, or is \
                 another server's; ask for a new link",
            ),
            Self::InvitationEnded => f.write_str("this invitation has expired; ask for a new link"),
            Self::InvitationUsed => {
                f.write_str("this invitation was used already; ask for a new link")
            }
            Self::NotKept => {
                f.write_str("the server could not write its own files; its log says why")
            }
            Self::FolderGone => {
                f.write_str("the folder of this account cannot be used; the server's log says why")
            }
            Self::FolderSlow => f.write_str(
                "the folder of this account is still being opened; if that does not end, the \
                 server's owner should look at its disk",
            ),
            Self::AccountGone => f.write_str(
                "this login holds good no more: the account was removed, has ended or has \
                     another password, or this device was revoked; log in again",
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Storage(err) => std::error::Error::source(err),
            _ => None,
        }
    }
}

impl From<storage::Error> for Error {
    fn from(err: storage::Error) -> Self {
        Self::Storage(err)
    }
}

impl From<PathError> for Error {
    fn from(err: PathError) -> Self {
        Self::BadPath(err)
    }
}

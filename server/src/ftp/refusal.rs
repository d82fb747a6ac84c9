//! What the service's refusals are called in FTP.

use super::reply::Reply;
use crate::service::Error;
use crate::storage::{self, ErrorKind};
use ferry_protocol::PathError;

/// Why a command fails.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) Reply);

impl From<Reply> for Refusal {
    fn from(reply: Reply) -> Self {
        Self(reply)
    }
}

impl From<Error> for Refusal {
    fn from(err: Error) -> Self {
        if let Error::Storage(storage) = &err
            && let Some(cause) = std::error::Error::source(storage)
        {
            tracing::warn!("{err}: {cause}");
        }
        Self(Reply::new(code(&err), err.to_string()))
    }
}

impl From<storage::Error> for Refusal {
    fn from(err: storage::Error) -> Self {
        Error::Storage(err).into()
    }
}

impl From<PathError> for Refusal {
    fn from(err: PathError) -> Self {
        Error::BadPath(err).into()
    }
}

fn code(err: &Error) -> u16 {
    match err {
        Error::Storage(err) => of_storage(err.kind()),
        Error::Denied { .. } | Error::Nonsense(_) => 550,
        Error::BadPath(_) => 553,
        Error::DigestMismatch(_)
        | Error::BadSegments(_)
        | Error::Truncated(_)
        | Error::Changed(_)
        | Error::FolderGone
        | Error::FolderSlow => 451,
        Error::LoginsBusy => 421,
        // The last ones are of logins that this door does not have.
        Error::AccountGone
        | Error::AccountEnded
        | Error::NotFromHere
        | Error::DeviceUnknown
        | Error::NoDevices
        | Error::DevicesFull
        | Error::InvitationUnknown
        | Error::InvitationEnded
        | Error::InvitationUsed
        | Error::NotKept => 530,
    }
}

fn of_storage(kind: ErrorKind) -> u16 {
    match kind {
        ErrorKind::NotFound
        | ErrorKind::AlreadyExists
        | ErrorKind::NotAFolder
        | ErrorKind::IsAFolder
        | ErrorKind::NotEmpty
        | ErrorKind::IntoItself
        | ErrorKind::NotAFile
        | ErrorKind::Outside
        | ErrorKind::NoPermission
        | ErrorKind::ReadOnly
        | ErrorKind::Unsupported
        | ErrorKind::NoPart
        | ErrorKind::NotKept => 550,
        ErrorKind::BadName => 553,
        ErrorKind::NoSpace | ErrorKind::Quota | ErrorKind::TooLarge => 552,
        ErrorKind::InUse | ErrorKind::Changed => 450,
        ErrorKind::Io => 451,
    }
}

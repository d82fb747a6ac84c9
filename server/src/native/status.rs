//! From what went wrong to what the client is told: one exhaustive map.

use crate::service::Error;
use crate::storage::{self, ErrorKind};
use ferry_protocol::{Answer, Busy, Fault, Status};

/// The answer that tells of a failure.
pub(super) fn answer(err: &Error) -> Answer {
    match err {
        Error::LoginsBusy | Error::FolderSlow => {
            Answer::Busy(Busy { retry_after_ms: LOGINS_RETRY_MS, text: err.to_string() })
        }
        Error::Storage(failure) if failure.kind() == ErrorKind::InUse => {
            Answer::Busy(Busy { retry_after_ms: IN_USE_RETRY_MS, text: err.to_string() })
        }
        _ => Answer::Error(Fault::new(status(err), err.to_string())),
    }
}

/// The answer that tells of a failure of the storage.
pub(super) fn storage_answer(err: storage::Error) -> Answer {
    answer(&Error::Storage(err))
}

fn status(err: &Error) -> Status {
    match err {
        Error::Storage(err) => of_storage(err.kind()),
        Error::Denied { .. } | Error::NoDevices | Error::DevicesFull => Status::DENIED,
        Error::BadPath(_) => Status::BAD_NAME,
        Error::DigestMismatch(_) => Status::DIGEST_MISMATCH,
        Error::BadSegments(_) => Status::BAD_SEGMENT,
        Error::Truncated(_) => Status::TRUNCATED,
        Error::Changed(_) => Status::CHANGED,
        Error::Nonsense(_) => Status::UNSUPPORTED,
        Error::LoginsBusy | Error::FolderSlow => Status::BUSY,
        Error::AccountGone => Status::LOGIN_REQUIRED,
        Error::AccountEnded => Status::ACCOUNT_ENDED,
        Error::NotFromHere => Status::NOT_FROM_HERE,
        Error::DeviceUnknown => Status::DEVICE_UNKNOWN,
        Error::InvitationUnknown => Status::INVITATION_UNKNOWN,
        Error::InvitationEnded => Status::INVITATION_ENDED,
        Error::InvitationUsed => Status::INVITATION_USED,
        Error::FolderGone | Error::NotKept => Status::IO,
    }
}

fn of_storage(kind: ErrorKind) -> Status {
    match kind {
        ErrorKind::NotFound | ErrorKind::NotKept => Status::NOT_FOUND,
        ErrorKind::AlreadyExists => Status::EXISTS,
        ErrorKind::NotAFolder => Status::NOT_A_FOLDER,
        ErrorKind::IsAFolder => Status::IS_A_FOLDER,
        ErrorKind::NotEmpty => Status::NOT_EMPTY,
        ErrorKind::NotAFile => Status::NOT_A_FILE,
        ErrorKind::Outside => Status::OUTSIDE,
        ErrorKind::BadName => Status::BAD_NAME,
        ErrorKind::NoPermission => Status::NO_PERMISSION,
        ErrorKind::NoSpace => Status::NO_SPACE,
        ErrorKind::Quota => Status::QUOTA,
        ErrorKind::ReadOnly => Status::READ_ONLY,
        ErrorKind::TooLarge => Status::TOO_LARGE,
        ErrorKind::NoPart => Status::NO_PART,
        ErrorKind::InUse => Status::BUSY,
        ErrorKind::Changed => Status::CHANGED,
        ErrorKind::IntoItself | ErrorKind::Unsupported => Status::UNSUPPORTED,
        ErrorKind::Io => Status::IO,
    }
}

/// When to come back while the password lane is full or a folder is being opened, in milliseconds.
const LOGINS_RETRY_MS: u32 = 1000;

/// When to come back for a part that another connection still has open, in milliseconds.
const IN_USE_RETRY_MS: u32 = 200;

//! Why a journal cannot be used.

use std::io;
use std::path::{Path, PathBuf};
use std::{error, fmt};

/// A journal could not be read or written.
#[derive(Debug)]
pub struct JournalError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub kind: Unusable,
}

/// What is wrong with a journal.
#[derive(Debug)]
#[non_exhaustive]
pub enum Unusable {
    /// The file holds something else, or nothing.
    NoJournal,
    /// It is cut or altered.
    Damaged(String),
    /// An older Ferry wrote it, in a form that this one does not read.
    Older(i32),
    /// A newer Ferry wrote it.
    Newer(i32),
    /// Another process works on this job.
    InUse,
    /// There is none.
    Missing,
    /// The system failed; the journal itself may be whole.
    Io(io::Error),
}

impl JournalError {
    pub(crate) fn new(path: &Path, kind: Unusable) -> Self {
        Self { path: path.to_path_buf(), kind }
    }

    /// Whether the file itself is at fault, so that it is to be set aside.
    pub(crate) fn is_bad_file(&self) -> bool {
        use Unusable::{Damaged, Newer, NoJournal, Older};
        matches!(self.kind, NoJournal | Damaged(_) | Older(_) | Newer(_))
    }

    /// Sorts an error of the store by whose fault it is.
    pub(super) fn of_store(path: &Path, err: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let kind = match err.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Unusable::NoJournal,
            Some(ErrorCode::CannotOpen) if matches!(path.try_exists(), Ok(false)) => {
                Unusable::Missing
            }
            Some(
                ErrorCode::DiskFull
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory,
            ) => Unusable::Io(io::Error::other(err.to_string())),
            // Pages that contradict each other, tables or rows that are missing, or hold what they
            // cannot.
            _ => Unusable::Damaged(err.to_string()),
        };
        Self::new(path, kind)
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = ferry_protocol::escape(self.path.as_os_str().as_encoded_bytes());
        write!(f, "the journal {path} cannot be used: {}", self.kind)
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoJournal => f.write_str("it is no journal of a job"),
            Self::Damaged(how) => write!(f, "it is damaged ({how})"),
            Self::Older(version) => write!(f, "an older Ferry wrote it (version {version})"),
            Self::Newer(version) => write!(f, "a newer Ferry wrote it (version {version})"),
            Self::InUse => f.write_str("another process works on this job"),
            Self::Missing => f.write_str("it is not there"),
            Self::Io(err) => write!(f, "{err}"),
        }
    }
}

impl error::Error for JournalError {}

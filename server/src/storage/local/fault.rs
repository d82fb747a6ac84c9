//! What the system's errors mean below the root.

use crate::storage::{Error, ErrorKind};
use crate::sys;
use ferry_protocol::RemotePath;
use std::io;

/// Says with which path the system failed.
pub(super) trait Blame<T> {
    /// Makes it a storage error on `path`.
    fn blame(self, path: &RemotePath) -> Result<T, Error>;
}

impl<T> Blame<T> for io::Result<T> {
    fn blame(self, path: &RemotePath) -> Result<T, Error> {
        self.map_err(|err| Error::with_source(kind_of(&err), err, path))
    }
}

pub(super) fn kind_of(err: &io::Error) -> ErrorKind {
    if is_escape(err) {
        ErrorKind::Outside
    } else if sys::is_link_loop(err) {
        // Links in a circle lead nowhere.
        ErrorKind::NotFound
    } else if sys::is_no_file(err) {
        ErrorKind::NotAFile
    } else {
        ErrorKind::of(err)
    }
}

/// cap-std's own refusal has no number from the system, which tells it from a missing right.
pub(super) fn is_escape(err: &io::Error) -> bool {
    err.kind() == io::ErrorKind::PermissionDenied && err.raw_os_error().is_none()
}

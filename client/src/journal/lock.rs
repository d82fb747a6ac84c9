//! The lock of a job: held by the process that works on it, and gone with that process.

use super::{JournalError, Unusable};
use crate::sys;
use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

const ATTEMPTS: u32 = 5;
/// Longer than a look takes.
const LOOK_TIME: Duration = Duration::from_millis(10);

/// Held for as long as this process works on the job.
#[derive(Debug)]
pub(crate) struct Lock {
    // The system lets go of the lock when the file is closed, however that comes about.
    _file: File,
}

impl Lock {
    /// Takes the lock; fails with [`Unusable::InUse`] when another process or thread has it.
    pub(crate) fn take(path: &Path) -> Result<Self, JournalError> {
        let failed = |source| JournalError::new(path, Unusable::Io(source));
        let file = sys::open_lock(path).map_err(failed)?;
        for _ in 0..ATTEMPTS {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                // It may be held for a moment by somebody who only looks.
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOOK_TIME),
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
        Err(JournalError::new(path, Unusable::InUse))
    }

    /// Whether somebody holds the lock. A lock file that is not there is held by nobody.
    pub(crate) fn is_held(path: &Path) -> Result<bool, JournalError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(JournalError::new(path, Unusable::Io(source))),
        };
        // Shared, so that two processes that only look do not take each other for the worker.
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(source)) => Err(JournalError::new(path, Unusable::Io(source))),
        }
    }
}

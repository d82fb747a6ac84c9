//! The lock under which files of accounts are changed, by commands and by a running server.

use super::Error;
use crate::state_folder::{self, StateFolder};
use std::fs::{File, TryLockError};
use std::time::{Duration, Instant};

const LOCK_NAME: &str = "accounts.lock";
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

/// Waits for the lock. Dropping the file gives it back.
pub(super) fn lock(state: &StateFolder) -> Result<File, Error> {
    let file = state.lock_file(LOCK_NAME)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(PAUSE);
            }
            Err(TryLockError::WouldBlock) => return Err(Error::Locked(state.file(LOCK_NAME))),
            Err(TryLockError::Error(err)) => {
                return Err(state_folder::Error::on("lock", &state.file(LOCK_NAME))(err).into());
            }
        }
    }
}

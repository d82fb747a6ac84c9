//! One server a state folder: the lock that says so. The system gives it back when the process
//! ends, however it ends.

use super::failure::Failure;
use crate::state_folder::StateFolder;
use std::fs::{File, TryLockError};
use std::io::{self, Seek as _, Write as _};

/// Held as long as this process is the server of its state folder.
#[derive(Debug)]
pub(super) struct ServerLock {
    _file: File,
}

const LOCK_NAME: &str = "server.lock";

impl ServerLock {
    /// Takes the lock, or says who has it.
    pub(super) fn take(state: &StateFolder) -> Result<Self, Failure> {
        let mut file = state.lock_file(LOCK_NAME).map_err(Failure::refused)?;
        let path = state.file(LOCK_NAME);
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(taken(&file, state)),
            Err(TryLockError::Error(err)) => {
                let text = format!("cannot lock {}: {err}", path.display());
                return Err(Failure::refused(text));
            }
        }
        leave_pid(&mut file)
            .map_err(|err| Failure::refused(format!("cannot write {}: {err}", path.display())))?;
        Ok(Self { _file: file })
    }
}

fn leave_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn taken(file: &File, state: &StateFolder) -> Failure {
    let pid = io::read_to_string(file).ok().and_then(|text| text.trim().parse::<u32>().ok());
    let who = pid.map_or_else(String::new, |pid| format!(" (process {pid})"));
    let folder = state.path().display();
    Failure::refused(format!(
        "a server already runs with the state folder {folder}{who}; stop it with `ferry-server \
         stop --state-dir {folder}`, or name another folder with --state-dir"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_runs() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::at(folder.path());
        let first = ServerLock::take(&state).unwrap();
        let told = format!("{:?}", ServerLock::take(&state).unwrap_err());
        assert!(told.contains(&format!("process {}", std::process::id())), "{told}");
        drop(first);
        ServerLock::take(&state).unwrap();
    }
}

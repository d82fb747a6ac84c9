//! What needs `unsafe` or the system's own calls.
#![expect(unsafe_code, reason = "loading a library runs its start code")]

use std::path::Path;
use std::{fs, io};

/// Whether the system's loader finds a library by this name.
pub(crate) fn has_library(name: &str) -> bool {
    // SAFETY: the start and end code of the libraries asked for, which are those of the display
    // and of the session bus, does nothing beyond themselves; whoever uses them loads the same.
    unsafe { libloading::Library::new(name) }.is_ok()
}

/// Renames without replacing what has the new name: then it fails with `AlreadyExists`.
pub(crate) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // The file system does not know the flag.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
            renamed => return Ok(renamed?),
        }
    }
    rename_after_a_look(from, to)
}

/// The same in two steps, between which somebody else may take the name.
fn rename_after_a_look(from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(from, to)
}

/// The user at the other end of a socket.
#[cfg(target_os = "linux")]
pub(crate) fn peer_uid(stream: &std::os::unix::net::UnixStream) -> io::Result<u32> {
    Ok(rustix::net::sockopt::socket_peercred(stream)?.uid.as_raw())
}

/// The user that this process belongs to.
#[cfg(target_os = "linux")]
pub(crate) fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::thread;

    /// So often that two who look first and rename then would meet.
    const ROUNDS: usize = 1000;

    #[test]
    fn of_two_that_want_a_name_one_gets_it_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for _ in 0..ROUNDS {
            fs::write(at("one"), "one").unwrap();
            fs::write(at("two"), "two").unwrap();
            let barrier = Barrier::new(2);
            let rename = |name: &str| {
                barrier.wait();
                rename_new(&at(name), &at("wanted"))
            };
            let renamed = thread::scope(|scope| {
                let one = scope.spawn(|| rename("one"));
                [rename("two"), one.join().unwrap()]
            });
            assert_eq!(renamed.iter().filter(|renamed| renamed.is_ok()).count(), 1);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
            fs::remove_file(at("wanted")).unwrap();
        }
    }

    #[test]
    fn a_name_that_is_taken_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for rename in [rename_new, rename_after_a_look] {
            fs::write(at("file"), "mine").unwrap();
            fs::create_dir(at("folder")).unwrap();
            let err = rename(&at("folder"), &at("file")).unwrap_err();
            assert_eq!(err.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read(at("file")).unwrap(), b"mine");
            rename(&at("folder"), &at("free")).unwrap();
            fs::remove_dir(at("free")).unwrap();
        }
    }
}

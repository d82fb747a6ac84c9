//! System calls that the standard library does not offer: signals, waiting without reaping, limits
//! and the room on a disk.

pub(crate) use rustix::process::Signal;

use rustix::process::{Pid, Resource, WaitId, WaitIdOptions};
use std::io;
use std::path::Path;

/// Ends a process without letting it clean up.
pub(crate) const KILL: Signal = Signal::KILL;
/// Asks a process to end.
pub(crate) const TERMINATE: Signal = Signal::TERM;
/// Stops a process where it is, until [`CONTINUE`].
pub(crate) const STOP: Signal = Signal::STOP;
/// Has a stopped process go on.
pub(crate) const CONTINUE: Signal = Signal::CONT;
/// What Ctrl-C sends.
pub(crate) const INTERRUPT: Signal = Signal::INT;

/// Sends a signal.
pub(crate) fn signal(pid: u32, signal: Signal) -> io::Result<()> {
    Ok(rustix::process::kill_process(checked(pid)?, signal)?)
}

/// Whether a child has ended. It is left unreaped, so that its times can still be read.
pub(crate) fn has_ended(pid: u32) -> io::Result<bool> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    Ok(rustix::process::waitid(WaitId::Pid(checked(pid)?), options)?.is_some())
}

/// Raises the number of open files to what the system allows and returns it.
pub(crate) fn raise_open_files() -> io::Result<u64> {
    let mut limit = rustix::process::getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    rustix::process::setrlimit(Resource::Nofile, limit)?;
    Ok(limit.current.unwrap_or(u64::MAX))
}

/// Holds this process and what it starts to the number of open files that a login shell has:
/// some programs close every possible one, and are slow where there may be a million.
pub(crate) fn usual_open_files() -> io::Result<()> {
    let mut limit = rustix::process::getrlimit(Resource::Nofile);
    let usual = limit.maximum.map_or(USUAL_OPEN_FILES, |most| most.min(USUAL_OPEN_FILES));
    limit.current = Some(usual);
    Ok(rustix::process::setrlimit(Resource::Nofile, limit)?)
}

/// Debian's default.
const USUAL_OPEN_FILES: u64 = 1024;

/// Bytes that anybody may still write to the file system of this path.
pub(crate) fn room_left(path: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(path)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Whether this process may do everything.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn checked(pid: u32) -> io::Result<Pid> {
    i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| io::Error::other("not a process id"))
}

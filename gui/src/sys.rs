//! What needs `unsafe` or the system's own calls.
#![expect(unsafe_code, reason = "loading a library runs its start code")]

use std::io;

/// Whether the system's loader finds a library by this name.
pub(crate) fn has_library(name: &str) -> bool {
    // SAFETY: the start and end code of the libraries asked for, which are those of the display
    // and of the session bus, does nothing beyond themselves; whoever uses them loads the same.
    unsafe { libloading::Library::new(name) }.is_ok()
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

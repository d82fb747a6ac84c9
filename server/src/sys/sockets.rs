//! Sockets: what the standard library leaves to the system.

use polling::{AsRawSource, Event, Poller};
use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// Makes a socket known to a poller. Whoever owns the socket takes it out again, by
/// [`Poller::delete`], before closing it.
#[expect(
    unsafe_code,
    reason = "the poller must be told before the socket is closed; the lot and the listener own \
              their sockets and do so in one place each"
)]
pub(crate) fn register<S>(poller: &Poller, socket: &S, event: Event) -> io::Result<()>
where
    for<'s> &'s S: AsRawSource,
{
    // SAFETY: the callers delete the source from the poller before they drop it.
    unsafe { poller.add(socket, event) }
}

/// Whether a connection is on its way and the socket will tell when it is made.
pub(crate) fn is_under_way(err: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(Errno::from_io_error(err), Some(Errno::INPROGRESS | Errno::WOULDBLOCK))
}

/// Whether the process or the system has no descriptor left.
pub(crate) fn is_out_of_descriptors(err: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(Errno::from_io_error(err), Some(Errno::MFILE | Errno::NFILE))
}

/// Brings back a thread that waits in `accept`. Says whether it can have noticed.
pub(crate) fn wake_acceptor(listener: &TcpListener, patience: Duration) -> bool {
    // On Linux this ends the wait, and needs no connection, which a wall may forbid.
    let is_shut = cfg!(target_os = "linux")
        && rustix::net::shutdown(listener, rustix::net::Shutdown::Both).is_ok();
    is_shut
        || listener
            .local_addr()
            .and_then(|address| TcpStream::connect_timeout(&address, patience))
            .is_ok()
}

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

/// Whether the other end of a connection is closed, or closed for sending: at once, even where
/// bytes lie unread before that.
pub(crate) fn is_closed_by_peer(socket: &TcpStream) -> bool {
    is_closed_by_peer_within(socket, Duration::ZERO)
}

/// The same, or will be after at most `patience`.
#[cfg(target_os = "linux")]
pub(crate) fn is_closed_by_peer_within(socket: &TcpStream, patience: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut polled = [PollFd::new(socket, PollFlags::RDHUP)];
    // POLLERR and POLLHUP are told unasked.
    Timespec::try_from(patience)
        .is_ok_and(|patience| poll(&mut polled, Some(&patience)).is_ok_and(|count| count > 0))
}

/// The same, as far as a system tells that does not look behind unread bytes.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_closed_by_peer_within(socket: &TcpStream, patience: Duration) -> bool {
    let is_closed = || match socket.peek(&mut [0]) {
        Ok(count) => count == 0,
        Err(err) => err.kind() != io::ErrorKind::WouldBlock,
    };
    is_closed()
        || !patience.is_zero() && {
            std::thread::sleep(patience);
            is_closed()
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_peer_that_left_is_noticed_behind_what_it_said() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (socket, _) = listener.accept().unwrap();
        socket.set_nonblocking(true).unwrap();
        assert!(!is_closed_by_peer(&socket));
        peer.write_all(b"QUIT\r\n").unwrap();
        assert!(!is_closed_by_peer(&socket));
        drop(peer);
        // What was sent over loopback is here when the sender's call returns.
        assert!(cfg!(not(target_os = "linux")) || is_closed_by_peer(&socket));
    }
}

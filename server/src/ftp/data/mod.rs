//! Data connections. A command that transfers opens one, gives it its cargo and lets it go on in
//! the pool by itself; the two ends share a [`Link`], and the outcome comes back as a promise.
//!
//! ```text
//! control connection ──cargo──► data connection, or one that is awaited
//!          ▲   └── Link: abort, bytes moved ──┘ │
//!          └────────────── Ended ─────────────┘
//! ```

mod awaited;
mod cargo;
mod connection;
mod download;
mod listing;
mod passive;
mod prepared;
mod upload;

pub(super) use awaited::Awaited;
pub(super) use cargo::{Cargo, Carried, Ended, Failure};
pub(super) use connection::{Advance, DataConnection};
pub(super) use download::Sending;
pub(super) use listing::Telling;
pub(super) use passive::{Passive, announced};
pub(super) use prepared::{Prepared, Security};
pub(super) use upload::Receiving;

use crate::sys;
use crate::wake::Waker;
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How the next transfer gets its data connection.
#[derive(Debug, Default)]
pub(super) enum DataPlan {
    /// No command said so yet.
    #[default]
    None,
    /// The client connects to us.
    Passive(Passive),
    /// We connect to the client.
    Active(SocketAddr),
}

/// What a control connection and its data connection share.
#[derive(Debug)]
pub(super) struct Link {
    is_aborted: AtomicBool,
    moved: AtomicU64,
    waker: Waker,
}

impl Link {
    /// For the data connection of this waker.
    pub(super) fn new(waker: Waker) -> Self {
        Self { is_aborted: AtomicBool::new(false), moved: AtomicU64::new(0), waker }
    }

    /// Has the transfer end as soon as may be.
    pub(super) fn abort(&self) {
        self.is_aborted.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Whether the transfer is to end.
    pub(super) fn is_aborted(&self) -> bool {
        self.is_aborted.load(Ordering::Acquire)
    }

    /// Bytes moved so far.
    pub(super) fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// Counts bytes that were moved.
    pub(super) fn count(&self, bytes: usize) {
        self.moved.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Waker of the data connection.
    pub(super) fn waker(&self) -> &Waker {
        &self.waker
    }
}

/// Another port at an address, with its scope: a link-local one means nothing without it.
pub(super) fn at_port(address: SocketAddr, port: u16) -> SocketAddr {
    match (address, address.ip().to_canonical()) {
        (SocketAddr::V6(scoped), IpAddr::V6(ip)) => {
            SocketAddrV6::new(ip, port, 0, scoped.scope_id()).into()
        }
        (_, ip) => SocketAddr::new(ip, port),
    }
}

/// Begins to connect to a client that asked for it; the socket becomes writable when it is done.
pub(super) fn connect(local: SocketAddr, client: SocketAddr) -> io::Result<TcpStream> {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(Domain::for_address(client), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.bind(&at_port(local, 0).into())?;
    match socket.connect(&client.into()) {
        Ok(()) => {}
        Err(err) if sys::is_under_way(&err) => {}
        Err(err) => return Err(err),
    }
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_port_is_on_the_same_link() {
        for (address, expected) in [
            ("[fe80::1%3]:21", "[fe80::1%3]:50000"),
            ("[::ffff:10.0.0.1]:21", "10.0.0.1:50000"),
            ("10.0.0.1:21", "10.0.0.1:50000"),
        ] {
            let expected: SocketAddr = expected.parse().unwrap();
            assert_eq!(at_port(address.parse().unwrap(), 50_000), expected);
        }
    }
}

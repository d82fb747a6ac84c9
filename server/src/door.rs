//! What the pool needs of a connection, whatever it speaks: one step at a time, and where to
//! wait in between. Each door (the native one, FTP) implements [`Door`] and [`Connection`]; none
//! knows the pool, which is an [`Intake`] to those that open connections of their own.

use crate::admission::Permit;
use crate::transport::CipherBuffer;
use crate::wake::Waker;
use socket2::SockRef;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Instant;

/// Makes connections of accepted sockets.
pub(crate) trait Door: Send + Sync + fmt::Debug {
    /// Makes a connection of an accepted, non-blocking socket, without waiting for anything.
    /// Returns it with the deadline of its first wait.
    fn receive(
        self: Arc<Self>,
        socket: TcpStream,
        peer: SocketAddr,
        permit: Permit,
        waker: Waker,
    ) -> io::Result<(Box<dyn Connection>, Instant)>;
}

/// Takes in connections that others than the listener opened.
pub(crate) trait Intake: Send + Sync + fmt::Debug {
    /// A waker for a connection that is about to be made.
    fn waker(&self) -> Waker;

    /// Puts a new connection where it goes `next`.
    fn take_in(&self, connection: Box<dyn Connection>, waker: Waker, next: Next);
}

/// One connection, owned by exactly one place at a time: the lot, a queue or a worker.
pub(crate) trait Connection: Send {
    /// Goes on until it would wait, its quantum is used, or it is over.
    fn step(&mut self, turn: &mut Turn<'_>) -> Next;

    /// The socket to wait on.
    fn socket(&self) -> SockRef<'_>;

    /// Which lane its next turn belongs to.
    fn lane(&self) -> Lane;

    /// Whether it is between requests, so that a stopping server may close it.
    fn is_idle(&self) -> bool;

    /// Whether the deadline that it was parked with, passed by `now`, ends it. If not, it gets a
    /// turn.
    fn ends_at(&self, now: Instant) -> bool {
        let _ = now;
        true
    }

    /// Says why it will be closed, as far as that is possible without waiting.
    fn say_farewell(&mut self, farewell: Farewell);
}

/// What a worker lends to a connection for one turn.
#[derive(Debug)]
pub(crate) struct Turn<'w> {
    /// Ciphertext as it comes from the socket.
    pub(crate) cipher: &'w mut CipherBuffer,
    /// Room for content.
    pub(crate) content: &'w mut [u8],
    /// When the turn began.
    pub(crate) now: Instant,
    /// Whether the server is stopping: finish what runs, begin nothing.
    pub(crate) is_draining: bool,
    /// Whether the worker is kept for small requests: bulk goes on with another, since a disk that
    /// hangs would keep this one too.
    pub(crate) is_reserved: bool,
    /// Milliseconds after which new transfers should come back, while the queues are too old.
    pub(crate) busy_retry_ms: Option<u32>,
    /// What is left of the turn.
    pub(crate) quantum: Quantum,
    /// The connection that waits for what came of this turn. Its own follows at once, by the same
    /// worker: to call another costs more than many a turn.
    pub(crate) follower: Option<Waker>,
}

/// What a connection may still do in its turn.
#[derive(Debug)]
pub(crate) struct Quantum {
    bytes: usize,
    requests: usize,
}

impl Quantum {
    /// A whole turn.
    pub(crate) fn new() -> Self {
        Self { bytes: QUANTUM_BYTES, requests: QUANTUM_REQUESTS }
    }

    /// Content was moved.
    pub(crate) fn spend_bytes(&mut self, count: usize) {
        self.bytes = self.bytes.saturating_sub(count);
    }

    /// A request was begun.
    pub(crate) fn spend_request(&mut self) {
        self.requests = self.requests.saturating_sub(1);
    }

    /// Whether the turn is used up.
    pub(crate) fn is_spent(&self) -> bool {
        self.bytes == 0 || self.requests == 0
    }
}

impl Default for Quantum {
    fn default() -> Self {
        Self::new()
    }
}

/// Where a connection goes after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// To the lot.
    Park(Interest, Instant),
    /// To the back of its queue.
    Again,
    /// It is over.
    Close,
}

/// What brings a parked connection back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interest {
    /// Bytes to read.
    Readable,
    /// Room to write.
    Writable,
    /// Only its waker.
    Woken,
    /// Its waker, or the time at which it goes on: nothing is overdue then.
    Rested,
}

/// The two queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Handshakes, logins, listings and other small requests.
    Control,
    /// Whatever used up a whole turn.
    Bulk,
}

/// Why the server ends a connection of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Farewell {
    /// A deadline passed.
    TimedOut,
    /// The server is stopping.
    Stopping,
}

/// Bytes that a connection may move in one turn.
pub(crate) const QUANTUM_BYTES: usize = 1024 * 1024;

/// Small requests that a connection may make in one turn.
pub(crate) const QUANTUM_REQUESTS: usize = 32;

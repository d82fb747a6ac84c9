//! A connection with what the pool knows of it.

use crate::door::{Connection, Lane};
use crate::wake::{ConnectionKey, Waker};
use std::fmt;
use std::time::Instant;

/// One connection in the pool's hands. Owned by the lot, a queue or a worker, never by two.
pub(crate) struct Slot {
    pub(crate) connection: Box<dyn Connection>,
    pub(crate) waker: Waker,
    /// Whether the poller knows the socket.
    pub(crate) is_registered: bool,
    /// When it was queued.
    pub(crate) queued_at: Instant,
}

impl Slot {
    pub(crate) fn new(connection: Box<dyn Connection>, waker: Waker) -> Self {
        Self { connection, waker, is_registered: false, queued_at: Instant::now() }
    }

    pub(crate) fn key(&self) -> ConnectionKey {
        self.waker.key()
    }

    pub(crate) fn lane(&self) -> Lane {
        self.connection.lane()
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slot({})", self.key())
    }
}

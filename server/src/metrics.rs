//! Counters of a running server. Anyone may count; only `status` reads.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters since the server started.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Connections open now.
    pub(crate) connections: Counter,
    /// Connections accepted.
    pub(crate) accepted: Counter,
    /// Connections refused by a cap.
    pub(crate) refused: Counter,
    /// Connections closed by a deadline.
    pub(crate) timed_out: Counter,
    /// Bytes read from sockets.
    pub(crate) bytes_in: Counter,
    /// Bytes written to sockets.
    pub(crate) bytes_out: Counter,
    /// Panics that were caught: each closed one connection, or refused one batch of uploads.
    pub(crate) panics: Counter,
    /// Requests answered with "busy" because the queues were too old.
    pub(crate) shed: Counter,
}

/// One counter.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Counts `count` up.
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// Counts one down.
    pub(crate) fn subtract_one(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// Its value now.
    pub(crate) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

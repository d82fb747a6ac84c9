//! The lot: parked connections, one poller, their deadlines.
//!
//! Parking inserts first and arms second, both under the lot's lock; the reverse order loses the
//! event that comes in between. Sockets are armed oneshot, so a worker owns its socket alone, and
//! a socket is taken out of the poller before it is closed.

use super::poller::Poll;
use super::slot::Slot;
use crate::door::Interest;
use crate::sync::Mutex;
use crate::wake::ConnectionKey;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Parked connections by their key.
#[derive(Debug)]
pub(crate) struct Lot {
    poller: Arc<dyn Poll>,
    parked: Mutex<HashMap<ConnectionKey, Parked>>,
}

#[derive(Debug)]
struct Parked {
    slot: Slot,
    until: Instant,
    interest: Interest,
}

/// What came of parking.
pub(crate) enum Outcome {
    /// It waits now.
    Parked,
    /// It was woken meanwhile: its turn comes again at once.
    Woken(Slot),
    /// The poller does not take it.
    Failed(Slot, io::Error),
}

impl Lot {
    pub(crate) fn over(poller: Arc<dyn Poll>) -> Self {
        Self { poller, parked: Mutex::default() }
    }

    /// Parks a connection until its interest comes true, it is woken, or `until` passes.
    pub(crate) fn park(&self, slot: Slot, interest: Interest, until: Instant) -> Outcome {
        let key = slot.key();
        let mut parked = self.parked.lock();
        if slot.waker.was_woken() {
            return Outcome::Woken(slot);
        }
        let slot = &mut parked.entry(key).or_insert(Parked { slot, until, interest }).slot;
        match self.poller.arm(slot, interest) {
            Ok(()) => Outcome::Parked,
            Err(err) => match parked.remove(&key) {
                Some(parked) => Outcome::Failed(parked.slot, err),
                None => Outcome::Parked,
            },
        }
    }

    /// Takes one connection out, for another reason than what it was parked for.
    pub(crate) fn call(&self, key: ConnectionKey) -> Option<Slot> {
        let Parked { slot, interest, .. } = self.take(key)?;
        let is_armed = matches!(interest, Interest::Readable | Interest::Writable);
        // What its socket does meanwhile is nobody's matter, and would bring a thread for nothing.
        if is_armed && let Err(err) = self.poller.disarm(&slot) {
            tracing::debug!("a socket could not be disarmed: {err}");
        }
        Some(slot)
    }

    fn take(&self, key: ConnectionKey) -> Option<Parked> {
        self.parked.lock().remove(&key)
    }

    /// Waits for events, at most `patience`, and takes out all connections that are ready.
    pub(crate) fn wait(&self, patience: Duration) -> io::Result<Vec<Slot>> {
        let ready = self.poller.wait(patience)?;
        let mut parked = self.parked.lock();
        let ready = ready.into_iter().filter_map(|key| parked.remove(&key));
        Ok(ready.map(|parked| parked.slot).collect())
    }

    /// Waits for one connection, and takes it out; `None` if it was called, or the connection left
    /// before. Only where the poller is shared.
    pub(crate) fn wait_for_one(&self) -> io::Result<Option<Slot>> {
        Ok(self.poller.wait_for_one()?.and_then(|key| self.take(key)).map(|parked| parked.slot))
    }

    /// Takes out all connections whose deadline passed by `now`.
    pub(crate) fn take_expired(&self, now: Instant) -> Vec<Slot> {
        self.take_where(|parked| parked.until <= now && parked.interest != Interest::Rested)
    }

    /// Takes out all connections that have rested until `now`.
    pub(crate) fn take_rested(&self, now: Instant) -> Vec<Slot> {
        self.take_where(|parked| parked.until <= now && parked.interest == Interest::Rested)
    }

    /// Takes out all connections that are between requests.
    pub(crate) fn take_idle(&self) -> Vec<Slot> {
        self.take_where(|parked| parked.slot.connection.is_idle())
    }

    /// Takes out all.
    pub(crate) fn take_all(&self) -> Vec<Slot> {
        self.take_where(|_| true)
    }

    /// Takes a connection's socket out of the poller; only then may it be closed.
    pub(crate) fn forget(&self, slot: &mut Slot) {
        if std::mem::take(&mut slot.is_registered)
            && let Err(err) = self.poller.forget(slot)
        {
            tracing::warn!("a socket could not be taken out of the poller: {err}");
        }
    }

    fn take_where(&self, is_wanted: impl Fn(&Parked) -> bool) -> Vec<Slot> {
        let mut parked = self.parked.lock();
        parked.extract_if(|_, parked| is_wanted(parked)).map(|(_, parked)| parked.slot).collect()
    }
}

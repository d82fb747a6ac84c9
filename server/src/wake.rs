//! How work on another thread (the committer, the password lane) gives its outcome back to a
//! connection: a [`Promise`] is kept there, a [`Pending`] here, and a [`Waker`] brings the
//! connection back from the lot. These types lie below pool, doors and service alike, so that
//! the outcome climbs without an import that does.

use crate::sync::{AtomicBool, Mutex};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Number of a connection, never used twice.
pub(crate) type ConnectionKey = u64;

/// Brings a parked connection back to the workers.
pub(crate) trait Wake: Send + Sync {
    /// Queues the connection if it is parked. If a worker owns it, [`Waker::was_woken`] tells.
    fn wake(&self, connection: ConnectionKey);
}

/// Wakes one connection.
#[derive(Clone)]
pub(crate) struct Waker {
    key: ConnectionKey,
    was_woken: Arc<AtomicBool>,
    lot: Arc<dyn Wake>,
}

impl Waker {
    /// A waker of the connection `key` in `lot`.
    pub(crate) fn new(key: ConnectionKey, lot: Arc<dyn Wake>) -> Self {
        Self { key, was_woken: Arc::default(), lot }
    }

    /// Number of the connection.
    pub(crate) fn key(&self) -> ConnectionKey {
        self.key
    }

    /// Wakes the connection, now or when it is about to be parked.
    pub(crate) fn wake(&self) {
        // The mark comes first: whoever parks looks at it under the lot's lock.
        self.mark();
        self.lot.wake(self.key);
    }

    /// Marks the connection as woken: for the pool, which then takes it out of its lot.
    pub(crate) fn mark(&self) {
        self.was_woken.store(true, Ordering::Release);
    }

    /// Begins a turn: what woke the connection before is there for it to see.
    pub(crate) fn forget_wakes(&self) {
        self.was_woken();
    }

    /// Whether the connection was woken since the last call.
    pub(crate) fn was_woken(&self) -> bool {
        self.was_woken.swap(false, Ordering::Acquire)
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Waker({})", self.key)
    }
}

/// The duty to deliver a value to a connection once. Dropped undelivered, as when its thread dies,
/// it delivers what stands for that: nobody waits for the dead.
pub(crate) struct Promise<T> {
    place: Arc<Mutex<Option<T>>>,
    waker: Waker,
    if_dropped: Option<T>,
    witness: Option<Witness<T>>,
}

/// Sees a value before its connection does.
type Witness<T> = Box<dyn FnOnce(&T) + Send>;

/// A value that another thread will deliver.
#[derive(Debug)]
pub(crate) struct Pending<T> {
    place: Arc<Mutex<Option<T>>>,
}

/// A promise to wake `waker`'s connection, and the place where its value will be found.
pub(crate) fn promise<T>(waker: &Waker, if_dropped: T) -> (Promise<T>, Pending<T>) {
    let place = Arc::new(Mutex::new(None));
    let waker = waker.clone();
    let promise =
        Promise { place: Arc::clone(&place), waker, if_dropped: Some(if_dropped), witness: None };
    (promise, Pending { place })
}

impl<T> Promise<T> {
    /// Has `witness` see the value, whatever becomes of the connection.
    pub(crate) fn seen_by(mut self, witness: impl FnOnce(&T) + Send + 'static) -> Self {
        self.witness = Some(Box::new(witness));
        self
    }

    /// Delivers the value. The connection is woken when the returned waker is used, so that many
    /// values for one connection cost one wake.
    #[must_use]
    pub(crate) fn deliver(mut self, value: T) -> Waker {
        self.if_dropped = None;
        self.put(value);
        self.waker.clone()
    }
}

impl<T> Promise<T> {
    fn put(&mut self, value: T) {
        if let Some(witness) = self.witness.take() {
            witness(&value);
        }
        *self.place.lock() = Some(value);
    }
}

impl<T> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Promise({:?})", self.waker)
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        if let Some(value) = self.if_dropped.take() {
            self.put(value);
            self.waker.wake();
        }
    }
}

/// Clones wait for one value, which one of them takes.
impl<T> Clone for Pending<T> {
    fn clone(&self) -> Self {
        Self { place: Arc::clone(&self.place) }
    }
}

impl<T> Pending<T> {
    /// What nobody will deliver, for where the value is known already.
    pub(crate) fn never() -> Self {
        Self { place: Arc::default() }
    }

    /// Whether the value was delivered, and not taken yet.
    pub(crate) fn is_there(&self) -> bool {
        self.place.lock().is_some()
    }

    /// The value, once, if it was delivered.
    pub(crate) fn take(&self) -> Option<T> {
        self.place.lock().take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lot without connections.
    struct Nowhere;

    impl Wake for Nowhere {
        fn wake(&self, _: ConnectionKey) {}
    }

    #[test]
    fn a_promise_is_kept_once_whatever_becomes_of_its_thread() {
        let waker = Waker::new(7, Arc::new(Nowhere));
        let (kept, pending) = promise(&waker, "lost");
        assert_eq!(pending.take(), None);
        kept.deliver("done").wake();
        assert!(waker.was_woken() && !waker.was_woken());
        assert_eq!((pending.take(), pending.take()), (Some("done"), None));
        let (broken, pending) = promise(&waker, "lost");
        drop(broken);
        assert!(waker.was_woken());
        assert_eq!(pending.take(), Some("lost"));
    }
}

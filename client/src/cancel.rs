//! Stopping from outside: a flag, and the sockets that a blocked thread may be waiting on.

use crate::Error;
use crate::sync::{self, AtomicBool, Condvar, Mutex};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Stops whatever a client does. Clones share one flag.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    is_cancelled: AtomicBool,
    sockets: Mutex<Sockets>,
    woken: Condvar,
}

#[derive(Debug, Default)]
struct Sockets {
    next_key: u64,
    open: Vec<(u64, TcpStream)>,
}

/// Keeps a socket known to a [`Cancel`] for as long as it lives.
#[derive(Debug)]
pub(crate) struct Registered {
    key: u64,
    cancel: Cancel,
}

impl Cancel {
    /// Nothing is cancelled yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops: every connection that is registered is closed and every wait ends.
    pub fn cancel(&self) {
        let mut sockets = self.0.sockets.lock();
        self.0.is_cancelled.store(true, Ordering::SeqCst);
        for (_, socket) in sockets.open.drain(..) {
            // A socket that is closed already needs no closing.
            drop(socket.shutdown(Shutdown::Both));
        }
        self.0.woken.notify_all();
    }

    /// Whether [`Cancel::cancel`] was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::Relaxed)
    }

    /// Allows new work after a cancelled one, as a prompt needs it. The next call reconnects.
    pub fn reset(&self) {
        self.0.is_cancelled.store(false, Ordering::SeqCst);
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.is_cancelled() {
            return Err(Error::Cancelled);
        }
        Ok(())
    }

    /// Waits, unless cancelled before or meanwhile.
    pub(crate) fn wait(&self, time: Duration) -> Result<(), Error> {
        let until = sync::now() + time;
        let mut sockets = self.0.sockets.lock();
        while !self.is_cancelled() {
            if self.0.woken.wait_until(&mut sockets, until).timed_out() {
                break;
            }
        }
        drop(sockets);
        self.check()
    }

    pub(crate) fn register(&self, socket: TcpStream) -> Result<Registered, Error> {
        let mut sockets = self.0.sockets.lock();
        self.check()?;
        sockets.next_key += 1;
        let key = sockets.next_key;
        sockets.open.push((key, socket));
        Ok(Registered { key, cancel: self.clone() })
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut sockets = self.cancel.0.sockets.lock();
        sockets.open.retain(|(key, _)| *key != self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancelled_wait_ends_at_once_and_new_sockets_are_refused() {
        let cancel = Cancel::new();
        cancel.cancel();
        assert!(matches!(cancel.wait(Duration::from_mins(10)), Err(Error::Cancelled)));
        cancel.reset();
        assert!(cancel.wait(Duration::ZERO).is_ok());
    }
}

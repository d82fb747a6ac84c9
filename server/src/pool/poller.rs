//! What the lot needs of a poller, and the system's.

use super::slot::Slot;
use crate::door::Interest;
use crate::sys;
use crate::wake::ConnectionKey;
use parking_lot::Mutex;
use polling::{Event, Events, Poller};
use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::time::Duration;

/// Waits for the sockets of many connections at once. What is armed is told once, however long it
/// was ready before.
pub(crate) trait Poll: Send + Sync + fmt::Debug {
    /// Waits for `interest` from now on. Only what a socket does is waited for here.
    fn arm(&self, slot: &mut Slot, interest: Interest) -> io::Result<()>;

    /// Takes the connection's socket out; only then may it be closed.
    fn forget(&self, slot: &Slot) -> io::Result<()>;

    /// Connections whose interest came true, after at most `patience`; none if it was notified.
    fn wait(&self, patience: Duration) -> io::Result<Vec<ConnectionKey>>;

    /// Makes [`Poll::wait`] return.
    fn notify(&self) -> io::Result<()>;
}

/// The system's poller. One thread waits.
#[derive(Debug)]
pub(super) struct SystemPoller {
    poller: Poller,
    events: Mutex<Events>,
}

impl SystemPoller {
    pub(super) fn new() -> io::Result<Self> {
        let events = Mutex::new(Events::with_capacity(EVENTS_MAX));
        Ok(Self { poller: Poller::new()?, events })
    }
}

impl Poll for SystemPoller {
    fn arm(&self, slot: &mut Slot, interest: Interest) -> io::Result<()> {
        let key = usize::try_from(slot.key()).map_err(io::Error::other)?;
        let event = match interest {
            Interest::Readable => Event::readable(key),
            Interest::Writable => Event::writable(key),
            Interest::Woken | Interest::Rested => return Ok(()),
        };
        let socket = slot.connection.socket();
        if slot.is_registered {
            return self.poller.modify(&*socket, event);
        }
        sys::register(&self.poller, &*socket, event)?;
        slot.is_registered = true;
        Ok(())
    }

    fn forget(&self, slot: &Slot) -> io::Result<()> {
        self.poller.delete(&*slot.connection.socket())
    }

    fn wait(&self, patience: Duration) -> io::Result<Vec<ConnectionKey>> {
        let mut events = self.events.lock();
        events.clear();
        match self.poller.wait(&mut events, Some(patience)) {
            Ok(_) => Ok(events.iter().map(|event| event.key as ConnectionKey).collect()),
            Err(err) if err.kind() == io::ErrorKind::Interrupted => Ok(Vec::new()),
            Err(err) => Err(err),
        }
    }

    fn notify(&self) -> io::Result<()> {
        self.poller.notify()
    }
}

/// Events taken from the poller at once.
const EVENTS_MAX: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

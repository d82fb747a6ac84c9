//! The poller of all other systems: one thread waits.

use super::Poll;
use crate::door::Interest;
use crate::pool::slot::Slot;
use crate::sys;
use crate::wake::ConnectionKey;
use parking_lot::Mutex;
use polling::{Event, Events, Poller};
use std::io;
use std::num::NonZeroUsize;
use std::time::Duration;

/// The poller of a library that knows all systems.
#[derive(Debug)]
pub(in crate::pool) struct SinglePoller {
    poller: Poller,
    events: Mutex<Events>,
}

impl SinglePoller {
    pub(in crate::pool) fn new() -> io::Result<Self> {
        let events = Mutex::new(Events::with_capacity(EVENTS_MAX));
        Ok(Self { poller: Poller::new()?, events })
    }
}

impl Poll for SinglePoller {
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

    fn disarm(&self, slot: &Slot) -> io::Result<()> {
        let key = usize::try_from(slot.key()).map_err(io::Error::other)?;
        self.poller.modify(&*slot.connection.socket(), Event::none(key))
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

    fn is_shared(&self) -> bool {
        false
    }

    fn wait_for_one(&self) -> io::Result<Option<ConnectionKey>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn notify(&self) -> io::Result<()> {
        self.poller.notify()
    }
}

/// Events taken from the poller at once.
const EVENTS_MAX: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

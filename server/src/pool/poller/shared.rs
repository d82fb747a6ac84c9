//! The poller of systems that tell each event to one of many threads.

use super::Poll;
use crate::door::Interest;
use crate::pool::slot::Slot;
use crate::sys::epoll::{Epoll, Ready};
use crate::wake::ConnectionKey;
use std::io;
use std::os::fd::AsFd as _;
use std::time::Duration;

/// Linux's poller.
#[derive(Debug)]
pub(in crate::pool) struct SharedPoller(Epoll);

impl SharedPoller {
    pub(in crate::pool) fn new() -> io::Result<Self> {
        Epoll::new().map(Self)
    }
}

impl Poll for SharedPoller {
    fn arm(&self, slot: &mut Slot, interest: Interest) -> io::Result<()> {
        let ready = match interest {
            Interest::Readable => Ready::Read,
            Interest::Writable => Ready::Write,
            Interest::Woken | Interest::Rested => return Ok(()),
        };
        let (key, socket) = (slot.key(), slot.connection.socket());
        if slot.is_registered {
            return self.0.arm(socket.as_fd(), key, ready);
        }
        self.0.add(socket.as_fd(), key, ready)?;
        slot.is_registered = true;
        Ok(())
    }

    fn disarm(&self, slot: &Slot) -> io::Result<()> {
        self.0.disarm(slot.connection.socket().as_fd(), slot.key())
    }

    fn forget(&self, slot: &Slot) -> io::Result<()> {
        self.0.delete(slot.connection.socket().as_fd())
    }

    fn wait(&self, patience: Duration) -> io::Result<Vec<ConnectionKey>> {
        let mut keys = Vec::new();
        self.0.wait(patience, &mut keys)?;
        Ok(keys)
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn wait_for_one(&self) -> io::Result<Option<ConnectionKey>> {
        self.0.wait_for_one()
    }

    fn notify(&self) -> io::Result<()> {
        self.0.ring()
    }
}

//! The two bounded queues. A connection has at most one turn queued, and the queues hold as many
//! as there may be connections, so a push never waits.

use super::slot::Slot;
use crate::door::Lane;
use crossbeam_channel::{Receiver, Sender, bounded, select_biased};
use parking_lot::Mutex;
use std::time::Instant;

/// Both lanes.
#[derive(Debug)]
pub(crate) struct Queues {
    senders: Mutex<Option<Senders>>,
    control: Receiver<Slot>,
    bulk: Receiver<Slot>,
}

#[derive(Clone, Debug)]
struct Senders {
    control: Sender<Slot>,
    bulk: Sender<Slot>,
}

impl Queues {
    pub(crate) fn new(capacity: usize) -> Self {
        let (control_sender, control) = bounded(capacity);
        let (bulk_sender, bulk) = bounded(capacity);
        let senders = Senders { control: control_sender, bulk: bulk_sender };
        Self { senders: Mutex::new(Some(senders)), control, bulk }
    }

    /// Queues a connection in its lane. After [`Queues::close`] it is dropped, which closes it.
    pub(crate) fn push(&self, mut slot: Slot) {
        slot.queued_at = Instant::now();
        let senders = self.senders.lock().clone();
        let sent = match (senders, slot.lane()) {
            (Some(senders), Lane::Control) => senders.control.try_send(slot).is_ok(),
            (Some(senders), Lane::Bulk) => senders.bulk.try_send(slot).is_ok(),
            (None, _) => true,
        };
        if !sent {
            tracing::error!("a queue was full: a connection was dropped");
        }
    }

    /// The next connection for a worker; `None` once the queues are closed.
    pub(crate) fn pop(&self, only_control: bool) -> Option<Slot> {
        if only_control {
            return self.control.recv().ok();
        }
        select_biased! {
            recv(self.control) -> slot => slot.ok(),
            recv(self.bulk) -> slot => slot.ok(),
        }
    }

    /// Lets workers run out of work.
    pub(crate) fn close(&self) {
        *self.senders.lock() = None;
    }
}

//! The two bounded queues. A connection has at most one turn queued, and the queues hold as many
//! as there may be connections, so a push never waits.

use super::slot::Slot;
use crate::door::Lane;
use crate::sync::{self, Mutex};
use crossbeam_channel::{Receiver, Sender, bounded};
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
            return sync::recv(&self.control).ok();
        }
        // What a closed lane still holds comes out: a connection left behind would keep the whole
        // pool alive.
        sync::recv_either(&self.control, &self.bulk).ok()
    }

    /// Whether nobody waits for a worker.
    pub(crate) fn are_empty(&self) -> bool {
        self.control.is_empty() && self.bulk.is_empty()
    }

    /// Lets workers run out of work.
    pub(crate) fn close(&self) {
        *self.senders.lock() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::{Connection, Farewell, Next, Turn};
    use crate::wake::{ConnectionKey, Wake, Waker};
    use socket2::SockRef;
    use std::sync::Arc;

    struct Bulky;

    impl Connection for Bulky {
        fn step(&mut self, _: &mut Turn<'_>) -> Next {
            Next::Close
        }

        fn socket(&self) -> SockRef<'_> {
            unreachable!("nobody waits here")
        }

        fn lane(&self) -> Lane {
            Lane::Bulk
        }

        fn is_idle(&self) -> bool {
            false
        }

        fn say_farewell(&mut self, _: Farewell) {}
    }

    struct Nobody;

    impl Wake for Nobody {
        fn wake(&self, _: ConnectionKey) {}
    }

    /// A transfer that waited for its turn when the queues were closed stayed in them: it kept
    /// the pool, the committer's queue and so the whole server from ending.
    #[test]
    fn closed_queues_still_hand_out_what_they_hold() {
        let queues = Queues::new(2);
        queues.push(Slot::new(Box::new(Bulky), Waker::new(1, Arc::new(Nobody))));
        queues.close();
        assert!(queues.pop(false).is_some());
        assert!(queues.pop(false).is_none());
    }
}

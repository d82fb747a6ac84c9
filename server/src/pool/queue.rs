//! The two bounded queues. A connection has at most one turn queued, and the queues hold as many
//! as there may be connections, so a push never waits.

use super::slot::Slot;
use crate::door::Lane;
use crate::sync::{self, Condvar, Mutex};
use std::collections::VecDeque;
use std::time::Instant;

/// Both lanes, and who waits for a turn in them.
///
/// Of the workers that idle, the last to come is called first: its buffers are warm, and the others
/// sleep on. A channel for each lane had every worker wait for both, and take turns at their locks.
#[derive(Debug)]
pub(crate) struct Queues {
    lanes: Mutex<Lanes>,
    /// A bell for each worker.
    bells: Box<[Condvar]>,
}

#[derive(Debug)]
struct Lanes {
    control: VecDeque<Slot>,
    bulk: VecDeque<Slot>,
    /// What either holds at most.
    capacity: usize,
    /// Workers that wait, the last to come at the end.
    idle: Vec<Worker>,
    is_closed: bool,
}

/// Who asks for a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Worker {
    /// Its number among all of them, from 0.
    pub(crate) number: usize,
    /// Whether it is kept for small requests.
    pub(crate) only_control: bool,
}

impl Queues {
    /// Queues for so many workers, of so many connections each.
    pub(crate) fn new(workers: usize, capacity: usize) -> Self {
        let lanes = Lanes {
            control: VecDeque::new(),
            bulk: VecDeque::new(),
            capacity,
            idle: Vec::with_capacity(workers),
            is_closed: false,
        };
        let bells = (0..workers).map(|_| Condvar::default()).collect();
        Self { lanes: Mutex::new(lanes), bells }
    }

    /// Queues a connection in its lane. After [`Queues::close`] it is dropped, which closes it.
    pub(crate) fn push(&self, mut slot: Slot) {
        slot.queued_at = Instant::now();
        let lane = slot.lane();
        let mut lanes = self.lanes.lock();
        if lanes.is_closed {
            // Its end may wake others, who come for this lock.
            drop(lanes);
            drop(slot);
            return;
        }
        let capacity = lanes.capacity;
        let queue = lanes.queue(lane);
        if queue.len() >= capacity {
            drop(lanes);
            tracing::error!("a queue was full: a connection was dropped");
            return;
        }
        queue.push_back(slot);
        let called = lanes.call(lane);
        drop(lanes);
        if let Some(bell) = called.and_then(|worker| self.bells.get(worker.number)) {
            bell.notify_one();
        }
    }

    /// The next connection for a worker; `None` once the queues are closed.
    pub(crate) fn pop(&self, worker: Worker) -> Option<Slot> {
        let bell = self.bells.get(worker.number)?;
        let mut lanes = self.lanes.lock();
        loop {
            lanes.idle.retain(|idle| idle.number != worker.number);
            // What closed lanes still hold comes out: a connection left behind would keep the
            // whole pool alive.
            let next = lanes.next_for(worker);
            if next.is_some() || lanes.is_closed {
                return next;
            }
            lanes.idle.push(worker);
            lanes = sync::wait(bell, &self.lanes, lanes);
        }
    }

    /// Whether nobody waits for a worker.
    pub(crate) fn are_empty(&self) -> bool {
        let lanes = self.lanes.lock();
        lanes.control.is_empty() && lanes.bulk.is_empty()
    }

    /// Lets workers run out of work.
    pub(crate) fn close(&self) {
        self.lanes.lock().is_closed = true;
        self.bells.iter().for_each(|bell| {
            bell.notify_one();
        });
    }
}

impl Lanes {
    fn queue(&mut self, lane: Lane) -> &mut VecDeque<Slot> {
        match lane {
            Lane::Control => &mut self.control,
            Lane::Bulk => &mut self.bulk,
        }
    }

    fn next_for(&mut self, worker: Worker) -> Option<Slot> {
        let small = self.control.pop_front();
        if worker.only_control { small } else { small.or_else(|| self.bulk.pop_front()) }
    }

    /// Takes out of the idle whoever is to come for what was queued. Those who are kept for small
    /// requests come last, as long as others are there.
    fn call(&mut self, lane: Lane) -> Option<Worker> {
        let anybody = self.idle.iter().rposition(|worker| !worker.only_control);
        let found = match lane {
            Lane::Control => anybody.or_else(|| self.idle.len().checked_sub(1)),
            Lane::Bulk => anybody,
        };
        found.map(|place| self.idle.remove(place))
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
        let queues = Queues::new(1, 2);
        let worker = Worker { number: 0, only_control: false };
        queues.push(Slot::new(Box::new(Bulky), Waker::new(1, Arc::new(Nobody))));
        queues.close();
        assert!(queues.pop(worker).is_some());
        assert!(queues.pop(worker).is_none());
    }

    #[test]
    fn the_last_to_idle_is_called_first_and_who_is_kept_for_small_requests_last() {
        let queues = Queues::new(4, 2);
        let worker = |number, only_control| Worker { number, only_control };
        let mut lanes = queues.lanes.lock();
        lanes.idle.extend([worker(0, true), worker(1, false), worker(2, false), worker(3, true)]);
        let mut called = |lane| lanes.call(lane).map(|worker| worker.number);
        assert_eq!(called(Lane::Control), Some(2));
        assert_eq!(called(Lane::Bulk), Some(1));
        assert_eq!(called(Lane::Bulk), None);
        assert_eq!(called(Lane::Control), Some(3));
        assert_eq!(called(Lane::Control), Some(0));
        assert_eq!(called(Lane::Control), None);
    }
}

//! The two bounded queues, and who waits for what comes into them. A connection has at most one
//! turn queued, and the queues hold as many as there may be connections, so a push never waits.

use super::lanes::Lanes;
use super::poller::Poll;
use super::slot::Slot;
use super::watches::Watches;
use crate::door::Lane;
use crate::sync::{self, Condvar, Mutex};
use parking_lot::MutexGuard;
use std::sync::Arc;
use std::time::Instant;

/// Both lanes, and who waits for a turn in them.
///
/// Of the workers that idle, the last to come is called first: its buffers are warm, and the others
/// sleep on. A channel for each lane had every worker wait for both, and take turns at their locks.
#[derive(Debug)]
pub(crate) struct Queues {
    poller: Arc<dyn Poll>,
    state: Mutex<State>,
    /// A bell for each worker.
    bells: Box<[Condvar]>,
    /// The bell of the lot's thread.
    guard_bell: Condvar,
}

#[derive(Debug)]
struct State {
    lanes: Lanes,
    /// Workers that wait for their bell, the last to come at the end.
    idle: Vec<Worker>,
    watches: Watches,
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

/// What a worker is to do.
#[derive(Debug)]
pub(crate) enum Task {
    /// Take this turn.
    Turn(Slot),
    /// Wait for a socket, and tell when that is over.
    Watch,
    /// End.
    End,
}

/// Who is to come for what was queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Worker(usize),
    /// Any of those that wait for sockets.
    Watch,
    /// All are at their turns, and will look.
    Nobody,
}

impl Queues {
    /// Queues for so many workers, of so many connections each. At most `watches_max` workers wait
    /// for sockets themselves, where the poller can be shared.
    pub(crate) fn new(
        workers: usize,
        capacity: usize,
        poller: Arc<dyn Poll>,
        watches_max: usize,
    ) -> Self {
        let state = State {
            lanes: Lanes::new(capacity),
            idle: Vec::with_capacity(workers),
            watches: Watches::new(if poller.is_shared() { watches_max } else { 0 }),
            is_closed: false,
        };
        let bells = (0..workers).map(|_| Condvar::default()).collect();
        Self { poller, state: Mutex::new(state), bells, guard_bell: Condvar::default() }
    }

    /// Queues a connection in its lane. After [`Queues::close`] it is dropped, which closes it.
    pub(crate) fn push(&self, mut slot: Slot) {
        slot.queued_at = Instant::now();
        let lane = slot.lane();
        let mut state = self.state.lock();
        // Its end may wake others, who come for this lock.
        let refused = if state.is_closed { Err(slot) } else { state.lanes.push(slot) };
        if let Err(slot) = refused {
            let is_closed = state.is_closed;
            drop(state);
            if !is_closed {
                tracing::error!("a queue was full: a connection was dropped");
            }
            drop(slot);
            return;
        }
        let call = state.call_for(lane);
        drop(state);
        self.ring(call);
    }

    /// What a worker is to do next, once there is something.
    pub(crate) fn next(&self, worker: Worker) -> Task {
        let Some(bell) = self.bells.get(worker.number) else { return Task::End };
        let mut state = self.state.lock();
        loop {
            state.idle.retain(|idle| idle.number != worker.number);
            // What closed lanes still hold comes out: a connection left behind would keep the
            // whole pool alive.
            if let Some(slot) = state.lanes.next_for(worker) {
                self.leave(state, worker, slot.lane());
                return Task::Turn(slot);
            }
            if state.is_closed {
                drop(state);
                // A ring tells one of those who wait; each tells the next.
                self.ring(Call::Watch);
                return Task::End;
            }
            if !worker.only_control && state.watches.take(worker.number) {
                state.watches.wait();
                return Task::Watch;
            }
            state.idle.push(worker);
            state = sync::wait(bell, &self.state, state);
        }
    }

    /// A worker waits for sockets no more: it takes a turn in that lane, or asks for another task.
    pub(crate) fn stop_waiting(&self, worker: Worker, turn: Option<Lane>) {
        let mut state = self.state.lock();
        state.watches.stop_waiting();
        if let Some(lane) = turn {
            self.leave(state, worker, lane);
        }
    }

    /// Whether nobody waits for a turn.
    pub(crate) fn are_empty(&self) -> bool {
        self.state.lock().lanes.first().is_none()
    }

    /// A worker does not look at the sockets for a while, or never again: its watch goes to others.
    pub(crate) fn give_up_watch(&self, worker: Worker) {
        self.leave(self.state.lock(), worker, Lane::Bulk);
    }

    /// Looks after the watches once, until `until` at most: one whose turn `is_long` goes to another
    /// worker. Returns whether the caller is to watch itself.
    pub(crate) fn guard(&self, until: Instant, is_long: impl Fn(usize) -> bool) -> bool {
        // It may be this thread that heard a ring for a worker.
        let call = self.state.lock().call_for_rest();
        self.ring(call);
        let mut state = self.state.lock();
        if state.is_closed || state.watches.need_guard() {
            return true;
        }
        let until = state.watches.rest(until);
        state = sync::wait_until(&self.guard_bell, &self.state, state, until);
        state.watches.look(is_long);
        // Whoever is called takes the watch.
        let call = if state.watches.is_one_free() { state.call_sleeper() } else { Call::Nobody };
        drop(state);
        self.ring(call);
        false
    }

    /// Has the lot's thread look around now.
    pub(crate) fn wake_guard(&self) {
        self.guard_bell.notify_one();
        self.ring(Call::Watch);
    }

    /// Lets workers run out of work.
    pub(crate) fn close(&self) {
        self.state.lock().is_closed = true;
        self.bells.iter().for_each(|bell| {
            bell.notify_one();
        });
        self.wake_guard();
    }

    pub(crate) fn are_closed(&self) -> bool {
        self.state.lock().is_closed
    }

    /// A worker leaves for a turn: somebody else comes for what is still queued, and somebody
    /// watches if that turn takes its time, as one in the bulk lane does.
    fn leave(&self, mut state: MutexGuard<'_, State>, worker: Worker, lane: Lane) {
        let call = state.call_for_rest();
        if lane == Lane::Bulk {
            state.watches.give_up(worker.number);
        }
        let wakes_guard = state.watches.turn_begins();
        drop(state);
        self.ring(call);
        if wakes_guard {
            self.guard_bell.notify_one();
        }
    }

    fn ring(&self, call: Call) {
        match call {
            Call::Worker(number) => {
                if let Some(bell) = self.bells.get(number) {
                    bell.notify_one();
                }
            }
            Call::Watch => {
                if let Err(err) = self.poller.notify() {
                    tracing::warn!("the poller could not be notified: {err}");
                }
            }
            Call::Nobody => {}
        }
    }
}

impl State {
    /// Who is to come for what was queued in that lane; those who are kept for small requests come
    /// last, as long as others are there.
    fn call_for(&mut self, lane: Lane) -> Call {
        match self.call_sleeper() {
            Call::Nobody if self.watches.is_one_waiting() => return Call::Watch,
            Call::Nobody => {}
            call => return call,
        }
        match self.idle.pop_if(|_| lane == Lane::Control) {
            Some(worker) => Call::Worker(worker.number),
            None => Call::Nobody,
        }
    }

    /// The same for what is left in either.
    fn call_for_rest(&mut self) -> Call {
        self.lanes.first().map_or(Call::Nobody, |lane| self.call_for(lane))
    }

    /// The last to idle of those who take any turn.
    fn call_sleeper(&mut self) -> Call {
        match self.idle.iter().rposition(|worker| !worker.only_control) {
            Some(place) => Call::Worker(self.idle.remove(place).number),
            None => Call::Nobody,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::{Connection, Farewell, Interest, Next, Turn};
    use crate::wake::{ConnectionKey, Wake, Waker};
    use socket2::SockRef;
    use std::io;
    use std::time::Duration;

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

    /// A poller that only hears rings.
    #[derive(Debug)]
    struct Rings {
        is_shared: bool,
        count: Mutex<usize>,
    }

    impl Poll for Rings {
        fn arm(&self, _: &mut Slot, _: Interest) -> io::Result<()> {
            unreachable!("nobody parks here")
        }

        fn disarm(&self, _: &Slot) -> io::Result<()> {
            unreachable!("nobody parks here")
        }

        fn forget(&self, _: &Slot) -> io::Result<()> {
            unreachable!("nobody parks here")
        }

        fn wait(&self, _: Duration) -> io::Result<Vec<ConnectionKey>> {
            unreachable!("nobody waits here")
        }

        fn is_shared(&self) -> bool {
            self.is_shared
        }

        fn wait_for_one(&self) -> io::Result<Option<ConnectionKey>> {
            unreachable!("nobody waits here")
        }

        fn notify(&self) -> io::Result<()> {
            *self.count.lock() += 1;
            Ok(())
        }
    }

    fn rings(is_shared: bool) -> Arc<Rings> {
        Arc::new(Rings { is_shared, count: Mutex::new(0) })
    }

    fn bulky(key: ConnectionKey) -> Slot {
        Slot::new(Box::new(Bulky), Waker::new(key, Arc::new(Nobody)))
    }

    /// A transfer that waited for its turn when the queues were closed stayed in them: it kept
    /// the pool, the committer's queue and so the whole server from ending.
    #[test]
    fn closed_queues_still_hand_out_what_they_hold() {
        let queues = Queues::new(1, 2, rings(true), 1);
        let worker = Worker { number: 0, only_control: false };
        queues.push(bulky(1));
        queues.close();
        assert!(matches!(queues.next(worker), Task::Turn(_)));
        assert!(matches!(queues.next(worker), Task::End));
    }

    #[test]
    fn the_last_to_idle_is_called_first_and_who_is_kept_for_small_requests_last() {
        let queues = Queues::new(4, 2, rings(false), 1);
        let worker = |number, only_control| Worker { number, only_control };
        let mut state = queues.state.lock();
        state.idle.extend([worker(0, true), worker(1, false), worker(2, false), worker(3, true)]);
        assert_eq!(state.call_for(Lane::Control), Call::Worker(2));
        assert_eq!(state.call_for(Lane::Bulk), Call::Worker(1));
        assert_eq!(state.call_for(Lane::Bulk), Call::Nobody);
        state.watches.wait();
        assert_eq!(state.call_for(Lane::Control), Call::Watch, "a worker for anything");
        state.watches.stop_waiting();
        assert_eq!(state.call_for(Lane::Control), Call::Worker(3));
        assert_eq!(state.call_for(Lane::Control), Call::Worker(0));
        assert_eq!(state.call_for(Lane::Control), Call::Nobody);
    }

    /// Queues of two workers, of which one may watch, and what their poller hears.
    fn watched() -> (Queues, [Worker; 2], Arc<Rings>) {
        let rings = rings(true);
        let queues = Queues::new(2, 2, Arc::clone(&rings) as Arc<dyn Poll>, 1);
        let workers = [0, 1].map(|number| Worker { number, only_control: false });
        (queues, workers, rings)
    }

    #[test]
    fn a_worker_keeps_its_watch_over_short_turns_and_gives_it_up_for_long_ones() {
        let (queues, [worker, _], rings) = watched();
        let now = Instant::now();
        assert!(queues.guard(now, |_| false), "no worker watches yet");
        assert!(matches!(queues.next(worker), Task::Watch));
        assert!(!queues.guard(now, |_| false));
        queues.stop_waiting(worker, Some(Lane::Control));
        assert!(!queues.guard(now, |_| false), "it comes back at once");
        assert!(matches!(queues.next(worker), Task::Watch));
        queues.stop_waiting(worker, Some(Lane::Control));
        assert!(!queues.guard(now, |watch| watch == worker.number), "it does not");
        assert!(queues.guard(now, |_| false));
        assert!(matches!(queues.next(worker), Task::Watch), "it may again");
        queues.push(bulky(1));
        assert_eq!(*rings.count.lock(), 1);
        queues.stop_waiting(worker, None);
        assert!(matches!(queues.next(worker), Task::Turn(_)));
        assert!(queues.guard(now, |_| false), "a bulky one takes its time");
    }

    #[test]
    fn a_long_turn_gives_the_watch_to_a_worker_that_idles() {
        let (queues, [busy, idle], _) = watched();
        assert!(matches!(queues.next(busy), Task::Watch));
        queues.stop_waiting(busy, Some(Lane::Control));
        std::thread::scope(|scope| {
            let next = scope.spawn(|| queues.next(idle));
            while queues.state.lock().idle.is_empty() {
                std::thread::yield_now();
            }
            assert!(!queues.guard(Instant::now(), |watch| watch == busy.number));
            assert!(matches!(next.join().unwrap(), Task::Watch));
        });
    }

    #[test]
    fn two_rings_that_are_heard_as_one_leave_nothing_behind() {
        let (queues, [worker, _], rings) = watched();
        assert!(matches!(queues.next(worker), Task::Watch));
        queues.push(bulky(1));
        queues.push(bulky(2));
        queues.stop_waiting(worker, None);
        queues.state.lock().watches.wait();
        assert!(matches!(queues.next(worker), Task::Turn(_)));
        assert_eq!(*rings.count.lock(), 3, "one more, for the second");
    }
}

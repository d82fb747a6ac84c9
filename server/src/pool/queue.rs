//! The two bounded queues, and who waits for what comes into them. A connection has at most one
//! turn queued, and the queues hold as many as there may be connections, so a push never waits.
//!
//! Where the poller can be shared, some workers keep a watch: they wait for sockets themselves, and
//! what comes is their next turn. No thread calls another then, and as many workers are at it as
//! processors are to spare, so that they do not take each other's place: a change of threads costs
//! more than most turns. Where that is not enough, one more joins them. Nobody looks at the sockets while a watch is at its turn, which is short as
//! a rule; one that is not, or is known not to be, gives the watch up. The lot's thread sees to that
//! ([`Queues::guard`]), and watches while no worker does, so that what is ready waits here, where its
//! age is known and small requests come first.

use super::poller::Poll;
use super::slot::Slot;
use crate::door::Lane;
use crate::sync::{self, Condvar, Mutex};
use parking_lot::MutexGuard;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Both lanes, and who waits for a turn in them.
///
/// Of the workers that idle, the last to come is called first: its buffers are warm, and the others
/// sleep on. A channel for each lane had every worker wait for both, and take turns at their locks.
#[derive(Debug)]
pub(crate) struct Queues {
    poller: Arc<dyn Poll>,
    lanes: Mutex<Lanes>,
    /// A bell for each worker.
    bells: Box<[Condvar]>,
    /// The bell of the lot's thread.
    guard_bell: Condvar,
}

#[derive(Debug)]
struct Lanes {
    control: VecDeque<Slot>,
    bulk: VecDeque<Slot>,
    /// What either holds at most.
    capacity: usize,
    /// Workers that wait for their bell, the last to come at the end.
    idle: Vec<Worker>,
    /// Workers that keep a watch, waiting or at a turn.
    watches: Vec<usize>,
    /// How many may, as long as they are not always at a turn; then one more may.
    watches_max: usize,
    /// How often in a row all of them were found at a turn.
    busy_looks: u32,
    /// How many of them wait.
    waiting: usize,
    guard: Guard,
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

/// What the lot's thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guard {
    /// It watches, or is about to.
    Watches,
    /// It looks again soon, since watches took turns. Whether one did since it looked last.
    Looks { again: bool },
    /// It sleeps until a watch takes a turn.
    Sleeps,
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
        let lanes = Lanes {
            control: VecDeque::new(),
            bulk: VecDeque::new(),
            capacity,
            idle: Vec::with_capacity(workers),
            watches: Vec::new(),
            watches_max: if poller.is_shared() { watches_max } else { 0 },
            busy_looks: 0,
            waiting: 0,
            guard: Guard::Watches,
            is_closed: false,
        };
        let bells = (0..workers).map(|_| Condvar::default()).collect();
        Self { poller, lanes: Mutex::new(lanes), bells, guard_bell: Condvar::default() }
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
        let call = lanes.call(lane);
        drop(lanes);
        self.make(call);
    }

    /// What a worker is to do next, once there is something.
    pub(crate) fn next(&self, worker: Worker) -> Task {
        let Some(bell) = self.bells.get(worker.number) else { return Task::End };
        let mut lanes = self.lanes.lock();
        loop {
            lanes.idle.retain(|idle| idle.number != worker.number);
            // What closed lanes still hold comes out: a connection left behind would keep the
            // whole pool alive.
            if let Some(slot) = lanes.next_for(worker) {
                self.leave(lanes, worker, slot.lane());
                return Task::Turn(slot);
            }
            if lanes.is_closed {
                drop(lanes);
                // A ring tells one of those who wait; each tells the next.
                self.make(Call::Watch);
                return Task::End;
            }
            if lanes.takes_watch(worker) {
                lanes.waiting += 1;
                return Task::Watch;
            }
            lanes.idle.push(worker);
            lanes = sync::wait(bell, &self.lanes, lanes);
        }
    }

    /// A worker waits for sockets no more: it takes a turn in that lane, or asks for another task.
    pub(crate) fn stop_waiting(&self, worker: Worker, turn: Option<Lane>) {
        let mut lanes = self.lanes.lock();
        lanes.waiting = lanes.waiting.saturating_sub(1);
        if let Some(lane) = turn {
            self.leave(lanes, worker, lane);
        }
    }

    /// Whether nobody waits for a turn.
    pub(crate) fn are_empty(&self) -> bool {
        self.lanes.lock().left().is_none()
    }

    /// A worker does not look at the sockets for a while: its watch goes to others.
    pub(crate) fn give_up_watch(&self, worker: Worker) {
        self.leave(self.lanes.lock(), worker, Lane::Bulk);
    }

    /// Looks after the watches, until `until` at most: one whose turn `is_long` goes to another
    /// worker. Returns whether the caller is to watch instead, since no worker does.
    pub(crate) fn guard(&self, until: Instant, is_long: impl Fn(usize) -> bool) -> bool {
        let mut lanes = self.lanes.lock();
        // It may be this thread that heard a ring for a worker.
        let call = lanes.call_for_left();
        if call != Call::Nobody {
            drop(lanes);
            self.make(call);
            lanes = self.lanes.lock();
        }
        if lanes.watches.is_empty() || lanes.is_closed {
            lanes.guard = Guard::Watches;
            return true;
        }
        let looks_again =
            lanes.waiting < lanes.watches.len() || lanes.guard != Guard::Looks { again: false };
        lanes.guard = if looks_again { Guard::Looks { again: false } } else { Guard::Sleeps };
        let soon = Instant::now() + LOOK_AGAIN;
        let until = if looks_again { until.min(soon) } else { until };
        lanes = sync::wait_until(&self.guard_bell, &self.lanes, lanes, until);
        lanes.watches.retain(|worker| !is_long(*worker));
        lanes.busy_looks = if lanes.waiting == 0 { lanes.busy_looks.saturating_add(1) } else { 0 };
        // Whoever is called takes the watch.
        let call = if lanes.watches.len() < lanes.watches_allowed() {
            lanes.call_idle()
        } else {
            Call::Nobody
        };
        let watches = lanes.watches.is_empty() && call == Call::Nobody;
        if watches {
            lanes.guard = Guard::Watches;
        }
        drop(lanes);
        self.make(call);
        watches
    }

    /// Has the lot's thread look around now.
    pub(crate) fn call_guard(&self) {
        self.guard_bell.notify_one();
        self.make(Call::Watch);
    }

    /// Lets workers run out of work.
    pub(crate) fn close(&self) {
        self.lanes.lock().is_closed = true;
        self.bells.iter().for_each(|bell| {
            bell.notify_one();
        });
        self.call_guard();
    }

    pub(crate) fn are_closed(&self) -> bool {
        self.lanes.lock().is_closed
    }

    /// A worker leaves for a turn: somebody else comes for what is still queued, and somebody
    /// watches if that turn takes its time, as one in the bulk lane does.
    fn leave(&self, mut lanes: MutexGuard<'_, Lanes>, worker: Worker, lane: Lane) {
        let call = lanes.call_for_left();
        if lane == Lane::Bulk {
            lanes.watches.retain(|watch| *watch != worker.number);
        }
        let wakes_guard = lanes.turn_begins();
        drop(lanes);
        self.make(call);
        if wakes_guard {
            self.guard_bell.notify_one();
        }
    }

    fn make(&self, call: Call) {
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

    /// The lane that something is queued in, if any is.
    fn left(&self) -> Option<Lane> {
        match (self.control.is_empty(), self.bulk.is_empty()) {
            (false, _) => Some(Lane::Control),
            (true, false) => Some(Lane::Bulk),
            (true, true) => None,
        }
    }

    /// Gives a worker a watch, if one is to be had, or leaves it the one that it has, unless that is
    /// one too many.
    fn takes_watch(&mut self, worker: Worker) -> bool {
        let place = self.watches.iter().position(|watch| *watch == worker.number);
        let others = self.watches.len() - usize::from(place.is_some());
        let takes = !worker.only_control && others < self.watches_allowed();
        match place {
            Some(place) if !takes => drop(self.watches.remove(place)),
            None if takes => self.watches.push(worker.number),
            _ => {}
        }
        takes
    }

    fn watches_allowed(&self) -> usize {
        self.watches_max + usize::from(self.busy_looks >= BUSY_LOOKS)
    }

    /// Takes out of the idle the last of those who take any turn.
    fn call_idle(&mut self) -> Call {
        match self.idle.iter().rposition(|worker| !worker.only_control) {
            Some(place) => Call::Worker(self.idle.remove(place).number),
            None => Call::Nobody,
        }
    }

    /// Notes that a worker begins a turn; returns whether the lot's thread is to be woken for it.
    fn turn_begins(&mut self) -> bool {
        let before = self.guard;
        self.guard = match before {
            Guard::Watches => Guard::Watches,
            _ if self.watches.is_empty() => Guard::Watches,
            _ => Guard::Looks { again: true },
        };
        before != self.guard && (before == Guard::Sleeps || self.guard == Guard::Watches)
    }

    fn call_for_left(&mut self) -> Call {
        self.left().map_or(Call::Nobody, |lane| self.call(lane))
    }

    /// Takes out of the idle whoever is to come for what was queued. Those who are kept for small
    /// requests come last, as long as others are there.
    fn call(&mut self, lane: Lane) -> Call {
        match self.call_idle() {
            Call::Nobody if self.waiting > 0 => return Call::Watch,
            Call::Nobody => {}
            call => return call,
        }
        match self.idle.pop_if(|_| lane == Lane::Control) {
            Some(worker) => Call::Worker(worker.number),
            None => Call::Nobody,
        }
    }
}

/// How soon the lot's thread looks again whether a watch is at a long turn.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Looks in a row that show that the watches have more to do than they can.
const BUSY_LOOKS: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::{Connection, Farewell, Interest, Next, Turn};
    use crate::wake::{ConnectionKey, Wake, Waker};
    use socket2::SockRef;
    use std::io;

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
        let mut lanes = queues.lanes.lock();
        lanes.idle.extend([worker(0, true), worker(1, false), worker(2, false), worker(3, true)]);
        assert_eq!(lanes.call(Lane::Control), Call::Worker(2));
        assert_eq!(lanes.call(Lane::Bulk), Call::Worker(1));
        assert_eq!(lanes.call(Lane::Bulk), Call::Nobody);
        lanes.waiting = 1;
        assert_eq!(lanes.call(Lane::Control), Call::Watch, "a worker for anything");
        lanes.waiting = 0;
        assert_eq!(lanes.call(Lane::Control), Call::Worker(3));
        assert_eq!(lanes.call(Lane::Control), Call::Worker(0));
        assert_eq!(lanes.call(Lane::Control), Call::Nobody);
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
        assert!(queues.guard(now, |watch| watch == worker.number), "it does not");
        assert!(matches!(queues.next(worker), Task::Watch), "it may again");
        queues.push(bulky(1));
        assert_eq!(*rings.count.lock(), 1);
        queues.stop_waiting(worker, None);
        assert!(matches!(queues.next(worker), Task::Turn(_)));
        assert_eq!(queues.lanes.lock().guard, Guard::Watches, "it is called for a bulky one");
        assert!(queues.guard(now, |_| false));
    }

    /// One watch leaves a processor to others; where it never waits, that one is needed here.
    #[test]
    fn a_watch_that_is_always_at_a_turn_has_another_come() {
        let (queues, [first, second], _) = watched();
        assert!(matches!(queues.next(first), Task::Watch));
        assert!(!queues.lanes.lock().takes_watch(second), "one is enough");
        queues.stop_waiting(first, Some(Lane::Control));
        for _ in 0..BUSY_LOOKS {
            assert!(!queues.guard(Instant::now(), |_| false));
        }
        assert!(matches!(queues.next(second), Task::Watch));
        assert!(!queues.guard(Instant::now(), |_| false), "one waits");
        assert!(!queues.lanes.lock().takes_watch(first), "one is enough again");
        assert!(queues.lanes.lock().takes_watch(second));
    }

    #[test]
    fn a_long_turn_gives_the_watch_to_a_worker_that_idles() {
        let (queues, [busy, idle], _) = watched();
        assert!(matches!(queues.next(busy), Task::Watch));
        queues.stop_waiting(busy, Some(Lane::Control));
        std::thread::scope(|scope| {
            let next = scope.spawn(|| queues.next(idle));
            while queues.lanes.lock().idle.is_empty() {
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
        queues.lanes.lock().waiting = 1;
        assert!(matches!(queues.next(worker), Task::Turn(_)));
        assert_eq!(*rings.count.lock(), 3, "one more, for the second");
    }
}

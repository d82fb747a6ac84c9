//! The pool under a simulated scheduler: its own lot, queues and workers, with sockets and clients
//! of the test's. In every interleaving each message and each outcome reaches its connection, no
//! two workers have one connection, and the pool ends.

use super::load::Load;
use super::lot::Lot;
use super::poller::Poll;
use super::queue::{Queues, Worker};
use super::slot::Slot;
use super::turns::Turns;
use super::{Entrance, Shared};
use crate::door::{Connection, Farewell, Intake as _, Interest, Lane, Next, Turn};
use crate::metrics::Metrics;
use crate::sync::simulation::{explore, point};
use crate::sync::{AtomicBool, Mutex};
use crate::wake::{ConnectionKey, Pending, Promise, Waker, promise};
use socket2::SockRef;
use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// One end of a socket: messages that came and were not read.
#[derive(Debug, Default)]
struct Wire {
    unread: AtomicUsize,
    is_owned: std::sync::atomic::AtomicBool,
    is_closed: std::sync::atomic::AtomicBool,
}

/// A poller of such sockets. Like the system's, it tells once what is armed.
#[derive(Clone, Debug)]
struct SimulatedPoller {
    armed: Arc<Mutex<Armed>>,
    /// Whether workers wait by it, too.
    is_shared: bool,
}

#[derive(Debug, Default)]
struct Armed {
    wires: HashMap<ConnectionKey, Arc<Wire>>,
    waiting: HashSet<ConnectionKey>,
    ready: Vec<ConnectionKey>,
    is_notified: bool,
}

impl SimulatedPoller {
    /// A message comes in.
    fn send(&self, key: ConnectionKey) {
        let mut armed = self.armed.lock();
        armed.wires[&key].unread.fetch_add(1, Ordering::SeqCst);
        if armed.waiting.remove(&key) {
            armed.ready.push(key);
        }
    }
}

impl Poll for SimulatedPoller {
    fn arm(&self, slot: &mut Slot, interest: Interest) -> io::Result<()> {
        if interest != Interest::Readable {
            return Ok(());
        }
        let mut armed = self.armed.lock();
        slot.is_registered = true;
        if armed.wires[&slot.key()].unread.load(Ordering::SeqCst) > 0 {
            armed.ready.push(slot.key());
        } else {
            armed.waiting.insert(slot.key());
        }
        Ok(())
    }

    fn disarm(&self, slot: &Slot) -> io::Result<()> {
        self.armed.lock().waiting.remove(&slot.key());
        Ok(())
    }

    fn forget(&self, slot: &Slot) -> io::Result<()> {
        self.armed.lock().waiting.remove(&slot.key());
        Ok(())
    }

    fn wait(&self, _: Duration) -> io::Result<Vec<ConnectionKey>> {
        for _ in 0..WAIT_TURNS {
            let mut armed = self.armed.lock();
            if std::mem::take(&mut armed.is_notified) || !armed.ready.is_empty() {
                return Ok(std::mem::take(&mut armed.ready));
            }
        }
        Ok(Vec::new())
    }

    fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// A ring is told to one of those who wait, and two before that are one.
    fn wait_for_one(&self) -> io::Result<Option<ConnectionKey>> {
        loop {
            let mut armed = self.armed.lock();
            if let Some(key) = armed.ready.pop() {
                return Ok(Some(key));
            }
            if std::mem::take(&mut armed.is_notified) {
                return Ok(None);
            }
        }
    }

    fn notify(&self) -> io::Result<()> {
        self.armed.lock().is_notified = true;
        Ok(())
    }
}

/// Promises that somebody else keeps, as the committer does.
type Desk = Arc<Mutex<Vec<Promise<usize>>>>;

/// A connection that has a promise kept for each message, and closes when all are.
struct Talker {
    wire: Arc<Wire>,
    waker: Waker,
    desk: Desk,
    pending: Vec<Pending<usize>>,
    left: usize,
    lane: Lane,
    habits: Habits,
}

/// What a connection does besides.
#[derive(Clone, Debug)]
struct Habits {
    /// The lane of its first turn; the next is in the other.
    lane: Lane,
    /// When it waits, as for a disk that hangs, and for whose end.
    hangs: Option<(Hangs, Arc<Wire>)>,
    /// Whose turn follows each of its own.
    follower: Option<Waker>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hangs {
    InItsTurn,
    AtItsEnd,
}

const PLAIN: Habits = Habits { lane: Lane::Control, hangs: None, follower: None };

impl Talker {
    fn hang(&self, when: Hangs) {
        let Some((hangs, other)) = &self.habits.hangs else { return };
        while *hangs == when && !other.is_closed.load(Ordering::SeqCst) {
            point();
        }
    }
}

impl Connection for Talker {
    fn step(&mut self, turn: &mut Turn<'_>) -> Next {
        assert!(!self.wire.is_owned.swap(true, Ordering::SeqCst), "two workers have it");
        point();
        self.hang(Hangs::InItsTurn);
        turn.follower = self.habits.follower.clone();
        for _ in 0..self.wire.unread.swap(0, Ordering::SeqCst) {
            let (promise, pending) = promise(&self.waker, 0);
            self.pending.push(pending);
            self.desk.lock().push(promise);
        }
        let before = self.pending.len();
        self.pending.retain(|pending| pending.take().is_none());
        self.left -= before - self.pending.len();
        self.lane = if self.lane == Lane::Bulk { Lane::Control } else { Lane::Bulk };
        self.wire.is_owned.store(false, Ordering::SeqCst);
        let until = Instant::now() + Duration::from_hours(1);
        match (self.left, self.pending.is_empty()) {
            (0, _) => Next::Close,
            (_, true) => Next::Park(Interest::Readable, until),
            (_, false) => Next::Park(Interest::Woken, until),
        }
    }

    fn socket(&self) -> SockRef<'_> {
        unreachable!("the simulated poller knows connections by their keys")
    }

    fn lane(&self) -> Lane {
        self.lane
    }

    fn is_idle(&self) -> bool {
        self.pending.is_empty()
    }

    fn say_farewell(&mut self, _: Farewell) {}
}

impl Drop for Talker {
    fn drop(&mut self) {
        self.hang(Hangs::AtItsEnd);
        assert!(!self.wire.is_closed.swap(true, Ordering::SeqCst), "closed twice");
    }
}

/// The other end of a connection.
struct Peer {
    key: ConnectionKey,
    waker: Waker,
    wire: Arc<Wire>,
}

/// A pool without threads, and what stands around it.
struct Ground {
    shared: Arc<Shared>,
    poller: SimulatedPoller,
    desk: Desk,
    threads: Vec<shuttle::thread::JoinHandle<()>>,
}

impl Ground {
    /// A pool without connections.
    fn new(watch: Watch) -> Self {
        let is_shared = watch.count > 0;
        let poller = SimulatedPoller { armed: Arc::default(), is_shared };
        let shared = Arc::new(Shared {
            lot: Lot::over(Arc::new(poller.clone())),
            queues: Queues::new(WORKERS.len(), 16, Arc::new(poller.clone()), watch.count),
            load: Load::new(Duration::from_hours(1)),
            turns: Turns::new(WORKERS.len(), Instant::now()),
            metrics: Arc::default(),
            next_key: AtomicU64::new(1),
            is_draining: AtomicBool::new(false),
            is_stopping: AtomicBool::new(false),
        });
        let mut ground = Self { shared, poller, desk: Desk::default(), threads: Vec::new() };
        for (number, only_control) in WORKERS.into_iter().enumerate() {
            ground.start(move |shared| shared.work(Worker { number, only_control }));
        }
        ground.start(move |shared| shared.watch_lot(watch.long));
        ground
    }

    fn start(&mut self, work: impl FnOnce(&Shared) + Send + 'static) {
        let shared = Arc::clone(&self.shared);
        self.threads.push(shuttle::thread::spawn(move || work(&shared)));
    }

    /// Lets a connection in that is over after so many messages.
    fn connect(&self, messages: usize, habits: Habits) -> Peer {
        let entrance = Entrance(Arc::clone(&self.shared));
        let (waker, wire) = (entrance.waker(), Arc::<Wire>::default());
        let key = waker.key();
        self.poller.armed.lock().wires.insert(key, Arc::clone(&wire));
        let talker = Talker {
            wire: Arc::clone(&wire),
            waker: waker.clone(),
            desk: Arc::clone(&self.desk),
            pending: Vec::new(),
            left: messages,
            lane: habits.lane,
            habits,
        };
        let until = Instant::now() + Duration::from_hours(1);
        let peer = Peer { key, waker: waker.clone(), wire };
        entrance.take_in(Box::new(talker), waker, Next::Park(Interest::Readable, until));
        peer
    }

    /// Two connections; a turn of the first follows each of the second.
    fn connect_two(&self) -> [Peer; 2] {
        let first = self.connect(MESSAGES, PLAIN);
        let follower = Some(first.waker.clone());
        let second = self.connect(MESSAGES, Habits { follower, ..PLAIN });
        [first, second]
    }

    /// Somebody who keeps promises until there were so many.
    fn keep_promises(&self, count: usize) -> shuttle::thread::JoinHandle<()> {
        let desk = Arc::clone(&self.desk);
        shuttle::thread::spawn(move || {
            let mut kept = 0;
            while kept < count {
                let promises = std::mem::take(&mut *desk.lock());
                kept += promises.len();
                for promise in promises {
                    promise.deliver(1).wake();
                }
            }
        })
    }

    fn end(self) {
        self.shared.queues.close();
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
        let metrics: &Metrics = &self.shared.metrics;
        assert_eq!((metrics.panics.value(), metrics.connections.value()), (0, 0));
        assert_eq!(metrics.timed_out.value(), 0);
    }
}

fn client(poller: &SimulatedPoller, key: ConnectionKey) -> shuttle::thread::JoinHandle<()> {
    let poller = poller.clone();
    shuttle::thread::spawn(move || (0..MESSAGES).for_each(|_| poller.send(key)))
}

/// Who watches the sockets.
#[derive(Clone, Copy, Debug)]
struct Watch {
    /// How many workers may.
    count: usize,
    /// The turn that costs one of them its watch.
    long: Duration,
}

/// The lot's thread alone; one worker or two, whose turns are all short; and one whose turns may all
/// prove long.
const WATCHES: [Watch; 4] = [
    Watch { count: 0, long: Duration::MAX },
    Watch { count: 1, long: Duration::MAX },
    Watch { count: 2, long: Duration::MAX },
    Watch { count: 1, long: Duration::ZERO },
];

/// In so many interleavings with each kind of watch.
fn explore_all(scenario: impl Fn(Watch) + Clone + Send + Sync + 'static) {
    for watch in WATCHES {
        let scenario = scenario.clone();
        explore(INTERLEAVINGS, move || scenario(watch));
    }
}

#[test]
fn no_message_and_no_outcome_is_ever_lost() {
    explore_all(|watch| {
        let ground = Ground::new(watch);
        let peers = ground.connect_two();
        let desk = ground.keep_promises(2 * MESSAGES);
        let clients = peers.each_ref().map(|peer| client(&ground.poller, peer.key));
        for thread in clients.into_iter().chain([desk]) {
            thread.join().unwrap();
        }
        // A wake-up that is lost shows here: this never comes true.
        while !peers.iter().all(|peer| peer.wire.is_closed.load(Ordering::SeqCst)) {
            point();
        }
        while ground.shared.metrics.connections.value() > 0 {
            point();
        }
        ground.end();
    });
}

/// A turn that waits for a disk costs its connection alone, though its worker kept the watch: it is
/// known to be long, or proves to be, or another watches.
#[test]
fn a_turn_that_hangs_holds_up_nobody_else() {
    for (lane, hangs) in [
        (Lane::Control, Hangs::InItsTurn),
        (Lane::Bulk, Hangs::InItsTurn),
        (Lane::Control, Hangs::AtItsEnd),
    ] {
        for watch in WATCHES {
            explore(INTERLEAVINGS / 6, move || {
                let ground = Ground::new(watch);
                let peer = ground.connect(1, PLAIN);
                let hangs = Some((hangs, Arc::clone(&peer.wire)));
                let hung = ground.connect(1, Habits { lane, hangs, ..PLAIN });
                let desk = ground.keep_promises(2);
                ground.poller.send(hung.key);
                point();
                ground.poller.send(peer.key);
                desk.join().unwrap();
                while ground.shared.metrics.connections.value() > 0 {
                    point();
                }
                ground.end();
            });
        }
    }
}

#[test]
fn a_pool_that_stops_at_any_moment_closes_every_connection_once() {
    explore_all(|watch| {
        let ground = Ground::new(watch);
        let peers = ground.connect_two();
        let clients = peers.each_ref().map(|peer| client(&ground.poller, peer.key));
        ground.shared.is_stopping.store(true, Ordering::Release);
        ground.shared.is_draining.store(true, Ordering::Release);
        ground.shared.queues.wake_guard();
        for thread in clients {
            thread.join().unwrap();
        }
        while ground.shared.metrics.connections.value() > 0 {
            point();
        }
        assert!(peers.iter().all(|peer| peer.wire.is_closed.load(Ordering::SeqCst)));
        ground.end();
    });
}

/// Which of the workers serve small requests alone.
const WORKERS: [bool; 3] = [true, false, false];

/// Interleavings of each scenario.
const INTERLEAVINGS: usize = 3_000;

/// Messages of each client.
const MESSAGES: usize = 3;

/// Turns of others that a wait of the poller lasts.
const WAIT_TURNS: usize = 8;

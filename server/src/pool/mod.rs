//! The pool: parked connections in the lot, two bounded queues, and the workers between them.
//! A worker never waits on a socket, so a few of them serve thousands of connections.
//!
//! ```text
//! listener ──► Pool::take_in ──► lot ──ready──► queues ──► workers ──park──► lot
//!                                 └──ready, while a worker idles──► that worker
//! ```

mod lanes;
mod load;
mod lot;
mod poller;
mod queue;
#[cfg(test)]
mod simulated;
mod slot;
mod turns;
mod watches;
mod worker;

pub(crate) use turns::Held;

use crate::config::Limits;
use crate::door::{Connection, Intake, Interest, Next};
use crate::metrics::Metrics;
use crate::sync::AtomicBool;
use crate::wake::{ConnectionKey, Wake, Waker};
use load::Load;
use lot::Lot;
use poller::{Poll, SystemPoller};
use queue::{Queues, Worker};
use slot::Slot;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use turns::Turns;

/// A running pool.
#[derive(Debug)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// What the pool's threads share.
#[derive(Debug)]
pub(crate) struct Shared {
    lot: Lot,
    queues: Queues,
    load: Load,
    turns: Turns,
    metrics: Arc<Metrics>,
    next_key: AtomicU64,
    is_draining: AtomicBool,
    is_stopping: AtomicBool,
}

/// A way into the pool for those who accept connections.
#[derive(Clone, Debug)]
pub(crate) struct Entrance(Arc<Shared>);

impl Pool {
    /// Starts `workers` workers and the lot's thread.
    pub(crate) fn start(
        workers: usize,
        limits: &Limits,
        metrics: &Arc<Metrics>,
    ) -> io::Result<Self> {
        let poller: Arc<dyn Poll> = Arc::new(SystemPoller::new()?);
        let capacity = limits.connections_max + QUEUE_SPARE;
        let shared = Arc::new(Shared {
            lot: Lot::over(Arc::clone(&poller)),
            queues: Queues::new(workers, capacity, poller, watches_max(workers)),
            load: Load::new(limits.busy_after),
            turns: Turns::new(workers, Instant::now()),
            metrics: Arc::clone(metrics),
            next_key: AtomicU64::new(1),
            is_draining: AtomicBool::new(false),
            is_stopping: AtomicBool::new(false),
        });
        let mut threads = vec![worker::start_lot(&shared)?];
        let reserved = (workers / 8).max(1).min(workers.saturating_sub(1));
        for number in 0..workers {
            let worker = Worker { number, only_control: number < reserved };
            threads.push(worker::start(&shared, worker)?);
        }
        Ok(Self { shared, threads })
    }

    /// The way in.
    pub(crate) fn entrance(&self) -> Entrance {
        Entrance(Arc::clone(&self.shared))
    }

    /// Workers that something holds in one turn for long, as a disk that hangs does.
    pub(crate) fn held(&self) -> Held {
        self.shared.turns.held(Instant::now())
    }

    /// Begins to stop: idle connections are closed now, the others when they are done.
    pub(crate) fn drain(&self) {
        self.shared.is_draining.store(true, Ordering::Release);
        self.shared.queues.wake_guard();
    }

    /// Closes what is left.
    pub(crate) fn stop_now(&self) {
        self.shared.is_stopping.store(true, Ordering::Release);
        self.drain();
    }

    /// Waits until no connection is left, at most `patience`. Returns whether that came true.
    pub(crate) fn wait_until_empty(&self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        while self.shared.metrics.connections.value() > 0 {
            if Instant::now() >= until {
                return false;
            }
            std::thread::sleep(EMPTY_POLL);
        }
        true
    }

    /// Ends all threads; call after [`Pool::stop_now`].
    pub(crate) fn join(self) {
        self.shared.queues.close();
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the pool panicked");
            }
        }
    }
}

impl Entrance {
    /// Parks an accepted connection until its first bytes come or `until` passes.
    pub(crate) fn admit(&self, connection: Box<dyn Connection>, waker: Waker, until: Instant) {
        self.0.metrics.accepted.add(1);
        self.take_in(connection, waker, Next::Park(Interest::Readable, until));
    }
}

impl Intake for Entrance {
    fn waker(&self) -> Waker {
        let key = self.0.next_key.fetch_add(1, Ordering::Relaxed);
        Waker::new(key, Arc::clone(&self.0) as Arc<dyn Wake>)
    }

    fn take_in(&self, connection: Box<dyn Connection>, waker: Waker, next: Next) {
        self.0.metrics.connections.add(1);
        self.0.place(Slot::new(connection, waker), next);
    }
}

impl Wake for Shared {
    fn wake(&self, connection: ConnectionKey) {
        if let Some(slot) = self.lot.call(connection) {
            self.queues.push(slot);
        }
    }
}

/// One for each processor but one, which is left to longer turns, and to clients on this machine;
/// half of the workers at most.
fn watches_max(workers: usize) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    processors.saturating_sub(1).min(workers / 2).max(1)
}

/// Room in the queues for connections that are only told to leave.
const QUEUE_SPARE: usize = 256;

/// How often an emptying pool is looked at.
const EMPTY_POLL: Duration = Duration::from_millis(5);

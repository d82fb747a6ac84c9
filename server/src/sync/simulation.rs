//! A simulated scheduler (shuttle's): the threads of a scenario take turns by a seed, and any of
//! them may have to stand aside wherever it takes a lock, looks at a flag or waits. Time is
//! simulated, too: a wait with a deadline ends when the others had their turns.
//!
//! What waits for ever, as after a lost wake-up, uses up the steps of its run and fails.

use parking_lot::MutexGuard;
use shuttle::scheduler::RandomScheduler;
use shuttle::{Config, MaxSteps, Runner};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

thread_local! {
    static IS_RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Runs a scenario in many interleavings. `FERRY_SEED` chooses others than the usual ones.
pub(crate) fn explore(interleavings: usize, scenario: impl Fn() + Send + Sync + 'static) {
    let seed = std::env::var("FERRY_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or(SEED);
    let mut config = Config::new();
    config.stack_size = STACK_LEN;
    config.max_steps = MaxSteps::FailAfter(STEPS_MAX);
    let scheduler = RandomScheduler::new_from_seed(seed, interleavings);
    let _running = Running::begin();
    let runs = Runner::new(scheduler, config).run(scenario);
    assert_eq!(runs, interleavings, "seed {seed}");
}

/// Whether this thread is one of a scenario.
pub(crate) fn is_running() -> bool {
    IS_RUNNING.get()
}

/// Lets another thread of the scenario go on, perhaps.
pub(crate) fn point() {
    if is_running() {
        shuttle::thread::yield_now();
    }
}

struct Running;

impl Running {
    fn begin() -> Self {
        IS_RUNNING.set(true);
        Self
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        IS_RUNNING.set(false);
    }
}

/// A mutex whose every lock is a point.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(parking_lot::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(parking_lot::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        if !is_running() {
            return self.0.lock();
        }
        loop {
            point();
            if let Some(guard) = self.0.try_lock() {
                return guard;
            }
        }
    }
}

/// A bell that wakes nobody who was not there when it rang, and nobody unasked.
#[derive(Debug, Default)]
pub(crate) struct Condvar {
    real: parking_lot::Condvar,
    waiting: AtomicUsize,
    called: AtomicUsize,
}

impl Condvar {
    pub(super) fn wait<'m, T>(
        &self,
        mutex: &'m Mutex<T>,
        mut guard: MutexGuard<'m, T>,
    ) -> MutexGuard<'m, T> {
        if !is_running() {
            self.real.wait(&mut guard);
            return guard;
        }
        self.waiting.fetch_add(1, Ordering::SeqCst);
        drop(guard);
        loop {
            point();
            if self.hear() {
                return mutex.lock();
            }
        }
    }

    /// A short wait ends when the others had some turns; in a long one no end comes, so that a bell
    /// that nobody rings is noticed.
    pub(super) fn wait_until<'m, T>(
        &self,
        mutex: &'m Mutex<T>,
        mut guard: MutexGuard<'m, T>,
        until: Instant,
    ) -> MutexGuard<'m, T> {
        if !is_running() {
            self.real.wait_until(&mut guard, until);
            return guard;
        }
        if until.saturating_duration_since(Instant::now()) > SHORT {
            return self.wait(mutex, guard);
        }
        self.waiting.fetch_add(1, Ordering::SeqCst);
        drop(guard);
        for _ in 0..PATIENCE {
            point();
            if self.hear() {
                return mutex.lock();
            }
        }
        let guard = mutex.lock();
        if !self.hear() {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
        }
        guard
    }

    /// Whether a ring was for whoever waits here.
    fn hear(&self) -> bool {
        let called = self.called.load(Ordering::SeqCst);
        if called > 0 {
            self.called.store(called - 1, Ordering::SeqCst);
        }
        called > 0
    }

    pub(crate) fn notify_one(&self) -> bool {
        if !is_running() {
            return self.real.notify_one();
        }
        point();
        let waiting = self.waiting.load(Ordering::SeqCst);
        if waiting > 0 {
            self.waiting.store(waiting - 1, Ordering::SeqCst);
            self.called.fetch_add(1, Ordering::SeqCst);
        }
        waiting > 0
    }
}

/// A flag whose every use is a point.
#[derive(Debug, Default)]
pub(crate) struct AtomicBool(std::sync::atomic::AtomicBool);

impl AtomicBool {
    pub(crate) const fn new(value: bool) -> Self {
        Self(std::sync::atomic::AtomicBool::new(value))
    }

    pub(crate) fn load(&self, order: Ordering) -> bool {
        point();
        self.0.load(order)
    }

    pub(crate) fn store(&self, value: bool, order: Ordering) {
        point();
        self.0.store(value, order);
    }

    pub(crate) fn swap(&self, value: bool, order: Ordering) -> bool {
        point();
        self.0.swap(value, order)
    }
}

/// The interleavings that every run of the tests looks at.
const SEED: u64 = 0x005e_ed0f_fe44;

/// Bytes of a thread's stack.
const STACK_LEN: usize = 256 * 1024;

/// Steps of one interleaving; what is right takes some hundreds.
const STEPS_MAX: usize = 100_000;

/// Waits that are no longer than this end.
const SHORT: Duration = Duration::from_millis(100);

/// Turns of others that a wait with a deadline lasts.
const PATIENCE: usize = 8;

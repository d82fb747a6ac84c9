//! A simulated scheduler (shuttle's): the threads of a scenario take turns by a seed, and any of
//! them may have to stand aside wherever it takes a lock, looks at a flag or waits. Time is
//! simulated, too: a wait with a deadline ends when the others had their turns, and only such a
//! wait moves the clock.
//!
//! What waits for ever, as after a lost wake-up, uses up the steps of its run and fails.

use shuttle::rand::{RngCore as _, thread_rng};
use shuttle::scheduler::RandomScheduler;
use shuttle::{Config, MaxSteps, Runner};
use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvError, TryRecvError};
use std::time::{Duration, Instant};

thread_local! {
    static IS_RUNNING: Cell<bool> = const { Cell::new(false) };
    /// Time that passed since the scenario began.
    static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Runs a scenario in many interleavings. `FERRY_SEED` chooses others than the usual ones.
pub(crate) fn explore(interleavings: usize, scenario: impl Fn() + Send + Sync + 'static) {
    let seed = std::env::var("FERRY_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or(SEED);
    let mut config = Config::new();
    config.stack_size = STACK_LEN;
    config.max_steps = MaxSteps::FailAfter(STEPS_MAX);
    let scheduler = RandomScheduler::new_from_seed(seed, interleavings);
    let _running = Running::begin();
    let runs = Runner::new(scheduler, config).run(move || {
        PASSED.set(Duration::ZERO);
        scenario();
    });
    assert_eq!(runs, interleavings, "seed {seed}");
}

/// Whether this thread is one of a scenario.
pub(crate) fn is_running() -> bool {
    IS_RUNNING.get()
}

/// What threads are started in that end before it does: those of a scenario, or real ones.
#[derive(Clone, Copy)]
pub(crate) enum Scope<'scope, 'env> {
    Real(&'scope std::thread::Scope<'scope, 'env>),
    Simulated(&'scope shuttle::thread::Scope<'scope, 'env>),
}

/// Runs `work` with a scope for its threads.
pub(crate) fn scope<'env, T>(work: impl for<'scope> FnOnce(Scope<'scope, 'env>) -> T) -> T {
    if is_running() {
        shuttle::thread::scope(|scope| work(Scope::Simulated(scope)))
    } else {
        std::thread::scope(|scope| work(Scope::Real(scope)))
    }
}

/// Lets another thread of the scenario go on, perhaps.
pub(crate) fn point() {
    if is_running() {
        shuttle::thread::yield_now();
    }
}

/// A random byte, by the seed.
pub(crate) fn byte() -> u8 {
    thread_rng().next_u64().to_le_bytes()[0]
}

/// Whether one of so many times something happens, by the seed.
pub(crate) fn once_in(times: u8) -> bool {
    byte().is_multiple_of(times)
}

/// The simulated time.
pub(super) fn now() -> Instant {
    *BEGINNING + PASSED.get()
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

/// Holds a [`Mutex`].
pub(crate) struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    /// `None` while a condition variable has let go of it.
    held: Option<parking_lot::MutexGuard<'a, T>>,
}

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(parking_lot::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard { mutex: self, held: Some(self.hold()) }
    }

    pub(crate) fn into_inner(self) -> T {
        self.0.into_inner()
    }

    fn hold(&self) -> parking_lot::MutexGuard<'_, T> {
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

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.held.as_ref().expect("a guard that is used holds its lock")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.held.as_mut().expect("a guard that is used holds its lock")
    }
}

/// A condition variable. In a scenario whoever waits may also wake up for nothing, as the real
/// one allows.
#[derive(Debug, Default)]
pub(crate) struct Condvar {
    real: parking_lot::Condvar,
    told: AtomicUsize,
}

/// Whether a wait came to its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    pub(crate) fn timed_out(self) -> bool {
        self.0
    }
}

impl Condvar {
    pub(crate) const fn new() -> Self {
        Self { real: parking_lot::Condvar::new(), told: AtomicUsize::new(0) }
    }

    pub(crate) fn notify_one(&self) {
        point();
        self.told.fetch_add(1, Ordering::SeqCst);
        self.real.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        point();
        self.told.fetch_add(1, Ordering::SeqCst);
        self.real.notify_all();
    }

    pub(crate) fn wait_for<T>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        time: Duration,
    ) -> WaitTimeoutResult {
        if !is_running() {
            let held = guard.held.as_mut().expect("a guard that waits holds its lock");
            return WaitTimeoutResult(self.real.wait_for(held, time).timed_out());
        }
        let told = self.told.load(Ordering::SeqCst);
        guard.held = None;
        let is_told = (0..PATIENCE).any(|_| {
            point();
            self.told.load(Ordering::SeqCst) != told
        });
        if !is_told {
            PASSED.set(PASSED.get() + time);
        }
        guard.held = Some(guard.mutex.hold());
        WaitTimeoutResult(!is_told)
    }

    pub(crate) fn wait_until<T>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        until: Instant,
    ) -> WaitTimeoutResult {
        self.wait_for(guard, until.saturating_duration_since(super::now()))
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
}

/// A number whose every use is a point.
#[derive(Debug, Default)]
pub(crate) struct AtomicU64(std::sync::atomic::AtomicU64);

impl AtomicU64 {
    pub(crate) const fn new(value: u64) -> Self {
        Self(std::sync::atomic::AtomicU64::new(value))
    }

    pub(crate) fn load(&self, order: Ordering) -> u64 {
        point();
        self.0.load(order)
    }

    pub(crate) fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
        point();
        self.0.fetch_add(value, order)
    }

    pub(crate) fn fetch_sub(&self, value: u64, order: Ordering) -> u64 {
        point();
        self.0.fetch_sub(value, order)
    }
}

pub(super) fn recv<T>(values: &Receiver<T>) -> Result<T, RecvError> {
    loop {
        point();
        match values.try_recv() {
            Ok(value) => return Ok(value),
            Err(TryRecvError::Disconnected) => return Err(RecvError),
            Err(TryRecvError::Empty) => {}
        }
    }
}

/// The interleavings that every run of the tests looks at.
const SEED: u64 = 0x005e_ed0f_fe44;

/// Bytes of a thread's stack.
const STACK_LEN: usize = 256 * 1024;

/// Steps of one interleaving; what is right takes some hundreds.
const STEPS_MAX: usize = 100_000;

/// Turns of others that a wait with a deadline lasts.
const PATIENCE: usize = 8;

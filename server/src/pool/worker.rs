//! The threads: workers that take turns with connections, and the lot's thread that brings ready
//! ones to the queues and ends those whose deadline passed.

use super::Shared;
use super::lot::Outcome;
use super::queue::{Queues, Task, Worker};
use super::slot::Slot;
use crate::door::{Farewell, Interest, Lane, Next, QUANTUM_BYTES, Quantum, Turn};
use crate::transport::CipherBuffer;
use crate::wake::Waker;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Starts a worker. One that serves `only_control` keeps small requests from waiting behind bulk
/// transfers.
pub(super) fn start(shared: &Arc<Shared>, worker: Worker) -> io::Result<JoinHandle<()>> {
    let shared = Arc::clone(shared);
    std::thread::Builder::new()
        .name(format!("ferry-worker-{}", worker.number))
        .spawn(move || shared.work(worker))
}

/// Starts the lot's thread.
pub(super) fn start_lot(shared: &Arc<Shared>) -> io::Result<JoinHandle<()>> {
    let shared = Arc::clone(shared);
    std::thread::Builder::new().name("ferry-lot".to_owned()).spawn(move || shared.watch_lot(LONG))
}

/// What a worker lends to each turn.
struct Buffers {
    cipher: CipherBuffer,
    content: Box<[u8]>,
}

impl Buffers {
    fn new() -> Self {
        let content = vec![0; CONTENT_BUFFER_LEN].into_boxed_slice();
        Self { cipher: CipherBuffer::new(), content }
    }
}

/// A worker's end, however it comes: its watch goes to others.
struct Retiring<'q> {
    queues: &'q Queues,
    worker: Worker,
}

impl Drop for Retiring<'_> {
    fn drop(&mut self) {
        self.queues.give_up_watch(self.worker);
    }
}

impl Shared {
    pub(super) fn work(&self, worker: Worker) {
        let _retiring = Retiring { queues: &self.queues, worker };
        let mut buffers = Buffers::new();
        let mut kept = None;
        while let Some(mut slot) = kept.take().or_else(|| self.next_turn(worker)) {
            let now = Instant::now();
            self.turns.begin(worker.number, now);
            let (next, follower) = self.take_turn(&mut slot, &mut buffers, worker, now);
            kept = self.place_or_keep(slot, next, worker);
            if let Some(follower) = follower.and_then(|waker| self.take_out(&waker)) {
                kept = self.follow(kept, follower, worker);
            }
            // The end of a connection, too, may wait for a disk.
            self.turns.end(worker.number);
        }
    }

    /// One turn: where its connection goes, and whose turn is to follow.
    fn take_turn(
        &self,
        slot: &mut Slot,
        buffers: &mut Buffers,
        worker: Worker,
        now: Instant,
    ) -> (Next, Option<Waker>) {
        slot.waker.forget_wakes();
        let age = now.saturating_duration_since(slot.queued_at);
        let mut turn = Turn {
            cipher: &mut buffers.cipher,
            content: &mut buffers.content,
            now,
            is_draining: self.is_draining.load(Ordering::Acquire),
            is_reserved: worker.only_control,
            busy_retry_ms: self.load.observe(age, now),
            quantum: Quantum::new(),
            follower: None,
        };
        let next = self.step_fenced(slot, &mut turn);
        (next, turn.follower)
    }

    /// Has a connection's turn follow at once, or as soon as another worker comes for it.
    fn follow(&self, kept: Option<Slot>, follower: Slot, worker: Worker) -> Option<Slot> {
        if kept.is_none() && self.may_stay(&follower, worker) {
            return Some(Slot { queued_at: Instant::now(), ..follower });
        }
        self.queues.push(follower);
        kept
    }

    /// Where a connection goes after a turn; one that stays with its worker is returned.
    fn place_or_keep(&self, slot: Slot, next: Next, worker: Worker) -> Option<Slot> {
        if next != Next::Again || !self.may_stay(&slot, worker) {
            self.place(slot, next);
            return None;
        }
        // Its next turn comes before any look at the sockets.
        self.queues.give_up_watch(worker);
        Some(Slot { queued_at: Instant::now(), ..slot })
    }

    /// A parked connection that is woken; `None` if a worker has it, who will notice.
    fn take_out(&self, waker: &Waker) -> Option<Slot> {
        waker.mark();
        self.lot.call(waker.key())
    }

    /// The next connection for a worker; `None` once the pool ends.
    fn next_turn(&self, worker: Worker) -> Option<Slot> {
        loop {
            match self.queues.next(worker) {
                Task::Turn(slot) => return Some(slot),
                Task::End => return None,
                Task::Watch => {}
            }
            let seen = self.lot.wait_for_one();
            let lane = seen.as_ref().ok().and_then(|seen| seen.as_ref()).map(Slot::lane);
            self.queues.stop_waiting(worker, lane);
            match seen {
                Ok(None) => {}
                Ok(Some(slot)) => return Some(Slot { queued_at: Instant::now(), ..slot }),
                Err(err) => {
                    tracing::error!("the poller failed: {err}");
                    return None;
                }
            }
        }
    }

    /// Whether a connection may have its next turn by this worker at once: where nobody else waits
    /// for one, to wake another for it costs more than many a turn.
    fn may_stay(&self, slot: &Slot, worker: Worker) -> bool {
        let is_not_its_kind = worker.only_control && slot.lane() == Lane::Bulk;
        let is_stopping = self.is_stopping.load(Ordering::Acquire);
        !is_not_its_kind && !is_stopping && self.queues.are_empty()
    }

    /// One step behind a fence: a panic costs its connection and nothing else.
    fn step_fenced(&self, slot: &mut Slot, turn: &mut Turn<'_>) -> Next {
        let stepped = catch_unwind(AssertUnwindSafe(|| slot.connection.step(turn)));
        stepped.unwrap_or_else(|_| {
            self.metrics.panics.add(1);
            tracing::error!(connection = slot.key(), "a worker panicked; the connection is closed");
            Next::Close
        })
    }

    pub(super) fn place(&self, slot: Slot, next: Next) {
        match next {
            _ if self.is_stopping.load(Ordering::Acquire) => self.close(slot),
            Next::Park(interest, until) => self.park(slot, interest, until),
            Next::Again => self.queues.push(slot),
            Next::Close => self.close(slot),
        }
    }

    pub(super) fn park(&self, slot: Slot, interest: Interest, until: Instant) {
        match self.lot.park(slot, interest, until) {
            Outcome::Parked => {}
            Outcome::Woken(slot) => self.queues.push(slot),
            Outcome::Failed(slot, err) => {
                tracing::warn!("a connection could not be parked: {err}");
                self.close(slot);
            }
        }
    }

    fn close(&self, mut slot: Slot) {
        self.lot.forget(&mut slot);
        drop(slot);
        self.metrics.connections.subtract_one();
    }

    /// Brings what is ready to the queues, and ends what is overdue. A watch that is at its turn for
    /// `long` goes to another worker.
    pub(super) fn watch_lot(&self, long: Duration) {
        let mut looked_at = Instant::now();
        while !self.queues.are_closed() {
            let is_long = |worker| self.turns.is_at_it_for(worker, long, Instant::now());
            if self.queues.guard(looked_at + LOOK_INTERVAL, is_long) {
                match self.lot.wait(LOOK_INTERVAL) {
                    Ok(ready) => ready.into_iter().for_each(|slot| self.queues.push(slot)),
                    Err(err) => {
                        tracing::error!("the poller failed: {err}");
                        return;
                    }
                }
            }
            let is_draining = self.is_draining.load(Ordering::Acquire);
            if is_draining || looked_at.elapsed() >= LOOK_INTERVAL {
                looked_at = Instant::now();
                self.end_overdue(looked_at, is_draining);
            }
        }
        // It may be this thread that heard the ring for workers to end.
        self.queues.wake_guard();
        self.lot.take_all().into_iter().for_each(|slot| self.close(slot));
    }

    fn end_overdue(&self, now: Instant, is_draining: bool) {
        self.lot.take_rested(now).into_iter().for_each(|slot| self.queues.push(slot));
        for slot in self.lot.take_expired(now) {
            if slot.connection.ends_at(now) {
                self.metrics.timed_out.add(1);
                self.dismiss(slot, Farewell::TimedOut);
            } else {
                self.queues.push(slot);
            }
        }
        if is_draining {
            for slot in self.lot.take_idle() {
                self.dismiss(slot, Farewell::Stopping);
            }
        }
        if self.is_stopping.load(Ordering::Acquire) {
            for slot in self.lot.take_all() {
                self.dismiss(slot, Farewell::Stopping);
            }
        }
    }

    fn dismiss(&self, mut slot: Slot, farewell: Farewell) {
        slot.connection.say_farewell(farewell);
        self.close(slot);
    }
}

/// A worker's room for content: a turn's worth, since a file system takes few large pieces with less
/// work than many small ones.
const CONTENT_BUFFER_LEN: usize = QUANTUM_BYTES;

/// A turn that takes so long has others look after the sockets.
const LONG: Duration = Duration::from_millis(2);

/// How often deadlines are looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

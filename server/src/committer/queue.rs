//! What waits for the committer, and who may do its work meanwhile. No channel: the reader of one
//! spins before it sleeps, and gives its processor away each time.

use super::{Barrier, Desk, Finished, Job, Outcome, Synced};
use crate::config::Durability;
use crate::storage::Storage;
use crate::sync::{self, Condvar, Mutex};
use crate::wake::Promise;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A way to hand work to the committer.
pub(crate) struct CommitQueue {
    jobs: Arc<Jobs>,
    desk: Arc<Desk>,
}

/// Whose thread commits an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommitBy {
    /// The committer's: more may follow at once, and share a sync.
    Committer,
    /// The caller's, before it goes on, where nobody else commits and the disk is quick: a change of
    /// threads costs more than a small file does. The outcome is there then, and wakes nobody. For
    /// those who send no other meanwhile, and may wait for the disk.
    Caller,
}

/// Jobs on their way to the committer.
#[derive(Default)]
pub(super) struct Jobs {
    state: Mutex<State>,
    /// Rung for the committer's thread.
    came: Condvar,
    /// Rung for whoever waits for room.
    room: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    /// Ways in that are left.
    queues: usize,
    /// How many wait for room.
    crowd: usize,
    /// Whether somebody settles a batch.
    is_busy: bool,
    /// Whether the last batch took its time, as on a disk that has to turn or to flush.
    is_slow: bool,
    is_thread_waiting: bool,
}

/// Somebody settles a batch until this is dropped.
pub(super) struct Busy<'j> {
    jobs: &'j Jobs,
    since: Instant,
}

impl Busy<'_> {
    /// The batch is complete, and its settling begins.
    pub(super) fn settles(&mut self) {
        self.since = Instant::now();
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        let mut state = self.jobs.state.lock();
        state.is_busy = false;
        state.is_slow = self.since.elapsed() > SLOW;
        let is_awaited = state.is_thread_waiting && !state.waiting.is_empty();
        drop(state);
        if is_awaited {
            self.jobs.came.notify_one();
        }
    }
}

impl CommitQueue {
    /// The first way in to `jobs`.
    pub(super) fn to(jobs: &Arc<Jobs>, desk: &Arc<Desk>) -> Self {
        jobs.state.lock().queues += 1;
        Self { jobs: Arc::clone(jobs), desk: Arc::clone(desk) }
    }

    /// Whether "stored" means on stable storage here.
    pub(crate) fn is_durable(&self) -> bool {
        self.desk.durability != Durability::None
    }

    /// Commits an upload. The queue holds as many as connections may have unanswered at once in
    /// any sane load; beyond that this waits for the disk.
    pub(crate) fn commit(&self, finished: Finished, promise: Promise<Outcome>, by: CommitBy) {
        let busy = if by == CommitBy::Caller { self.jobs.begin_if_idle() } else { None };
        let Some(busy) = busy else {
            return self.jobs.add(Job::Commit(Box::new((finished, promise))));
        };
        // The caller finds what came of it, and need not be called.
        self.desk.fenced(|| drop(self.desk.settle(vec![(finished, promise)])));
        drop(busy);
    }

    /// Makes everything durable that was answered before on this storage.
    pub(crate) fn barrier(&self, storage: &Arc<dyn Storage>, promise: Promise<Synced>) {
        self.jobs.add(Job::Barrier(Barrier { storage: Arc::clone(storage), promise }));
    }
}

impl Clone for CommitQueue {
    fn clone(&self) -> Self {
        Self::to(&self.jobs, &self.desk)
    }
}

impl Drop for CommitQueue {
    fn drop(&mut self) {
        let mut state = self.jobs.state.lock();
        state.queues -= 1;
        let is_last = state.queues == 0;
        drop(state);
        if is_last {
            self.jobs.came.notify_one();
        }
    }
}

impl fmt::Debug for CommitQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CommitQueue")
    }
}

impl Jobs {
    fn add(&self, job: Job) {
        let mut state = self.state.lock();
        while state.waiting.len() >= QUEUE_LEN {
            state.crowd += 1;
            state = sync::wait(&self.room, &self.state, state);
            state.crowd -= 1;
        }
        state.waiting.push_back(job);
        let is_awaited = state.is_thread_waiting && !state.is_busy;
        drop(state);
        if is_awaited {
            self.came.notify_one();
        }
    }

    /// Waits for the first job of a batch, which is begun; `None` once nobody is left who could
    /// add one.
    pub(super) fn begin_batch(&self) -> Option<(Job, Busy<'_>)> {
        let mut state = self.state.lock();
        loop {
            if !state.is_busy
                && let Some(job) = state.waiting.pop_front()
            {
                self.give_room(&state);
                return Some((job, self.begin(&mut state)));
            }
            if state.waiting.is_empty() && state.queues == 0 {
                return None;
            }
            state.is_thread_waiting = true;
            state = sync::wait(&self.came, &self.state, state);
            state.is_thread_waiting = false;
        }
    }

    /// The next job of the batch that was begun, if it comes before `until`.
    pub(super) fn next_of_batch(&self, until: Instant) -> Option<Job> {
        let mut state = self.state.lock();
        loop {
            if let Some(job) = state.waiting.pop_front() {
                self.give_room(&state);
                return Some(job);
            }
            if state.queues == 0 || Instant::now() >= until {
                return None;
            }
            state.is_thread_waiting = true;
            state = sync::wait_until(&self.came, &self.state, state, until);
            state.is_thread_waiting = false;
        }
    }

    /// Begins a batch where nobody waits, nobody settles one, and the disk is quick.
    fn begin_if_idle(&self) -> Option<Busy<'_>> {
        let mut state = self.state.lock();
        let is_idle = !state.is_busy && !state.is_slow && state.waiting.is_empty();
        is_idle.then(|| self.begin(&mut state))
    }

    fn begin(&self, state: &mut State) -> Busy<'_> {
        state.is_busy = true;
        Busy { jobs: self, since: Instant::now() }
    }

    fn give_room(&self, state: &State) {
        if state.crowd > 0 {
            self.room.notify_one();
        }
    }
}

/// What takes longer is left to the committer: many share its sync, and a worker keeps others from
/// their turns.
const SLOW: Duration = Duration::from_millis(1);

/// Commits that may wait; beyond that, workers wait for the disk.
const QUEUE_LEN: usize = 4096;

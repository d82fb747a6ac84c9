//! What the lanes of a job have to do: files of the plan, files whose conflict was decided, and
//! big files that another lane has begun and may be helped with.

use super::lanes::{Job, TICK};
use crate::Error;
use crate::sync::{Condvar, Mutex};
use std::collections::VecDeque;

/// Files planned ahead of the lanes. Tests have few files, and the plan is to wait all the same.
const PLANNED_MAX: usize = if cfg!(test) { 2 } else { 1024 };
/// Invitations that wait for a lane with nothing to do.
const INVITATIONS_MAX: usize = 64;

/// The queue between those who feed a job and its lanes.
pub(super) struct Queue<T, H> {
    state: Mutex<State<T, H>>,
    /// There is something to do, or nothing comes any more.
    filled: Condvar,
    /// There is room for the plan, or no lane takes anything any more.
    drained: Condvar,
}

struct State<T, H> {
    planned: VecDeque<T>,
    /// Files that come back with a ruling. The tray bounds their number; to wait for room here
    /// would be to wait for lanes that may wait for room in the tray.
    ruled: VecDeque<T>,
    invitations: VecDeque<H>,
    feeds: usize,
    lanes: usize,
}

/// What comes next.
pub(super) enum Next<T, H> {
    /// A file.
    Work(T),
    /// A big file that another lane has begun.
    Help(H),
    /// Nothing more will come.
    Over,
}

/// A way in. Once all are dropped nothing more comes.
pub(super) struct Feed<'a, T, H>(&'a Queue<T, H>);

/// A lane's way out. Once all are dropped nobody takes anything any more.
pub(super) struct Inbox<'a, T, H>(&'a Queue<T, H>);

impl<T, H> Queue<T, H> {
    /// Nothing to do yet.
    pub(super) fn new() -> Self {
        let (planned, ruled, invitations) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        Self {
            state: Mutex::new(State { planned, ruled, invitations, feeds: 0, lanes: 0 }),
            filled: Condvar::new(),
            drained: Condvar::new(),
        }
    }

    pub(super) fn feed(&self) -> Feed<'_, T, H> {
        self.state.lock().feeds += 1;
        Feed(self)
    }

    pub(super) fn inbox(&self) -> Inbox<'_, T, H> {
        self.state.lock().lanes += 1;
        Inbox(self)
    }

    /// What nobody took; to be asked once everybody is gone.
    pub(super) fn into_rest(self) -> impl Iterator<Item = T> {
        let State { planned, ruled, .. } = self.state.into_inner();
        ruled.into_iter().chain(planned)
    }
}

impl<T, H> Feed<'_, T, H> {
    /// Adds a file of the plan. Waits while there are many; fails once the job is to end.
    pub(super) fn plan(&self, job: &Job<'_>, work: T) -> Result<(), Error> {
        let Queue { state, filled, drained } = self.0;
        let mut state = state.lock();
        loop {
            if state.lanes == 0 {
                // No lane takes work any more: one of them has said why.
                return Err(Error::Cancelled);
            }
            if state.planned.len() < PLANNED_MAX {
                break;
            }
            drained.wait_for(&mut state, TICK);
            job.check()?;
        }
        state.planned.push_back(work);
        filled.notify_one();
        Ok(())
    }

    /// Adds a file that comes back with a ruling. Never waits.
    pub(super) fn bring_back(&self, work: T) {
        self.0.state.lock().ruled.push_back(work);
        self.0.filled.notify_one();
    }
}

impl<T, H> Inbox<'_, T, H> {
    /// Work that is there now.
    pub(super) fn try_work(&self) -> Option<T> {
        let mut state = self.0.state.lock();
        let work = state.ruled.pop_front();
        work.or_else(|| self.planned(&mut state))
    }

    /// Whether no work is there now.
    pub(super) fn is_empty(&self) -> bool {
        let state = self.0.state.lock();
        state.planned.is_empty() && state.ruled.is_empty()
    }

    /// Waits until there is something to do. To be asked only with nothing left to do: whoever
    /// waits may have to help.
    pub(super) fn wait(&self, job: &Job<'_>) -> Result<Next<T, H>, Error> {
        let mut state = self.0.state.lock();
        loop {
            let work = state.ruled.pop_front();
            if let Some(work) = work.or_else(|| self.planned(&mut state)) {
                return Ok(Next::Work(work));
            }
            if let Some(help) = state.invitations.pop_front() {
                return Ok(Next::Help(help));
            }
            if state.feeds == 0 {
                return Ok(Next::Over);
            }
            self.0.filled.wait_for(&mut state, TICK);
            job.check()?;
        }
    }

    fn planned(&self, state: &mut State<T, H>) -> Option<T> {
        let work = state.planned.pop_front();
        // Once it is half empty, so that neither side wakes the other for each file.
        if state.planned.len() <= PLANNED_MAX / 2 {
            self.0.drained.notify_one();
        }
        work
    }
}

impl<T, H: Clone> Inbox<'_, T, H> {
    /// Invites other lanes. Those that are busy find the file done when they come to it.
    pub(super) fn invite(&self, help: &H, count: usize) {
        let mut state = self.0.state.lock();
        // With so many waiting already, nobody is idle.
        let room = INVITATIONS_MAX.saturating_sub(state.invitations.len());
        for _ in 0..count.min(room) {
            state.invitations.push_back(help.clone());
            self.0.filled.notify_one();
        }
    }
}

impl<T, H> Drop for Feed<'_, T, H> {
    fn drop(&mut self) {
        self.0.state.lock().feeds -= 1;
        self.0.filled.notify_all();
    }
}

impl<T, H> Drop for Inbox<'_, T, H> {
    fn drop(&mut self) {
        self.0.state.lock().lanes -= 1;
        self.0.drained.notify_all();
    }
}

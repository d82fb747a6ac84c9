//! The jobs that this window ordered: which wait for a connection, which work, and what was wished
//! of each meanwhile. What is wished between the order and the begin is not lost, and each job has
//! one journal, whoever comes to begin it first.

use super::job::Steering;
use crate::request::JobOrder;
use crate::state::transfers::JobId;
use ferry_client::jobs::{JobSpec, Jobs, OpenJob};
use ferry_client::{Cancel, Error};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What can be wished of a job that is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// To stop, and go on later.
    Pause,
    /// To be given up.
    Cancel,
}

/// All jobs of this window.
#[derive(Default)]
pub(super) struct Desk {
    entries: Mutex<BTreeMap<JobId, Entry>>,
    /// Held while a journal is begun, so that two threads do not begin two.
    journaling: Mutex<()>,
}

struct Entry {
    order: JobOrder,
    /// What the journal is to say; `None` while nobody could say it.
    spec: Option<JobSpec>,
    key: Option<String>,
    stage: Stage,
    wish: Option<Wish>,
    /// It was taken back before anything began, which the window is still to be told.
    is_withdrawn: bool,
}

enum Stage {
    /// Nobody works on it, nor is about to.
    Idle,
    /// It was ordered and nothing began yet.
    Ordered,
    /// A connection is opened for it.
    Opening(Cancel),
    /// Its journal is begun.
    Beginning,
    /// It works.
    Working(Arc<Steering>),
}

impl Desk {
    /// Takes note of a job that may have to wait, and of what its journal is to say.
    pub(super) fn note(&self, order: &JobOrder, spec: Option<JobSpec>) {
        let mut entries = self.entries.lock();
        let entry = entries.entry(order.id).or_insert_with(|| Entry::of(order));
        entry.spec = spec;
    }

    /// Takes note that a job is to work.
    pub(super) fn order(&self, order: &JobOrder) {
        let mut entries = self.entries.lock();
        let entry = entries.entry(order.id).or_insert_with(|| Entry::of(order));
        if matches!(entry.stage, Stage::Idle) {
            entry.order = order.clone();
            entry.key = order.key.clone().or_else(|| entry.key.take());
            (entry.stage, entry.wish, entry.is_withdrawn) = (Stage::Ordered, None, false);
        }
    }

    /// Passes a wish on to a job, however far it is.
    pub(super) fn wish(&self, id: JobId, wish: Wish) {
        let mut entries = self.entries.lock();
        let Some(entry) = entries.get_mut(&id) else { return };
        // Who gave it up does not mean to go on later.
        let wish = if entry.wish == Some(Wish::Cancel) { Wish::Cancel } else { wish };
        entry.wish = Some(wish);
        match &entry.stage {
            Stage::Idle | Stage::Beginning => {}
            Stage::Ordered => (entry.stage, entry.is_withdrawn) = (Stage::Idle, true),
            Stage::Opening(cancel) => cancel.cancel(),
            Stage::Working(steering) => steering.stop(wish),
        }
    }

    /// Whether a job was taken back before it began, and nobody was told yet.
    pub(super) fn take_withdrawn(&self, id: JobId) -> bool {
        let mut entries = self.entries.lock();
        entries.get_mut(&id).is_some_and(|entry| std::mem::take(&mut entry.is_withdrawn))
    }

    /// A connection is opened for a job; `None` for one that is not wanted any more.
    pub(super) fn open(&self, id: JobId) -> Option<(JobOrder, Cancel)> {
        let mut entries = self.entries.lock();
        let entry = entries.get_mut(&id).filter(|entry| matches!(entry.stage, Stage::Ordered))?;
        let cancel = Cancel::new();
        entry.stage = Stage::Opening(cancel.clone());
        Some((entry.order.clone(), cancel))
    }

    /// The connection is there: from now on a wish waits for the job to work.
    ///
    /// # Errors
    /// What was wished meanwhile, so that it does not come to that.
    pub(super) fn begin(&self, id: JobId) -> Result<(), Wish> {
        let mut entries = self.entries.lock();
        let Some(entry) = entries.get_mut(&id) else { return Ok(()) };
        if let Some(wish) = entry.wish {
            return Err(wish);
        }
        entry.stage = Stage::Beginning;
        Ok(())
    }

    /// The job works.
    pub(super) fn work(&self, id: JobId, steering: &Arc<Steering>) {
        let mut entries = self.entries.lock();
        let Some(entry) = entries.get_mut(&id) else { return };
        entry.stage = Stage::Working(Arc::clone(steering));
        if let Some(wish) = entry.wish {
            steering.stop(wish);
        }
    }

    /// Nobody works on a job any more. Returns what was wished of it.
    pub(super) fn end(&self, id: JobId) -> Option<Wish> {
        let mut entries = self.entries.lock();
        let entry = entries.get_mut(&id)?;
        entry.stage = Stage::Idle;
        entry.wish.take()
    }

    /// Whether somebody works on a job, or is about to.
    pub(super) fn is_busy(&self, id: JobId) -> bool {
        let entries = self.entries.lock();
        entries.get(&id).is_some_and(|entry| !matches!(entry.stage, Stage::Idle))
    }

    /// Calls the steering of a job that works.
    pub(super) fn steer(&self, id: JobId, call: impl Fn(&Steering)) {
        let entries = self.entries.lock();
        if let Some(Entry { stage: Stage::Working(steering), .. }) = entries.get(&id) {
            call(steering);
        }
    }

    /// Pauses whatever works.
    pub(super) fn pause_all(&self) {
        let ids: Vec<JobId> = self.entries.lock().keys().copied().collect();
        ids.into_iter().filter(|id| self.is_busy(*id)).for_each(|id| self.wish(id, Wish::Pause));
    }

    /// The name of a job's journal, once it has one.
    pub(super) fn key(&self, id: JobId) -> Option<String> {
        self.entries.lock().get(&id)?.key.clone()
    }

    /// The jobs that have no journal yet.
    pub(super) fn without_journal(&self) -> Vec<JobId> {
        let entries = self.entries.lock();
        let meant = entries.iter().filter(|(_, entry)| {
            let is_given_up = entry.wish == Some(Wish::Cancel);
            entry.key.is_none() && entry.spec.is_some() && !is_given_up
        });
        meant.map(|(id, _)| *id).collect()
    }

    /// Begins the journal of a job that has none, so that it outlives the window before its turn
    /// has come. Returns the journal's name where one was begun.
    pub(super) fn begin_journal(&self, jobs: &Jobs, id: JobId) -> Result<Option<String>, Error> {
        let spec = self.entries.lock().get(&id).and_then(|entry| entry.spec.clone());
        let Some(spec) = spec else { return Ok(None) };
        let _alone = self.journaling.lock();
        if self.key(id).is_some() {
            return Ok(None);
        }
        let job = jobs.begin(spec)?;
        Ok(Some(self.keep_key(id, &job)))
    }

    /// The journal of a job: its own, or a new one.
    pub(super) fn journal(&self, jobs: &Jobs, id: JobId, spec: JobSpec) -> Result<OpenJob, Error> {
        let _alone = self.journaling.lock();
        if let Some(known) = self.key(id).and_then(|key| key.parse().ok()) {
            return jobs.take(&known);
        }
        let job = jobs.begin(spec)?;
        self.keep_key(id, &job);
        Ok(job)
    }

    fn keep_key(&self, id: JobId, job: &OpenJob) -> String {
        let key = job.id().to_string();
        if let Some(entry) = self.entries.lock().get_mut(&id) {
            entry.key = Some(key.clone());
        }
        key
    }
}

impl Entry {
    fn of(order: &JobOrder) -> Self {
        Self {
            order: order.clone(),
            spec: None,
            key: order.key.clone(),
            stage: Stage::Idle,
            wish: None,
            is_withdrawn: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::transfers::Direction;
    use ferry_client::job::Rule;
    use ferry_client::jobs::{self, JobServer};

    const ID: JobId = JobId(1);

    fn order() -> JobOrder {
        let (direction, items) = (Direction::Upload, Vec::new());
        JobOrder { id: ID, key: None, direction, items, goes_on_anyway: false }
    }

    fn spec() -> JobSpec {
        JobSpec {
            direction: jobs::Direction::Upload,
            server: JobServer {
                host: "harbour".to_owned(),
                port: 3000,
                account: None,
                key: "a".repeat(52).parse().unwrap(),
            },
            transfers: Vec::new(),
            rule: Rule::Ask,
            connections: 1,
        }
    }

    #[test]
    fn a_job_that_is_taken_back_before_it_began_does_not_begin() {
        for wish in [Wish::Pause, Wish::Cancel] {
            let desk = Desk::default();
            desk.order(&order());
            desk.wish(ID, wish);
            assert!(desk.open(ID).is_none());
            assert!(desk.take_withdrawn(ID), "the window is told");
            assert!(!desk.take_withdrawn(ID), "once");
            desk.order(&order());
            assert!(desk.open(ID).is_some(), "it goes on when it is ordered anew");
        }
    }

    #[test]
    fn what_is_wished_while_a_connection_is_opened_stops_that() {
        let desk = Desk::default();
        desk.order(&order());
        let (_, cancel) = desk.open(ID).unwrap();
        assert!(desk.open(ID).is_none(), "an order is carried out once");
        desk.wish(ID, Wish::Cancel);
        desk.wish(ID, Wish::Pause);
        assert!(cancel.is_cancelled());
        assert_eq!(desk.begin(ID), Err(Wish::Cancel));
        assert_eq!(desk.end(ID), Some(Wish::Cancel));
        assert!(!desk.is_busy(ID));
    }

    #[test]
    fn what_is_wished_while_the_journal_is_begun_waits_for_the_work() {
        let desk = Desk::default();
        desk.order(&order());
        let (_, cancel) = desk.open(ID).unwrap();
        assert_eq!(desk.begin(ID), Ok(()));
        desk.wish(ID, Wish::Cancel);
        assert!(!cancel.is_cancelled(), "else its journal would say that it was paused");
        assert_eq!(desk.end(ID), Some(Wish::Cancel));
    }

    #[test]
    fn a_job_that_waits_has_a_journal_and_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = Jobs::open(folder.path()).unwrap();
        let desk = Desk::default();
        desk.note(&order(), Some(spec()));
        assert_eq!(desk.without_journal(), [ID]);
        let key = desk.begin_journal(&jobs, ID).unwrap().unwrap();
        assert_eq!(desk.begin_journal(&jobs, ID).unwrap(), None);
        assert!(desk.without_journal().is_empty());
        desk.order(&order());
        assert_eq!(desk.journal(&jobs, ID, spec()).unwrap().id().to_string(), key);
        let listed = jobs.list().unwrap().jobs;
        assert_eq!(listed.len(), 1);
        assert!(listed[0].state.can_resume());
    }
}

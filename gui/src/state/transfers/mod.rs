//! Transfers: jobs, how far they are, what failed in them, and what they ask.

mod item;
mod job;
mod speed;

pub use item::{Choice, Conflict, Direction, FailedFile, Item};
pub use job::{CurrentFile, FoundJob, Job, JobId, Progress, Stage, ratio};
pub use speed::Speed;

use super::obstacles::Obstacles;

/// All jobs, the latest last.
#[derive(Clone, Debug, Default)]
pub struct Transfers {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// Whether the panel shows its list.
    pub is_open: bool,
    next_id: u64,
}

impl Transfers {
    /// A new job of an account at a server, `HOST:PORT`, that waits for its turn.
    pub fn add(
        &mut self,
        (server, account): (&str, &str),
        direction: Direction,
        items: Vec<Item>,
    ) -> JobId {
        self.next_id += 1;
        let id = JobId(self.next_id);
        self.jobs.push(Job {
            id,
            key: None,
            server: server.to_owned(),
            account: account.to_owned(),
            direction,
            items,
            stage: Stage::Waiting,
            progress: Progress::default(),
            speed: Speed::default(),
            failed: Vec::new(),
            failed_count: 0,
            skipped_count: 0,
            obstacles: Obstacles::default(),
            goes_on_anyway: false,
            conflicts: Vec::new(),
        });
        id
    }

    /// Shows a job that was found, unless it is shown already.
    pub fn show(&mut self, found: FoundJob) {
        if self.jobs.iter().any(|job| job.key.as_ref() == Some(&found.key)) {
            return;
        }
        let whose = (found.server.as_str(), found.account.as_str());
        let id = self.add(whose, found.direction, found.items);
        if let Some(job) = self.job_mut(id) {
            job.key = Some(found.key);
            job.progress = found.progress;
            job.failed_count = found.failed_count;
            job.failed = found.failed;
            job.stage = match found.stopped {
                Some(problem) => Stage::Stopped(problem),
                None if found.failed_count > 0 => Stage::Ended,
                None => Stage::Paused,
            };
        }
    }

    /// A job.
    #[must_use]
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }

    /// A job, to change it.
    pub fn job_mut(&mut self, id: JobId) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.id == id)
    }

    /// How many are not over, those that are paused apart.
    #[must_use]
    pub fn live_count(&self) -> usize {
        self.jobs.iter().filter(|job| job.is_live() && job.stage != Stage::Paused).count()
    }

    /// Whether the window asks before it closes: something moves, or would be forgotten.
    #[must_use]
    pub fn would_miss_the_window(&self) -> bool {
        self.live_count() > 0
            || self.jobs.iter().any(|job| job.stage == Stage::Paused && job.key.is_none())
    }

    /// How many have something to say: files that failed, questions, a stop before their end.
    #[must_use]
    pub fn unsettled_count(&self) -> usize {
        let is_unsettled =
            |job: &&Job| job.failed_count > 0 || !job.conflicts.is_empty() || job.has_stopped();
        self.jobs.iter().filter(is_unsettled).count()
    }

    /// How many threads work.
    #[must_use]
    pub fn working_count(&self) -> usize {
        self.jobs.iter().filter(|job| job.is_working()).count()
    }

    /// Questions that are open in all jobs.
    #[must_use]
    pub fn question_count(&self) -> usize {
        self.jobs.iter().map(|job| job.conflicts.len()).sum()
    }

    /// Files that failed in all jobs.
    #[must_use]
    pub fn failed_count(&self) -> u64 {
        self.jobs.iter().map(|job| job.failed_count).sum()
    }

    /// Bytes a second of all jobs.
    #[must_use]
    pub fn bytes_per_sec(&self) -> u64 {
        let working = self.jobs.iter().filter(|job| job.stage == Stage::Running);
        working.map(|job| job.speed.bytes_per_sec()).sum()
    }

    /// How much of the live jobs is done, from 0 to 1.
    #[must_use]
    pub fn fraction(&self) -> f32 {
        let live = || self.jobs.iter().filter(|job| job.is_live());
        let done = live().map(|job| job.progress.bytes_done).sum();
        let total = live().map(|job| job.progress.bytes_total).sum();
        ratio(done, total)
    }
}

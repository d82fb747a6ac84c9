//! Transfers: jobs, how far they are, what failed in them, and what they ask.

use super::connection::Server;
use super::place::Place;
use super::problem::Problem;
use super::side::Side;
use std::time::Duration;

/// Names a job within this window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// Where a job carries things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From this computer to the server.
    Upload,
    /// From the server to this computer.
    Download,
}

impl Direction {
    /// The side that things come from.
    #[must_use]
    pub fn source(self) -> Side {
        match self {
            Self::Upload => Side::Here,
            Self::Download => Side::Server,
        }
    }

    /// The direction of what comes from a side.
    #[must_use]
    pub fn from(side: Side) -> Self {
        match side {
            Side::Here => Self::Upload,
            Side::Server => Self::Download,
        }
    }
}

/// One file or folder and the name it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// On this computer.
    pub here: Place,
    /// On the server.
    pub server: Place,
}

impl Item {
    /// What is carried.
    #[must_use]
    pub fn source(&self, direction: Direction) -> &Place {
        match direction {
            Direction::Upload => &self.here,
            Direction::Download => &self.server,
        }
    }

    /// Where it goes.
    #[must_use]
    pub fn target(&self, direction: Direction) -> &Place {
        match direction {
            Direction::Upload => &self.server,
            Direction::Download => &self.here,
        }
    }
}

/// What happens where a target exists with other content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// What is there stays.
    Skip,
    /// What is there is replaced.
    Replace,
    /// What comes gets another name.
    KeepBoth,
    /// What is older is replaced.
    Newer,
}

/// How far a job is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Others are before it.
    Waiting,
    /// It runs.
    Running,
    /// It is being stopped, to go on later.
    Pausing,
    /// It is stopped, and can go on.
    Paused,
    /// It is being given up.
    Cancelling,
    /// It was given up.
    Cancelled,
    /// It came to its end. Files may have failed, and questions may be open.
    Ended,
    /// It stopped before its end.
    Stopped(Problem),
}

/// Numbers of a job at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Files that ended, in whatever way.
    pub files_done: u64,
    /// Files found so far.
    pub files_total: u64,
    /// Bytes moved.
    pub bytes_done: u64,
    /// Bytes found so far.
    pub bytes_total: u64,
    /// Whether the totals are final.
    pub is_planned: bool,
    /// Files under way.
    pub current: Vec<CurrentFile>,
}

/// A file under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentFile {
    /// Its path.
    pub place: Place,
    /// Bytes moved.
    pub bytes_done: u64,
    /// Its length; 0 while it is not known.
    pub bytes_total: u64,
}

/// A file that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedFile {
    /// What was to be carried, and where.
    pub item: Item,
    /// Why it was not.
    pub problem: Problem,
}

/// Two different files for one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Names it within its job.
    pub id: u64,
    /// The name that both want.
    pub target: Place,
    /// Size and time (nanoseconds since 1970) of the one on this computer.
    pub here: (u64, i64),
    /// Size and time of the one on the server.
    pub server: (u64, i64),
}

/// A job of an earlier window, or of another program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundJob {
    /// Its journal.
    pub key: String,
    /// The server it belongs to, `HOST:PORT`.
    pub server: String,
    /// The account it belongs to; empty for the guest. Another one may see another tree.
    pub account: String,
    /// Where it carries things.
    pub direction: Direction,
    /// What it carries.
    pub items: Vec<Item>,
    /// How far it is.
    pub progress: Progress,
    /// How many files failed.
    pub failed_count: u64,
    /// Those that failed, as far as they were noted.
    pub failed: Vec<FailedFile>,
    /// Why it stopped before its end, if that is known.
    pub stopped: Option<Problem>,
}

/// One job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Names it.
    pub id: JobId,
    /// Its journal, by which it outlives the window; `None` until it was begun.
    pub key: Option<String>,
    /// The server it belongs to, `HOST:PORT`.
    pub server: String,
    /// The account it belongs to; empty for the guest. Another one may see another tree.
    pub account: String,
    /// Where it carries things.
    pub direction: Direction,
    /// What it carries.
    pub items: Vec<Item>,
    /// How far it is.
    pub stage: Stage,
    /// Its numbers.
    pub progress: Progress,
    /// How fast it is.
    pub speed: Speed,
    /// Files that failed; [`Job::LISTED_MAX`] at the most.
    pub failed: Vec<FailedFile>,
    /// How many failed.
    pub failed_count: u64,
    /// How many were left alone on purpose.
    pub skipped_count: u64,
    /// Questions that are open; the job goes on and waits for them at its end.
    pub conflicts: Vec<Conflict>,
}

/// All jobs, the latest last.
#[derive(Clone, Debug, Default)]
pub struct Transfers {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// Whether the panel shows its list.
    pub is_open: bool,
    next_id: u64,
}

/// How fast a job is, smoothed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Speed {
    bytes_per_sec: u64,
    last: Option<(Duration, u64)>,
}

impl Speed {
    /// Takes note of how many bytes were moved at a time, since the window's start.
    pub fn note(&mut self, at: Duration, bytes_done: u64) {
        let Some((before, bytes_before)) = self.last else {
            self.last = Some((at, bytes_done));
            return;
        };
        let elapsed_ms = at.saturating_sub(before).as_millis();
        if elapsed_ms < SAMPLE_MS {
            return;
        }
        self.last = Some((at, bytes_done));
        let moved = u128::from(bytes_done.saturating_sub(bytes_before));
        let now = u64::try_from(moved * 1000 / elapsed_ms).unwrap_or(u64::MAX);
        // A quarter of the new value: calm, and right within two seconds.
        self.bytes_per_sec = match self.bytes_per_sec {
            0 => now,
            old => old - old / 4 + now / 4,
        };
    }

    /// Bytes a second.
    #[must_use]
    pub fn bytes_per_sec(&self) -> u64 {
        self.bytes_per_sec
    }

    /// Forgets all, as when a job is stopped.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// Shorter spans say little.
const SAMPLE_MS: u128 = 250;

impl Job {
    /// Most failures that are listed.
    pub const LISTED_MAX: usize = 10_000;

    /// Whether it belongs to the account that is connected to a server.
    #[must_use]
    pub fn is_of(&self, server: &Server) -> bool {
        self.server == server.address && self.account == server.account
    }

    /// Whether it is not over yet.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !self.is_over()
    }

    /// Whether nothing more happens by itself or is expected to.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Ended | Stage::Cancelled | Stage::Stopped(_))
    }

    /// Whether it ended before its end and can be gone on with.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        matches!(self.stage, Stage::Stopped(_))
    }

    /// Whether a thread works on it.
    #[must_use]
    pub fn is_working(&self) -> bool {
        matches!(self.stage, Stage::Running | Stage::Pausing | Stage::Cancelling)
    }

    /// Whether all of it is where it should be.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.stage == Stage::Ended && self.failed_count == 0 && self.conflicts.is_empty()
    }

    /// How much is done, from 0 to 1, by bytes, else by files.
    #[must_use]
    pub fn fraction(&self) -> f32 {
        let progress = &self.progress;
        if self.stage == Stage::Ended {
            return 1.0;
        }
        if progress.bytes_total > 0 {
            return ratio(progress.bytes_done, progress.bytes_total);
        }
        ratio(progress.files_done, progress.files_total)
    }

    /// How long it still takes, once that can be said.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        let speed = self.speed.bytes_per_sec();
        if self.stage != Stage::Running || speed == 0 || !self.progress.is_planned {
            return None;
        }
        let left = self.progress.bytes_total.saturating_sub(self.progress.bytes_done);
        Some(Duration::from_secs(left.div_ceil(speed)))
    }
}

/// A part of a whole, from 0 to 1.
#[must_use]
pub fn ratio(part: u64, whole: u64) -> f32 {
    if whole == 0 {
        return 0.0;
    }
    let thousandths = u128::from(part.min(whole)) * 10_000 / u128::from(whole);
    f32::from(u16::try_from(thousandths).unwrap_or(10_000)) / 10_000.0
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_is_smoothed_and_says_how_long_it_takes() {
        let mut transfers = Transfers::default();
        let id = transfers.add(("host:3000", ""), Direction::Upload, Vec::new());
        let job = transfers.job_mut(id).unwrap();
        job.stage = Stage::Running;
        job.progress = Progress {
            bytes_done: 500,
            bytes_total: 2500,
            is_planned: true,
            ..Progress::default()
        };
        assert_eq!(job.time_left(), None);
        job.speed.note(Duration::ZERO, 0);
        job.speed.note(Duration::from_millis(100), 50);
        job.speed.note(Duration::from_millis(500), 500);
        assert_eq!(job.speed.bytes_per_sec(), 1000);
        assert_eq!(job.time_left(), Some(Duration::from_secs(2)));
        assert!((job.fraction() - 0.2).abs() < 1e-3);
        job.speed.note(Duration::from_millis(1500), 500);
        assert_eq!(job.speed.bytes_per_sec(), 750);
    }

    #[test]
    fn a_part_of_nothing_is_nothing() {
        assert!(ratio(5, 0).abs() < f32::EPSILON);
        assert!((ratio(9, 3) - 1.0).abs() < f32::EPSILON);
    }
}

//! One job: how far it is, and what came of it.

use super::item::{Conflict, Direction, FailedFile, Item};
use super::speed::Speed;
use crate::state::connection::Server;
use crate::state::obstacles::Obstacles;
use crate::state::place::Place;
use crate::state::problem::Problem;
use std::time::Duration;

/// Names a job within this window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

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
    /// What stands in the way of its first byte.
    pub obstacles: Obstacles,
    /// Whether a person said to go on whatever stands in the way.
    pub goes_on_anyway: bool,
    /// Questions that are open; the job goes on and waits for them at its end.
    pub conflicts: Vec<Conflict>,
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::transfers::Transfers;

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

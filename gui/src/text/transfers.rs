//! Texts of the transfers panel.

use super::format::{count, counted, files, size};
use crate::state::place::{Place, shown};
use crate::state::transfers::{Choice, Direction, Job, Stage};

/// The panel's title.
pub const TITLE: &str = "Transfers";
/// The bar of all jobs together.
pub const ALL: &str = "All transfers";
/// Nothing was transferred yet.
pub const NONE: &str = "Nothing under way. Drop files on the window, drag rows from one side to the other, or press Upload.";
/// Buttons of a job.
pub const PAUSE: &str = "Pause";
/// Lets a job go on.
pub const RESUME: &str = "Resume";
/// Gives a job up.
pub const CANCEL: &str = "Cancel";
/// Tries again what failed.
pub const RETRY: &str = "Try again";
/// Takes a job that is over off the list.
pub const DISMISS: &str = "Remove from list";
/// Takes all jobs that are over off the list.
pub const DISMISS_ALL: &str = "Clear finished";
/// Opens the list.
pub const SHOW: &str = "Show transfers";
/// Closes the list.
pub const HIDE: &str = "Hide transfers";

/// What a job carries, as in "Uploading 3 items".
#[must_use]
pub fn title(job: &Job) -> String {
    let what = match job.items.as_slice() {
        [only] => {
            let name = only.source(job.direction).name().unwrap_or(b"/");
            shown(name)
        }
        items => counted(items.len() as u64, "item", "items"),
    };
    match job.direction {
        Direction::Upload => format!("Upload of {what}"),
        Direction::Download => format!("Download of {what}"),
    }
}

/// Where a job carries things.
#[must_use]
pub fn target(job: &Job) -> String {
    let folder = job.items.first().and_then(|item| item.target(job.direction).parent());
    let folder = folder.unwrap_or_else(Place::root);
    let side = match job.direction {
        Direction::Upload => "the server",
        Direction::Download => "this computer",
    };
    if folder.is_root() {
        format!("to the top of {side}")
    } else {
        format!("to {folder} on {side}")
    }
}

/// How far a job is, in words.
#[must_use]
pub fn stage(job: &Job) -> String {
    match &job.stage {
        Stage::Waiting => "Waiting for its turn".to_owned(),
        Stage::Running if job.progress.files_total == 0 => "Looking for files…".to_owned(),
        Stage::Running => running(job),
        Stage::Pausing => "Pausing…".to_owned(),
        Stage::Paused => "Paused".to_owned(),
        Stage::Cancelling => "Cancelling…".to_owned(),
        Stage::Cancelled => "Cancelled".to_owned(),
        Stage::Ended => outcome(job),
        Stage::Stopped(problem) => problem.summary.clone(),
    }
}

/// How much of a file was moved.
#[must_use]
pub fn part(bytes_done: u64, bytes_total: u64) -> String {
    format!("{} of {}", size(bytes_done), size(bytes_total))
}

fn running(job: &Job) -> String {
    let progress = &job.progress;
    let more = if progress.is_planned { "" } else { " so far" };
    format!(
        "{} of {}{more}, {} of {}",
        count(progress.files_done),
        files(progress.files_total),
        size(progress.bytes_done),
        size(progress.bytes_total),
    )
}

/// How a job ended, in words.
#[must_use]
pub fn outcome(job: &Job) -> String {
    let open = job.conflicts.len() as u64;
    let good = job.progress.files_done.saturating_sub(job.failed_count + job.skipped_count + open);
    let mut parts = Vec::new();
    if good > 0 || (job.failed_count == 0 && open == 0) {
        let what = if job.skipped_count == 0 && job.failed_count == 0 && open == 0 {
            "transferred and verified"
        } else {
            "verified"
        };
        parts.push(format!("{} {what}", files(good)));
    }
    if job.failed_count > 0 {
        parts.push(format!("{} failed", count(job.failed_count)));
    }
    if open > 0 {
        parts.push(counted(open, "question", "questions"));
    }
    if job.skipped_count > 0 {
        parts.push(format!("{} left alone", count(job.skipped_count)));
    }
    parts.join(", ")
}

/// The button that shows what failed.
#[must_use]
pub fn failures(failed: u64) -> String {
    format!("Show {} that failed", files(failed))
}

/// The button that shows the questions.
#[must_use]
pub fn questions(open: u64) -> String {
    format!("Answer {}", counted(open, "question", "questions"))
}

/// A job has questions.
#[must_use]
pub fn waits(open: u64) -> String {
    let verb = if open == 1 { "waits" } else { "wait" };
    format!("{} {verb} for an answer. The rest goes on.", counted(open, "question", "questions"))
}

/// What the panel's line says while transfers run.
#[must_use]
pub fn live(live: usize) -> String {
    format!("{} under way", counted(live as u64, "transfer", "transfers"))
}

/// A choice between two files, as a button.
#[must_use]
pub fn choice(choice: Choice) -> &'static str {
    match choice {
        Choice::Skip => "Skip",
        Choice::Replace => "Replace",
        Choice::KeepBoth => "Keep both",
        Choice::Newer => "Keep newer",
    }
}

/// The same choice for all that is left.
#[must_use]
pub fn choice_for_all(choice: Choice) -> &'static str {
    match choice {
        Choice::Skip => "Skip all",
        Choice::Replace => "Replace all",
        Choice::KeepBoth => "Keep both for all",
        Choice::Newer => "Keep newer for all",
    }
}

//! Jobs: begun in the user's journals, so that they outlive the window, steered from it, and told
//! of to it.

use super::desk::Wish;
use super::questions::AtWindow;
use super::server::remote;
use super::{Outbox, problem};
use crate::action::{Event, FilesEnded, JobEnd};
use crate::request::JobOrder;
use crate::state::place::{Place, shown};
use crate::state::problem::{Fault, Problem};
use crate::state::transfers::{
    Choice, Conflict, CurrentFile, Direction, FailedFile, FoundJob, Item, JobId, Progress,
};
use crate::text::problems as text;
use crossbeam_channel::{Receiver, Sender, bounded};
use ferry_client::job::{FileOutcome, JobOptions, JobReport, Outcome, Rule, Transfer, Walked};
use ferry_client::jobs::{
    self, ConflictId, JobFailure, JobList, JobRecord, JobServer, JobSpec, JobState, Jobs, OpenJob,
    RunningJob,
};
use ferry_client::protocol::PathError;
use ferry_client::{Client, Error};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What tells the window of a job.
pub(super) struct Voice {
    pub(super) id: JobId,
    pub(super) direction: Direction,
    pub(super) outbox: Outbox,
    /// The window's start, from which times count.
    pub(super) begun: Instant,
    pub(super) questions: Arc<AtWindow>,
}

/// What the window steers a job by, from any thread.
pub(super) struct Steering {
    /// `None` once it has ended.
    running: Mutex<Option<RunningJob>>,
    /// Makes the voice look at once.
    nudge: Sender<()>,
}

/// What tells of a job until its end.
pub(super) struct Telling {
    steering: Arc<Steering>,
    voice: Voice,
    files: Arc<Mutex<FilesEnded>>,
    nudged: Receiver<()>,
}

/// How often the window is told how far a job is.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// Connections of one job.
const CONNECTIONS: usize = 3;

/// What is to be done, as the journal notes it.
pub(super) fn spec(server: JobServer, order: &JobOrder) -> Result<JobSpec, Error> {
    let transfers: Result<Vec<Transfer>, Error> = order.items.iter().map(transfer).collect();
    Ok(JobSpec {
        direction: match order.direction {
            Direction::Upload => jobs::Direction::Upload,
            Direction::Download => jobs::Direction::Download,
        },
        server,
        transfers: transfers?,
        rule: Rule::Ask,
        connections: CONNECTIONS,
    })
}

fn transfer(item: &Item) -> Result<Transfer, Error> {
    Ok(Transfer { local: item.here.to_path(), remote: remote(&item.server)? })
}

/// Lets a job work that has its journal, with what was walked for it already.
pub(super) fn start(
    job: OpenJob,
    order: &JobOrder,
    (client, walked): (Client, Option<Walked>),
    voice: Voice,
) -> Result<(Arc<Steering>, Telling), Error> {
    let files = Arc::<Mutex<FilesEnded>>::default();
    let options = JobOptions {
        on_outcome: Some(on_outcome(order, &files)),
        walked: walked.map(|walked| Arc::new(Mutex::new(walked))),
        ..job.options()
    };
    let running = job.start(client, options)?;
    let (nudge, nudged) = bounded(1);
    let steering = Arc::new(Steering { running: Mutex::new(Some(running)), nudge });
    Ok((Arc::clone(&steering), Telling { steering, voice, files, nudged }))
}

impl Steering {
    /// Stops it, for now or for good.
    pub(super) fn stop(&self, wish: Wish) {
        self.steer(match wish {
            Wish::Pause => RunningJob::pause,
            Wish::Cancel => RunningJob::cancel,
        });
    }

    pub(super) fn decide(&self, conflict: u64, choice: Choice) {
        self.steer(|job| {
            // One that was decided meanwhile needs no second decision.
            let _was_waiting = job.tray().resolve(ConflictId(conflict), choice_of(choice));
        });
    }

    pub(super) fn decide_all(&self, choice: Choice) {
        self.steer(|job| job.tray().resolve_all(choice_of(choice)));
    }

    fn steer(&self, call: impl FnOnce(&RunningJob)) {
        if let Some(running) = &*self.running.lock() {
            call(running);
        }
        // A nudge that is not taken yet does for this one, too.
        self.nudge.try_send(()).unwrap_or_default();
    }
}

impl Telling {
    /// Tells the window how far the job is, until it is over.
    pub(super) fn until_end(self) -> JobEnd {
        let mut last = (Progress::default(), Vec::new());
        loop {
            // A nudge and the end of the pause are the same: it is time to look.
            self.nudged.recv_timeout(TELL_EVERY).unwrap_or_default();
            let is_over = self.tell(&mut last);
            if !is_over {
                continue;
            }
            let running = self.steering.running.lock().take();
            let report = running.map(RunningJob::wait).unwrap_or_default();
            self.tell_files();
            return end_of(&report);
        }
    }

    fn tell(&self, last: &mut (Progress, Vec<Conflict>)) -> bool {
        let guard = self.steering.running.lock();
        let Some(running) = &*guard else { return true };
        let snapshot = running.snapshot();
        let waiting = running.conflicts();
        drop(guard);
        self.tell_files();
        let (id, direction) = (self.voice.id, self.voice.direction);
        let conflicts: Vec<Conflict> = waiting.iter().map(|one| conflict(direction, one)).collect();
        if conflicts != last.1 {
            self.voice.outbox.send(Event::JobConflicts(id, conflicts.clone()));
            last.1 = conflicts;
        }
        let now = progress(&snapshot.progress);
        if now != last.0 {
            if now.bytes_done > last.0.bytes_done || now.files_done > last.0.files_done {
                self.voice.questions.works();
            }
            let at = self.voice.begun.elapsed();
            self.voice.outbox.send(Event::JobProgress(id, now.clone(), at));
            last.0 = now;
        }
        snapshot.is_over
    }

    fn tell_files(&self) {
        let files = std::mem::take(&mut *self.files.lock());
        if files != FilesEnded::default() {
            self.voice.outbox.send(Event::JobFiles(self.voice.id, files));
        }
    }
}

fn choice_of(choice: Choice) -> ferry_client::Choice {
    match choice {
        Choice::Skip => ferry_client::Choice::Skip,
        Choice::Replace => ferry_client::Choice::Replace,
        Choice::KeepBoth => ferry_client::Choice::KeepBoth,
        Choice::Newer => ferry_client::Choice::Newer,
    }
}

fn conflict(direction: Direction, waiting: &jobs::WaitingConflict) -> Conflict {
    let known = |(size, time): (u64, ferry_client::protocol::Timestamp)| (size, time.0);
    let (present, coming) = (known(waiting.conflict.present), known(waiting.conflict.coming));
    let (here, server) = match direction {
        Direction::Upload => (coming, present),
        Direction::Download => (present, coming),
    };
    Conflict { id: waiting.id.0, target: Place::parse(&waiting.conflict.target), here, server }
}

fn progress(snapshot: &ferry_client::progress::Snapshot) -> Progress {
    let current = snapshot.current.iter().map(|file| CurrentFile {
        place: Place::parse(&file.name),
        bytes_done: file.bytes_done,
        bytes_total: file.bytes_total,
    });
    Progress {
        files_done: snapshot.files_done,
        files_total: snapshot.files_total,
        bytes_done: snapshot.bytes_done,
        bytes_total: snapshot.bytes_total,
        is_planned: snapshot.is_planned,
        current: current.collect(),
    }
}

fn end_of(report: &JobReport) -> JobEnd {
    report.stopped.as_ref().map_or(JobEnd::Done, end_of_error)
}

/// How a job ends that an error stops.
pub(super) fn end_of_error(err: &Error) -> JobEnd {
    if err.is_cancelled() {
        return JobEnd::Cancelled;
    }
    JobEnd::Stopped(problem::of_client(text::JOB_STOPPED.to_owned(), err))
}

type OnOutcome = ferry_client::job::OnOutcome;

fn on_outcome(order: &JobOrder, files: &Arc<Mutex<FilesEnded>>) -> Arc<OnOutcome> {
    let (order, files) = (order.clone(), Arc::clone(files));
    Arc::new(move |outcome| note(&order, outcome, &files))
}

/// Takes note of a file that did not end well.
fn note(order: &JobOrder, outcome: &FileOutcome<'_>, files: &Mutex<FilesEnded>) {
    match &outcome.outcome {
        Outcome::Done | Outcome::AlreadyThere => {}
        Outcome::Skipped(_) => files.lock().skipped += 1,
        Outcome::Failed(err) if err.is_cancelled() => {}
        Outcome::Failed(err) => {
            let item = item_of(order, outcome);
            let name = shown(item.source(order.direction).name().unwrap_or_default());
            let problem = problem::of_client(text::file_failed(&name), err);
            files.lock().failed.push(FailedFile { item, problem });
        }
    }
}

/// The file that an outcome speaks of, on both sides. What failed before its target was known has
/// the one that the order leads to.
fn item_of(order: &JobOrder, outcome: &FileOutcome<'_>) -> Item {
    let source = Place::parse(outcome.source);
    let target = if outcome.target.is_empty() {
        target_of(order, &source)
    } else {
        Place::parse(outcome.target)
    };
    match order.direction {
        Direction::Upload => Item { here: source, server: target },
        Direction::Download => Item { here: target, server: source },
    }
}

fn target_of(order: &JobOrder, source: &Place) -> Place {
    let mut items = order.items.iter().map(|item| (item.source(order.direction), item));
    let Some((root, item)) = items.find(|(root, _)| source.is_within(root)) else {
        return Place::root();
    };
    let above = root.names().count();
    let below = source.names().skip(above);
    below.fold(item.target(order.direction).clone(), |place, name| place.join(name))
}

/// Journals that cannot be used: which, why, and where each that was set aside is now.
pub(super) fn unusable(list: &JobList) -> Option<Problem> {
    let aside = list.set_aside.iter().map(|one| text::set_aside(&one.path, &one.why.to_string()));
    let unread = list.unread.iter().map(|err| text::sentence(&err.to_string()) + ".");
    let details: Vec<String> = aside.chain(unread).collect();
    (!details.is_empty()).then(|| Problem {
        summary: text::UNUSABLE_JOURNALS.to_owned(),
        details: details.join("\n"),
        fault: Fault::Here,
    })
}

/// Jobs on this server that can go on.
pub(super) fn found(client: &Client, jobs: &Jobs, list: JobList) -> Vec<FoundJob> {
    let options = client.options();
    let (server, account) = (options.server(), client.account().name.clone());
    let this = JobServer::of(client);
    // Another account may see another tree under the same paths.
    let is_ours = |job: &JobRecord| job.state.can_resume() && job.spec.server.is_same(&this);
    let listed = list.jobs.into_iter().rev().filter(is_ours);
    let found = listed.map(|job| {
        let failed = failed_of(jobs, &job);
        FoundJob { failed, ..found_job((&server, &account), job) }
    });
    found.collect()
}

fn found_job((server, account): (&str, &str), job: JobRecord) -> FoundJob {
    let items = job.spec.transfers.iter().map(|transfer| Item {
        here: Place::from_path(&transfer.local),
        server: Place::parse(&transfer.remote.to_wire()),
    });
    let counts = job.counts;
    let stopped = job.stopped.filter(|_| job.state == JobState::Interrupted);
    FoundJob {
        key: job.id.to_string(),
        server: server.to_owned(),
        account: account.to_owned(),
        direction: match job.spec.direction {
            jobs::Direction::Upload => Direction::Upload,
            jobs::Direction::Download => Direction::Download,
        },
        items: items.collect(),
        progress: Progress {
            files_done: counts.files_done + counts.already_there + counts.skipped + counts.failed,
            files_total: counts.files_total,
            bytes_done: counts.bytes_done,
            bytes_total: counts.bytes_total,
            ..Progress::default()
        },
        failed_count: if job.state == JobState::Failed { counts.failed } else { 0 },
        failed: Vec::new(),
        stopped: stopped.map(|why| Problem {
            summary: text::JOB_STOPPED.to_owned(),
            details: problem::in_own_words(&why),
            fault: Fault::Network,
        }),
    }
}

/// The files of a job that failed, from its journal. One that cannot be read tells of none.
fn failed_of(jobs: &Jobs, job: &JobRecord) -> Vec<FailedFile> {
    if job.state != JobState::Failed {
        return Vec::new();
    }
    let details = jobs.details(&job.id);
    let failures = details.map(|details| details.failures).unwrap_or_default();
    failures.iter().map(|failure| failed_file(job.spec.direction, failure)).collect()
}

fn failed_file(direction: jobs::Direction, failure: &JobFailure) -> FailedFile {
    let (source, target) = (Place::parse(&failure.source), Place::parse(&failure.target));
    let name = shown(source.name().unwrap_or_default());
    let item = match direction {
        jobs::Direction::Upload => Item { here: source, server: target },
        jobs::Direction::Download => Item { here: target, server: source },
    };
    let details = problem::in_own_words(&failure.reason);
    let summary = text::file_failed(&name);
    FailedFile { item, problem: Problem { summary, details, fault: Fault::Untold } }
}

/// Why a path cannot be on the server.
pub(super) fn path_refusal(err: PathError) -> &'static str {
    match err {
        PathError::Reserved => text::NAME_RESERVED,
        PathError::NameTooLong => text::NAME_TOO_LONG,
        PathError::PathTooLong | PathError::TooDeep => text::PATH_TOO_LONG,
        _ => text::NAME_IMPOSSIBLE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_that_cannot_be_used_is_told_with_its_new_place_and_hides_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = Jobs::open(folder.path()).unwrap();
        assert_eq!(unusable(&jobs.list().unwrap()), None);
        let path = folder.path().join("jobs/01234567.journal");
        std::fs::write(&path, "garbage").unwrap();
        let list = jobs.list().unwrap();
        let problem = unusable(&list).unwrap();
        let new_place = list.set_aside[0].path.display().to_string();
        assert!(problem.details.contains(&new_place), "{problem:?}");
        assert!(problem.details.contains("no journal"), "{problem:?}");
        assert_eq!(std::fs::read(&list.set_aside[0].path).unwrap(), b"garbage");
        assert_eq!(unusable(&jobs.list().unwrap()), None, "told once");
    }
}

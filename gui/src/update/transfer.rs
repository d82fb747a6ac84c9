//! Transfers: starting them, their turns, and the answers to their questions.

use super::Requests;
use crate::action::{FilesEnded, JobEnd, TransferAction};
use crate::request::{JobOrder, Request, Work};
use crate::state::State;
use crate::state::connection::Server;
use crate::state::dialog::Dialog;
use crate::state::obstacles::Obstacles;
use crate::state::place::Place;
use crate::state::rows::name_key;
use crate::state::transfers::{Choice, Conflict, Direction, Item, Job, JobId, Progress, Stage};
use crate::text::obstacles as obstacle_texts;
use crate::text::problems as text;
use std::collections::HashMap;

/// Jobs that run at the same time; each has connections of its own.
const WORKING_MAX: usize = 2;

pub(super) fn update(state: &mut State, action: &TransferAction, requests: &mut Requests) {
    match *action {
        TransferAction::TogglePanel => state.transfers.is_open = !state.transfers.is_open,
        TransferAction::Pause(id) => pause(state, id, requests),
        TransferAction::Cancel(id) => cancel(state, id, requests),
        TransferAction::Resume(id) | TransferAction::Retry(id) => again(state, id),
        TransferAction::Dismiss(id) => dismiss(state, |job| job.id == id, requests),
        // What stopped can still go on: it leaves the list only by its own button.
        TransferAction::DismissAll => dismiss(state, |job| !job.has_stopped(), requests),
        TransferAction::ShowFailures(id) => state.dialog = Some(Dialog::Failures(id)),
        TransferAction::ShowObstacles(id) => state.dialog = Some(Dialog::Obstacles(id)),
        TransferAction::GoOn(id) => go_on(state, id),
        TransferAction::ShowConflicts(id) => state.dialog = Some(Dialog::Conflicts(id)),
        TransferAction::Decide(id, conflict, choice) => {
            requests.push(Request::Work(Work::Decide(id, conflict, choice)));
            decided(state, id, |own| own == conflict);
        }
        TransferAction::DecideAll(id, choice) => decide_all(state, id, choice, requests),
    }
    start_waiting(state, requests);
}

/// Carries what is chosen on the side that the direction comes from into a folder.
pub(super) fn carry_chosen(
    state: &mut State,
    direction: Direction,
    target: &Place,
    requests: &mut Requests,
) {
    let chosen = state.pane(direction.source()).chosen_places();
    carry(state, direction, &chosen, target, requests);
}

/// Uploads files and folders of this computer into a folder of the server.
pub(super) fn upload(
    state: &mut State,
    sources: &[Place],
    target: &Place,
    requests: &mut Requests,
) {
    carry(state, Direction::Upload, sources, target, requests);
}

/// Downloads files and folders of the server into a folder of this computer.
pub(super) fn download(
    state: &mut State,
    sources: &[Place],
    target: &Place,
    requests: &mut Requests,
) {
    carry(state, Direction::Download, sources, target, requests);
}

fn carry(
    state: &mut State,
    direction: Direction,
    sources: &[Place],
    target: &Place,
    requests: &mut Requests,
) {
    let item = |source: &Place| {
        let name = source.name()?;
        Some(pair(direction, source.clone(), target.join(name)))
    };
    let items: Vec<Item> = sources.iter().filter_map(item).collect();
    add(state, direction, items, requests);
}

/// Carries one file to a name of its own.
pub(super) fn download_as(
    state: &mut State,
    source: Place,
    target: Place,
    requests: &mut Requests,
) {
    add(state, Direction::Download, vec![pair(Direction::Download, source, target)], requests);
}

fn pair(direction: Direction, source: Place, target: Place) -> Item {
    match direction {
        Direction::Upload => Item { here: source, server: target },
        Direction::Download => Item { here: target, server: source },
    }
}

fn add(state: &mut State, direction: Direction, items: Vec<Item>, requests: &mut Requests) {
    if items.is_empty() {
        return;
    }
    let Some(server) = state.connection.server() else {
        state.notices.add(text::needs_server(), None);
        return;
    };
    if direction == Direction::Upload && !server.can_write {
        state.notices.add(text::may_only_read(), None);
        return;
    }
    let whose = (server.address.as_str(), server.account.as_str());
    let id = state.transfers.add(whose, direction, items);
    if let Some(job) = state.transfers.job(id) {
        requests.push(Request::Work(Work::NoteJob(order_of(job))));
    }
    state.transfers.is_open = true;
    start_waiting(state, requests);
}

/// Gives jobs that wait their turn.
pub(super) fn start_waiting(state: &mut State, requests: &mut Requests) {
    let Some(server) = state.connection.server() else { return };
    let free = WORKING_MAX.saturating_sub(state.transfers.working_count());
    let waiting = state.transfers.jobs.iter_mut().filter(|job| {
        // Those of another server, or account, wait until it is connected again.
        job.stage == Stage::Waiting && job.is_of(server)
    });
    for job in waiting.take(free) {
        job.stage = Stage::Running;
        requests.push(Request::Work(Work::StartJob(order_of(job))));
    }
}

fn order_of(job: &Job) -> JobOrder {
    JobOrder {
        id: job.id,
        key: job.key.clone(),
        direction: job.direction,
        items: job.items.clone(),
        goes_on_anyway: job.goes_on_anyway,
    }
}

fn pause(state: &mut State, id: JobId, requests: &mut Requests) {
    let Some(job) = state.transfers.job_mut(id) else { return };
    match job.stage {
        Stage::Running => {
            job.stage = Stage::Pausing;
            requests.push(Request::Work(Work::PauseJob(id)));
        }
        Stage::Waiting => job.stage = Stage::Paused,
        _ => {}
    }
    job.speed.reset();
}

/// Stops for now whatever moves to or from a server.
pub(super) fn pause_all_of(state: &mut State, server: &Server, requests: &mut Requests) {
    let ids: Vec<JobId> =
        state.transfers.jobs.iter().filter(|job| job.is_of(server)).map(|job| job.id).collect();
    for id in ids {
        pause(state, id, requests);
    }
}

fn cancel(state: &mut State, id: JobId, requests: &mut Requests) {
    let Some(job) = state.transfers.job_mut(id) else { return };
    if job.is_over() && !matches!(job.stage, Stage::Stopped(_)) {
        return;
    }
    job.stage = if job.is_working() { Stage::Cancelling } else { Stage::Cancelled };
    job.speed.reset();
    job.conflicts.clear();
    requests.push(Request::Work(Work::CancelJob(id, job.key.clone())));
}

/// The job goes on, or tries again what failed: its journal knows what is done.
fn again(state: &mut State, id: JobId) {
    let Some(job) = state.transfers.job_mut(id) else { return };
    if job.is_working() || job.stage == Stage::Waiting {
        return;
    }
    job.stage = Stage::Waiting;
    job.progress = Progress::default();
    job.speed.reset();
    job.failed.clear();
    job.failed_count = 0;
    job.skipped_count = 0;
    job.conflicts.clear();
    job.obstacles = Obstacles::default();
    if matches!(state.dialog, Some(Dialog::Failures(own) | Dialog::Obstacles(own)) if own == id) {
        state.dialog = None;
    }
}

/// The job goes on whatever stands in its way.
fn go_on(state: &mut State, id: JobId) {
    if let Some(job) = state.transfers.job_mut(id) {
        job.goes_on_anyway = true;
    }
    again(state, id);
}

/// Takes jobs that are over off the list, and forgets their journals.
fn dismiss(state: &mut State, is_meant: impl Fn(&Job) -> bool, requests: &mut Requests) {
    state.transfers.jobs.retain(|job| {
        let goes = job.is_over() && is_meant(job);
        if goes && let Some(key) = job.key.clone() {
            requests.push(Request::Work(Work::ForgetJob(key)));
        }
        !goes
    });
}

fn decide_all(state: &mut State, id: JobId, choice: Choice, requests: &mut Requests) {
    requests.push(Request::Work(Work::DecideAll(id, choice)));
    decided(state, id, |_| true);
}

fn decided(state: &mut State, id: JobId, is_meant: impl Fn(u64) -> bool) {
    let Some(job) = state.transfers.job_mut(id) else { return };
    job.conflicts.retain(|conflict| !is_meant(conflict.id));
    close_if_answered(state, id);
}

/// Takes the questions of a job. What is asked already keeps its place under the pointer; what is
/// new comes below, in the order of the list.
pub(super) fn take_conflicts(job: &mut Job, mut conflicts: Vec<Conflict>) {
    let asked: HashMap<u64, usize> =
        job.conflicts.iter().zip(0..).map(|(conflict, at)| (conflict.id, at)).collect();
    conflicts.sort_by_cached_key(|conflict| {
        let at = asked.get(&conflict.id).copied().unwrap_or(usize::MAX);
        (at, name_key(&conflict.target.to_bytes()))
    });
    job.conflicts = conflicts;
}

/// The dialog of a job's questions closes when there are no more.
pub(super) fn close_if_answered(state: &mut State, id: JobId) {
    let is_answered = state.transfers.job(id).is_none_or(|job| job.conflicts.is_empty());
    if is_answered && state.dialog == Some(Dialog::Conflicts(id)) {
        state.dialog = None;
    }
}

/// Files of a job ended.
pub(super) fn files_ended(job: &mut Job, ended: FilesEnded) {
    job.failed_count += ended.failed.len() as u64;
    job.skipped_count += ended.skipped;
    let room = Job::LISTED_MAX.saturating_sub(job.failed.len());
    job.failed.extend(ended.failed.into_iter().take(room));
}

/// A job is over, or stopped for now.
pub(super) fn ended(job: &mut Job, end: JobEnd) {
    job.progress.current.clear();
    job.conflicts.clear();
    job.speed.reset();
    if let JobEnd::Blocked(obstacles) = &end {
        job.obstacles = obstacles.clone();
    }
    job.stage = match (&job.stage, end) {
        (Stage::Cancelling, JobEnd::Cancelled) => Stage::Cancelled,
        // Whoever else stopped it, it can go on.
        (_, JobEnd::Cancelled) => Stage::Paused,
        (_, JobEnd::Done) => Stage::Ended,
        (_, JobEnd::Stopped(problem)) => Stage::Stopped(problem),
        (_, JobEnd::Blocked(obstacles)) => {
            Stage::Stopped(obstacle_texts::blocked(job.direction, obstacles.count))
        }
    };
}

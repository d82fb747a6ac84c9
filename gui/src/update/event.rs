//! What workers come back with.

use super::{Requests, arrange, attempt, browse, command, kept, share, transfer, window};
use crate::action::{Event, JobEnd};
use crate::request::Request;
use crate::state::State;
use crate::state::dialog::Dialog;
use crate::state::notice::Remedy;
use crate::state::pane::Loading;
use crate::state::place::Place;
use crate::state::problem::Problem;
use crate::state::side::Side;
use crate::state::transfers::{Job, JobId};
use crate::text;

pub(super) fn update(state: &mut State, event: Event, requests: &mut Requests) {
    match event {
        Event::Servers(list) => {
            state.servers.list = list;
            state.servers.renaming = None;
            state.servers.tidy();
        }
        // Somebody was quicker, and looks at another folder already.
        Event::Home(_) if state.here.generation > 0 => {}
        Event::Home(place) => browse::visit(state, Side::Here, place, requests),
        Event::Attempt(attempt, event) => attempt::event(state, attempt, event, requests),
        Event::Noticed(problem) => state.notices.add(problem, None),
        Event::Trouble { server, trouble } => {
            // A job of a server that was left may still try to reach it.
            let own = state.connection.server_mut().filter(|own| own.address == server);
            if let Some(own) = own {
                own.trouble = trouble;
            }
        }
        Event::Changed { side, made, problem } => changed(state, side, made, problem, requests),
        Event::Picked(picked) => command::picked(state, picked, requests),
        Event::FilesCopied(files) => command::upload_here(state, &files, requests),
        Event::ShareAsked(folder) => command::share(state, &folder, requests),
        Event::Share(event) => share::event(state, event, requests),
        Event::Kept { generation, event } => kept::event(state, generation, event, requests),
        event => of_rows_and_jobs(state, event, requests),
    }
}

fn of_rows_and_jobs(state: &mut State, event: Event, requests: &mut Requests) {
    match event {
        Event::Listed { side, generation, rows, is_complete } => {
            let pane = state.pane_mut(side);
            if pane.generation == generation {
                arrange::listed(pane, rows, is_complete, requests);
            }
        }
        Event::ListFailed { side, generation, problem }
            if state.pane(side).generation == generation =>
        {
            list_failed(state, side, problem);
        }
        Event::Arranged { side, generation, arranged } => {
            arrange::arranged(state.pane_mut(side), generation, arranged, requests);
        }
        Event::JobProgress(id, progress, at) => {
            if let Some(job) = state.transfers.job_mut(id) {
                job.speed.note(at, progress.bytes_done);
                job.progress = progress;
            }
        }
        Event::JobFiles(id, ended) => {
            if let Some(job) = state.transfers.job_mut(id) {
                transfer::files_ended(job, ended);
            }
        }
        Event::JobBegun(id, key) => {
            if let Some(job) = state.transfers.job_mut(id) {
                job.key = Some(key);
            }
        }
        Event::JobConflicts(id, conflicts) => {
            if let Some(job) = state.transfers.job_mut(id).filter(|job| job.is_working()) {
                let is_new = job.conflicts.is_empty() && !conflicts.is_empty();
                transfer::take_conflicts(job, conflicts);
                if is_new {
                    let questions = text::transfers::waits(job.conflicts.len() as u64);
                    requests.push(window::notify(&text::transfers::title(job), &questions));
                }
            }
            transfer::close_if_answered(state, id);
        }
        Event::JobsFound(found) => {
            state.transfers.is_open |= !found.is_empty();
            for found in found {
                state.transfers.show(found);
            }
        }
        Event::JobEnded(id, end) => job_ended(state, id, end, requests),
        _ => {}
    }
}

fn list_failed(state: &mut State, side: Side, problem: Problem) {
    let pane = state.pane_mut(side);
    pane.choose_again.clear();
    if pane.loading == Loading::Again {
        pane.loading = Loading::Done;
        state.notices.add(problem, Some(Remedy::Refresh));
    } else {
        pane.loading = Loading::Failed(problem);
    }
}

fn changed(
    state: &mut State,
    side: Side,
    made: Option<Place>,
    problem: Option<Problem>,
    requests: &mut Requests,
) {
    if let Some(problem) = problem {
        state.notices.add(problem, None);
    }
    let pane = state.pane_mut(side);
    if let Some(made) = made
        && made.parent().as_ref() == Some(&pane.place)
    {
        pane.choose_again = vec![made.name().unwrap_or_default().to_vec()];
    }
    browse::refresh(state, side, requests);
}

fn job_ended(state: &mut State, id: JobId, end: JobEnd, requests: &mut Requests) {
    let Some(job) = state.transfers.job_mut(id) else { return };
    transfer::ended(job, end);
    let side = job.direction.source().other();
    let summary = job.is_over().then(|| notification(job));
    if !job.obstacles.is_empty() && state.dialog.is_none() {
        state.dialog = Some(Dialog::Obstacles(id));
    }
    transfer::close_if_answered(state, id);
    transfer::start_waiting(state, requests);
    browse::refresh(state, side, requests);
    if let Some(notify) = summary
        && state.transfers.live_count() == 0
    {
        requests.push(notify);
    }
    window::close_if_done(state, requests);
}

fn notification(job: &Job) -> Request {
    window::notify(&text::transfers::title(job), &text::transfers::stage(job))
}

//! What workers come back with.

use super::{Requests, browse, command, kept, share, transfer, window};
use crate::action::{Event, JobEnd, Picked};
use crate::request::{Request, WindowRequest, Work};
use crate::state::State;
use crate::state::arrangement::Arranged;
use crate::state::connection::{Phase, Server};
use crate::state::notice::Remedy;
use crate::state::pane::{Loading, Pane};
use crate::state::place::Place;
use crate::state::problem::Problem;
use crate::state::rows::Rows;
use crate::state::side::Side;
use crate::state::transfers::{Direction, Job, JobId};
use crate::text;
use std::collections::HashSet;

pub(super) fn update(state: &mut State, event: Event, requests: &mut Requests) {
    match event {
        Event::Servers(list) => {
            state.servers.list = list;
            state.servers.tidy();
        }
        // Somebody was quicker, and looks at another folder already.
        Event::Home(_) if state.here.generation > 0 => {}
        Event::Home(place) => browse::visit(state, Side::Here, place, requests),
        Event::Connected { server, address, place, now_unix_secs } => {
            state.servers.note(&address, now_unix_secs);
            requests.push(Request::Work(Work::SaveServers(state.servers.list.clone())));
            connected(state, server, place, requests);
        }
        Event::TrustAsked(question) => {
            if let Phase::Connecting(connecting) = &mut state.connection.phase {
                connecting.question = Some(question);
            }
        }
        Event::ConnectFailed(problem) => {
            if let Phase::Connecting(_) = state.connection.phase {
                state.connection.phase = Phase::Offline;
                state.connection.form.problem = Some(problem);
            }
        }
        Event::KeyChanged(change) => state.connection.phase = Phase::KeyChanged(change),
        Event::Trouble(trouble) => {
            if let Some(server) = state.connection.server_mut() {
                server.trouble = trouble;
            }
        }
        Event::Changed { side, made, problem } => changed(state, side, made, problem, requests),
        Event::Picked(picked) => {
            state.is_picking = false;
            self::picked(state, picked, requests);
        }
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
                listed(pane, rows, is_complete, requests);
            }
        }
        Event::ListFailed { side, generation, problem }
            if state.pane(side).generation == generation =>
        {
            list_failed(state, side, problem);
        }
        Event::Arranged { side, generation, arranged } => {
            let pane = state.pane_mut(side);
            if pane.generation == generation {
                self::arranged(pane, arranged, requests);
            }
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
                job.conflicts = conflicts;
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

fn connected(state: &mut State, server: Server, place: Place, requests: &mut Requests) {
    if !matches!(state.connection.phase, Phase::Connecting(_)) {
        // It was given up meanwhile.
        requests.push(Request::Work(Work::Disconnect));
        return;
    }
    state.connection.phase = Phase::Online(server);
    state.connection.is_choosing = false;
    state.connection.form.problem = None;
    // Connections of jobs are opened by the worker's login; the window needs it no more.
    state.connection.form.password = crate::state::secret::Password::default();
    browse::show(&mut state.server, place, requests);
    state.active = Side::Server;
    transfer::start_waiting(state, requests);
}

fn listed(pane: &mut Pane, rows: Rows, is_complete: bool, requests: &mut Requests) {
    if pane.loading == Loading::Again {
        if !is_complete {
            return;
        }
        // Indices of before mean other rows now.
        pane.arranged = Arranged::default();
        pane.selection = crate::state::selection::Selection::default();
        pane.marquee_base = None;
    }
    pane.rows = rows;
    if is_complete {
        pane.loading = Loading::Done;
        choose_again(pane);
        pane.recount();
    }
    browse::arrange(pane, requests);
}

/// Chooses what was chosen before the folder was read again, by name.
fn choose_again(pane: &mut Pane) {
    let names: HashSet<Vec<u8>> = pane.choose_again.drain(..).collect();
    if names.is_empty() {
        return;
    }
    let is_meant = |row: &u32| names.contains(pane.rows.name(*row));
    let rows: Vec<u32> = pane.rows.indices().filter(is_meant).collect();
    pane.selection.cursor = rows.first().copied();
    pane.selection.anchor = rows.first().copied();
    pane.reveal = rows.first().copied();
    pane.selection.set(rows);
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

fn arranged(pane: &mut Pane, arranged: Arranged, requests: &mut Requests) {
    pane.is_arranging = false;
    // An order that was changed meanwhile is of no use to the next one.
    pane.arranged.shown = arranged.shown;
    if std::mem::take(&mut pane.must_arrange) {
        if pane.sorting_arranged == pane.sorting {
            pane.arranged.sorted = arranged.sorted;
        }
        browse::arrange(pane, requests);
    } else {
        pane.arranged.sorted = arranged.sorted;
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

fn picked(state: &mut State, picked: Picked, requests: &mut Requests) {
    match picked {
        Picked::Nothing => {}
        Picked::Failed(problem) => state.notices.add(problem, None),
        Picked::Upload(places) => {
            let target = state.server.place.clone();
            transfer::upload(state, &places, &target, requests);
        }
        Picked::DownloadFolder(target) => {
            transfer::carry_chosen(state, Direction::Download, &target, requests);
        }
        Picked::DownloadName(target) => {
            if let [row] = *state.server.chosen() {
                let source = state.server.place_of(row);
                transfer::download_as(state, source, target, requests);
            }
        }
        Picked::Share(folder) => command::share(state, &folder, requests),
    }
}

fn job_ended(state: &mut State, id: JobId, end: JobEnd, requests: &mut Requests) {
    let Some(job) = state.transfers.job_mut(id) else { return };
    transfer::ended(job, end);
    let side = job.direction.source().other();
    let summary = job.is_over().then(|| notification(job));
    transfer::close_if_answered(state, id);
    transfer::start_waiting(state, requests);
    browse::refresh(state, side, requests);
    if let Some(notify) = summary
        && state.transfers.live_count() == 0
    {
        requests.push(Request::Window(notify));
    }
    window::close_if_done(state, requests);
}

fn notification(job: &Job) -> WindowRequest {
    WindowRequest::Notify {
        summary: text::transfers::title(job),
        body: text::transfers::outcome(job),
    }
}

//! The window itself.

use super::Requests;
use crate::action::WindowAction;
use crate::request::{Request, WindowRequest};
use crate::state::State;
use crate::state::dialog::Dialog;
use crate::state::transfers::{Job, Stage};
use crate::text::problems;

pub(super) fn update(state: &mut State, action: WindowAction, requests: &mut Requests) {
    match action {
        WindowAction::CloseRequested => close(state, requests),
        WindowAction::StayOpen => state.closes_when_done = None,
        WindowAction::DroppedInVain => dropped_in_vain(state),
        WindowAction::Theme(choice) => state.theme = choice,
    }
}

/// The window closes at once, unless transfers run: then it asks.
fn close(state: &mut State, requests: &mut Requests) {
    if state.is_closing || !state.transfers.would_miss_the_window() {
        return;
    }
    state.dialog = Some(Dialog::Close);
    requests.push(Request::Window(WindowRequest::StayOpen));
}

/// Closes a window that waited for its transfers, unless they ended otherwise than well: then it
/// stays, and says so.
pub(super) fn close_if_done(state: &mut State, requests: &mut Requests) {
    let Some(unsettled_before) = state.closes_when_done else { return };
    let is_coming = |job: &Job| state.connection.server().is_some_and(|server| job.is_of(server));
    let mut jobs = state.transfers.jobs.iter();
    if jobs.any(|job| job.is_working() || (job.stage == Stage::Waiting && is_coming(job))) {
        return;
    }
    state.closes_when_done = None;
    if state.transfers.unsettled_count() > unsettled_before {
        let stays = problems::window_stays();
        requests.push(notify(&stays.summary, &stays.details));
        state.notices.add(stays, None);
        return;
    }
    state.is_closing = true;
    requests.push(Request::Window(WindowRequest::Close));
}

/// Tells outside the window.
pub(super) fn notify(summary: &str, body: &str) -> Request {
    let (summary, body) = (summary.to_owned(), body.to_owned());
    Request::Window(WindowRequest::Notify { summary, body })
}

fn dropped_in_vain(state: &mut State) {
    let problem = if state.dialog.is_some() {
        problems::answer_first()
    } else if state.connection.server().is_some() {
        problems::go_back_first()
    } else {
        problems::needs_server()
    };
    state.notices.add(problem, None);
}

//! The questions over the window.

use super::{Requests, connect, window};
use crate::action::DialogAction;
use crate::request::{Request, WindowRequest, Work};
use crate::state::State;
use crate::state::dialog::Dialog;
use crate::state::place::shown;
use crate::state::transfers::Stage;

pub(super) fn update(state: &mut State, action: DialogAction, requests: &mut Requests) {
    match action {
        DialogAction::Name(typed) => {
            if let Some(Dialog::NewFolder { name, .. } | Dialog::Rename { name, .. }) =
                &mut state.dialog
            {
                *name = typed;
            }
        }
        DialogAction::Confirm => confirm(state, requests),
        DialogAction::Cancel => {
            if state.dialog.take() == Some(Dialog::Close) {
                state.closes_when_done = None;
            }
        }
        DialogAction::CloseNow => close_now(state, requests),
        DialogAction::CloseWhenDone => close_when_done(state, requests),
        DialogAction::Hide => {
            close_when_done(state, requests);
            requests.push(Request::Window(WindowRequest::Hide));
        }
        DialogAction::ShowKeys => state.dialog = Some(Dialog::Keys),
    }
}

fn confirm(state: &mut State, requests: &mut Requests) {
    match state.dialog.take() {
        Some(Dialog::NewFolder { side, name }) => {
            if !is_name(&name) {
                state.dialog = Some(Dialog::NewFolder { side, name });
                return;
            }
            let place = state.pane(side).place.join(name.trim().as_bytes());
            requests.push(Request::Work(Work::MakeFolder(side, place)));
        }
        Some(Dialog::Rename { side, place, name }) => {
            if name == shown(place.name().unwrap_or_default()) {
                // As it was shown, which is not always as it is: a name that is no text stays.
                return;
            }
            if !is_name(&name) {
                state.dialog = Some(Dialog::Rename { side, place, name });
                return;
            }
            let Some(folder) = place.parent() else { return };
            let to = folder.join(name.trim().as_bytes());
            if to != place {
                requests.push(Request::Work(Work::Rename { side, from: place, to }));
            }
        }
        Some(Dialog::Forget(saved)) => connect::forget(state, &saved, requests),
        Some(Dialog::Delete(deletion)) => {
            requests.push(Request::Work(Work::Remove(deletion.side, deletion.places)));
        }
        _ => {}
    }
}

fn close_when_done(state: &mut State, requests: &mut Requests) {
    state.dialog = None;
    state.closes_when_done = Some(state.transfers.unsettled_count());
    window::close_if_done(state, requests);
}

/// Whether a typed text can be a name.
#[must_use]
pub(super) fn is_name(typed: &str) -> bool {
    crate::state::dialog::name_mistake(typed).is_none()
}

fn close_now(state: &mut State, requests: &mut Requests) {
    for job in state.transfers.jobs.iter_mut().filter(|job| job.is_working()) {
        job.stage = Stage::Pausing;
        // Paused and not cancelled: the next window can go on with them.
        requests.push(Request::Work(Work::PauseJob(job.id)));
    }
    state.dialog = None;
    state.is_closing = true;
    requests.push(Request::Window(WindowRequest::Close));
}

//! The questions over the window.

use super::Requests;
use crate::action::DialogAction;
use crate::request::{Request, WindowRequest, Work};
use crate::state::State;
use crate::state::dialog::Dialog;
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
            state.dialog = None;
            state.closes_when_done = false;
        }
        DialogAction::CloseNow => close_now(state, requests),
        DialogAction::CloseWhenDone => {
            state.dialog = None;
            state.closes_when_done = true;
        }
        DialogAction::Hide => {
            state.dialog = None;
            state.closes_when_done = true;
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
        Some(Dialog::Delete(deletion)) => {
            requests.push(Request::Work(Work::Remove(deletion.side, deletion.places)));
        }
        _ => {}
    }
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

//! The window itself.

use super::Requests;
use crate::action::WindowAction;
use crate::request::{Request, WindowRequest};
use crate::state::State;
use crate::state::dialog::Dialog;

pub(super) fn update(state: &mut State, action: WindowAction, requests: &mut Requests) {
    match action {
        WindowAction::CloseRequested => close(state, requests),
        WindowAction::Theme(choice) => state.theme = choice,
    }
}

/// The window closes at once, unless transfers run: then it asks.
fn close(state: &mut State, requests: &mut Requests) {
    if state.is_closing || state.transfers.live_count() == 0 {
        return;
    }
    state.dialog = Some(Dialog::Close);
    requests.push(Request::Window(WindowRequest::StayOpen));
}

/// Closes a window that waited for its transfers.
pub(super) fn close_if_done(state: &mut State, requests: &mut Requests) {
    if state.closes_when_done && state.transfers.live_count() == 0 {
        state.is_closing = true;
        requests.push(Request::Window(WindowRequest::Close));
    }
}

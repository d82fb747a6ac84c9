//! The shared folder.

use super::{Requests, command, connect};
use crate::action::ShareAction;
use crate::request::{Pick, Request, WindowRequest};
use crate::state::State;
use crate::state::dialog::Dialog;
use crate::state::secret::Password;
use crate::state::sharing::{OwnerLogin, ShareEvent, ShareRequest};

pub(super) fn update(state: &mut State, action: ShareAction, requests: &mut Requests) {
    match action {
        ShareAction::ChooseFolder => {
            state.dialog = None;
            command::pick(state, requests, Pick::ShareFolder);
        }
        // What the server is just doing ends first: the choice shown is the one in force.
        ShareAction::Rights(_) if state.sharing.is_busy => {}
        ShareAction::Rights(rights) => {
            state.sharing.rights = rights;
            if state.sharing.share.as_ref().is_some_and(|share| share.guests.is_some()) {
                ask(state, ShareRequest::Widen(rights), requests);
            }
        }
        ShareAction::Widen => ask(state, ShareRequest::Widen(state.sharing.rights), requests),
        ShareAction::Narrow => ask(state, ShareRequest::Narrow, requests),
        ShareAction::KeepRunning(keeps) => ask(state, ShareRequest::KeepRunning(keeps), requests),
        ShareAction::Stop => ask(state, ShareRequest::Stop, requests),
        ShareAction::Open => {
            if let Some(login) = state.sharing.login.clone() {
                state.dialog = None;
                open(state, login, requests);
            }
        }
        ShareAction::CopyLink => {
            let share = state.sharing.share.as_ref();
            if let Some((_, link)) = share.and_then(|share| share.guests.clone()) {
                requests.push(Request::Window(WindowRequest::Copy(link)));
            }
        }
    }
}

/// Asks the embedded server, one thing at a time.
pub(super) fn ask(state: &mut State, request: ShareRequest, requests: &mut Requests) {
    if state.sharing.is_busy {
        return;
    }
    state.sharing.is_busy = true;
    state.sharing.problem = None;
    requests.push(Request::Share(request));
}

/// The server knows what its guests may do: another window, or an earlier one, may have opened it.
fn show_rights_in_force(state: &mut State) {
    let share = state.sharing.share.as_ref();
    if let Some((rights, _)) = share.and_then(|share| share.guests.as_ref()) {
        state.sharing.rights = *rights;
    }
}

pub(super) fn event(state: &mut State, event: ShareEvent, requests: &mut Requests) {
    state.sharing.is_busy = false;
    match event {
        ShareEvent::Running(share, login) => {
            state.sharing.share = Some(share);
            show_rights_in_force(state);
            if let Some(login) = login {
                state.sharing.login = Some(login.clone());
                open(state, login, requests);
            }
        }
        ShareEvent::Stopped => {
            state.sharing.share = None;
            state.sharing.login = None;
            if state.dialog == Some(Dialog::Sharing) {
                state.dialog = None;
            }
        }
        ShareEvent::Failed(problem) => {
            show_rights_in_force(state);
            if state.dialog == Some(Dialog::Sharing) {
                state.sharing.problem = Some(problem);
            } else {
                state.notices.add(problem, None);
            }
        }
    }
}

fn open(state: &mut State, login: OwnerLogin, requests: &mut Requests) {
    let form = &mut state.connection.form;
    form.address = login.link;
    form.account = login.account;
    form.password = login.password;
    connect::submit(state, requests);
    // It is of no use to anyone in the form, should the connection fail.
    state.connection.form.password = Password::default();
}

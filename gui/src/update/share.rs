//! The shared folder.

use super::{Requests, connect, transfer};
use crate::action::ShareAction;
use crate::request::{Request, WindowRequest};
use crate::state::State;
use crate::state::connection::{Form, Phase};
use crate::state::dialog::Dialog;
use crate::state::sharing::{OwnerLogin, ShareEvent, ShareRequest};
use crate::text::problems;

pub(super) fn update(state: &mut State, action: ShareAction, requests: &mut Requests) {
    match action {
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
        ShareAction::Stop => {
            // First, so that the server need not wait for this window, nor the window for it.
            leave(state, requests);
            ask(state, ShareRequest::Stop, requests);
        }
        ShareAction::Open => ask(state, ShareRequest::Open, requests),
        ShareAction::CopyLink => {
            let share = state.sharing.share.as_ref();
            if let Some((_, link)) = share.and_then(|share| share.guests.clone()) {
                requests.push(Request::Window(WindowRequest::Copy(link)));
            }
        }
    }
}

/// Asks the embedded server, one thing at a time; what is asked meanwhile is asked after that.
pub(super) fn ask(state: &mut State, request: ShareRequest, requests: &mut Requests) {
    if state.sharing.is_busy {
        state.sharing.next = Some(request);
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
    let was_asked = std::mem::take(&mut state.sharing.is_busy);
    match event {
        ShareEvent::Running(share, login) => {
            state.sharing.share = Some(share);
            show_rights_in_force(state);
            if let Some(login) = login {
                open(state, login, requests);
            }
        }
        ShareEvent::Stopped => stopped(state, was_asked, requests),
        ShareEvent::Failed(problem) => {
            show_rights_in_force(state);
            if state.dialog == Some(Dialog::Sharing) {
                state.sharing.problem = Some(problem);
            } else {
                state.notices.add(problem, None);
            }
        }
    }
    if let Some(next) = state.sharing.next.take() {
        ask(state, next, requests);
    }
}

fn stopped(state: &mut State, was_asked: bool, requests: &mut Requests) {
    leave(state, requests);
    let was_there = state.sharing.share.take().is_some();
    if state.dialog == Some(Dialog::Sharing) {
        state.dialog = None;
    }
    if was_there && !was_asked {
        state.notices.add(problems::sharing_ended(), None);
    }
}

/// Whether the window is at the folder that this computer shares.
fn is_there(state: &State) -> bool {
    let share = state.sharing.share.as_ref();
    let server = state.connection.server();
    share.zip(server).is_some_and(|(share, server)| share.address() == server.address)
}

/// Leaves the shared folder, if the window is there. What moves to or from it can go on later.
fn leave(state: &mut State, requests: &mut Requests) {
    if !is_there(state) {
        return;
    }
    if let Some(server) = state.connection.server().cloned() {
        transfer::pause_all_of(state, &server, requests);
    }
    connect::leave(state, requests);
}

fn open(state: &mut State, login: OwnerLogin, requests: &mut Requests) {
    let form = &mut state.connection.form;
    form.address = login.link;
    form.account = login.account;
    form.password = login.password;
    connect::submit(state, requests);
    // Of no use to anyone in the form: it is good once.
    state.connection.form = Form::default();
    if let Phase::Connecting(connecting) = &mut state.connection.phase {
        connecting.is_own_share = true;
    }
}

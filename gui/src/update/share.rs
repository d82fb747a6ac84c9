//! The shared folder.

use super::{Requests, connect, transfer};
use crate::action::ShareAction;
use crate::request::{Request, WindowRequest};
use crate::state::State;
use crate::state::connection::{Form, Phase};
use crate::state::dialog::Dialog;
use crate::state::sharing::{
    Access, Circle, Link, OwnerLogin, Share, ShareEvent, ShareRequest, Way,
};
use crate::text::problems;

pub(super) fn update(state: &mut State, action: ShareAction, requests: &mut Requests) {
    let sharing = &mut state.sharing;
    match action {
        ShareAction::Show(way) => sharing.way = way,
        ShareAction::Rights(rights) => choose_rights(state, rights, requests),
        ShareAction::LetIn(circle) => ask(state, ShareRequest::LetIn(circle), requests),
        ShareAction::CopyLink => {
            let share = sharing.share.as_ref();
            copy(share.and_then(|share| share.link.as_ref()), requests);
        }
        ShareAction::KeepRunning(keeps) => ask(state, ShareRequest::KeepRunning(keeps), requests),
        ShareAction::Stop => {
            // First, so that the server need not wait for this window, nor the window for it.
            leave(state, requests);
            ask(state, ShareRequest::Stop, requests);
        }
        ShareAction::Open => ask(state, ShareRequest::Open, requests),
        action => invitation(state, action, requests),
    }
}

/// What is done about those who are invited.
fn invitation(state: &mut State, action: ShareAction, requests: &mut Requests) {
    let sharing = &mut state.sharing;
    match action {
        ShareAction::Name(typed) => sharing.draft.name = typed,
        ShareAction::Allow(access) => sharing.draft.access = access,
        ShareAction::Lasting(lasting) => sharing.draft.lasting = lasting,
        ShareAction::Invite if sharing.name_mistake().is_none() => {
            let draft = sharing.draft.clone();
            ask(state, ShareRequest::Invite(draft), requests);
        }
        ShareAction::CopyInvitation => {
            copy(sharing.invitation.as_ref().map(|made| &made.link), requests);
        }
        ShareAction::PutAway => sharing.invitation = None,
        ShareAction::AskShutOut(name) => sharing.asked = Some(name),
        ShareAction::Keep => sharing.asked = None,
        ShareAction::ShutOut(name) => {
            sharing.asked = None;
            ask(state, ShareRequest::ShutOut(name), requests);
        }
        _ => {}
    }
}

fn choose_rights(state: &mut State, rights: Access, requests: &mut Requests) {
    // What the server is just doing ends first: the choice shown is the one in force.
    if state.sharing.is_busy {
        return;
    }
    state.sharing.rights = rights;
    if let Some(Circle::Everybody(_)) = state.sharing.share.as_ref().map(|share| share.circle) {
        ask(state, ShareRequest::LetIn(Circle::Everybody(rights)), requests);
    }
}

fn copy(link: Option<&Link>, requests: &mut Requests) {
    if let Some(link) = link {
        requests.push(Request::Window(WindowRequest::Copy(link.text.clone())));
    }
}

/// Opens the dialog, and looks who has come since the server was told of last.
pub(super) fn look(state: &mut State, requests: &mut Requests) {
    let circle = state.sharing.share.as_ref().map(|share| share.circle);
    state.sharing.way = match circle {
        Some(Circle::Everybody(_)) => Way::Guests,
        _ => Way::Invite,
    };
    state.dialog = Some(Dialog::Sharing);
    if !state.sharing.is_busy {
        ask(state, ShareRequest::Look, requests);
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

/// The server as it is now: another window, or an earlier one, may have opened it.
fn show(state: &mut State, share: Share) {
    let sharing = &mut state.sharing;
    if let Circle::Everybody(rights) = share.circle {
        sharing.rights = rights;
    }
    let is_there = |name: &String| share.people.iter().any(|person| person.name == *name);
    sharing.invitation.take_if(|made| !is_there(&made.name));
    sharing.asked.take_if(|name| !is_there(name));
    sharing.share = Some(share);
}

pub(super) fn event(state: &mut State, event: ShareEvent, requests: &mut Requests) {
    if let ShareEvent::Changed(share) = event {
        // Nobody asked for it, so an answer is still to come where one is awaited.
        return show(state, share);
    }
    let was_asked = std::mem::take(&mut state.sharing.is_busy);
    match event {
        ShareEvent::Changed(_) => {}
        ShareEvent::Running(share, login) => {
            show(state, share);
            if let Some(login) = login {
                open(state, login, requests);
            }
        }
        ShareEvent::Invited(share, invitation) => {
            state.sharing.draft.name.clear();
            state.sharing.invitation = Some(invitation);
            show(state, share);
        }
        ShareEvent::Stopped => stopped(state, was_asked, requests),
        ShareEvent::Failed(problem) => {
            if let Some(share) = state.sharing.share.take() {
                show(state, share);
            }
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
    // Of no use any more, and a secret.
    state.sharing.invitation = None;
    state.sharing.asked = None;
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

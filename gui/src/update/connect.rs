//! The connect screen.

use super::Requests;
use crate::action::ConnectAction;
use crate::request::{Login, Request, Work};
use crate::state::State;
use crate::state::connection::{Connecting, Phase};
use crate::state::dialog::Dialog;
use crate::state::notice::Notices;
use crate::state::pane::Pane;
use crate::state::secret::Password;
use crate::state::servers::SavedServer;
use crate::state::side::Side;

pub(super) fn update(state: &mut State, action: ConnectAction, requests: &mut Requests) {
    let form = &mut state.connection.form;
    match action {
        ConnectAction::Address(text) => form.address = text,
        ConnectAction::Account(text) => form.account = text,
        ConnectAction::Password(text) => form.password = Password::new(text),
        ConnectAction::Submit => submit(state, requests),
        ConnectAction::Open(link) => open(state, link, requests),
        ConnectAction::OpenSaved(index) => {
            if let Some(saved) = state.servers.list.get(index) {
                open(state, saved.address.clone(), requests);
            }
        }
        ConnectAction::Cancel => cancel(state, requests),
        ConnectAction::Trust(is_trusted) => trust(state, is_trusted, requests),
        ConnectAction::Back => back(state),
        ConnectAction::Disconnect => {
            leave(state, requests);
            state.connection.is_choosing = true;
        }
        ConnectAction::CloseWelcome => {
            if let Some(server) = state.connection.server_mut() {
                server.welcome.clear();
            }
        }
        action => saved(state, action, requests),
    }
}

/// What is done to the list of saved servers.
fn saved(state: &mut State, action: ConnectAction, requests: &mut Requests) {
    let servers = &mut state.servers;
    match action {
        ConnectAction::Bookmark(index) => {
            if let Some(saved) = servers.list.get_mut(index) {
                saved.is_bookmarked = !saved.is_bookmarked;
            }
        }
        ConnectAction::Forget(index) => {
            if let Some(saved) = servers.list.get(index) {
                state.dialog = Some(Dialog::Forget(saved.clone()));
            }
            return;
        }
        ConnectAction::Title(index, text) => {
            servers.renaming = Some((index, text));
            return;
        }
        ConnectAction::TitleDone => {
            if let Some((index, title)) = servers.renaming.take()
                && let Some(saved) = servers.list.get_mut(index)
            {
                title.trim().clone_into(&mut saved.title);
                // Who names a server means to come back to it.
                saved.is_bookmarked |= !saved.title.is_empty();
            }
        }
        _ => return,
    }
    servers.renaming = None;
    servers.tidy();
    requests.push(Request::Work(Work::SaveServers(servers.list.clone())));
}

/// Tries an address or link as the guest, or as whom it names.
pub(super) fn open(state: &mut State, address: String, requests: &mut Requests) {
    let form = &mut state.connection.form;
    if form.address != address {
        form.account.clear();
        form.password = Password::default();
    }
    form.address = address;
    submit(state, requests);
}

pub(super) fn submit(state: &mut State, requests: &mut Requests) {
    let form = &mut state.connection.form;
    let address = form.address.trim().to_owned();
    if address.is_empty() {
        return;
    }
    form.problem = None;
    state.connection.attempt += 1;
    let login = Login {
        attempt: state.connection.attempt,
        address: address.clone(),
        account: form.account.trim().to_owned(),
        password: form.password.clone(),
    };
    leave(state, requests);
    let shown = address.split('#').next().unwrap_or_default().to_owned();
    state.connection.phase =
        Phase::Connecting(Connecting { server: shown, question: None, is_own_share: false });
    requests.push(Request::Work(Work::Connect(login)));
}

fn cancel(state: &mut State, requests: &mut Requests) {
    if let Phase::Connecting(_) = state.connection.phase {
        state.connection.phase = Phase::Offline;
        requests.push(Request::Work(Work::CancelConnect));
    }
}

fn trust(state: &mut State, is_trusted: bool, requests: &mut Requests) {
    let Phase::Connecting(connecting) = &mut state.connection.phase else { return };
    if connecting.question.take().is_none() {
        return;
    }
    if !is_trusted {
        state.connection.phase = Phase::Offline;
        // First, so that what comes of this attempt is not taken for what comes of the next.
        requests.push(Request::Work(Work::CancelConnect));
    }
    requests.push(Request::Work(Work::Trust(is_trusted)));
}

/// Forgets a server with all its entries, its key and what lets this device in without a password.
/// Nothing is connected: who comes back compares the fingerprint again.
pub(super) fn forget(state: &mut State, saved: &SavedServer, requests: &mut Requests) {
    state.servers.list.retain(|other| other.server() != saved.server());
    requests.push(Request::Work(Work::SaveServers(state.servers.list.clone())));
    requests.push(Request::Work(Work::ForgetServer(saved.address.clone())));
}

fn back(state: &mut State) {
    if let Phase::KeyChanged(_) = state.connection.phase {
        state.connection.phase = Phase::Offline;
    }
    state.connection.is_choosing = false;
}

/// Leaves the server, if one is connected, and forgets what was shown of it.
pub(super) fn leave(state: &mut State, requests: &mut Requests) {
    if state.connection.server().is_some() {
        requests.push(Request::Work(Work::Disconnect));
    }
    state.connection.phase = Phase::Offline;
    state.connection.is_choosing = false;
    state.server = Pane { generation: state.server.generation + 1, ..Pane::new(Side::Server) };
    state.notices = Notices::default();
    state.kept.forget();
    state.dialog = None;
}

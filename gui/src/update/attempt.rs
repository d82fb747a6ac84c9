//! What comes of an attempt to connect. What comes of an earlier one is void.

use super::{Requests, browse, transfer};
use crate::action::AttemptEvent;
use crate::request::{Request, Work};
use crate::state::State;
use crate::state::connection::{Phase, Server};
use crate::state::place::Place;
use crate::state::side::Side;

pub(super) fn event(state: &mut State, attempt: u64, event: AttemptEvent, requests: &mut Requests) {
    if attempt != state.connection.attempt {
        return;
    }
    let Phase::Connecting(connecting) = &mut state.connection.phase else {
        if let AttemptEvent::Connected { .. } = event {
            // It was given up meanwhile.
            requests.push(Request::Work(Work::Disconnect));
        }
        return;
    };
    match event {
        AttemptEvent::TrustAsked(question) => connecting.question = Some(question),
        AttemptEvent::Failed(problem) => {
            state.connection.phase = Phase::Offline;
            state.connection.form.problem = Some(problem);
        }
        AttemptEvent::KeyChanged { change, address, now_unix_secs } => {
            // A key that is known can be forgotten where servers are listed.
            if !change.was_in_link {
                note(state, &address, now_unix_secs, requests);
            }
            state.connection.phase = Phase::KeyChanged(change);
        }
        AttemptEvent::Connected { server, address, place, now_unix_secs } => {
            // The folder that this computer shares is no server to be remembered.
            if !connecting.is_own_share {
                note(state, &address, now_unix_secs, requests);
            }
            state.connection.saved_as = address;
            connected(state, server, place, requests);
        }
    }
}

fn note(state: &mut State, address: &str, now_unix_secs: i64, requests: &mut Requests) {
    state.servers.note(address, now_unix_secs);
    requests.push(Request::Work(Work::SaveServers(state.servers.list.clone())));
}

fn connected(state: &mut State, server: Server, place: Place, requests: &mut Requests) {
    state.connection.phase = Phase::Online(server);
    state.connection.is_choosing = false;
    state.connection.form.problem = None;
    // Connections of jobs are opened by the worker's login; the window needs it no more.
    state.connection.form.password = crate::state::secret::Password::default();
    browse::show(&mut state.server, place, requests);
    state.active = Side::Server;
    transfer::start_waiting(state, requests);
}

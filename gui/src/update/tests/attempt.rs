//! Attempts to connect that follow each other.

use super::*;
use crate::state::connection::KeyChange;

/// A server that came of an attempt.
fn came(address: &str) -> AttemptEvent {
    let mut server = connected().connection.server().cloned().unwrap();
    address.clone_into(&mut server.address);
    let address = format!("ferry://{address}/");
    AttemptEvent::Connected { server, address, place: Place::root(), now_unix_secs: 1 }
}

fn open_link(state: &mut State, link: &str) -> u64 {
    act(state, Action::Connect(ConnectAction::Open(link.to_owned())));
    state.connection.attempt
}

/// Two links in one frame: the first may be connected before the worker hears of the second. The
/// window would show one server, and delete on the other.
#[test]
fn what_comes_of_an_earlier_attempt_is_not_taken_for_the_next() {
    let mut state = State::default();
    let first = open_link(&mut state, "ferry://first/");
    let second = open_link(&mut state, "ferry://second/");
    let change = KeyChange {
        server: "first:3000".to_owned(),
        known: String::new(),
        presented: String::new(),
        was_in_link: false,
    };
    let problem = Problem {
        summary: "No connection".to_owned(),
        details: String::new(),
        fault: Fault::Server,
    };
    let stale =
        [AttemptEvent::KeyChanged(change), AttemptEvent::Failed(problem), came("first:3000")];
    for of_first in stale {
        assert!(event(&mut state, Event::Attempt(first, of_first)).is_empty());
        assert!(matches!(state.connection.phase, Phase::Connecting(_)));
    }
    assert!(state.servers.list.is_empty(), "a server that was left is not remembered");
    event(&mut state, Event::Attempt(second, came("second:3000")));
    assert_eq!(state.connection.server().unwrap().address, "second:3000");
}

#[test]
fn a_changed_key_of_an_attempt_that_was_given_up_is_void() {
    let mut state = State::default();
    let attempt = open_link(&mut state, "ferry://first/");
    act(&mut state, Action::Connect(ConnectAction::Cancel));
    let change = KeyChange {
        server: "first:3000".to_owned(),
        known: String::new(),
        presented: String::new(),
        was_in_link: false,
    };
    event(&mut state, Event::Attempt(attempt, AttemptEvent::KeyChanged(change)));
    assert!(matches!(state.connection.phase, Phase::Offline));
}

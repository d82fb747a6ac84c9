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

fn key_changed(was_in_link: bool) -> AttemptEvent {
    let change = KeyChange {
        server: "first:3000".to_owned(),
        known: String::new(),
        presented: String::new(),
        was_in_link,
    };
    let address = "ferry://ana@first:3000/".to_owned();
    AttemptEvent::KeyChanged { change, address, now_unix_secs: 1 }
}

/// Two links in one frame: the first may be connected before the worker hears of the second. The
/// window would show one server, and delete on the other.
#[test]
fn what_comes_of_an_earlier_attempt_is_not_taken_for_the_next() {
    let mut state = State::default();
    let first = open_link(&mut state, "ferry://first/");
    let second = open_link(&mut state, "ferry://second/");
    let problem = Problem {
        summary: "No connection".to_owned(),
        details: String::new(),
        fault: Fault::Server,
    };
    let stale = [key_changed(false), AttemptEvent::Failed(problem), came("first:3000")];
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
    event(&mut state, Event::Attempt(attempt, key_changed(false)));
    assert!(matches!(state.connection.phase, Phase::Offline));
}

/// Forgetting it from the hard stop connected again at once, and sent the password that was typed.
#[test]
fn a_known_server_whose_key_changed_is_listed_to_be_forgotten_and_not_connected() {
    let mut state = State::default();
    open_link(&mut state, "ferry://ana@first/");
    attempted(&mut state, key_changed(false));
    let attempts = state.connection.attempt;
    act(&mut state, Action::Connect(ConnectAction::Back));
    assert_eq!(state.servers.list[0].address, "ferry://ana@first:3000/");
    act(&mut state, Action::Connect(ConnectAction::Forget(0)));
    assert!(matches!(state.dialog, Some(Dialog::Forget(_))), "it is asked first");
    let requests = act(&mut state, Action::Dialog(DialogAction::Confirm));
    assert!(matches!(works(&requests)[..], [Work::SaveServers(left), Work::ForgetServer(address)]
        if left.is_empty() && address == "ferry://ana@first:3000/"));
    assert_eq!(state.connection.attempt, attempts, "nothing is connected");
}

#[test]
fn a_link_with_another_key_forgets_nothing_and_stays_whole() {
    let mut state = State::default();
    let link = "ferry://ben@first:3000/#fp=abc&i=xyz";
    open_link(&mut state, link);
    assert!(attempted(&mut state, key_changed(true)).is_empty());
    act(&mut state, Action::Connect(ConnectAction::Back));
    assert!(state.servers.list.is_empty());
    assert_eq!(state.connection.form.address, link);
}

#[test]
fn a_server_is_forgotten_with_all_its_entries() {
    let mut state = State::default();
    for (address, at) in
        [("ferry://a:3000/", 3), ("ferry://ana@a:3000/x", 2), ("ferry://b:3000/", 1)]
    {
        state.servers.note(address, at);
    }
    act(&mut state, Action::Connect(ConnectAction::Forget(0)));
    act(&mut state, Action::Dialog(DialogAction::Confirm));
    assert_eq!(state.servers.list.len(), 1);
    assert_eq!(state.servers.list[0].server(), "b:3000");
}

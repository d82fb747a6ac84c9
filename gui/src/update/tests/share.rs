//! The folder that this computer shares.

use super::*;
use crate::state::secret::Password;
use crate::state::sharing::{OwnerLogin, ShareRequest};

fn share() -> Share {
    Share { folder: "/srv".into(), port: 3000, guests: None, code: None, keeps_running: false }
}

/// A window at the folder that it shares.
fn at_own_share() -> State {
    let mut state = State::default();
    let login = OwnerLogin {
        link: "ferry://127.0.0.1:3000/#fp=x".to_owned(),
        account: "Owner".to_owned(),
        password: Password::new("once"),
    };
    event(&mut state, Event::Share(ShareEvent::Running(share(), Some(login))));
    let mut server = connected().connection.server().cloned().unwrap();
    server.address = "127.0.0.1:3000".to_owned();
    let address = "ferry://Owner@127.0.0.1:3000/".to_owned();
    let place = Place::root();
    let connected = AttemptEvent::Connected { server, address, place, now_unix_secs: 1 };
    attempted(&mut state, connected);
    state
}

fn asked(requests: &[Request]) -> Vec<&ShareRequest> {
    let asked = requests.iter().filter_map(|request| match request {
        Request::Share(request) => Some(request),
        _ => None,
    });
    asked.collect()
}

#[test]
fn the_own_folder_is_no_server_to_be_remembered() {
    let state = at_own_share();
    assert!(state.connection.server().is_some());
    assert!(state.servers.list.is_empty());
    assert!(state.connection.form.address.is_empty(), "nor is its login");
}

#[test]
fn stopping_leaves_the_folder_first_and_keeps_what_moved() {
    let mut state = at_own_share();
    open(&mut state, Side::Here, "/x", &["a"]);
    pane(&mut state, Side::Here, PaneAction::SelectAll);
    act(&mut state, Action::Command(Command::Upload));
    let requests = act(&mut state, Action::Share(ShareAction::Stop));
    assert!(matches!(works(&requests)[..], [Work::PauseJob(_), Work::Disconnect]));
    assert_eq!(asked(&requests), [&ShareRequest::Stop]);
    assert!(state.connection.server().is_none());
    event(&mut state, Event::Share(ShareEvent::Stopped));
    assert!(state.notices.list.is_empty(), "it was asked for");
}

#[test]
fn a_server_that_ends_by_itself_is_left_and_told_of() {
    let mut state = at_own_share();
    event(&mut state, Event::Share(ShareEvent::Stopped));
    assert!(state.connection.server().is_none());
    assert_eq!(state.notices.list.len(), 1);
}

#[test]
fn what_was_left_running_is_opened_with_a_login_of_its_own() {
    let mut state = State::default();
    event(&mut state, Event::Share(ShareEvent::Running(share(), None)));
    let requests = act(&mut state, Action::Share(ShareAction::Open));
    assert_eq!(asked(&requests), [&ShareRequest::Open]);
}

#[test]
fn what_is_asked_while_the_server_is_busy_is_asked_afterwards() {
    let mut state = State::default();
    let folder = Place::parse(b"/srv");
    event(&mut state, Event::ShareAsked(folder.clone()));
    assert!(asked(&event(&mut state, Event::ShareAsked(folder))).is_empty());
    let requests = event(&mut state, Event::Share(ShareEvent::Running(share(), None)));
    assert_eq!(asked(&requests), [&ShareRequest::Start("/srv".into())]);
}

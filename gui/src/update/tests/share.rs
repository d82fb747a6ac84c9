//! The folder that this computer shares.

use super::*;
use crate::state::secret::Password;
use crate::state::sharing::{
    Access, Circle, Draft, Invitation, Link, OwnerLogin, Person, ShareRequest, Way,
};

fn share() -> Share {
    Share {
        folder: "/srv".into(),
        port: 3000,
        circle: Circle::Window,
        link: None,
        people: Vec::new(),
        keeps_running: false,
    }
}

fn link(text: &str) -> Link {
    Link { text: text.to_owned(), code: None }
}

/// The folder once Ben was invited, and perhaps has come.
fn with_ben(devices: &[&str]) -> Share {
    let devices: Vec<String> = devices.iter().map(|name| (*name).to_owned()).collect();
    let invited_until = devices.is_empty().then_some(7);
    let ben = Person { name: "ben".to_owned(), devices, invited_until, ..Person::default() };
    Share { circle: Circle::Invited, people: vec![ben], ..share() }
}

/// A window whose dialog shows the invitation that was made for Ben.
fn invited() -> State {
    let mut state = State::default();
    event(&mut state, Event::Share(ShareEvent::Running(share(), None)));
    share_act(&mut state, ShareAction::Name("Ben".to_owned()));
    share_act(&mut state, ShareAction::Invite);
    let link = link("ferry://ben@10.0.0.2:3000/#fp=a&i=secret");
    let invitation = Invitation { name: "ben".to_owned(), link, until: 7 };
    event(&mut state, Event::Share(ShareEvent::Invited(with_ben(&[]), invitation)));
    state
}

fn share_act(state: &mut State, action: ShareAction) -> Vec<Request> {
    act(state, Action::Share(action))
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

/// Whoever opened it, the dialog shows what guests may do, and not what was last chosen here.
#[test]
fn the_rights_shown_are_those_in_force() {
    let mut state = connected();
    let link = Some(link("ferry://10.0.0.2/"));
    let share = Share { circle: Circle::Everybody(Access::Write), link, ..share() };
    event(&mut state, Event::Share(ShareEvent::Running(share, None)));
    assert_eq!(state.sharing.rights, Access::Write);
    state.sharing.is_busy = true;
    let asked = share_act(&mut state, ShareAction::Rights(Access::Read));
    assert!(asked.is_empty());
    assert_eq!(state.sharing.rights, Access::Write);
}

#[test]
fn one_person_is_invited_without_guests() {
    let mut state = State::default();
    event(&mut state, Event::Share(ShareEvent::Running(share(), None)));
    assert!(share_act(&mut state, ShareAction::Invite).is_empty(), "for nobody");
    share_act(&mut state, ShareAction::Name("Ben".to_owned()));
    share_act(&mut state, ShareAction::Allow(Access::Write));
    let requests = share_act(&mut state, ShareAction::Invite);
    let wished = Draft { name: "Ben".to_owned(), access: Access::Write, ..Draft::default() };
    assert_eq!(asked(&requests), [&ShareRequest::Invite(wished)]);
}

#[test]
fn an_invitation_is_shown_copied_and_put_away() {
    let mut state = invited();
    assert!(state.sharing.draft.name.is_empty(), "the next one is for somebody else");
    let requests = share_act(&mut state, ShareAction::CopyInvitation);
    let [Request::Window(WindowRequest::Copy(copied))] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(copied, "ferry://ben@10.0.0.2:3000/#fp=a&i=secret");
    assert!(!format!("{state:?}").contains("secret"), "a secret is not printed");
    share_act(&mut state, ShareAction::PutAway);
    assert_eq!(state.sharing.invitation, None);
    share_act(&mut state, ShareAction::Name("Ben".to_owned()));
    assert!(share_act(&mut state, ShareAction::Invite).is_empty(), "there is a Ben already");
}

/// An answer is still to come: what the server tells by itself must not be taken for it.
#[test]
fn that_somebody_has_come_is_seen_by_itself() {
    let mut state = invited();
    let made = state.sharing.invitation.clone().unwrap();
    share_act(&mut state, ShareAction::KeepRunning(true));
    assert!(!state.sharing.has_come(&made));
    event(&mut state, Event::Share(ShareEvent::Changed(with_ben(&["laptop"]))));
    assert!(state.sharing.has_come(&made));
    assert!(state.sharing.is_busy);
}

#[test]
fn who_was_let_in_is_shut_out_after_a_question_and_the_link_with_them() {
    let mut state = invited();
    event(&mut state, Event::Share(ShareEvent::Changed(with_ben(&["laptop"]))));
    assert!(share_act(&mut state, ShareAction::AskShutOut("ben".to_owned())).is_empty());
    share_act(&mut state, ShareAction::Keep);
    assert_eq!(state.sharing.asked, None);
    share_act(&mut state, ShareAction::AskShutOut("ben".to_owned()));
    let requests = share_act(&mut state, ShareAction::ShutOut("ben".to_owned()));
    assert_eq!(asked(&requests), [&ShareRequest::ShutOut("ben".to_owned())]);
    event(&mut state, Event::Share(ShareEvent::Running(share(), None)));
    assert_eq!((state.sharing.asked, state.sharing.invitation), (None, None));
}

#[test]
fn the_dialog_opens_at_what_is_in_force_and_looks_who_has_come() {
    let mut state = State::default();
    event(&mut state, Event::Share(ShareEvent::Running(share(), None)));
    let requests = act(&mut state, Action::Command(Command::ShareFolder));
    assert_eq!(asked(&requests), [&ShareRequest::Look]);
    assert_eq!(state.sharing.way, Way::Invite);
    let open = Share { circle: Circle::Everybody(Access::Read), ..share() };
    event(&mut state, Event::Share(ShareEvent::Running(open, None)));
    act(&mut state, Action::Command(Command::ShareFolder));
    assert_eq!(state.sharing.way, Way::Guests);
}

#[test]
fn no_invitation_outlives_the_sharing() {
    let mut state = invited();
    event(&mut state, Event::Share(ShareEvent::Stopped));
    assert_eq!(state.sharing.invitation, None);
}

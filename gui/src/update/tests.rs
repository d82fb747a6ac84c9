//! The update as a function: a state and an action in, a state and requests out. No window.

mod attempt;
mod rows;
mod share;
mod transfers;

use super::update;
use crate::action::{
    Action, AttemptEvent, Command, ConnectAction, DialogAction, End, Event, Extend, JobEnd,
    PaneAction, ShareAction, TransferAction,
};
use crate::request::{Request, WindowRequest, Work};
use crate::state::State;
use crate::state::connection::{Phase, Server, Trouble};
use crate::state::dialog::Dialog;
use crate::state::pane::Loading;
use crate::state::place::Place;
use crate::state::problem::{Fault, Problem};
use crate::state::rows::{Row, RowKind, Rows};
use crate::state::sharing::{Share, ShareEvent};
use crate::state::side::Side;
use crate::state::transfers::{Progress, Stage};
use std::time::Duration;

fn connected() -> State {
    let mut state = State::default();
    state.connection.phase = Phase::Online(Server {
        address: "harbour:3000".to_owned(),
        pinned: Some("k2x".to_owned()),
        name: "harbour".to_owned(),
        welcome: String::new(),
        account: String::new(),
        can_write: true,
        start: Place::root(),
        trouble: None,
    });
    for side in Side::BOTH {
        open(&mut state, side, "/", &["a", "b", "c", "d"]);
    }
    state
}

fn act(state: &mut State, action: Action) -> Vec<Request> {
    update(state, action)
}

fn pane(state: &mut State, side: Side, action: PaneAction) -> Vec<Request> {
    act(state, Action::Pane(side, action))
}

fn event(state: &mut State, event: Event) -> Vec<Request> {
    act(state, Action::Event(Box::new(event)))
}

/// Something comes of the last attempt to connect.
fn attempted(state: &mut State, of_it: AttemptEvent) -> Vec<Request> {
    let attempt = state.connection.attempt;
    event(state, Event::Attempt(attempt, of_it))
}

fn rows(names: &[&str]) -> Rows {
    let mut rows = Rows::new();
    for name in names {
        let kind = if name.ends_with('/') { RowKind::Folder } else { RowKind::File };
        let name = name.trim_end_matches('/').as_bytes();
        rows.push(&Row { name, kind, is_linked: false, size: 1, modified: None });
    }
    rows
}

fn open(state: &mut State, side: Side, path: &str, names: &[&str]) {
    pane(state, side, PaneAction::Open(Place::parse(path.as_bytes())));
    let generation = state.pane(side).generation;
    event(state, Event::Listed { side, generation, rows: rows(names), is_complete: true });
}

fn chosen(state: &State, side: Side) -> Vec<String> {
    let pane = state.pane(side);
    let names = pane.chosen().into_iter().map(|row| pane.rows.name(row).to_vec());
    names.map(|name| String::from_utf8(name).unwrap()).collect()
}

/// Comes back with what the other thread was asked to arrange.
fn arrange(state: &mut State, requests: &[Request]) -> Vec<Request> {
    let [Work::Arrange { side, generation, arranging }] = works(requests)[..] else {
        panic!("{requests:?}")
    };
    let (side, generation, arranged) = (*side, *generation, arranging.arrange());
    event(state, Event::Arranged { side, generation, arranged })
}

fn works(requests: &[Request]) -> Vec<&Work> {
    let works = requests.iter().filter_map(|request| match request {
        Request::Work(work) => Some(work),
        _ => None,
    });
    works.collect()
}

#[test]
fn rows_that_stream_in_are_shown_as_they_come() {
    let mut state = connected();
    pane(&mut state, Side::Server, PaneAction::Open(Place::parse(b"/x")));
    let generation = state.server.generation;
    let mut listed = |names: &[&str], is_complete| {
        let rows = rows(names);
        event(&mut state, Event::Listed { side: Side::Server, generation, rows, is_complete });
        (state.server.shown().to_vec(), state.server.loading.clone())
    };
    assert_eq!(listed(&["b", "c"], false), (vec![0, 1], Loading::Running));
    assert_eq!(listed(&["b", "c", "a"], false), (vec![2, 0, 1], Loading::Running));
    assert_eq!(listed(&["b", "c", "a", "d/"], true), (vec![3, 2, 0, 1], Loading::Done));
}

/// The bench of frames opened its folder before this computer's home had been found, and then
/// waited for rows that nobody read any more.
#[test]
fn a_folder_that_is_open_already_is_not_left_for_home() {
    let mut state = State::default();
    pane(&mut state, Side::Here, PaneAction::Open(Place::parse(b"/large")));
    let requests = event(&mut state, Event::Home(Place::parse(b"/people/ana")));
    assert_eq!((state.here.place.to_string(), requests.len()), ("/large".to_owned(), 0));
    let mut state = State::default();
    event(&mut state, Event::Home(Place::parse(b"/people/ana")));
    assert_eq!(state.here.place.to_string(), "/people/ana");
}

#[test]
fn what_is_shown_stays_until_a_folder_was_read_again() {
    let mut state = connected();
    let requests = pane(&mut state, Side::Server, PaneAction::Refresh);
    let generation = state.server.generation;
    assert!(matches!(works(&requests)[..], [Work::List { side: Side::Server, .. }]));
    let side = Side::Server;
    event(&mut state, Event::Listed { side, generation, rows: rows(&["z"]), is_complete: false });
    assert_eq!(state.server.rows.len(), 4);
    event(&mut state, Event::Listed { side, generation, rows: rows(&["z"]), is_complete: true });
    assert_eq!(state.server.rows.len(), 1);
}

#[test]
fn an_order_that_changes_while_rows_are_arranged_is_arranged_once_more() {
    let mut state = connected();
    let names: Vec<String> = (0..6000).map(|index| format!("f{index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    pane(&mut state, Side::Here, PaneAction::Open(Place::parse(b"/x")));
    let generation = state.here.generation;
    let listed =
        Event::Listed { side: Side::Here, generation, rows: rows(&names), is_complete: true };
    let requests = event(&mut state, listed);
    let filter = PaneAction::Filter("f59".to_owned());
    assert!(pane(&mut state, Side::Here, filter).is_empty(), "one at a time");
    let requests = arrange(&mut state, &requests);
    let [Work::Arrange { arranging, .. }] = works(&requests)[..] else { panic!("{requests:?}") };
    assert_eq!(arranging.sorted.len(), 6000, "what is sorted is not sorted again");
    arrange(&mut state, &requests);
    assert_eq!(state.here.shown().len(), 111);
    assert!(!state.here.is_arranging);
}

#[test]
fn a_range_grows_and_shrinks_around_its_anchor() {
    let mut state = connected();
    pane(&mut state, Side::Here, PaneAction::Click(1, Extend::No));
    pane(&mut state, Side::Here, PaneAction::Click(3, Extend::Range));
    assert_eq!(chosen(&state, Side::Here), ["b", "c", "d"]);
    pane(&mut state, Side::Here, PaneAction::Move(-3, Extend::Range));
    assert_eq!(chosen(&state, Side::Here), ["a", "b"]);
    pane(&mut state, Side::Here, PaneAction::MoveToEnd(End::Last, Extend::No));
    assert_eq!(chosen(&state, Side::Here), ["d"]);
    pane(&mut state, Side::Here, PaneAction::Move(5, Extend::No));
    assert_eq!(chosen(&state, Side::Here), ["d"], "there is no row below the last");
}

#[test]
fn what_the_filter_hides_is_not_carried() {
    let mut state = connected();
    pane(&mut state, Side::Here, PaneAction::SelectAll);
    pane(&mut state, Side::Here, PaneAction::Filter("b".to_owned()));
    assert_eq!(chosen(&state, Side::Here), ["b"]);
    let requests = act(&mut state, Action::Command(Command::Upload));
    let [Work::NoteJob(_), Work::StartJob(order)] = works(&requests)[..] else {
        panic!("{requests:?}")
    };
    assert_eq!(order.items.len(), 1);
}

#[test]
fn an_empty_folder_bears_all_keys() {
    let mut state = connected();
    open(&mut state, Side::Here, "/empty", &[]);
    for action in [
        PaneAction::Move(1, Extend::No),
        PaneAction::Move(-1, Extend::Range),
        PaneAction::MoveToEnd(End::Last, Extend::Range),
        PaneAction::Toggle,
        PaneAction::SelectAll,
        PaneAction::MarqueeBegin(Extend::No),
        PaneAction::MarqueeOver(0..9),
        PaneAction::MarqueeEnd,
        PaneAction::OpenRow(7),
    ] {
        pane(&mut state, Side::Here, action);
    }
    assert!(chosen(&state, Side::Here).is_empty());
}

#[test]
fn the_way_back_is_remembered() {
    let mut state = connected();
    open(&mut state, Side::Here, "/x", &[]);
    open(&mut state, Side::Here, "/y", &[]);
    pane(&mut state, Side::Here, PaneAction::Back);
    assert_eq!(state.here.place.to_string(), "/x");
    pane(&mut state, Side::Here, PaneAction::Back);
    pane(&mut state, Side::Here, PaneAction::Back);
    assert_eq!(state.here.place.to_string(), "/");
    pane(&mut state, Side::Here, PaneAction::Forward);
    pane(&mut state, Side::Here, PaneAction::Forward);
    assert_eq!(state.here.place.to_string(), "/y");
    open(&mut state, Side::Here, "/z", &[]);
    assert!(state.here.forward.is_empty());
}

#[test]
fn a_password_does_not_stay_in_the_form_once_it_was_used() {
    let mut state = State::default();
    act(&mut state, Action::Connect(ConnectAction::Address("harbour".to_owned())));
    act(&mut state, Action::Connect(ConnectAction::Password("anchor".to_owned())));
    let requests = act(&mut state, Action::Connect(ConnectAction::Submit));
    assert!(!format!("{requests:?}").contains("anchor"), "it does not print");
    let server = Server {
        address: "harbour:3000".to_owned(),
        pinned: None,
        name: String::new(),
        welcome: String::new(),
        account: String::new(),
        can_write: true,
        start: Place::root(),
        trouble: None,
    };
    let address = "ferry://harbour/".to_owned();
    let place = Place::root();
    let connected = AttemptEvent::Connected { server, address, place, now_unix_secs: 1 };
    attempted(&mut state, connected);
    assert!(state.connection.form.password.is_empty());
}

#[test]
fn speed_comes_from_the_times_of_the_events() {
    let mut state = connected();
    pane(&mut state, Side::Here, PaneAction::SelectAll);
    act(&mut state, Action::Command(Command::Upload));
    let id = state.transfers.jobs[0].id;
    for second in 0..3 {
        let progress = Progress {
            bytes_done: second * 1000,
            bytes_total: 10_000,
            is_planned: true,
            ..Progress::default()
        };
        event(&mut state, Event::JobProgress(id, progress, Duration::from_secs(second)));
    }
    assert_eq!(state.transfers.jobs[0].speed.bytes_per_sec(), 1000);
    assert_eq!(state.transfers.jobs[0].time_left(), Some(Duration::from_secs(8)));
}

#[test]
fn closing_with_transfers_pauses_them_so_that_the_next_window_goes_on() {
    let mut state = connected();
    pane(&mut state, Side::Here, PaneAction::SelectAll);
    act(&mut state, Action::Command(Command::Upload));
    let requests = act(&mut state, Action::Window(crate::action::WindowAction::CloseRequested));
    assert!(matches!(requests[..], [Request::Window(WindowRequest::StayOpen)]));
    assert_eq!(state.dialog, Some(Dialog::Close));
    let requests = act(&mut state, Action::Dialog(DialogAction::CloseNow));
    assert!(matches!(works(&requests)[..], [Work::PauseJob(_)]));
    assert!(matches!(requests.last(), Some(Request::Window(WindowRequest::Close))));
}

#[test]
fn a_pause_that_comes_too_late_is_an_end() {
    let mut state = connected();
    pane(&mut state, Side::Here, PaneAction::SelectAll);
    act(&mut state, Action::Command(Command::Upload));
    let id = state.transfers.jobs[0].id;
    act(&mut state, Action::Transfer(TransferAction::Pause(id)));
    event(&mut state, Event::JobEnded(id, JobEnd::Done));
    assert_eq!(state.transfers.jobs[0].stage, Stage::Ended);
}

#[test]
fn what_a_server_says_after_it_was_left_changes_nothing() {
    let mut state = connected();
    let generation = state.server.generation;
    act(&mut state, Action::Connect(ConnectAction::Disconnect));
    let (side, rows) = (Side::Server, rows(&["late"]));
    event(&mut state, Event::Listed { side, generation, rows, is_complete: true });
    let server = "harbour:3000".to_owned();
    event(&mut state, Event::Trouble { server, trouble: None });
    let problem =
        Problem { summary: "late".to_owned(), details: String::new(), fault: Fault::Server };
    event(&mut state, Event::ListFailed { side, generation, problem });
    assert!(state.server.rows.is_empty());
    assert!(state.notices.list.is_empty());
}

#[test]
fn links_and_paths_are_copied_so_that_they_can_be_typed() {
    let mut state = connected();
    open(&mut state, Side::Server, "/a b", &["日"]);
    pane(&mut state, Side::Server, PaneAction::SelectAll);
    let copied = |state: &mut State| {
        let requests = act(state, Action::Command(Command::CopyLink));
        let [Request::Window(WindowRequest::Copy(link))] = &requests[..] else {
            panic!("{requests:?}");
        };
        link.clone()
    };
    assert_eq!(copied(&mut state), "ferry://harbour:3000/a%20b/%E6%97%A5#fp=k2x");
    // The key of a server that an authority vouches for is gone with the next certificate.
    let Phase::Online(server) = &mut state.connection.phase else { panic!("not connected") };
    server.pinned = None;
    assert_eq!(copied(&mut state), "ferry://harbour:3000/a%20b/%E6%97%A5");
}

#[test]
fn a_name_that_is_no_text_stays_as_it_is_unless_another_is_typed() {
    let mut state = connected();
    pane(&mut state, Side::Here, PaneAction::Open(Place::root()));
    let mut odd = Rows::new();
    let (name, kind) = (b"a\xff", RowKind::File);
    odd.push(&Row { name, kind, is_linked: false, size: 1, modified: None });
    let generation = state.here.generation;
    let side = Side::Here;
    event(&mut state, Event::Listed { side, generation, rows: odd, is_complete: true });
    pane(&mut state, Side::Here, PaneAction::SelectAll);
    act(&mut state, Action::Command(Command::Rename));
    assert!(act(&mut state, Action::Dialog(DialogAction::Confirm)).is_empty());
    assert_eq!(state.dialog, None);
    act(&mut state, Action::Command(Command::Rename));
    act(&mut state, Action::Dialog(DialogAction::Name("b".to_owned())));
    let requests = act(&mut state, Action::Dialog(DialogAction::Confirm));
    let [Work::Rename { from, .. }] = works(&requests)[..] else { panic!("{requests:?}") };
    assert_eq!(from.name(), Some(&b"a\xff"[..]));
}

#[test]
fn trouble_belongs_to_the_server_that_has_it() {
    let mut state = connected();
    let problem =
        Problem { summary: "lost".to_owned(), details: String::new(), fault: Fault::Network };
    let trouble = Some(Trouble { problem, retry: None });
    let mut from = |server: &str| {
        let (server, trouble) = (server.to_owned(), trouble.clone());
        event(&mut state, Event::Trouble { server, trouble });
        state.connection.server().unwrap().trouble.is_some()
    };
    assert!(!from("other:3000"), "a job of a server that was left");
    assert!(from("harbour:3000"));
}

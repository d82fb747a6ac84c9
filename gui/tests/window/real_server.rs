//! The window with its real workers, against a real server on a port of its own.

use crate::support::{SIZE, builder};
use clap::Parser as _;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use ferry_gui::Options;
use ferry_gui::action::{
    Action, Command, ConnectAction, DialogAction, Event, PaneAction, TransferAction,
};
use ferry_gui::app::App;
use ferry_gui::request::Work;
use ferry_gui::state::State;
use ferry_gui::state::pane::Loading;
use ferry_gui::state::place::Place;
use ferry_gui::state::side::Side;
use ferry_gui::state::transfers::{Choice, Stage};
use ferry_gui::worker::{Backend, Wake, Workers};
use ferry_protocol::Rights;
use ferry_server::Server;
use ferry_server::accounts::{
    AccountName, Accounts, AccountsFile, PasswordHash, StoredAccount, Terms,
};
use ferry_server::config::{Arguments, Config, Verb};
use ferry_server::identity::Identity;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The real workers, which also say when it is worth drawing.
pub(crate) struct Woken(pub(crate) Workers, pub(crate) SyncSender<()>);

impl Backend for Woken {
    fn start(&mut self, state_folder: Option<PathBuf>, wake: Wake) {
        let bell = self.1.clone();
        let both = move || {
            wake();
            // A bell that rings already need not ring again.
            bell.try_send(()).ok();
        };
        self.0.start(state_folder, Arc::new(both));
    }

    fn perform(&mut self, work: Work) {
        self.0.perform(work);
    }

    fn try_next(&mut self) -> Option<Event> {
        self.0.try_next()
    }
}

pub(crate) struct Fixture {
    pub(crate) harness: Harness<'static, App>,
    bell: Receiver<()>,
    server: Option<Server>,
    folder: TempDir,
}

fn start_server(folder: &Path, guest: &str, port: u16) -> Server {
    let listen = format!("127.0.0.1:{port}");
    let (share, state) = (folder.join("share"), folder.join("server"));
    let arguments = ["ferry-server", "serve", share.to_str().unwrap(), "--listen", &listen];
    let arguments = arguments.into_iter().chain(["--guest", guest]);
    let Verb::Serve(arguments) = Arguments::try_parse_from(arguments).unwrap().verb else {
        panic!("serve is a verb");
    };
    let config = Config::resolve(&arguments, Some(&state)).unwrap();
    let accounts = Accounts::open(&config.state_dir, config.guest).unwrap();
    let identity = Identity::load_or_create(&config.state_dir).unwrap();
    Server::start(&config, Arc::new(accounts), &identity).unwrap()
}

impl Fixture {
    pub(crate) fn new(guest: &str) -> Self {
        Self::with_terms(guest, Terms::new(Rights::read_write()))
    }

    /// With an account of these terms.
    pub(crate) fn with_terms(guest: &str, terms: Terms) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["share", "server", "here", "state"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let hash = Some(PasswordHash::new(b"secret").unwrap());
        let name = AccountName::parse("ana").unwrap();
        let accounts = AccountsFile::of(&folder.path().join("server"));
        accounts.add(StoredAccount { name, hash, terms }).unwrap();
        let server = start_server(folder.path(), guest, 0);
        let (sender, bell) = sync_channel(1);
        let options = Options {
            state_folder: Some(folder.path().join("state")),
            backend: Box::new(Woken(Workers::default(), sender)),
            zone: jiff::tz::TimeZone::UTC,
            ..Options::default()
        };
        let harness = builder().build_eframe(move |cc| App::new(options, &cc.egui_ctx));
        Self { harness, bell, server: Some(server), folder }
    }

    /// Connected, with the pane of this computer at an own folder.
    pub(crate) fn connected() -> Self {
        let mut fixture = Self::new("write");
        fixture.connect();
        fixture
    }

    pub(crate) fn connect(&mut self) {
        let port = self.server.as_ref().unwrap().addresses()[0].port();
        let address = format!("127.0.0.1:{port}");
        self.act(Action::Connect(ConnectAction::Open(address)));
        self.until(|state| state.connection.server().is_some() || asks(state));
        if asks(self.state()) {
            self.act(Action::Connect(ConnectAction::Trust(true)));
        }
        self.until(|state| state.connection.server().is_some());
        self.open_here();
    }

    /// Connects with an account.
    pub(crate) fn log_in(&mut self, account: &str, password: &str) {
        let port = self.server.as_ref().unwrap().addresses()[0].port();
        for action in [
            ConnectAction::Address(format!("127.0.0.1:{port}")),
            ConnectAction::Account(account.to_owned()),
            ConnectAction::Password(password.to_owned()),
            ConnectAction::Submit,
        ] {
            self.act(Action::Connect(action));
        }
        self.until(asks);
        self.act(Action::Connect(ConnectAction::Trust(true)));
        self.until(|state| state.connection.server().is_some());
        self.open_here();
    }

    fn open_here(&mut self) {
        let here = self.here("");
        self.act(Action::Pane(Side::Here, PaneAction::Open(here)));
        self.until_read();
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub(crate) fn here(&self, below: &str) -> Place {
        Place::from_path(&self.path("here").join(below))
    }

    pub(crate) fn state(&self) -> &State {
        self.harness.state().state()
    }

    pub(crate) fn act(&mut self, action: Action) {
        self.harness.state_mut().act(action);
        self.harness.step();
    }

    /// Draws whenever a worker comes back, until something is so.
    pub(crate) fn until(&mut self, is_so: impl Fn(&State) -> bool) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !is_so(self.state()) {
            assert!(Instant::now() < deadline, "it never came about: {:?}", self.state());
            // Whether it rang or not, what matters is the state.
            self.bell.recv_timeout(Duration::from_millis(200)).ok();
            self.harness.step();
        }
    }

    pub(crate) fn until_read(&mut self) {
        self.until(|state| {
            Side::BOTH.iter().all(|side| state.pane(*side).loading == Loading::Done)
        });
    }

    pub(crate) fn until_done(&mut self) {
        self.until(|state| state.transfers.jobs.iter().all(|job| job.stage == Stage::Ended));
        self.until_read();
    }

    pub(crate) fn choose_all(&mut self, side: Side) {
        self.act(Action::Pane(side, PaneAction::Refresh));
        self.until_read();
        self.act(Action::Pane(side, PaneAction::SelectAll));
    }

    pub(crate) fn names(&self, side: Side) -> Vec<String> {
        let pane = self.state().pane(side);
        let names = pane.shown().iter().map(|row| pane.rows.name(*row));
        names.map(|name| String::from_utf8_lossy(name).into_owned()).collect()
    }
}

fn asks(state: &State) -> bool {
    use ferry_gui::state::connection::Phase;
    matches!(&state.connection.phase, Phase::Connecting(own) if own.question.is_some())
}

#[test]
fn a_tree_is_uploaded_and_downloaded_byte_for_byte() {
    let mut fixture = Fixture::connected();
    fs::create_dir_all(fixture.path("here/tree/日本")).unwrap();
    let large: Vec<u8> = (0..3_000_000_u32).map(|at| at.to_le_bytes()[at as usize % 4]).collect();
    fs::write(fixture.path("here/tree/large.bin"), &large).unwrap();
    fs::write(fixture.path("here/tree/日本/ملف.txt"), "✓").unwrap();
    fixture.choose_all(Side::Here);
    fixture.act(Action::Command(Command::Upload));
    fixture.until_done();
    assert_eq!(fs::read(fixture.path("share/tree/large.bin")).unwrap(), large);
    assert_eq!(fs::read(fixture.path("share/tree/日本/ملف.txt")).unwrap(), "✓".as_bytes());
    assert_eq!(fixture.names(Side::Server), ["tree"], "the folder is read again by itself");
    fs::create_dir(fixture.path("here/back")).unwrap();
    let back = fixture.here("back");
    fixture.act(Action::Pane(Side::Here, PaneAction::Open(back)));
    fixture.until_read();
    fixture.choose_all(Side::Server);
    fixture.act(Action::Command(Command::Download));
    fixture.until_done();
    assert_eq!(fs::read(fixture.path("here/back/tree/large.bin")).unwrap(), large);
    assert_eq!(fixture.names(Side::Here), ["tree"]);
}

#[test]
fn a_conflict_is_asked_about_and_decided() {
    let mut fixture = Fixture::connected();
    fs::write(fixture.path("share/a.txt"), "theirs").unwrap();
    fs::write(fixture.path("here/a.txt"), "ours, longer").unwrap();
    fs::write(fixture.path("here/b.txt"), "other").unwrap();
    fixture.choose_all(Side::Here);
    fixture.act(Action::Command(Command::Upload));
    fixture.until(|state| state.transfers.question_count() == 1);
    let conflict = fixture.state().transfers.jobs[0].conflicts[0].clone();
    assert_eq!((conflict.here.0, conflict.server.0), (12, 6));
    fixture.until(|state| state.transfers.jobs[0].progress.files_done >= 1);
    assert_eq!(fs::read(fixture.path("share/b.txt")).unwrap(), b"other", "the rest went on");
    let id = fixture.state().transfers.jobs[0].id;
    let decide = TransferAction::Decide(id, conflict.id, Choice::Replace);
    fixture.act(Action::Transfer(decide));
    fixture.until_done();
    assert_eq!(fs::read(fixture.path("share/a.txt")).unwrap(), b"ours, longer");
}

#[test]
fn folders_are_made_renamed_and_removed_on_both_sides() {
    let mut fixture = Fixture::connected();
    for (side, folder) in [(Side::Server, "share"), (Side::Here, "here")] {
        fixture.act(Action::Pane(side, PaneAction::Focus));
        fixture.act(Action::Command(Command::NewFolder));
        fixture.act(Action::Dialog(DialogAction::Name("new".to_owned())));
        fixture.act(Action::Dialog(DialogAction::Confirm));
        fixture.until(|state| state.pane(side).chosen().len() == 1);
        assert!(fixture.path(folder).join("new").is_dir());
        fs::write(fixture.path(folder).join("new/inside"), "x").unwrap();
        fixture.act(Action::Command(Command::Rename));
        fixture.act(Action::Dialog(DialogAction::Name("old".to_owned())));
        fixture.act(Action::Dialog(DialogAction::Confirm));
        let is_old = |state: &State| state.pane(side).rows.find(b"old").is_some();
        fixture.until(is_old);
        fixture.until_read();
        fixture.act(Action::Command(Command::Delete));
        fixture.act(Action::Dialog(DialogAction::Confirm));
        fixture.until(|state| state.pane(side).rows.is_empty());
        assert!(!fixture.path(folder).join("old").exists());
    }
    assert!(fixture.state().notices.list.is_empty());
}

#[test]
fn what_the_server_refuses_is_said_with_its_reason() {
    let mut fixture = Fixture::connected();
    fs::create_dir(fixture.path("share/taken")).unwrap();
    fixture.act(Action::Pane(Side::Server, PaneAction::Focus));
    fixture.act(Action::Command(Command::NewFolder));
    fixture.act(Action::Dialog(DialogAction::Name("taken".to_owned())));
    fixture.act(Action::Dialog(DialogAction::Confirm));
    fixture.until(|state| !state.notices.list.is_empty());
    fixture.harness.step();
    fixture.harness.get_by_label("Cannot make /taken");
    fixture.harness.get_by_label("Something of this name is there already. Choose another name.");
}

#[test]
fn a_guest_who_may_only_read_is_not_offered_more() {
    let mut fixture = Fixture::new("read");
    fixture.connect();
    assert!(!fixture.state().connection.server().unwrap().can_write);
}

#[test]
fn nobody_is_trusted_before_a_person_says_so() {
    let mut fixture = Fixture::new("write");
    let port = fixture.server.as_ref().unwrap().addresses()[0].port();
    fixture.act(Action::Connect(ConnectAction::Open(format!("127.0.0.1:{port}"))));
    fixture.until(asks);
    fixture.harness.step();
    fixture.harness.get_by_role_and_label(Role::Button, "Do not connect").click_accesskit();
    fixture.harness.step();
    assert!(fixture.state().connection.server().is_none());
    assert!(!fixture.path("state/known_servers").exists());
    // Trusted the second time, it is known the third.
    fixture.connect();
    assert!(fixture.path("state/known_servers").exists());
    assert!(fixture.path("state/servers.json").exists());
}

#[test]
fn a_journal_that_cannot_be_used_is_said_and_kept() {
    let mut fixture = Fixture::new("write");
    fs::create_dir(fixture.path("state/jobs")).unwrap();
    fs::write(fixture.path("state/jobs/01234567.journal"), "garbage").unwrap();
    fixture.connect();
    fixture.until(|state| !state.notices.list.is_empty());
    fixture.harness.step();
    fixture.harness.get_by_label("Transfers of earlier windows cannot be gone on with");
    let kept = fs::read(fixture.path("state/jobs/01234567.journal.set-aside-1")).unwrap();
    assert_eq!(kept, b"garbage");
}

#[test]
fn garbage_for_an_address_is_said_in_plain_words() {
    let mut fixture = Fixture::new("write");
    fixture.act(Action::Connect(ConnectAction::Open("ferry://ho st:x".to_owned())));
    fixture.until(|state| state.connection.form.problem.is_some());
    fixture.harness.step();
    fixture.harness.get_by_label("This is no address of a server");
}

#[test]
fn a_lost_server_is_tried_again_and_found() {
    let mut fixture = Fixture::connected();
    let port = fixture.server.as_ref().unwrap().addresses()[0].port();
    drop(fixture.server.take());
    fixture.act(Action::Pane(Side::Server, PaneAction::Refresh));
    fixture.until(|state| state.connection.server().is_some_and(|one| one.trouble.is_some()));
    fixture.harness.step();
    let said = format!("No connection to 127.0.0.1:{port}. Trying for the ");
    fixture.harness.get_by_label_contains(&said);
    fixture.act(Action::Pane(Side::Here, PaneAction::Refresh));
    fixture.until(|state| state.here.loading == Loading::Done);
    fixture.server = Some(start_server(fixture.folder.path(), "write", port));
    fixture.until(|state| state.connection.server().is_some_and(|one| one.trouble.is_none()));
    fixture.until_read();
}

#[test]
fn a_thousand_files_are_listed_and_only_those_that_fit_are_drawn() {
    let mut fixture = Fixture::connected();
    for index in 0..2500 {
        fs::write(fixture.path("share").join(format!("f{index}")), "").unwrap();
    }
    fixture.act(Action::Pane(Side::Server, PaneAction::Refresh));
    fixture.until(|state| state.server.rows.len() == 2500);
    fixture.until_read();
    fixture.harness.step();
    assert_eq!(fixture.names(Side::Server)[..3], ["f0", "f1", "f2"]);
    let rows = fixture.harness.query_all_by_role(Role::ListBoxOption).count();
    assert!(rows < 60, "{rows} rows in a window of {SIZE:?}");
}

/// The thread that talks to the server is busy with one that does not answer; jobs are noted and
/// given up all the same.
#[test]
fn a_job_is_noted_and_given_up_while_the_server_is_gone() {
    let mut fixture = Fixture::connected();
    fs::write(fixture.path("here/a.txt"), "a").unwrap();
    fixture.choose_all(Side::Here);
    drop(fixture.server.take());
    fixture.act(Action::Pane(Side::Server, PaneAction::Refresh));
    fixture.until(|state| state.connection.server().is_some_and(|one| one.trouble.is_some()));
    fixture.act(Action::Command(Command::Upload));
    fixture.until(|state| state.transfers.jobs[0].key.is_some());
    let journals = || fs::read_dir(fixture.path("state/jobs")).unwrap();
    let is_journal = |name: &str| name.ends_with(".journal");
    let names = journals().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| is_journal(name)).count(), 1);
    let id = fixture.state().transfers.jobs[0].id;
    fixture.act(Action::Transfer(TransferAction::Cancel(id)));
    fixture.until(|state| state.transfers.jobs[0].stage == Stage::Cancelled);
}

//! Two windows with their real workers: one shares a folder by the real embedded server, the other
//! opens the link that it made.

use crate::real_server::Woken;
use crate::support::builder;
use egui_kittest::Harness;
use ferry_gui::Options;
use ferry_gui::action::{Action, Command, ConnectAction, Event, PaneAction, ShareAction};
use ferry_gui::app::App;
use ferry_gui::share::EmbeddedServer;
use ferry_gui::state::State;
use ferry_gui::state::connection::Phase;
use ferry_gui::state::pane::Loading;
use ferry_gui::state::place::Place;
use ferry_gui::state::sharing::{Access, Circle};
use ferry_gui::state::side::Side;
use ferry_gui::worker::Workers;
use std::fs;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A window with real workers, on a computer of its own as far as state goes.
struct Party {
    harness: Harness<'static, App>,
    bell: Receiver<()>,
    folder: TempDir,
}

impl Party {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (sender, bell) = sync_channel(1);
        let program = env!("CARGO_BIN_EXE_ferry-gui").into();
        let options = Options {
            state_folder: Some(folder.path().join("client")),
            backend: Box::new(Woken(Workers::default(), sender)),
            sharing: Box::new(EmbeddedServer::at(folder.path().join("server"), program)),
            zone: jiff::tz::TimeZone::UTC,
            ..Options::default()
        };
        let harness = builder().build_eframe(move |cc| App::new(options, &cc.egui_ctx));
        Self { harness, bell, folder }
    }

    /// One that shares a folder with a file in it.
    fn sharing() -> Self {
        let mut party = Self::new();
        let share = party.folder.path().join("share");
        fs::create_dir(&share).unwrap();
        fs::write(share.join("letter.txt"), "dear Ben").unwrap();
        let asked = Event::ShareAsked(Place::from_path(&share));
        party.act(Action::Event(Box::new(asked)));
        party.until(|state| state.connection.server().is_some());
        party.act(Action::Command(Command::ShareFolder));
        party
    }

    /// Makes a link in the dialog, and returns it as this computer reaches it without a network.
    fn invite(&mut self, name: &str, access: Access) -> String {
        self.until(|state| !state.sharing.is_busy);
        self.share(ShareAction::PutAway);
        self.share(ShareAction::Name(name.to_owned()));
        self.share(ShareAction::Allow(access));
        self.share(ShareAction::Invite);
        self.until(|state| state.sharing.invitation.is_some());
        let sharing = &self.state().sharing;
        let link = sharing.invitation.as_ref().unwrap().link.text.clone();
        let (user, rest) = link.split_once('@').unwrap();
        let (_, fragment) = rest.split_once('/').unwrap();
        format!("{user}@{}/{fragment}", sharing.share.as_ref().unwrap().address())
    }

    /// Opens a link; whether that connects. It is asked nothing on the way.
    fn opens(&mut self, link: &str) -> bool {
        self.act(Action::Connect(ConnectAction::Open(link.to_owned())));
        self.until(|state| {
            assert!(!asks(state), "it was asked whether to trust the server");
            !matches!(state.connection.phase, Phase::Connecting(_))
        });
        self.state().connection.server().is_some()
    }

    fn share(&mut self, action: ShareAction) {
        self.act(Action::Share(action));
    }

    fn act(&mut self, action: Action) {
        self.harness.state_mut().act(action);
        self.harness.step();
    }

    fn state(&self) -> &State {
        self.harness.state().state()
    }

    /// Draws until something is so.
    fn until(&mut self, is_so: impl Fn(&State) -> bool) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !is_so(self.state()) {
            assert!(Instant::now() < deadline, "it never came about: {:?}", self.state());
            // Whether it rang or not, what matters is the state.
            self.bell.recv_timeout(Duration::from_millis(100)).ok();
            self.harness.step();
        }
    }

    fn stop(mut self) {
        self.share(ShareAction::Stop);
        self.until(|state| state.sharing.share.is_none());
    }
}

fn asks(state: &State) -> bool {
    matches!(&state.connection.phase, Phase::Connecting(own) if own.question.is_some())
}

fn reads(state: &State) -> bool {
    state.server.loading == Loading::Done && state.server.rows.find(b"letter.txt").is_some()
}

#[test]
fn a_link_lets_one_device_in_without_a_question_and_no_other() {
    let (mut host, mut ben, mut thief) = (Party::sharing(), Party::new(), Party::new());
    let link = host.invite("Ben", Access::Read);
    assert_eq!(host.state().sharing.share.as_ref().unwrap().circle, Circle::Invited);
    assert!(ben.opens(&link));
    ben.until(reads);
    let server = ben.state().connection.server().unwrap();
    assert_eq!((server.account.as_str(), server.can_write), ("ben", false));
    // The host sees it without looking.
    host.until(|state| {
        state.sharing.invitation.as_ref().is_some_and(|made| state.sharing.has_come(made))
    });
    assert!(!thief.opens(&link), "it was used");
    assert!(thief.state().connection.form.problem.is_some());
    // Ben's device is known from now on, by the saved address alone.
    ben.act(Action::Connect(ConnectAction::Disconnect));
    let saved = ben.state().servers.list[0].address.clone();
    assert!(!saved.contains("i="), "{saved}");
    assert!(ben.opens(&saved));
    host.stop();
}

#[test]
fn a_revoked_link_lets_nobody_in_and_who_is_shut_out_is_gone() {
    let (mut host, mut ben, mut carla) = (Party::sharing(), Party::new(), Party::new());
    let link = host.invite("Ben", Access::Write);
    assert!(ben.opens(&link));
    let revoked = host.invite("Carla", Access::Read);
    host.share(ShareAction::ShutOut("carla".to_owned()));
    host.until(|state| !state.sharing.is_busy);
    assert!(!carla.opens(&revoked), "it was revoked");
    host.share(ShareAction::ShutOut("ben".to_owned()));
    host.until(|state| !state.sharing.is_busy);
    let share = host.state().sharing.share.as_ref().unwrap();
    assert_eq!(share.circle, Circle::Window, "nobody is left to be let in");
    assert!(share.people.is_empty());
    ben.act(Action::Connect(ConnectAction::Disconnect));
    let saved = ben.state().servers.list[0].address.clone();
    assert!(!ben.opens(&saved));
    host.stop();
}

/// Closing the folder ended the listening, and whoever was connected stayed.
#[test]
fn closing_the_folder_ends_who_is_connected_and_forgets_nobody() {
    let (mut host, mut ben) = (Party::sharing(), Party::new());
    let link = host.invite("Ben", Access::Read);
    assert!(ben.opens(&link));
    ben.until(reads);
    host.share(ShareAction::LetIn(Circle::Window));
    host.until(|state| !state.sharing.is_busy);
    ben.act(Action::Pane(Side::Server, PaneAction::Refresh));
    ben.until(|state| {
        state.connection.server().is_none_or(|server| server.trouble.is_some())
            || !state.notices.list.is_empty()
            || matches!(state.server.loading, Loading::Failed(_))
    });
    host.share(ShareAction::LetIn(Circle::Invited));
    host.until(|state| !state.sharing.is_busy);
    let saved = ben.state().servers.list[0].address.clone();
    assert!(ben.opens(&saved), "the same device is let in again");
    host.stop();
}

#[test]
fn no_secret_of_a_link_lies_in_any_file() {
    let mut host = Party::sharing();
    let link = host.invite("Ben", Access::Read);
    let secret = link.split("i=").nth(1).unwrap();
    assert!(secret.len() >= 26, "{secret}");
    for folder in ["server", "client"] {
        expect_nowhere(&host.folder.path().join(folder), secret);
    }
    host.stop();
}

fn expect_nowhere(folder: &Path, secret: &str) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            expect_nowhere(&path, secret);
        } else {
            let content = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            assert!(!content.contains(secret), "{}", path.display());
        }
    }
}

//! Pictures of the main states, light and dark. They are compared with those beside this file;
//! `UPDATE_SNAPSHOTS=1` makes them anew.

use crate::support::{
    SIZE, TIME, Window, World, builder, file, folder, place, problem, server, trouble, world,
};
use egui::Modifiers;
use egui_kittest::{HarnessBuilder, SnapshotResults};
use ferry_gui::action::{Action, AttemptEvent, Command, DialogAction, Extend, WindowAction};
use ferry_gui::action::{ConnectAction, Event, FilesEnded, JobEnd, PaneAction, TransferAction};
use ferry_gui::app::App;
use ferry_gui::state::ThemeChoice;
use ferry_gui::state::connection::{KeyChange, Server, TrustQuestion};
use ferry_gui::state::obstacles::Obstacles;
use ferry_gui::state::problem::{Fault, Problem};
use ferry_gui::state::servers::SavedServer;
use ferry_gui::state::side::Side;
use ferry_gui::state::transfers::{Conflict, CurrentFile, FailedFile, Item, Progress};
use std::time::Duration;

/// Draws a state in both themes, and compares.
pub(crate) fn picture(name: &str, world: impl Fn() -> World, prepare: impl Fn(&mut Window)) {
    picture_of(SIZE, name, world, prepare);
}

fn picture_of(
    size: [f32; 2],
    name: &str,
    world: impl Fn() -> World,
    prepare: impl Fn(&mut Window),
) {
    let mut results = SnapshotResults::new();
    for (choice, suffix) in [(ThemeChoice::Light, "light"), (ThemeChoice::Dark, "dark")] {
        let mut window = Window::built(world(), painted().with_size(size));
        window.act(Action::Window(WindowAction::Theme(choice)));
        prepare(&mut window);
        window.harness.remove_cursor();
        window.harness.run_steps(3);
        results.add(window.harness.try_snapshot(format!("{name}-{suffix}")));
    }
}

fn painted() -> HarnessBuilder<App> {
    let scale = if std::env::var_os("FERRY_PICTURES_2X").is_some() { 2.0 } else { 1.0 };
    builder().with_pixels_per_point(scale).wgpu()
}

pub(crate) fn connect(window: &mut Window) {
    window.world.borrow_mut().connects = true;
    window.act(Action::Connect(ConnectAction::Open("ferry://ana@harbour/".to_owned())));
    window.run();
}

pub(crate) fn full_world() -> World {
    let mut world = world();
    let mut here = vec![folder("Music"), folder("Photos 2026"), folder("Letters")];
    for index in 1..=24 {
        here.push(file(&format!("IMG_{index:04}.jpg"), 2_400_000 + index * 91_337));
    }
    here.push(file("A very long name that goes on and on until nobody can read it any more, final version 3 (copy).docx", 48_211));
    here.push(file("budget.ods", 81_223));
    here.push(file("holiday.mp4", 1_480_211_009));
    here.push(file("main.rs", 2_113));
    here.push(file("backup.tar.gz", 734_003_200));
    world.put(Side::Here, "/here", here);
    let server = vec![
        folder("Archive"),
        folder("Shared with everybody"),
        file("Übersicht.pdf", 64_000),
        file("minutes.txt", 3_400),
        file("plan.svg", 18_000),
    ];
    world.put(Side::Server, "/", server);
    world
}

fn saved(address: &str, title: &str, is_bookmarked: bool) -> SavedServer {
    SavedServer {
        address: address.to_owned(),
        title: title.to_owned(),
        is_bookmarked,
        used_unix_secs: 1,
    }
}

fn saved_world() -> World {
    let saved = vec![
        saved("ferry://ana@harbour.example:3000/", "The office", true),
        saved("ferry://192.168.1.20:3000/", "", false),
        saved("ferry://ben@[fe80::1%25eth0]:3000/music", "", false),
    ];
    World { saved, ..full_world() }
}

#[test]
fn connect_screen() {
    picture("connect", saved_world, |_| {});
}

#[test]
fn connect_screen_at_first() {
    picture("connect-first", full_world, |window| {
        window.act(Action::Connect(ConnectAction::Open("harbour".to_owned())));
        window.attempted(AttemptEvent::Failed(problem("No connection to harbour:3000")));
    });
}

#[test]
fn trust() {
    picture("trust", saved_world, |window| {
        window.act(Action::Connect(ConnectAction::Open("harbour".to_owned())));
        window.attempted(AttemptEvent::TrustAsked(TrustQuestion {
            server: "harbour:3000".to_owned(),
            fingerprint: "mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dzpiydcmrtgq2q".to_owned(),
        }));
    });
}

fn key_changed(name: &str, was_in_link: bool) {
    picture(name, full_world, |window| {
        window.type_into("Address or link", "ferry://harbour/");
        window.click("Connect");
        let change = KeyChange {
            server: "harbour:3000".to_owned(),
            known: "mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dzpiydcmrtgq2q".to_owned(),
            presented: "gq2tmnzyhe4tcobzgi3dqnzsgu2tgmrvgu3tmojxhe3tqnjxgezq".to_owned(),
            was_in_link,
        };
        let address = "ferry://harbour:3000/".to_owned();
        window.attempted(AttemptEvent::KeyChanged { change, address, now_unix_secs: 1 });
    });
}

#[test]
fn key_of_a_known_server_changed() {
    key_changed("key-changed", false);
}

#[test]
fn key_of_a_link_is_another() {
    key_changed("key-of-link", true);
}

#[test]
fn forget() {
    picture("forget", saved_world, |window| {
        window.act(Action::Connect(ConnectAction::Forget(0)));
    });
}

#[test]
fn browsing() {
    picture("browsing", full_world, |window| {
        connect(window);
        window.click_row(Side::Here, "IMG_0002.jpg", Modifiers::NONE);
        window.click_row(Side::Here, "IMG_0005.jpg", Modifiers::SHIFT);
    });
}

#[test]
fn welcome() {
    picture("welcome", full_world, |window| {
        window.act(Action::Connect(ConnectAction::Open("ferry://ana@harbour/".to_owned())));
        let text = "Files of the office. Please put scans into “Archive”.";
        window.attempted(AttemptEvent::Connected {
            server: Server { welcome: text.to_owned(), ..server("ana", true) },
            address: "ferry://ana@harbour/".to_owned(),
            place: place("/"),
            now_unix_secs: 1,
        });
    });
}

#[test]
fn narrow() {
    let size = [900.0, 600.0];
    picture_of(size, "narrow", full_world, |window| {
        connect(window);
        window.click_row(Side::Here, "IMG_0002.jpg", Modifiers::NONE);
    });
}

#[test]
fn empty_and_failed() {
    picture("empty", full_world, |window| {
        connect(window);
        window.pane(Side::Server, PaneAction::Open(place("/Archive")));
        window.pane(Side::Here, PaneAction::Filter("nothing like this".to_owned()));
    });
}

#[test]
fn trouble_and_notices() {
    picture("trouble", full_world, |window| {
        connect(window);
        window.send(trouble(problem("The connection to harbour:3000 was lost")));
        let problem = Some(problem("Cannot make /Archive/New"));
        window.send(Event::Changed { side: Side::Server, made: None, problem });
    });
}

fn items(names: &[&str]) -> Vec<Item> {
    let item = |name: &&str| Item {
        here: place("/here").join(name.as_bytes()),
        server: place("/").join(name.as_bytes()),
    };
    names.iter().map(item).collect()
}

fn upload(window: &mut Window, from: &str, to: &str) {
    for (name, extend) in [(from, Extend::No), (to, Extend::Range)] {
        let row = window.harness.state().state().here.rows.find(name.as_bytes()).unwrap();
        window.pane(Side::Here, PaneAction::Click(row, extend));
    }
    window.act(Action::Command(Command::Upload));
}

fn progress(files: (u64, u64), bytes: (u64, u64), current: Vec<CurrentFile>) -> Progress {
    Progress {
        files_done: files.0,
        files_total: files.1,
        bytes_done: bytes.0,
        bytes_total: bytes.1,
        is_planned: true,
        current,
    }
}

#[test]
fn transfers() {
    picture("transfers", full_world, |window| {
        connect(window);
        upload(window, "IMG_0002.jpg", "IMG_0009.jpg");
        let id = window.last_job().id;
        window.send(Event::JobEnded(id, JobEnd::Done));
        upload(window, "Letters", "Photos 2026");
        let id = window.last_job().id;
        let current = vec![
            CurrentFile {
                place: place("/here/Photos 2026/a long film of the sea and the boats on it.mp4"),
                bytes_done: 700_000_000,
                bytes_total: 1_900_000_000,
            },
            CurrentFile { place: place("/here/Letters/1.txt"), bytes_done: 1, bytes_total: 2 },
        ];
        let begun = progress((10, 400), (100, 8_000_000_000), Vec::new());
        window.send(Event::JobProgress(id, begun, Duration::from_secs(1)));
        let now = progress((211, 400), (3_400_000_000, 8_000_000_000), current);
        window.send(Event::JobProgress(id, now, Duration::from_secs(31)));
        let failed = items(&["IMG_0002.jpg"])
            .into_iter()
            .map(|item| FailedFile { item, problem: problem("IMG_0002.jpg was not transferred") });
        let files = FilesEnded { failed: failed.collect(), ..FilesEnded::default() };
        window.send(Event::JobFiles(id, files));
        upload(window, "main.rs", "main.rs");
    });
}

#[test]
fn conflicts() {
    picture("conflicts", full_world, |window| {
        connect(window);
        upload(window, "IMG_0002.jpg", "IMG_0004.jpg");
        let id = window.last_job().id;
        let names = ["IMG_0002.jpg", "IMG_0003.jpg", "minutes of the meeting.txt"];
        let conflicts = items(&names).into_iter().zip(0..).map(|(item, index)| Conflict {
            id: index,
            target: item.server,
            here: (2_582_674, TIME),
            server: (2_100_000, TIME + (i64::try_from(index).unwrap() - 1) * 86_400_000_000_000),
        });
        window.send(Event::JobConflicts(id, conflicts.collect()));
        window.act(Action::Transfer(TransferAction::ShowConflicts(id)));
    });
}

#[test]
fn obstacles() {
    picture("obstacles", full_world, |window| {
        connect(window);
        upload(window, "IMG_0002.jpg", "IMG_0004.jpg");
        let id = window.last_job().id;
        let one = |summary: &str, details: &str| Problem {
            summary: summary.to_owned(),
            details: details.to_owned(),
            fault: Fault::Server,
        };
        let listed = vec![
            one(
                "There is too little room on the server",
                "4.0 GiB are free and 6.2 GiB are to come. Its owner has to make room; or send less.",
            ),
            one(
                "/IMG_0002.jpg and img_0002.jpg have nearly the same name",
                "Only the case of letters differs, or how accents are written; some systems take \
                 both for one. Rename one of them.",
            ),
        ];
        window.send(Event::JobEnded(id, JobEnd::Blocked(Obstacles { listed, count: 2 })));
    });
}

#[test]
fn failures() {
    picture("failures", full_world, |window| {
        connect(window);
        upload(window, "IMG_0002.jpg", "IMG_0004.jpg");
        let id = window.last_job().id;
        let failed = items(&["IMG_0002.jpg", "IMG_0003.jpg"])
            .into_iter()
            .map(|item| FailedFile { item, problem: problem("not transferred") });
        let files = FilesEnded { failed: failed.collect(), ..FilesEnded::default() };
        window.send(Event::JobFiles(id, files));
        window.send(Event::JobEnded(id, JobEnd::Done));
        window.act(Action::Transfer(TransferAction::ShowFailures(id)));
    });
}

#[test]
fn delete() {
    picture("delete", full_world, |window| {
        connect(window);
        window.click_row(Side::Here, "Letters", Modifiers::NONE);
        window.click_row(Side::Here, "IMG_0004.jpg", Modifiers::SHIFT);
        window.act(Action::Command(Command::Delete));
    });
}

#[test]
fn rename() {
    picture("rename", full_world, |window| {
        connect(window);
        window.click_row(Side::Server, "minutes.txt", Modifiers::NONE);
        window.act(Action::Command(Command::Rename));
    });
}

#[test]
fn keys() {
    picture("keys", full_world, |window| {
        connect(window);
        window.act(Action::Dialog(DialogAction::ShowKeys));
    });
}

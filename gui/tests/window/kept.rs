//! What the server keeps: undo, unfinished uploads, history.

use crate::support::{TIME, Window, place, problem, server, world};
use egui::{Key, Modifiers};
use ferry_gui::action::{Action, AttemptEvent, Command, Event, KeptEvent};
use ferry_gui::request::{KeptWork, Work};
use ferry_gui::state::kept::{
    Deed, DeedEnd, DeedKind, Fate, Group, IfTaken, Part, PartStage, Reason, Tab, Thing,
};

pub(crate) fn thing(id: u8, path: &str, reason: Reason, size: u64) -> Thing {
    Thing {
        id: [id; 16],
        place: place(path),
        reason,
        kept_at: TIME,
        is_folder: size == 0,
        size,
        fate: Fate::Kept,
    }
}

pub(crate) fn group(id: u8, things: Vec<Thing>) -> Group {
    Group {
        id: [id; 16],
        count: things.len() as u64,
        bytes: things.iter().map(|thing| thing.size).sum(),
        things,
        is_open: false,
        returned: None,
    }
}

pub(crate) fn part(id: u8, path: &str, (held, size): (u64, u64), is_coming: bool) -> Part {
    let (place, stage) = (place(path), PartStage::Kept);
    Part { id: [id; 16], place, size, held, touched: TIME, is_coming, stage }
}

pub(crate) fn deed(kind: DeedKind, path: &str, end: DeedEnd) -> Deed {
    Deed {
        kind,
        end,
        time: TIME,
        size: 64_000,
        peer: "192.168.1.20:50412".to_owned(),
        path: path.to_owned(),
        to: String::new(),
        text: String::new(),
    }
}

/// Two deletions and one file that was replaced.
pub(crate) fn groups() -> Vec<Group> {
    let removed = vec![
        thing(1, "/inbox/a.txt", Reason::Removed, 900),
        thing(2, "/inbox/b.txt", Reason::Removed, 1200),
    ];
    vec![group(10, removed), group(11, vec![thing(3, "/report.pdf", Reason::Replaced, 64_000)])]
}

pub(crate) fn tell(window: &mut Window, event: KeptEvent) {
    let generation = window.harness.state().state().kept.generation;
    window.send(Event::Kept { generation, event });
}

fn opened(command: Command) -> Window {
    let mut window = Window::connected(world());
    window.act(Action::Command(command));
    window
}

fn asked(window: &Window) -> KeptWork {
    let world = window.world.borrow();
    let asked = world.works.iter().rev().find_map(|work| match work {
        Work::Kept { work, .. } => Some(*work),
        _ => None,
    });
    asked.unwrap()
}

#[test]
fn what_can_be_brought_back_is_listed_by_what_did_it() {
    let mut window = opened(Command::BringBack);
    assert!(window.has("Asking the server…"));
    assert_eq!(asked(&window), KeptWork::Undo);
    tell(&mut window, KeptEvent::Undo(groups()));
    assert!(window.has("2 items deleted") && window.has("/report.pdf"));
    assert!(!window.has("/inbox/a.txt"));
    window.click("Show what it was: 2 items deleted");
    assert!(window.has("/inbox/a.txt") && window.has("/inbox/b.txt"));
    window.click("Hide what it was: 2 items deleted");
    assert!(!window.has("/inbox/a.txt"));
}

#[test]
fn the_keyboard_opens_it() {
    let mut window = Window::connected(world());
    window.key_with(Modifiers::COMMAND, Key::Z);
    assert!(window.has("Kept on the server"));
    window.key(Key::Escape);
    assert!(!window.has("Kept on the server"));
}

#[test]
fn an_empty_list_says_what_will_be_in_it() {
    let mut window = connected_as("ana");
    window.act(Action::Command(Command::BringBack));
    tell(&mut window, KeptEvent::Undo(Vec::new()));
    assert!(window.has("Nothing to bring back"));
    window.click("Unfinished uploads");
    tell(&mut window, KeptEvent::Parts(Vec::new()));
    assert!(window.has("Every upload came to its end"));
    window.click("History");
    tell(&mut window, KeptEvent::History { before: 0, deeds: Vec::new(), older: None });
    assert!(window.has("Nothing was done yet"));
}

#[test]
fn a_guest_is_told_why_there_is_no_history() {
    let mut window = connected_as("");
    window.act(Action::Command(Command::History));
    tell(&mut window, KeptEvent::History { before: 0, deeds: Vec::new(), older: None });
    assert!(window.has("A guest has no history"));
}

fn connected_as(account: &str) -> Window {
    let mut window = Window::new(world());
    window.type_into("Address or link", "ferry://harbour/");
    window.click("Connect");
    window.attempted(AttemptEvent::Connected {
        server: server(account, true),
        address: "ferry://harbour/".to_owned(),
        place: place("/"),
        now_unix_secs: 1,
    });
    window
}

#[test]
fn one_file_comes_back() {
    let mut window = opened(Command::BringBack);
    tell(&mut window, KeptEvent::Undo(groups()));
    window.click("Show what it was: 2 items deleted");
    window.click("Bring back: /inbox/b.txt");
    let (group, thing, if_taken) = ([10; 16], Some([2; 16]), IfTaken::Ask);
    assert_eq!(asked(&window), KeptWork::BringBack { group, thing, if_taken });
    assert!(window.has("Bringing it back…"));
    let fates = vec![([2; 16], Fate::Back(place("/inbox/b.txt")))];
    tell(&mut window, KeptEvent::Fates { group, is_whole: false, fates });
    let before = window.works(is_list);
    tell(&mut window, KeptEvent::Returned { group, problem: None });
    assert!(window.has("It is back"));
    assert_eq!(window.works(is_list), before + 1, "the server's folder is read again");
}

fn is_list(work: &Work) -> bool {
    matches!(work, Work::List { .. })
}

#[test]
fn a_whole_job_comes_back() {
    let mut window = opened(Command::BringBack);
    tell(&mut window, KeptEvent::Undo(groups()));
    window.click("Bring all back: 2 items deleted");
    let group = [10; 16];
    let whole = KeptWork::BringBack { group, thing: None, if_taken: IfTaken::Ask };
    assert_eq!(asked(&window), whole);
    let fates =
        vec![([1; 16], Fate::Back(place("/inbox/a.txt"))), ([2; 16], Fate::Failed(problem("no")))];
    tell(&mut window, KeptEvent::Fates { group, is_whole: true, fates });
    tell(&mut window, KeptEvent::Returned { group, problem: None });
    assert!(window.shows("1 brought back · 1 failed"));
    assert!(window.has("Bring all back: 2 items deleted"), "it can be tried again");
}

#[test]
fn a_taken_name_is_asked_about() {
    let mut window = opened(Command::BringBack);
    tell(&mut window, KeptEvent::Undo(groups()));
    window.click("Bring back: /report.pdf");
    let group = [11; 16];
    let fates = vec![([3; 16], Fate::Taken)];
    tell(&mut window, KeptEvent::Fates { group, is_whole: false, fates });
    tell(&mut window, KeptEvent::Returned { group, problem: None });
    assert!(window.has("Something else has this name now"));
    assert!(window.has("Replace it: /report.pdf"));
    window.click("Keep both: /report.pdf");
    let (thing, if_taken) = (Some([3; 16]), IfTaken::KeepBoth);
    assert_eq!(asked(&window), KeptWork::BringBack { group, thing, if_taken });
    let fates = vec![([3; 16], Fate::Back(place("/report (1).pdf")))];
    tell(&mut window, KeptEvent::Fates { group, is_whole: false, fates });
    tell(&mut window, KeptEvent::Returned { group, problem: None });
    assert!(window.has("It is back as /report (1).pdf"));
}

#[test]
fn an_unfinished_upload_is_given_up_after_a_question() {
    let mut window = opened(Command::Unfinished);
    let parts = vec![part(1, "/film.mp4", (3, 9), false), part(2, "/other.bin", (1, 4), true)];
    tell(&mut window, KeptEvent::Parts(parts));
    assert!(!window.is_enabled("Give up: /other.bin"), "it is being sent");
    window.click("Give up: /film.mp4");
    assert_eq!(asked(&window), KeptWork::Parts, "not yet");
    window.click("Keep it: /film.mp4");
    window.click("Give up: /film.mp4");
    window.click("Give up for good: /film.mp4");
    assert_eq!(asked(&window), KeptWork::Abandon([1; 16]));
    tell(&mut window, KeptEvent::Abandoned([1; 16], None));
    assert!(!window.has("/film.mp4") && window.has("/other.bin"));
}

#[test]
fn an_upload_that_cannot_be_given_up_says_why() {
    let mut window = opened(Command::Unfinished);
    tell(&mut window, KeptEvent::Parts(vec![part(1, "/film.mp4", (3, 9), false)]));
    window.click("Give up: /film.mp4");
    window.click("Give up for good: /film.mp4");
    tell(&mut window, KeptEvent::Abandoned([1; 16], Some(problem("no"))));
    assert!(window.has("The reason, and what to do.") && window.has("Give up: /film.mp4"));
}

#[test]
fn the_history_hides_logins_and_goes_on_to_older_ones() {
    let mut window = opened(Command::History);
    let deeds = vec![
        deed(DeedKind::LogIn, "", DeedEnd::Done),
        deed(DeedKind::Upload, "/report.pdf", DeedEnd::Done),
        deed(DeedKind::Remove, "/old", DeedEnd::Failed),
    ];
    tell(&mut window, KeptEvent::History { before: 0, deeds, older: Some(7) });
    assert!(window.has("Uploaded /report.pdf") && window.has("Deleted /old"));
    assert!(window.shows("62.5 KiB · from 192.168.1.20") && window.shows("failed · "));
    assert!(!window.has("Logged in"));
    window.harness_check("Show logins");
    assert!(window.has("Logged in"));
    window.click("Show older");
    assert_eq!(asked(&window), KeptWork::History { before: 7 });
    let deeds = vec![deed(DeedKind::MakeFolder, "/inbox", DeedEnd::Done)];
    tell(&mut window, KeptEvent::History { before: 7, deeds, older: None });
    assert!(window.has("Made folder /inbox") && window.has("Uploaded /report.pdf"));
    assert!(!window.has("Show older"));
}

#[test]
fn a_list_that_cannot_be_read_says_why_and_can_be_tried_again() {
    let mut window = opened(Command::BringBack);
    tell(&mut window, KeptEvent::Failed(Tab::Undo, problem("Cannot read it")));
    assert!(window.has("Cannot read it") && window.has("The reason, and what to do."));
    let before = window.works(|work| matches!(work, Work::Kept { .. }));
    window.click("Try again");
    assert_eq!(window.works(|work| matches!(work, Work::Kept { .. })), before + 1);
}

#[test]
fn what_comes_from_a_server_that_was_left_is_dropped() {
    let mut window = opened(Command::BringBack);
    let generation = window.harness.state().state().kept.generation;
    let event = KeptEvent::Undo(groups());
    window.send(Event::Kept { generation: generation - 1, event });
    assert!(window.has("Asking the server…"));
}

#[test]
fn a_deletion_says_how_it_comes_back() {
    let mut window = Window::connected(world());
    window.click_row(ferry_gui::state::side::Side::Server, "a.bin", Modifiers::NONE);
    window.act(Action::Command(Command::Delete));
    assert!(window.shows("Ctrl+Z shows it, to be brought back"));
}

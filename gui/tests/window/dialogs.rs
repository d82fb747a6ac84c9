//! Names and deletions.

use crate::support::{FakeRow, Window, file, folder, world};
use egui::{Key, Modifiers};
use ferry_gui::action::{Action, Command};
use ferry_gui::request::Work;
use ferry_gui::state::side::Side;

#[test]
fn a_new_folder_is_made_where_one_is_and_chosen() {
    let mut window = Window::connected(world());
    window.click_row(Side::Server, "report.pdf", Modifiers::NONE);
    window.click("New folder");
    assert!(window.has("In / on the server"));
    window.harness.event(egui::Event::Text("summer".to_owned()));
    window.run();
    window.click("Make folder");
    assert!(window.rows(Side::Server).contains(&"summer".to_owned()));
    assert_eq!(window.chosen(Side::Server), ["summer"]);
}

#[test]
fn a_name_that_cannot_be_says_why() {
    let mut window = Window::connected(world());
    window.click("New folder");
    window.harness.event(egui::Event::Text("a/b".to_owned()));
    window.run();
    assert!(window.has("A name cannot hold a slash."));
    assert!(!window.is_enabled("Make folder"));
    window.key(Key::Enter);
    assert_eq!(window.works(|work| matches!(work, Work::MakeFolder(..))), 0);
}

#[test]
fn a_file_is_renamed() {
    let mut window = Window::connected(world());
    window.click_row(Side::Here, "letter.txt", Modifiers::NONE);
    window.click("Rename");
    // The name without its extension is chosen, so that typing replaces it.
    window.harness.event(egui::Event::Text("reply".to_owned()));
    window.run();
    window.key(Key::Enter);
    assert!(window.rows(Side::Here).contains(&"reply.txt".to_owned()));
    assert_eq!(window.chosen(Side::Here), ["reply.txt"]);
}

#[test]
fn rename_takes_one() {
    let mut window = Window::connected(world());
    assert!(!window.is_enabled("Rename"));
    window.click_row(Side::Here, "letter.txt", Modifiers::NONE);
    assert!(window.is_enabled("Rename"));
    window.click_row(Side::Here, "song.mp3", Modifiers::COMMAND);
    assert!(!window.is_enabled("Rename"));
}

#[test]
fn a_deletion_says_what_will_happen_and_can_be_cancelled() {
    let mut window = Window::connected(world());
    window.click_row(Side::Here, "photos", Modifiers::NONE);
    window.click_row(Side::Here, "letter.txt", Modifiers::SHIFT);
    window.click("Delete");
    assert!(window.has("Delete 2 items?"));
    assert!(window.has(
        "1 file (1.1 KiB) and 1 folder with everything in them will be removed from this \
         computer. This cannot be undone."
    ));
    window.click("Cancel");
    assert_eq!(window.works(|work| matches!(work, Work::Remove(..))), 0);
    window.click("Delete");
    window.click("Delete for good");
    assert_eq!(window.rows(Side::Here), ["notes 2.md", "notes 10.md", "song.mp3"]);
}

#[test]
fn of_a_link_only_the_link_goes() {
    let mut world = world();
    let linked = |row: FakeRow| FakeRow { is_linked: true, ..row };
    let rows = vec![linked(folder("latest")), linked(file("report.pdf", 64_000)), file("a", 9)];
    world.put(Side::Server, "/", rows);
    let mut window = Window::connected(world);
    window.click_row(Side::Server, "latest", Modifiers::NONE);
    window.click_row(Side::Server, "report.pdf", Modifiers::SHIFT);
    window.act(Action::Command(Command::Delete));
    assert!(window.shows(
        "1 file (9 B) and 2 links will be removed from the server. What the links lead to stays."
    ));
}

#[test]
fn delete_speaks_of_the_active_side() {
    let mut window = Window::connected(world());
    window.click_row(Side::Here, "photos", Modifiers::NONE);
    window.click_row(Side::Server, "report.pdf", Modifiers::NONE);
    window.click("Delete");
    assert!(window.has("Delete “report.pdf”?"));
    window.click("Delete from the server");
    assert_eq!(window.rows(Side::Server), ["inbox", "old", "a.bin"]);
    assert_eq!(window.rows(Side::Here).len(), 5);
}

#[test]
fn the_keys_are_listed() {
    let mut window = Window::connected(world());
    window.click("More");
    window.click("Keys");
    assert!(window.has("Backspace"));
    window.click("Close");
    assert!(!window.has("Backspace"));
}

//! Going through folders.

use crate::support::{Window, World, file, folder, place, world};
use egui_kittest::kittest::Queryable as _;
use ferry_gui::action::{Action, Command, Event, PaneAction};
use ferry_gui::request::Work;
use ferry_gui::state::side::Side;

#[test]
fn folders_stand_first_and_numbers_count() {
    let window = Window::connected(world());
    let names = ["photos", "letter.txt", "notes 2.md", "notes 10.md", "song.mp3"];
    assert_eq!(window.rows(Side::Here), names);
    assert_eq!(window.rows(Side::Server), ["inbox", "old", "a.bin", "report.pdf"]);
}

#[test]
fn a_double_click_opens_a_folder_and_up_leads_back_to_it() {
    let mut window = Window::connected(world());
    window.double_click(Side::Server, "inbox");
    assert_eq!(window.rows(Side::Server), ["mail.txt"]);
    window.click("Up one folder on the server");
    assert_eq!(window.chosen(Side::Server), ["inbox"], "the folder one comes from is chosen");
}

#[test]
fn crumbs_lead_up() {
    let mut window = Window::connected(world());
    window.pane(Side::Here, PaneAction::Open(place("/here/photos")));
    assert_eq!(window.rows(Side::Here), ["sea.jpg"]);
    window.click("here");
    assert_eq!(window.rows(Side::Here)[0], "photos");
}

#[test]
fn a_typed_path_is_opened() {
    let mut window = Window::connected(world());
    window.click("Type a path on the server");
    window.key_with(egui::Modifiers::COMMAND, egui::Key::A);
    window.harness.event(egui::Event::Text("inbox".to_owned()));
    window.run();
    window.key(egui::Key::Enter);
    assert_eq!(window.rows(Side::Server), ["mail.txt"]);
}

#[test]
fn a_path_that_is_left_as_it_is_means_the_folder_that_is_shown() {
    let mut world = world();
    let odd = place("/").join(b"caf\xe9").join(b"a ");
    world.folders.insert((1, odd.clone()), vec![file("menu.txt", 1)]);
    let mut window = Window::connected(world);
    window.pane(Side::Server, PaneAction::Open(odd.clone()));
    window.click("Type a path on the server");
    window.key(egui::Key::Enter);
    assert_eq!(window.harness.state().state().server.place, odd);
    assert_eq!(window.rows(Side::Server), ["menu.txt"]);
}

#[test]
fn a_path_that_is_no_text_is_not_copied() {
    let mut window = Window::connected(world());
    window.pane(Side::Server, PaneAction::Open(place("/").join(b"caf\xe9")));
    window.act(Action::Command(Command::CopyPath));
    assert!(window.has("The path of /caf\u{fffd} cannot be copied"));
    let copies =
        |command: &egui::OutputCommand| matches!(command, egui::OutputCommand::CopyText(_));
    assert!(!window.harness.output().platform_output.commands.iter().any(copies));
}

#[test]
fn a_typed_path_can_be_given_up() {
    let mut window = Window::connected(world());
    window.click("Type a path on the server");
    assert!(window.has("Path on the server"));
    window.key(egui::Key::Escape);
    assert!(!window.has("Path on the server"));
}

#[test]
fn columns_sort_and_sort_the_other_way() {
    let mut window = Window::connected(world());
    window.click("Sort files on the server by size");
    assert_eq!(window.rows(Side::Server), ["inbox", "old", "report.pdf", "a.bin"]);
    window.click("Sort files on the server by size");
    assert_eq!(window.rows(Side::Server), ["inbox", "old", "a.bin", "report.pdf"]);
    window.click("Sort files on the server by name");
    window.click("Sort files on the server by name");
    assert_eq!(window.rows(Side::Server), ["old", "inbox", "report.pdf", "a.bin"]);
}

#[test]
fn the_filter_shows_what_holds_it() {
    let mut window = Window::connected(world());
    window.type_into("Filter files on this computer", "NOTES");
    assert_eq!(window.rows(Side::Here), ["notes 2.md", "notes 10.md"]);
    assert!(window.has("2 of 6 items"));
    window.click("Clear filter");
    assert_eq!(window.rows(Side::Here).len(), 5);
}

#[test]
fn a_filter_that_finds_nothing_says_so() {
    let mut window = Window::connected(world());
    window.type_into("Filter files on the server", "zebra");
    assert!(window.has("No name holds “zebra”"));
}

#[test]
fn hidden_files_are_shown_on_demand() {
    let mut window = Window::connected(world());
    assert!(window.has("5 items, 1 hidden"));
    window.click("Show hidden files on this computer");
    assert_eq!(window.rows(Side::Here)[1], ".hidden");
    assert!(window.has("6 items"));
}

#[test]
fn an_empty_folder_says_what_to_do() {
    let mut window = Window::connected(world());
    window.pane(Side::Server, PaneAction::Open(place("/old")));
    assert!(window.has("This folder is empty"));
    assert!(window.shows("Drop files here"));
    window.click("Upload files…");
    assert_eq!(window.world.borrow().picks.len(), 1);
}

#[test]
fn a_folder_that_cannot_be_read_says_why_and_can_be_tried_again() {
    let world = World { refused: vec![place("/old")], ..world() };
    let mut window = Window::connected(world);
    window.double_click(Side::Server, "old");
    assert!(window.has("Cannot read this folder"));
    window.world.borrow_mut().refused.clear();
    window.click("Try again");
    assert!(window.has("This folder is empty"));
}

#[test]
fn refresh_reads_both_folders_and_keeps_what_is_chosen() {
    let mut window = Window::connected(world());
    window.click_row(Side::Server, "report.pdf", egui::Modifiers::NONE);
    window.world.borrow_mut().put(
        Side::Server,
        "/",
        vec![file("aaa", 1), file("report.pdf", 2), folder("inbox")],
    );
    window.click("Refresh");
    assert_eq!(window.rows(Side::Server), ["inbox", "aaa", "report.pdf"]);
    assert_eq!(window.chosen(Side::Server), ["report.pdf"]);
}

#[test]
fn a_folder_that_went_away_while_shown_is_said_once() {
    let mut window = Window::connected(world());
    window.world.borrow_mut().refused.push(place("/"));
    window.key(egui::Key::F5);
    window.key(egui::Key::F5);
    assert_eq!(window.harness.query_all_by_label("Cannot read this folder").count(), 1);
    assert_eq!(window.rows(Side::Server).len(), 4, "what was read before stays");
}

#[test]
fn what_comes_of_an_older_listing_is_dropped() {
    let mut window = Window::connected(world());
    let mut rows = ferry_gui::state::rows::Rows::new();
    rows.push(&ferry_gui::state::rows::Row {
        name: b"late",
        kind: ferry_gui::state::rows::RowKind::File,
        is_linked: false,
        size: 0,
        modified: None,
    });
    window.send(Event::Listed { side: Side::Server, generation: 1, rows, is_complete: true });
    assert!(!window.rows(Side::Server).contains(&"late".to_owned()));
}

#[test]
fn a_large_folder_is_arranged_elsewhere_and_only_what_fits_is_drawn() {
    let mut world = world();
    let rows = (0..100_000).map(|index| file(&format!("f{index}"), index)).collect();
    world.put(Side::Server, "/", rows);
    let mut window = Window::connected(world);
    let drawn = window.rows(Side::Server);
    assert!(drawn.len() < 60, "{}", drawn.len());
    assert_eq!(drawn[..3], ["f0", "f1", "f2"]);
    assert!(window.works(|work| matches!(work, Work::Arrange { .. })) > 0);
    window.focus(Side::Server);
    window.key(egui::Key::End);
    assert_eq!(window.rows(Side::Server).last().unwrap(), "f99999");
    assert!(window.has("1 of 100,000 items chosen, 97.6 KiB"));
}

#[test]
fn names_that_are_no_text_are_shown_and_kept() {
    let mut world = world();
    let mut odd = file("x", 1);
    odd.name = b"caf\xe9\n.txt".to_vec();
    world.put(Side::Here, "/here", vec![odd]);
    let mut window = Window::connected(world);
    assert_eq!(window.rows(Side::Here), ["caf\u{fffd}\u{fffd}.txt"]);
    window.focus(Side::Here);
    window.key_with(egui::Modifiers::COMMAND, egui::Key::A);
    window.click("Upload");
    assert_eq!(window.last_job().items[0].here.name(), Some(&b"caf\xe9\n.txt"[..]));
}

#[test]
fn an_account_that_may_only_read_is_told_so() {
    let mut window = Window::connected(World { can_write: false, ..world() });
    window.click_row(Side::Server, "report.pdf", egui::Modifiers::NONE);
    for label in ["Upload", "New folder", "Rename", "Delete"] {
        assert!(!window.is_enabled(label), "{label}");
    }
    assert!(window.is_enabled("Download"));
}

#[test]
fn a_list_that_is_read_again_stays_where_it_was_scrolled_to() {
    let mut window = Window::connected(world());
    let names: Vec<String> = (0..200).map(|index| format!("n{index:03}")).collect();
    let rows = |skip: usize| names.iter().skip(skip).map(|name| file(name, 1)).collect();
    window.world.borrow_mut().put(Side::Server, "/long", rows(40));
    window.pane(Side::Server, PaneAction::Open(place("/long")));
    window.click_row(Side::Server, "n045", egui::Modifiers::NONE);
    window.pane(Side::Server, PaneAction::Move(80, ferry_gui::action::Extend::Toggle));
    let before = window.rows(Side::Server);
    assert!(!before.contains(&"n040".to_owned()), "it was scrolled");
    window.world.borrow_mut().put(Side::Server, "/long", rows(0));
    window.pane(Side::Server, PaneAction::Refresh);
    assert_eq!(window.rows(Side::Server), before, "forty rows came above them");
    assert_eq!(window.chosen(Side::Server), ["n045"]);
}

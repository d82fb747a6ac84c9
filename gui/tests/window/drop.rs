//! Dragging rows from side to side, and dropping files of other programs.

use crate::support::{Window, World, world};
use egui::{Key, Modifiers, vec2};
use ferry_gui::state::side::Side;
use ferry_gui::state::transfers::Direction;

#[test]
fn chosen_rows_dragged_to_the_server_are_uploaded() {
    let mut window = Window::connected(world());
    window.click_row(Side::Here, "letter.txt", Modifiers::NONE);
    window.click_row(Side::Here, "notes 2.md", Modifiers::SHIFT);
    let from = window.name_point(Side::Here, "letter.txt");
    let to = window.row(Side::Server, "report.pdf").center_bottom() + vec2(0.0, 90.0);
    window.drag(from, to);
    let job = window.last_job();
    assert_eq!(job.direction, Direction::Upload);
    let targets: Vec<String> = job.items.iter().map(|item| item.server.to_string()).collect();
    assert_eq!(targets, ["/letter.txt", "/notes 2.md"]);
}

#[test]
fn a_row_that_is_not_chosen_is_chosen_by_dragging_its_name() {
    let mut window = Window::connected(world());
    window.click_row(Side::Here, "song.mp3", Modifiers::NONE);
    let from = window.name_point(Side::Here, "letter.txt");
    let to = window.row(Side::Server, "report.pdf").center_bottom() + vec2(0.0, 90.0);
    window.drag(from, to);
    assert_eq!(window.last_job().items.len(), 1);
    assert_eq!(window.chosen(Side::Here), ["letter.txt"]);
}

#[test]
fn rows_dropped_onto_a_folder_go_into_it() {
    let mut window = Window::connected(world());
    let from = window.name_point(Side::Here, "letter.txt");
    let to = window.name_point(Side::Server, "inbox");
    window.drag(from, to);
    assert_eq!(window.last_job().items[0].server.to_string(), "/inbox/letter.txt");
}

#[test]
fn rows_dragged_to_this_computer_are_downloaded() {
    let mut window = Window::connected(world());
    let from = window.name_point(Side::Server, "report.pdf");
    let to = window.name_point(Side::Here, "photos");
    window.drag(from, to);
    let job = window.last_job();
    assert_eq!(job.direction, Direction::Download);
    assert_eq!(job.items[0].here.to_string(), "/here/photos/report.pdf");
}

#[test]
fn rows_dropped_on_their_own_side_go_nowhere() {
    let mut window = Window::connected(world());
    let from = window.name_point(Side::Here, "letter.txt");
    let to = window.name_point(Side::Here, "photos");
    window.drag(from, to);
    assert!(window.jobs().is_empty());
}

#[test]
fn a_drag_is_given_up_by_escape() {
    let mut window = Window::connected(world());
    let from = window.name_point(Side::Here, "letter.txt");
    let to = window.name_point(Side::Server, "inbox");
    window.drag_without_end(from, to);
    window.harness.key_press(Key::Escape);
    window.harness.step();
    window.button(to, false, Modifiers::NONE);
    window.run();
    assert!(window.jobs().is_empty());
}

#[test]
fn files_of_another_program_are_uploaded_wherever_they_are_dropped() {
    let mut window = Window::connected(world());
    let over = window.name_point(Side::Here, "photos");
    window.harness.hover_at(over);
    window.drop_files(&["/desk/a.txt", "/desk/b"]);
    let job = window.last_job();
    let targets: Vec<String> = job.items.iter().map(|item| item.server.to_string()).collect();
    assert_eq!(targets, ["/a.txt", "/b"]);
}

#[test]
fn files_dropped_onto_a_folder_row_go_into_it() {
    let mut window = Window::connected(world());
    let over = window.name_point(Side::Server, "old");
    window.harness.hover_at(over);
    window.harness.step();
    window.drop_files(&["/desk/日本.txt"]);
    assert_eq!(window.last_job().items[0].server.to_string(), "/old/日本.txt");
}

#[test]
fn who_may_only_read_can_drop_nothing_on_the_server() {
    let mut window = Window::connected(World { can_write: false, ..world() });
    let from = window.name_point(Side::Here, "letter.txt");
    let to = window.name_point(Side::Server, "inbox");
    window.drag(from, to);
    assert!(window.jobs().is_empty());
}

#[test]
fn files_dropped_where_they_cannot_go_are_answered() {
    let mut window = Window::new(world());
    window.drop_files(&["/desk/a.txt"]);
    assert!(window.has("There is no server to send these to"));
    let mut window = Window::connected(world());
    window.key(Key::F7);
    window.drop_files(&["/desk/a.txt"]);
    assert!(window.jobs().is_empty());
    assert!(window.shows("Answer the question that is open"));
}

//! Choosing rows with the pointer.

use crate::support::{Window, file, world};
use egui::{Modifiers, vec2};
use ferry_gui::state::side::Side;

#[test]
fn a_click_chooses_one() {
    let mut window = Window::connected(world());
    window.click_row(Side::Here, "letter.txt", Modifiers::NONE);
    window.click_row(Side::Here, "song.mp3", Modifiers::NONE);
    assert_eq!(window.chosen(Side::Here), ["song.mp3"]);
    assert!(window.has("1 of 5 items chosen, 4.7 MiB"));
}

#[test]
fn ctrl_adds_and_takes_away() {
    let mut window = Window::connected(world());
    window.click_row(Side::Here, "letter.txt", Modifiers::NONE);
    window.click_row(Side::Here, "song.mp3", Modifiers::COMMAND);
    assert_eq!(window.chosen(Side::Here), ["letter.txt", "song.mp3"]);
    window.click_row(Side::Here, "letter.txt", Modifiers::COMMAND);
    assert_eq!(window.chosen(Side::Here), ["song.mp3"]);
}

#[test]
fn shift_chooses_all_between() {
    let mut window = Window::connected(world());
    window.click_row(Side::Here, "letter.txt", Modifiers::NONE);
    window.click_row(Side::Here, "notes 10.md", Modifiers::SHIFT);
    assert_eq!(window.chosen(Side::Here), ["letter.txt", "notes 2.md", "notes 10.md"]);
    window.click_row(Side::Here, "photos", Modifiers::SHIFT);
    assert_eq!(window.chosen(Side::Here), ["photos", "letter.txt"]);
}

#[test]
fn a_rectangle_chooses_what_it_covers() {
    let mut window = Window::connected(world());
    let from = window.beside(Side::Here, "letter.txt");
    let to = window.beside(Side::Here, "notes 10.md") + vec2(-60.0, 0.0);
    window.drag(from, to);
    assert_eq!(window.chosen(Side::Here), ["letter.txt", "notes 2.md", "notes 10.md"]);
    assert!(window.chosen(Side::Server).is_empty());
    assert!(window.jobs().is_empty(), "a rectangle carries nothing");
}

#[test]
fn a_rectangle_can_be_drawn_from_below_the_rows() {
    let mut window = Window::connected(world());
    let last = window.row(Side::Here, "song.mp3");
    let from = last.center_bottom() + vec2(0.0, 90.0);
    window.drag(from, last.center());
    assert_eq!(window.chosen(Side::Here), ["song.mp3"]);
}

#[test]
fn a_rectangle_with_ctrl_adds() {
    let mut window = Window::connected(world());
    window.click_row(Side::Here, "photos", Modifiers::NONE);
    let from = window.beside(Side::Here, "notes 2.md");
    let to = window.beside(Side::Here, "notes 10.md");
    window.harness.event(egui::Event::ModifiersChanged(Modifiers::COMMAND));
    window.drag_holding(from, to, Modifiers::COMMAND);
    window.harness.event(egui::Event::ModifiersChanged(Modifiers::NONE));
    assert_eq!(window.chosen(Side::Here), ["photos", "notes 2.md", "notes 10.md"]);
}

#[test]
fn a_rectangle_scrolls_at_the_edge() {
    let mut world = world();
    world.put(Side::Here, "/here", (0..400).map(|index| file(&format!("f{index}"), 1)).collect());
    let mut window = Window::connected(world);
    let from = window.beside(Side::Here, "f3");
    window.drag_without_end(from, from + vec2(-20.0, 600.0));
    window.harness.run_steps(30);
    window.button(from + vec2(-20.0, 600.0), false, Modifiers::NONE);
    window.run();
    let chosen = window.chosen(Side::Here);
    assert_eq!(chosen[0], "f3");
    assert!(chosen.len() > 30, "{}", chosen.len());
}

#[test]
fn a_click_beside_all_rows_chooses_none() {
    let mut window = Window::connected(world());
    window.click_row(Side::Here, "letter.txt", Modifiers::NONE);
    let below = window.row(Side::Here, "song.mp3").center_bottom() + vec2(0.0, 80.0);
    window.click_at(below, Modifiers::NONE);
    assert!(window.chosen(Side::Here).is_empty());
}

//! A window in which nothing happens draws nothing.

use crate::support::{Window, no_trouble, world};
use egui::Modifiers;
use ferry_gui::action::{Event, JobEnd};
use ferry_gui::state::side::Side;
use std::time::Duration;

/// Whether the window waits for something to happen before it draws again.
fn is_idle(window: &mut Window) -> bool {
    window.run();
    window.harness.step();
    let outputs = window.harness.output().viewport_output.values();
    outputs.into_iter().all(|output| output.repaint_delay > Duration::from_mins(1))
}

#[test]
fn idle_costs_no_frames() {
    let mut window = Window::connected(world());
    assert!(is_idle(&mut window));
    window.click_row(Side::Here, "song.mp3", Modifiers::NONE);
    assert!(is_idle(&mut window), "with rows chosen");
    window.click("Upload");
    let id = window.last_job().id;
    assert!(is_idle(&mut window), "while a transfer is silent");
    window.send(Event::JobEnded(id, JobEnd::Done));
    assert!(is_idle(&mut window), "after a transfer");
}

#[test]
fn events_come_in_portions_and_none_is_lost() {
    let mut window = Window::connected(world());
    for _ in 0..10_000 {
        window.world.borrow_mut().events.push_back(no_trouble());
    }
    window.harness.step();
    window.run();
    assert!(window.world.borrow().events.is_empty());
}

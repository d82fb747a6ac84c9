//! Closing the window.

use crate::support::{Window, world};
use egui::{Modifiers, ViewportCommand, ViewportId};
use ferry_gui::action::{Action, Event, JobEnd, WindowAction};
use ferry_gui::request::Work;
use ferry_gui::state::side::Side;
use ferry_gui::state::transfers::JobId;

fn uploading() -> (Window, JobId) {
    let mut window = Window::connected(world());
    window.click_row(Side::Here, "song.mp3", Modifiers::NONE);
    window.click("Upload");
    let id = window.last_job().id;
    window.act(Action::Window(WindowAction::CloseRequested));
    (window, id)
}

fn said(window: &Window, wanted: &ViewportCommand) -> bool {
    let viewports = &window.harness.output().viewport_output;
    viewports.get(&ViewportId::ROOT).is_some_and(|output| output.commands.contains(wanted))
}

/// Does something and looks at the frame in which it happens.
fn click_once(window: &mut Window, label: &str) {
    use egui_kittest::kittest::Queryable as _;
    window.harness.get_by_label(label).click_accesskit();
    window.harness.step();
}

#[test]
fn a_quiet_window_closes_at_once() {
    let mut window = Window::connected(world());
    window.act(Action::Window(WindowAction::CloseRequested));
    assert!(!window.has("Transfers are still running"));
}

#[test]
fn a_window_with_transfers_asks() {
    let (mut window, _) = uploading();
    assert!(window.has("Transfers are still running"));
    window.key(egui::Key::Escape);
    assert!(!window.has("Transfers are still running"));
}

#[test]
fn it_can_wait_for_the_transfers() {
    let (mut window, id) = uploading();
    window.click("Close when done");
    assert!(window.has("The window closes when the transfers are done"));
    window.world.borrow_mut().events.push_back(Event::JobEnded(id, JobEnd::Done));
    window.harness.step();
    assert!(said(&window, &ViewportCommand::Close));
}

#[test]
fn the_wish_to_close_is_taken_back_by_a_button() {
    let (mut window, _) = uploading();
    window.click("Close when done");
    window.click("Stay open");
    assert!(!window.has("The window closes when the transfers are done"));
}

#[test]
fn it_can_go_on_in_the_background() {
    let (mut window, _) = uploading();
    click_once(&mut window, "Go on in the background");
    assert!(said(&window, &ViewportCommand::Minimized(true)));
}

#[test]
fn it_can_stop_them() {
    let (mut window, id) = uploading();
    click_once(&mut window, "Stop and close");
    assert!(said(&window, &ViewportCommand::Close));
    assert_eq!(window.works(|work| matches!(work, Work::PauseJob(own) if *own == id)), 1);
}

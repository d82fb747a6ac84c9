//! What went wrong, and a server that does not answer.

use crate::support::{Window, no_trouble, problem, trouble, world};
use egui_kittest::kittest::Queryable as _;
use ferry_gui::action::Event;
use ferry_gui::request::Work;
use ferry_gui::state::connection::Trouble;
use ferry_gui::state::side::Side;

fn went_wrong(window: &mut Window) {
    let problem = Some(problem("Cannot make /new"));
    window.send(Event::Changed { side: Side::Server, made: None, problem });
}

#[test]
fn what_went_wrong_is_said_with_its_side_and_waved_away() {
    let mut window = Window::connected(world());
    went_wrong(&mut window);
    assert!(window.has("Cannot make /new"));
    assert!(window.has("On the server"));
    assert!(window.has("The reason, and what to do."));
    window.click("Dismiss");
    assert!(!window.has("Cannot make /new"));
}

#[test]
fn the_same_is_said_once_and_counted() {
    let mut window = Window::connected(world());
    went_wrong(&mut window);
    went_wrong(&mut window);
    assert_eq!(window.harness.query_all_by_label("Cannot make /new").count(), 1);
    assert!(window.has("2 times"));
}

#[test]
fn a_notice_has_a_button_for_its_remedy() {
    let mut window = Window::connected(world());
    window.world.borrow_mut().refused.push(crate::support::place("/"));
    window.key(egui::Key::F5);
    window.world.borrow_mut().refused.clear();
    let refresh: Vec<_> = window.harness.query_all_by_label("Refresh").collect();
    assert_eq!(refresh.len(), 2, "that of the bar, and that of the notice");
    let lower = refresh.iter().max_by(|a, b| a.rect().top().total_cmp(&b.rect().top()));
    lower.unwrap().click();
    window.run();
    assert!(!window.has("Cannot read this folder"));
}

#[test]
fn a_server_that_does_not_answer_leaves_the_window_alive() {
    let mut window = Window::connected(world());
    window.send(trouble(problem("The connection was lost")));
    assert!(window.has("No connection to harbour:3000. Trying for the 3rd time in 4 s…"));
    window.click_row(Side::Here, "letter.txt", egui::Modifiers::NONE);
    assert_eq!(window.chosen(Side::Here), ["letter.txt"]);
    window.send(no_trouble());
    assert!(!window.shows("No connection to"));
}

#[test]
fn the_time_until_the_next_attempt_is_counted_down() {
    let mut window = Window::connected(world());
    for _ in 0..2 {
        window.send(trouble(problem("The connection was lost")));
        assert!(window.shows("in 4 s…"));
        window.harness.run_steps(130);
        assert!(window.shows("in 2 s…"));
        window.harness.run_steps(130);
        assert!(window.shows("now…"));
        window.send(no_trouble());
    }
}

#[test]
fn a_server_that_does_not_answer_can_be_left() {
    let mut window = Window::connected(world());
    window.send(trouble(problem("The connection was lost")));
    window.click("Disconnect");
    assert!(window.has("Connect to a server"));
    assert_eq!(window.works(|work| matches!(work, Work::Disconnect)), 1);
}

#[test]
fn a_server_that_is_not_tried_any_more_can_be_tried_by_hand() {
    let mut window = Window::connected(world());
    let trouble = Trouble { problem: problem("The connection was lost"), retry: None };
    let server = "harbour:3000".to_owned();
    window.send(Event::Trouble { server, trouble: Some(trouble) });
    assert!(window.has("No connection to harbour:3000."));
    let lists = |work: &Work| matches!(work, Work::List { side: Side::Server, .. });
    let before = window.works(lists);
    window.click("Try again");
    assert_eq!(window.works(lists), before + 1);
}

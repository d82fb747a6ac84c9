//! Questions of a job: which of two different files of one name is to stay.

use crate::support::{Window, place, world};
use crate::transfers::{progress, uploading};
use egui::Modifiers;
use egui_kittest::kittest::Queryable as _;
use ferry_gui::action::{Action, Event, TransferAction};
use ferry_gui::request::Work;
use ferry_gui::state::side::Side;
use ferry_gui::state::transfers::{Choice, Conflict, JobId};
use std::time::Duration;

fn conflict(id: u64, name: &str) -> Conflict {
    Conflict { id, target: place("/").join(name.as_bytes()), here: (5, 9), server: (6, 8) }
}

fn decided(window: &Window) -> Vec<(u64, Choice)> {
    let world = window.world.borrow();
    let decisions = world.works.iter().filter_map(|work| match work {
        Work::Decide(_, conflict, choice) => Some((*conflict, *choice)),
        _ => None,
    });
    decisions.collect()
}

fn show_questions(window: &mut Window, id: JobId) {
    window.act(Action::Transfer(TransferAction::ShowConflicts(id)));
}

#[test]
fn questions_wait_while_the_rest_goes_on() {
    let (mut window, id) = uploading("photos");
    window.send(Event::JobConflicts(id, vec![conflict(1, "a"), conflict(2, "b")]));
    assert!(window.shows("Answer 2 questions"));
    window.send(Event::JobProgress(id, progress(5, 5), Duration::from_secs(1)));
    assert!(window.shows("5 of 10 files"), "the job goes on");
}

#[test]
fn each_question_can_be_answered_its_own_way() {
    let (mut window, id) = uploading("photos");
    let open = vec![conflict(7, "a"), conflict(8, "b"), conflict(9, "c")];
    window.send(Event::JobConflicts(id, open));
    show_questions(&mut window, id);
    assert!(window.has("3 files exist already on the server"));
    assert!(window.has("newer"));
    window.click("Replace: a");
    window.click("Keep both: b");
    assert!(window.shows("exists already"), "the last question is open");
    window.click("Skip: c");
    let wanted = [(7, Choice::Replace), (8, Choice::KeepBoth), (9, Choice::Skip)];
    assert_eq!(decided(&window), wanted);
    assert!(!window.shows("exists already"));
}

#[test]
fn for_all_answers_all_at_once() {
    let (mut window, id) = uploading("photos");
    window.send(Event::JobConflicts(id, vec![conflict(1, "a"), conflict(2, "b")]));
    show_questions(&mut window, id);
    window.click("Keep newer for all");
    assert!(!window.shows("question"));
    let for_all = |work: &Work| matches!(work, Work::DecideAll(own, Choice::Newer) if *own == id);
    assert_eq!(window.works(for_all), 1);
}

#[test]
fn questions_can_wait() {
    let (mut window, id) = uploading("photos");
    window.send(Event::JobConflicts(id, vec![conflict(1, "a")]));
    show_questions(&mut window, id);
    window.click("Decide later");
    assert!(window.shows("Answer 1 question"));
}

/// What stands under the pointer after a while.
fn hover(window: &mut Window, label: &str) {
    let at = window.harness.get_by_label(label).rect().center();
    window.harness.hover_at(at);
    window.harness.run_steps(60);
}

#[test]
fn a_question_about_an_upload_says_what_will_happen_on_the_server() {
    let (mut window, id) = uploading("photos");
    window.send(Event::JobConflicts(id, vec![conflict(1, "a")]));
    show_questions(&mut window, id);
    assert!(window.has("One file exists already on the server"));
    assert!(window.shows("where the server keeps what is replaced, Ctrl+Z shows it"));
    hover(&mut window, "Replace: a");
    assert!(window.has("The file on the server is replaced by the one on this computer"));
    hover(&mut window, "Keep both: a");
    assert!(window.shows("Both are kept on the server; the one on this computer gets a number"));
}

#[test]
fn a_question_about_a_download_says_that_what_is_replaced_here_is_gone() {
    let mut window = Window::connected(world());
    window.click_row(Side::Server, "a.bin", Modifiers::NONE);
    window.click("Download");
    let id = window.last_job().id;
    window.send(Event::JobConflicts(id, vec![conflict(1, "a.bin")]));
    show_questions(&mut window, id);
    assert!(window.has("One file exists already on this computer"));
    assert!(window.shows("gone for good"));
    hover(&mut window, "Skip all");
    assert!(window.has("The file on this computer stays as it is"));
}

#[test]
fn questions_stand_in_the_order_of_the_list_and_keep_their_place() {
    let (mut window, id) = uploading("photos");
    let first = vec![conflict(1, "b10"), conflict(2, "b9")];
    window.send(Event::JobConflicts(id, first.clone()));
    show_questions(&mut window, id);
    let more = [conflict(3, "z"), conflict(4, "a")];
    window.send(Event::JobConflicts(id, first.into_iter().chain(more).collect()));
    let top = |name: &str| window.harness.get_by_label(&format!("Skip: {name}")).rect().top();
    assert!(["b9", "b10", "a", "z"].map(top).is_sorted());
}

#[test]
fn one_button_leads_to_the_questions() {
    let (mut window, id) = uploading("photos");
    window.send(Event::JobConflicts(id, vec![conflict(1, "a"), conflict(2, "b")]));
    assert_eq!(window.harness.query_all_by_label("Answer 2 questions").count(), 1);
    window.click("Answer 2 questions");
    assert!(window.has("2 files exist already on the server"));
}

//! The window without a pointer.

use crate::support::{Window, World, world};
use egui::{Event, Key, Modifiers};
use ferry_gui::request::Work;
use ferry_gui::state::dialog::Dialog;
use ferry_gui::state::side::Side;

fn at_server() -> Window {
    let mut window = Window::connected(world());
    window.focus(Side::Server);
    window
}

fn type_text(window: &mut Window, text: &str) {
    window.harness.event(Event::Text(text.to_owned()));
    window.run();
}

#[test]
fn arrows_move_and_shift_chooses_a_range() {
    let mut window = at_server();
    window.key(Key::ArrowDown);
    assert_eq!(window.chosen(Side::Server), ["inbox"]);
    window.key(Key::ArrowDown);
    assert_eq!(window.chosen(Side::Server), ["old"]);
    window.key_with(Modifiers::SHIFT, Key::ArrowDown);
    window.key_with(Modifiers::SHIFT, Key::ArrowDown);
    assert_eq!(window.chosen(Side::Server), ["old", "a.bin", "report.pdf"]);
    window.key_with(Modifiers::SHIFT, Key::ArrowUp);
    assert_eq!(window.chosen(Side::Server), ["old", "a.bin"]);
    window.key(Key::End);
    assert_eq!(window.chosen(Side::Server), ["report.pdf"]);
    window.key(Key::Home);
    assert_eq!(window.chosen(Side::Server), ["inbox"]);
}

#[test]
fn ctrl_a_chooses_all_that_is_shown_and_escape_none() {
    let mut window = at_server();
    window.key_with(Modifiers::COMMAND, Key::A);
    assert_eq!(window.chosen(Side::Server).len(), 4);
    window.key(Key::Escape);
    assert!(window.chosen(Side::Server).is_empty());
}

#[test]
fn space_chooses_and_leaves_out() {
    let mut window = at_server();
    window.key(Key::ArrowDown);
    window.key_with(Modifiers::COMMAND, Key::ArrowDown);
    window.key(Key::Space);
    assert_eq!(window.chosen(Side::Server), ["inbox", "old"]);
    window.key(Key::Space);
    assert_eq!(window.chosen(Side::Server), ["inbox"]);
}

#[test]
fn enter_opens_and_backspace_leads_up() {
    let mut window = at_server();
    window.key(Key::ArrowDown);
    window.key(Key::Enter);
    assert_eq!(window.rows(Side::Server), ["mail.txt"]);
    window.key(Key::Backspace);
    assert_eq!(window.rows(Side::Server).len(), 4);
    window.key_with(Modifiers::ALT, Key::ArrowLeft);
    assert_eq!(window.rows(Side::Server), ["mail.txt"]);
    window.key_with(Modifiers::ALT, Key::ArrowRight);
    assert_eq!(window.rows(Side::Server).len(), 4);
}

#[test]
fn letters_filter_and_escape_shows_all_again() {
    let mut window = at_server();
    type_text(&mut window, "r");
    type_text(&mut window, "ep");
    assert_eq!(window.rows(Side::Server), ["report.pdf"]);
    window.key(Key::Backspace);
    assert_eq!(window.harness.state().state().server.filter.text, "re");
    window.key(Key::Escape);
    assert_eq!(window.rows(Side::Server).len(), 4);
}

#[test]
fn enter_on_a_file_carries_it_to_the_other_side() {
    let mut window = at_server();
    window.key(Key::End);
    window.key(Key::Enter);
    let job = window.last_job();
    assert_eq!(job.items[0].server.to_string(), "/report.pdf");
    assert_eq!(job.items[0].here.to_string(), "/here/report.pdf");
}

#[test]
fn function_keys_open_their_dialogs() {
    let mut window = at_server();
    window.key(Key::F7);
    assert!(window.has("Folder name"));
    window.key(Key::Escape);
    assert!(!window.has("Folder name"));
    window.focus(Side::Server);
    window.key(Key::End);
    window.key(Key::F2);
    assert!(window.has("New name"));
    window.key(Key::Escape);
    window.focus(Side::Server);
    window.key(Key::Delete);
    assert!(matches!(window.harness.state().state().dialog, Some(Dialog::Delete(_))));
}

#[test]
fn delete_asks_nothing_where_the_account_may_only_read() {
    let mut window = Window::connected(World { can_write: false, ..world() });
    for (side, is_asked) in [(Side::Server, false), (Side::Here, true)] {
        window.focus(side);
        window.key(Key::End);
        window.key(Key::Delete);
        assert_eq!(window.harness.state().state().dialog.is_some(), is_asked, "{side:?}");
    }
}

#[test]
fn f5_reads_again_and_f6_goes_to_the_other_side() {
    let mut window = at_server();
    let lists = |work: &Work| matches!(work, Work::List { .. });
    let before = window.works(lists);
    window.key(Key::F5);
    assert_eq!(window.works(lists), before + 2);
    window.key(Key::F6);
    assert_eq!(window.harness.state().state().active, Side::Here);
    window.key(Key::ArrowDown);
    assert_eq!(window.chosen(Side::Here), ["photos"]);
}

#[test]
fn upload_and_download_have_keys() {
    let mut window = at_server();
    window.key(Key::End);
    window.key_with(Modifiers::COMMAND, Key::D);
    assert_eq!(window.last_job().items[0].here.to_string(), "/here/report.pdf");
    window.focus(Side::Here);
    window.key(Key::End);
    window.key_with(Modifiers::COMMAND, Key::U);
    assert_eq!(window.last_job().items[0].server.to_string(), "/song.mp3");
}

#[test]
fn ctrl_l_types_a_path_and_ctrl_h_shows_hidden_files() {
    let mut window = at_server();
    window.key_with(Modifiers::COMMAND, Key::L);
    assert!(window.has("Path on the server"));
    window.key(Key::Escape);
    window.focus(Side::Here);
    window.key_with(Modifiers::COMMAND, Key::H);
    assert_eq!(window.rows(Side::Here)[1], ".hidden");
}

#[test]
fn enter_carries_all_that_is_chosen() {
    let mut window = Window::connected(world());
    window.focus(Side::Here);
    window.key(Key::Home);
    window.key_with(Modifiers::SHIFT, Key::ArrowDown);
    assert_eq!(window.chosen(Side::Here), ["photos", "letter.txt"]);
    window.key(Key::Enter);
    assert_eq!(window.last_job().items.len(), 2);
    assert_eq!(window.chosen(Side::Here).len(), 2, "what is chosen stays so");
    window.key_with(Modifiers::COMMAND, Key::A);
    window.key(Key::Enter);
    assert_eq!(window.last_job().items.len(), 5);
}

#[test]
fn copied_files_are_sent_and_other_texts_are_not() {
    let mut window = at_server();
    window.harness.event(Event::Paste("copy\nfile:///here/sea%20of%20%E6%97%A5.txt\n".to_owned()));
    window.run();
    assert_eq!(window.last_job().items[0].here.to_string(), "/here/sea of 日.txt");
    window.harness.event(Event::Paste("just words".to_owned()));
    window.run();
    assert_eq!(window.jobs().len(), 1);
}

#[test]
fn the_path_of_what_is_chosen_is_copied() {
    let mut window = at_server();
    window.key(Key::End);
    window.harness.event(Event::Copy);
    window.harness.step();
    let copied = |command: &egui::OutputCommand| matches!(command, egui::OutputCommand::CopyText(text) if text == "/report.pdf");
    assert!(window.harness.output().platform_output.commands.iter().any(copied));
}

//! Deleting, on both sides.

use crate::real_server::Fixture;
use ferry_gui::action::{Action, Command, DialogAction, Extend, PaneAction};
use ferry_gui::state::side::Side;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// A folder with a file, and links to both and to nowhere.
fn fill(at: &Path) {
    fs::create_dir(at.join("photos")).unwrap();
    fs::write(at.join("photos/sea.jpg"), "sea").unwrap();
    symlink("photos", at.join("latest")).unwrap();
    symlink("photos/sea.jpg", at.join("sea")).unwrap();
    symlink("nowhere", at.join("broken")).unwrap();
}

fn delete_the_links(side: Side, at: &str) {
    let mut fixture = Fixture::connected();
    fill(&fixture.path(at));
    fixture.choose_all(side);
    assert_eq!(fixture.names(side).len(), 4);
    let photos = fixture.state().pane(side).rows.find(b"photos").unwrap();
    fixture.act(Action::Pane(side, toggle(photos)));
    fixture.act(Action::Command(Command::Delete));
    fixture.act(Action::Dialog(DialogAction::Confirm));
    fixture.until(|state| state.pane(side).rows.len() == 1);
    fixture.until_read();
    assert_eq!(fixture.names(side), ["photos"]);
    assert_eq!(fixture.state().notices.list, []);
    assert_eq!(fs::read(fixture.path(at).join("photos/sea.jpg")).unwrap(), b"sea");
}

fn toggle(row: u32) -> PaneAction {
    PaneAction::Click(row, Extend::Toggle)
}

#[test]
fn links_on_the_server_go_and_what_they_lead_to_stays() {
    delete_the_links(Side::Server, "share");
}

#[test]
fn links_on_this_computer_go_and_what_they_lead_to_stays() {
    delete_the_links(Side::Here, "here");
}

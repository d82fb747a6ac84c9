//! What stands in the way of a job at a real server, and on this computer's disk.

use crate::real_server::Fixture;
use egui_kittest::kittest::Queryable as _;
use ferry_gui::action::{Action, Command, TransferAction};
use ferry_gui::state::dialog::Dialog;
use ferry_gui::state::side::Side;
use ferry_protocol::Rights;
use ferry_server::accounts::Terms;
use std::fs;
use std::os::unix::net::UnixListener;

fn upload(fixture: &mut Fixture) {
    fixture.choose_all(Side::Here);
    fixture.act(Action::Command(Command::Upload));
}

#[test]
fn too_little_room_is_told_before_the_first_byte() {
    let terms = Terms { quota: Some(10), ..Terms::new(Rights::read_write()) };
    let mut fixture = Fixture::with_terms("write", terms);
    fixture.log_in("ana", "secret");
    fs::write(fixture.path("here/a.txt"), "eleven byte").unwrap();
    fs::write(fixture.path("here/b.txt"), "b").unwrap();
    upload(&mut fixture);
    fixture.until(|state| matches!(state.dialog, Some(Dialog::Obstacles(_))));
    fixture.harness.step();
    fixture.harness.get_by_label("There is too little room on the server");
    fixture.harness.get_by_label(
        "10 B are free and 12 B are to come. Its owner has to make room; or send less.",
    );
    assert_eq!(fs::read_dir(fixture.path("share")).unwrap().count(), 0, "nothing was sent");
    let id = fixture.state().transfers.jobs[0].id;
    fixture.act(Action::Transfer(TransferAction::GoOn(id)));
    fixture.until_done();
    assert_eq!(fs::read(fixture.path("share/b.txt")).unwrap(), b"b");
    assert_eq!(fixture.state().transfers.failed_count(), 1);
}

#[test]
fn what_is_of_another_kind_here_is_told_before_the_first_byte() {
    let mut fixture = Fixture::connected();
    fs::write(fixture.path("share/a.txt"), "a").unwrap();
    let _listening = UnixListener::bind(fixture.path("here/a.txt")).unwrap();
    fixture.choose_all(Side::Server);
    fixture.act(Action::Command(Command::Download));
    fixture.until(|state| matches!(state.dialog, Some(Dialog::Obstacles(_))));
    let job = &fixture.state().transfers.jobs[0];
    assert!(job.obstacles.listed[0].summary.starts_with("Something else is at "), "{job:?}");
    fs::remove_file(fixture.path("here/a.txt")).unwrap();
    let id = job.id;
    fixture.act(Action::Transfer(TransferAction::Retry(id)));
    fixture.until_done();
    assert_eq!(fs::read(fixture.path("here/a.txt")).unwrap(), b"a");
}

#[test]
fn names_that_some_systems_take_for_one_are_said_and_stop_nothing() {
    let mut fixture = Fixture::connected();
    fs::create_dir(fixture.path("here/tree")).unwrap();
    for name in ["Notes.txt", "notes.txt"] {
        fs::write(fixture.path("here/tree").join(name), name).unwrap();
    }
    upload(&mut fixture);
    fixture.until_done();
    assert_eq!(fixture.state().transfers.jobs[0].failed_count, 0);
    let notices = &fixture.state().notices.list;
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].problem.summary.ends_with("have nearly the same name"), "{notices:?}");
    assert!(fixture.path("share/tree/Notes.txt").exists());
    assert!(fixture.path("share/tree/notes.txt").exists());
}

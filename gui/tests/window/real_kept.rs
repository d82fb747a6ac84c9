//! What a real server keeps: brought back, given up, and told.

use crate::real_server::Fixture;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use ferry_gui::action::{Action, Command, DialogAction, KeptAction, PaneAction, TransferAction};
use ferry_gui::state::State;
use ferry_gui::state::kept::{DeedKind, Fate, IfTaken, Tab};
use ferry_gui::state::pane::Loading;
use ferry_gui::state::place::Place;
use ferry_gui::state::side::Side;
use ferry_gui::state::transfers::Stage;
use std::fs;

fn is_read(state: &State) -> bool {
    let kept = &state.kept;
    let loading = match kept.tab {
        Tab::Undo => &kept.undo.loading,
        Tab::Parts => &kept.parts.loading,
        Tab::History => &kept.history.loading,
    };
    *loading == Some(Loading::Done)
}

fn delete_all(fixture: &mut Fixture) {
    fixture.choose_all(Side::Server);
    fixture.act(Action::Command(Command::Delete));
    fixture.act(Action::Dialog(DialogAction::Confirm));
    fixture.until(|state| state.server.rows.is_empty() && state.server.loading == Loading::Done);
}

fn show(fixture: &mut Fixture, tab: Tab) {
    fixture.act(Action::Kept(KeptAction::Show(tab)));
    fixture.until(is_read);
    fixture.harness.step();
}

#[test]
fn what_was_deleted_together_comes_back_together() {
    let mut fixture = Fixture::connected();
    fs::create_dir(fixture.path("share/tree")).unwrap();
    for name in ["a.txt", "日本.txt", "tree/inside"] {
        fs::write(fixture.path("share").join(name), name).unwrap();
    }
    delete_all(&mut fixture);
    assert!(!fixture.path("share/tree").exists());
    show(&mut fixture, Tab::Undo);
    fixture.harness.get_by_label("3 items deleted");
    let back =
        fixture.harness.get_by_role_and_label(Role::Button, "Bring all back: 3 items deleted");
    back.click_accesskit();
    fixture.harness.step();
    fixture.until(|state| state.kept.undo.list.iter().all(|group| !group.is_returning()));
    fixture.until(|state| state.server.rows.len() == 3);
    for name in ["a.txt", "日本.txt", "tree/inside"] {
        assert_eq!(fs::read(fixture.path("share").join(name)).unwrap(), name.as_bytes());
    }
    fixture.act(Action::Kept(KeptAction::Reload));
    fixture.until(is_read);
    assert!(fixture.state().kept.undo.list.is_empty(), "nothing is left to bring back");
}

#[test]
fn a_replaced_file_comes_back_beside_the_new_one_or_in_its_place() {
    let mut fixture = Fixture::connected();
    fs::write(fixture.path("share/a.txt"), "old").unwrap();
    delete_all(&mut fixture);
    fs::write(fixture.path("share/a.txt"), "new").unwrap();
    show(&mut fixture, Tab::Undo);
    let group = fixture.state().kept.undo.list[0].clone();
    let bring =
        |thing, if_taken| Action::Kept(KeptAction::BringBack { group: group.id, thing, if_taken });
    let fate = |state: &State| state.kept.undo.list[0].things[0].fate.clone();
    let thing = Some(group.things[0].id);
    fixture.act(bring(thing, IfTaken::Ask));
    fixture.until(|state| fate(state) == Fate::Taken);
    assert_eq!(fs::read(fixture.path("share/a.txt")).unwrap(), b"new", "nothing is overwritten");
    fixture.act(bring(thing, IfTaken::KeepBoth));
    fixture.until(|state| matches!(fate(state), Fate::Back(_)));
    assert_eq!(fate(fixture.state()), Fate::Back(Place::parse(b"/a (1).txt")));
    assert_eq!(fs::read(fixture.path("share/a (1).txt")).unwrap(), b"old");
    fixture.until(|state| state.server.rows.len() == 2);
}

#[test]
fn an_upload_that_was_stopped_is_listed_and_given_up() {
    let mut fixture = Fixture::connected();
    let file = fs::File::create(fixture.path("here/film.mp4")).unwrap();
    // Holes cost no disk here; what the server gets of them is bounded by when it is stopped.
    file.set_len(4_000_000_000).unwrap();
    fixture.choose_all(Side::Here);
    fixture.act(Action::Command(Command::Upload));
    fixture.until(|state| state.transfers.jobs[0].progress.bytes_done > 0);
    let id = fixture.state().transfers.jobs[0].id;
    fixture.act(Action::Transfer(TransferAction::Pause(id)));
    fixture.until(|state| state.transfers.jobs[0].stage == Stage::Paused);
    show(&mut fixture, Tab::Parts);
    fixture.harness.get_by_label("/film.mp4");
    let part = fixture.state().kept.parts.list[0].clone();
    assert_eq!(part.size, 4_000_000_000);
    // The server may still be at the last segment that came.
    fixture.until(|state| !state.kept.parts.is_loading() && state.kept.parts.list.len() == 1);
    fixture.act(Action::Kept(KeptAction::Abandon(part.id)));
    fixture.until(|state| state.kept.parts.list.is_empty());
    let left = fs::read_dir(fixture.path("share")).unwrap().count();
    assert_eq!(left, 0, "its room is free again");
}

#[test]
fn an_account_sees_its_own_history() {
    let mut fixture = Fixture::new("read");
    fixture.log_in("ana", "secret");
    fs::write(fixture.path("here/letter.txt"), "dear").unwrap();
    fixture.choose_all(Side::Here);
    fixture.act(Action::Command(Command::Upload));
    fixture.until_done();
    show(&mut fixture, Tab::History);
    fixture.harness.get_by_label("Uploaded /letter.txt");
    let kinds: Vec<DeedKind> = fixture.state().kept.deeds().map(|deed| deed.kind).collect();
    assert_eq!(kinds, [DeedKind::Upload], "logins are not shown");
    fixture.act(Action::Dialog(DialogAction::Cancel));
    fixture.act(Action::Pane(Side::Server, PaneAction::Focus));
    delete_all(&mut fixture);
    show(&mut fixture, Tab::History);
    fixture.harness.get_by_label("Deleted /letter.txt");
}

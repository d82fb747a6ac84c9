//! Undo over a real socket: who may bring back what, and that nothing of it is a name.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use ferry_protocol::{
    Answer, Change, IfExists, Removal, Request, Rights, Status, UndoEntry, UndoGroup, UndoReason,
};
use ferry_server::accounts::{AccountsFile, Clock, Terms};
use ferry_server::config::UndoLimits;
use std::fs;
use support::{RawClient, at, operation, serve, serve_on_terms, serve_with, status_of};

fn change(client: &mut RawClient, change: Change) -> Answer {
    client.ask(&Request::Change { operation: operation(), change })
}

fn remove(client: &mut RawClient, path: &str, removal: Removal) {
    let answer = change(client, Change::Remove { path: at(path), removal });
    assert_eq!(answer, Answer::Done, "{path}");
}

fn entries(client: &mut RawClient, group: Option<UndoGroup>) -> Vec<UndoEntry> {
    match client.ask(&Request::UndoList { group, before: None }) {
        Answer::UndoPage(page) => page.entries,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_group_is_named_and_comes_back_as_a_whole() {
    let fixture = serve();
    for name in ["one", "two", "three"] {
        fs::write(fixture.share.path().join(name), name).unwrap();
    }
    let mut client = fixture.guest();
    let group = UndoGroup([7; 16]);
    assert_eq!(client.ask(&Request::UndoGroup(Some(group))), Answer::Done);
    let stored = client.put_small("/one", b"new", IfExists::Replace);
    assert!(matches!(stored, Answer::Stored(_)), "{stored:?}");
    remove(&mut client, "/two", Removal::File);
    assert_eq!(client.ask(&Request::UndoGroup(None)), Answer::Done);
    remove(&mut client, "/three", Removal::File);

    let all = entries(&mut client, None);
    assert_eq!(all.len(), 3);
    let grouped = entries(&mut client, Some(group));
    assert_eq!(grouped, all[1..], "the newest comes first");
    assert_eq!(grouped[1].reason, UndoReason::Replaced);
    for kept in grouped {
        let to = at(&format!("/back in time/{}", String::from_utf8_lossy(&kept.entry.name)));
        let undo = Change::Undo { id: kept.id, to, if_exists: IfExists::Refuse };
        assert_eq!(change(&mut client, undo), Answer::Done);
    }
    for name in ["one", "two"] {
        let back = fixture.share.path().join("back in time").join(name);
        assert_eq!(fs::read_to_string(back).unwrap(), name);
    }
    assert_eq!(entries(&mut client, None).len(), 1);
}

#[test]
fn who_comes_to_a_name_of_before_undoes_nothing_of_before() {
    let terms = [("ann", Terms::new(Rights::read_write()))];
    let (fixture, accounts) = serve_on_terms(&terms, Clock::default());
    fs::write(fixture.share.path().join("file"), "x").unwrap();
    let mut before = fixture.user("ann");
    remove(&mut before, "/file", Removal::File);
    let [kept] = entries(&mut before, None).try_into().unwrap();

    let file = AccountsFile::of(fixture.state.path());
    let mut ann = file.read().unwrap().remove(0);
    file.remove(&ann.name).unwrap();
    accounts.reload().unwrap();
    ann.terms = Terms::new(Rights::WRITE.and(Rights::READ));
    file.add(ann).unwrap();
    accounts.reload().unwrap();
    let mut after = fixture.user("ann");
    assert_eq!(entries(&mut after, None), []);
    let undo = Change::Undo { id: kept.id, to: at("/file"), if_exists: IfExists::Refuse };
    assert_eq!(status_of(&change(&mut after, undo)), Status::DENIED);
}

#[test]
fn who_may_not_delete_undoes_nothing_of_others() {
    let terms =
        [("writer", Terms::new(Rights::read_write())), ("reader", Terms::new(Rights::read_only()))];
    let (fixture, _accounts) = serve_on_terms(&terms, Clock::default());
    fs::write(fixture.share.path().join("file"), "x").unwrap();
    let mut writer = fixture.user("writer");
    remove(&mut writer, "/file", Removal::File);
    let [kept] = entries(&mut writer, None).try_into().unwrap();
    assert_eq!(kept.account, "writer");

    let mut reader = fixture.user("reader");
    assert_eq!(entries(&mut reader, None), []);
    let undo = Change::Undo { id: kept.id, to: at("/file"), if_exists: IfExists::Refuse };
    assert_eq!(status_of(&change(&mut reader, undo)), Status::DENIED);
    let forget = Change::UndoForget { id: kept.id };
    assert_eq!(status_of(&change(&mut reader, forget)), Status::DENIED);
    assert_eq!(entries(&mut writer, None), [kept]);
}

#[test]
fn the_folder_of_undo_is_no_name() {
    let fixture = serve();
    fs::write(fixture.share.path().join("file"), "x").unwrap();
    let mut client = fixture.guest();
    remove(&mut client, "/file", Removal::File);
    assert!(fixture.share.path().join(".ferry-undo").is_dir());
    let Answer::Page(page) = client.ask(&Request::List(at("/"))) else { panic!("no page") };
    assert_eq!(page.entries, []);
    assert!(ferry_protocol::RequestedPath::parse(b"/.ferry-undo").is_err());
}

#[test]
fn nothing_is_listed_where_undo_is_off_and_an_unknown_id_is_not_found() {
    let fixture = serve_with(|config| config.undo = UndoLimits::off());
    fs::write(fixture.share.path().join("file"), "x").unwrap();
    let mut client = fixture.guest();
    remove(&mut client, "/file", Removal::File);
    assert_eq!(entries(&mut client, None), []);
    let id = ferry_protocol::UndoId([1; 16]);
    let undo = Change::Undo { id, to: at("/file"), if_exists: IfExists::Refuse };
    assert_eq!(status_of(&change(&mut client, undo)), Status::NOT_FOUND);
}

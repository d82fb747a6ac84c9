//! Preflight over the wire: what stands in the way is told at once, and room that was promised to
//! one job is not promised to another.
#![expect(clippy::panic, reason = "helpers of tests may give up")]

mod support;

use ferry_protocol::limits::SMALL_PUT_MAX;
use ferry_protocol::{
    Answer, Fitness, IfExists, Preflight, PreflightEntry, Problem, Request, Rights, Status,
    TransferId,
};
use ferry_server::accounts::{Clock, Terms};
use std::fs;
use support::{RawClient, at, put, serve, serve_on_terms_with, serve_with};

fn ask(client: &mut RawClient, job: u8, folder: &str, bytes: u64, names: &[&str]) -> Fitness {
    let entries = names.iter().map(|name| PreflightEntry {
        is_folder: name.ends_with('/'),
        name: name.trim_end_matches('/').as_bytes().to_vec(),
    });
    let asked = Preflight {
        job: TransferId([job; 16]),
        folder: at(folder),
        bytes,
        entries: entries.collect(),
    };
    match client.ask(&Request::Preflight(asked)) {
        Answer::FitnessIs(fitness) => fitness,
        other => panic!("{other:?}"),
    }
}

fn blocking(status: Status, name: &str) -> Problem {
    Problem { status, is_blocking: true, name: name.as_bytes().to_vec(), other: Vec::new() }
}

#[test]
fn all_that_stands_in_the_way_is_told_at_once() {
    let fixture = serve();
    let share = fixture.share.path();
    fs::create_dir_all(share.join("in/folder")).unwrap();
    fs::write(share.join("in/file"), "x").unwrap();
    fs::write(share.join("in/caf\u{e9}"), "x").unwrap();
    let mut client = fixture.guest();
    let names = ["new", "folder", "file/", "Cafe\u{301}", ".ferry-mine", "file"];
    let fitness = ask(&mut client, 1, "/in", u64::MAX, &names);
    let twin = Problem {
        status: Status::TWIN,
        is_blocking: false,
        name: "Cafe\u{301}".into(),
        other: "caf\u{e9}".into(),
    };
    assert!(fitness.folder_exists && fitness.available > 0);
    let no_space = Problem { is_blocking: false, ..blocking(Status::NO_SPACE, "") };
    let expected = [
        no_space,
        blocking(Status::IS_A_FOLDER, "folder"),
        blocking(Status::NOT_A_FOLDER, "file"),
        twin,
        blocking(Status::BAD_NAME, ".ferry-mine"),
    ];
    assert_eq!(fitness.problems, expected);
    let nothing_there = ask(&mut client, 1, "/in", u64::MAX, &["new"]);
    assert_eq!(nothing_there.problems, [blocking(Status::NO_SPACE, "")]);
    let missing = ask(&mut client, 1, "/not/there", 1, &["a"]);
    assert!(!missing.folder_exists && missing.problems.is_empty(), "{missing:?}");
    let long = "n".repeat(256);
    let fitness = ask(&mut client, 1, "/in", 1, &[&long]);
    assert_eq!(fitness.problems, [blocking(Status::BAD_NAME, &long)]);
}

#[test]
fn who_may_not_write_is_told_before_the_first_byte() {
    let fixture = serve_with(|config| config.guest = Some(Rights::read_only()));
    let mut client = fixture.guest();
    let fitness = ask(&mut client, 1, "/", 1, &["a"]);
    assert_eq!(fitness.problems, [blocking(Status::DENIED, "")]);
}

/// A guest who could only read asked for all the room there is, and every upload of everybody else
/// was refused for a quarter of an hour.
#[test]
fn who_may_not_write_is_promised_no_room() {
    let writer = ("ann", Terms::new(Rights::read_write()));
    let (fixture, _) = serve_on_terms_with(&[writer], Clock::system(), |config| {
        config.guest = Some(Rights::read_only());
    });
    let (mut guest, mut writer) = (fixture.guest(), fixture.user("ann"));
    let free = ask(&mut guest, 1, "/", 0, &[]).available;
    ask(&mut guest, 1, "/", free, &[]);
    assert!(ask(&mut writer, 2, "/", free / 2, &[]).problems.is_empty());
    let large = put("large", SMALL_PUT_MAX + 1, IfExists::Refuse);
    assert!(matches!(writer.ask(&Request::Put(large)), Answer::GoOn(_)));
}

#[test]
fn promised_room_is_not_promised_twice_and_can_be_given_back() {
    let fixture = serve();
    let (mut one, mut other) = (fixture.guest(), fixture.guest());
    let free = ask(&mut one, 1, "/", 0, &[]).available;
    let bytes = free / 2;
    assert!(ask(&mut one, 1, "/", bytes, &[]).problems.is_empty());
    assert!(
        ask(&mut one, 1, "/", bytes, &[]).problems.is_empty(),
        "its own promise does not count"
    );
    let left = ask(&mut other, 2, "/", free - bytes / 2, &[]);
    assert_eq!(left.problems, [blocking(Status::NO_SPACE, "")]);
    ask(&mut one, 1, "/", 0, &[]);
    assert!(ask(&mut other, 2, "/", bytes, &[]).problems.is_empty());
}

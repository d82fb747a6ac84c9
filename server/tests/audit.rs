//! Who did what is recorded, and everybody sees their own past and nobody else's.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use ferry_protocol::{
    Answer, Change, Device, DeviceKey, History, HistoryAction, HistoryResult, IfExists, Range,
    Removal, Request, SegmentRange, feature,
};
use ferry_server::accounts::{AccountName, AccountsFile, Expiry, InvitationsFile, PasswordHash};
use serde_json::Value;
use std::fs;
use std::num::NonZeroU32;
use std::time::SystemTime;
use support::{
    Fixture, RawClient, Received, at, operation, serve, serve_accounts, serve_accounts_with,
};

fn log_in(fixture: &Fixture, name: &str, password: &str) -> RawClient {
    let mut client = RawClient::connect(fixture.address());
    client.greet();
    let answer = client.log_in(name, password);
    assert!(matches!(answer, Answer::LoggedIn(_)), "{answer:?}");
    client
}

fn change(client: &mut RawClient, change: Change) -> Answer {
    client.ask(&Request::Change { operation: operation(), change })
}

fn history(client: &mut RawClient, before: u64) -> History {
    match client.ask(&Request::History { before }) {
        Answer::HistoryIs(history) => history,
        other => panic!("expected a history, got {other:?}"),
    }
}

/// Ends the server, so that all is written, and reads what it wrote.
fn record(fixture: Fixture) -> (Vec<Value>, String) {
    let Fixture { server, share, state, .. } = fixture;
    drop((server, share));
    let text = fs::read_to_string(state.path().join("audit.log")).unwrap();
    (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), text)
}

#[test]
fn everything_that_was_done_is_recorded_with_its_end() {
    let fixture = serve_accounts(&[("ann", "the right one")]);
    let mut stranger = RawClient::connect(fixture.address());
    stranger.greet();
    stranger.log_in("hunter2", "swordfish");
    stranger.log_in("ann", "swordfish");
    let mut ann = log_in(&fixture, "ann", "the right one");
    assert!(matches!(ann.put_small("/a", b"content", IfExists::Refuse), Answer::Stored(_)));
    ann.put_small("/a", b"other", IfExists::Refuse);
    ann.get("/a", Range::ALL);
    ann.get("/none", Range::ALL);
    change(&mut ann, Change::MakeDirectory { path: at("/d"), with_parents: false });
    change(&mut ann, Change::Rename { from: at("/a"), to: at("/d/b"), replace: false });
    change(&mut ann, Change::Copy { from: at("/d/b"), to: at("/c"), if_exists: IfExists::Refuse });
    change(&mut ann, Change::Remove { path: at("/d"), removal: Removal::Tree });
    drop((stranger, ann));
    let (lines, text) = record(fixture);
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            let field = |name: &str| line[name].as_str().unwrap_or("-").to_owned();
            (field("account"), field("action"), field("path"), field("result"))
        })
        .collect();
    let expected = [
        ("-", "accounts", "-", "done"),
        ("-", "log-in", "-", "failed"),
        ("ann", "log-in", "-", "failed"),
        ("ann", "log-in", "-", "done"),
        ("ann", "upload", "/a", "done"),
        ("ann", "upload", "/a", "failed"),
        ("ann", "download", "/a", "done"),
        ("ann", "download", "/none", "failed"),
        ("ann", "make-directory", "/d", "done"),
        ("ann", "rename", "/a", "done"),
        ("ann", "copy", "/d/b", "done"),
        ("ann", "remove", "/d", "done"),
        ("ann", "log-out", "-", "done"),
    ]
    .map(|(account, action, path, result)| {
        (account.to_owned(), action.to_owned(), path.to_owned(), result.to_owned())
    });
    assert_eq!(told, expected);
    assert_eq!((&lines[4]["size"], &lines[4]["door"]), (&7.into(), &"ferry".into()));
    let digest = ferry_protocol::Digest::of(b"content").to_string();
    assert_eq!(
        (&lines[4]["digest"], &lines[6]["digest"]),
        (&digest.clone().into(), &digest.into())
    );
    assert_eq!(lines[9]["to"], "/d/b");
    for secret in ["swordfish", "the right one", "hunter2"] {
        assert!(!text.contains(secret), "{secret} is in the record");
    }
}

#[test]
fn an_upload_that_was_cut_is_recorded_as_interrupted() {
    let fixture = serve_accounts(&[("ann", "the right one")]);
    let mut ann = log_in(&fixture, "ann", "the right one");
    let number = ann.send(&Request::Put(support::put("/x", 4 << 20, IfExists::Refuse)));
    assert!(matches!(ann.answer(), Answer::GoOn(_)));
    ann.send_data(number, 0, &[7; 1000]);
    drop(ann);
    while fixture.server.counters().connections > 0 {
        std::thread::yield_now();
    }
    let (lines, _) = record(fixture);
    let upload = lines.iter().find(|line| line["action"] == "upload").unwrap();
    assert_eq!((&upload["result"], &upload["size"]), (&"interrupted".into(), &1000.into()));
}

#[test]
fn a_person_sees_their_own_past_in_pages_and_nobody_elses() {
    let fixture = serve_accounts_with(&[("ann", "a"), ("bob", "b")], |config| {
        config.guest = Some(ferry_protocol::Rights::read_write());
    });
    let mut ann = log_in(&fixture, "ann", "a");
    let mut bob = log_in(&fixture, "bob", "b");
    for number in 0..120 {
        let path = at(&format!("/{number}"));
        change(&mut ann, Change::MakeDirectory { path, with_parents: false });
    }
    bob.put_small("/bob's", b"", IfExists::Refuse);
    let first = history(&mut ann, 0);
    assert_eq!(first.entries.len(), 96);
    assert_eq!((first.entries[0].path.as_str(), first.entries[95].path.as_str()), ("/119", "/24"));
    let second = history(&mut ann, first.next);
    assert_eq!((second.entries.len(), second.next), (25, 0));
    assert_eq!(second.entries[24].action, HistoryAction::LOG_IN);
    assert!(first.entries.iter().all(|entry| entry.result == HistoryResult::DONE));
    let own = history(&mut bob, 0);
    let paths: Vec<_> = own.entries.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(paths, ["/bob's", ""]);
    let mut guest = fixture.guest();
    guest.put_small("/g", b"", IfExists::Refuse);
    assert_eq!(history(&mut guest, 0), History::default());
}

#[test]
fn who_comes_to_a_name_of_before_sees_nothing_of_before() {
    let fixture = serve_accounts(&[("ann", "a")]);
    let mut before = log_in(&fixture, "ann", "a");
    change(&mut before, Change::MakeDirectory { path: at("/secret plans"), with_parents: false });
    drop(before);
    let file = AccountsFile::of(fixture.state.path());
    let ann = file.read().unwrap().remove(0);
    file.remove(&ann.name).unwrap();
    file.add(ann).unwrap();
    let fixture = fixture.restart(|config| config.guest = None);
    let seen = history(&mut log_in(&fixture, "ann", "a"), 0).entries;
    let actions: Vec<_> = seen.iter().map(|entry| entry.action).collect();
    assert!(seen.iter().all(|entry| entry.path.is_empty()), "{seen:?}");
    assert!(actions.contains(&HistoryAction::LOG_IN), "{actions:?}");
}

/// The log disk is full: transfers go on, and the server says that its record has gaps.
#[cfg(target_os = "linux")]
#[test]
fn a_full_log_disk_stops_no_transfer() {
    let fixture = serve_accounts_with(&[("ann", "a")], |config| {
        std::os::unix::fs::symlink("/dev/full", config.state_dir.join("audit.log")).unwrap();
    });
    let mut ann = log_in(&fixture, "ann", "a");
    for number in 0..50 {
        let name = format!("/{number}");
        assert!(matches!(ann.put_small(&name, b"x", IfExists::Refuse), Answer::Stored(_)));
    }
    assert_eq!(history(&mut ann, 0).entries.len(), 51);
}

/// A big file that comes by segments takes many requests, over several connections: one download.
#[test]
fn a_download_by_segments_is_recorded_once() {
    let fixture = serve();
    let content = vec![7; 5 * 256 * 1024];
    fs::write(fixture.share.path().join("a"), &content).unwrap();
    let (mut one, mut other) =
        (fixture.guest_with(feature::SEGMENTS), fixture.guest_with(feature::SEGMENTS));
    let fetch = |client: &mut RawClient, first| {
        let range = SegmentRange { first, count: 1 };
        client.send(&Request::GetSegments { path: at("/a"), range });
        while !matches!(client.receive(), Some(Received::Answer(_, Answer::Done))) {}
    };
    for first in [0, 2, 4] {
        fetch(&mut one, first);
    }
    for first in [1, 3] {
        fetch(&mut other, first);
    }
    let closing = Request::Digest { path: at("/a"), range: Range::ALL };
    assert!(matches!(one.ask(&closing), Answer::DigestIs(_)));
    // One that had the rest already, or says so; and another that is cut.
    fetch(&mut one, 0);
    assert!(matches!(one.ask(&closing), Answer::DigestIs(_)));
    fetch(&mut one, 0);
    drop((one, other));
    while fixture.server.counters().connections > 0 {
        std::thread::yield_now();
    }
    let (lines, _) = record(fixture);
    let downloads: Vec<_> = lines.iter().filter(|line| line["action"] == "download").collect();
    let told = |line: &Value| (line["result"].clone(), line["size"].clone(), line["text"].clone());
    let (size, segment) = (content.len(), 256 * 1024);
    let text = format!("{segment} of {size} bytes went over, then the digest");
    assert_eq!(
        downloads.into_iter().map(told).collect::<Vec<_>>(),
        [
            ("done".into(), size.into(), Value::Null),
            ("done".into(), segment.into(), text.into()),
            ("interrupted".into(), segment.into(), Value::Null),
        ]
    );
}

/// Accounts that were changed while no server ran were never recorded, nor devices and links.
#[test]
fn changes_of_accounts_devices_and_links_are_recorded_whoever_makes_them_and_when() {
    let fixture = serve_accounts(&[("ann", "a"), ("bob", "b")]);
    let fixture = fixture.restart(|config| {
        config.guest = None;
        let file = AccountsFile::of(&config.state_dir);
        let (ann, bob) = (AccountName::parse("ann").unwrap(), AccountName::parse("bob").unwrap());
        file.remove(&bob).unwrap();
        file.set_password(&ann, PasswordHash::new(b"other").unwrap()).unwrap();
        let now = SystemTime::now();
        let expires = Expiry::parse_from("1h", now).unwrap();
        let links = InvitationsFile::of(&config.state_dir);
        links.make(&ann, expires, NonZeroU32::MIN, now).unwrap();
    });
    let mut ann = RawClient::connect(fixture.address());
    ann.greet_with(feature::DEVICES);
    assert!(matches!(ann.log_in("ann", "other"), Answer::LoggedIn(_)));
    let device = Device { key: DeviceKey([7; 32]), name: "lap\ntop".to_owned() };
    assert_eq!(ann.ask(&Request::Enrol(device)), Answer::Done);
    drop(ann);
    let (lines, text) = record(fixture);
    let changes: Vec<&str> = lines
        .iter()
        .filter(|line| line["action"] == "accounts")
        .map(|line| line["text"].as_str().unwrap())
        .collect();
    let begins = [
        "added ann, before this server started",
        "added bob, before this server started",
        "changed ann, before this server started",
        "added the link ",
        "removed bob, before this server started",
        "added the device ",
    ];
    assert_eq!(changes.len(), begins.len(), "{changes:?}");
    for (change, begin) in changes.iter().zip(begins) {
        assert!(change.starts_with(begin), "{change} does not begin with {begin}");
    }
    assert!(changes[5].ends_with(" of ann, lap\\ntop"), "{}", changes[5]);
    assert!(!text.contains("argon2"), "{text}");
}

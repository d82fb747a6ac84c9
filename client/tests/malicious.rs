//! A server that means ill: whatever it says, the client stops in words, keeps its memory, and
//! writes nothing outside the folder that it was told to fill.
#![expect(clippy::unwrap_used, reason = "helpers of tests may give up")]

mod support;

use ferry_client::job::{self, JobOptions, JobReport, Rule, Transfer};
use ferry_client::{Client, Error};
use ferry_protocol::{
    Answer, Content, Digest, EntryKind, Header, Kind, Permissions, RemotePath, Request, Timestamp,
};
use std::fs;
use std::sync::Arc;
use std::time::Duration;
use support::{FakeServer, Peer, Sent, TrustsAll, entry, page};

/// What the server says to each request after the login.
type Script = fn(&mut Peer, u32, &Request);

fn connect(script: Script) -> (FakeServer, Client) {
    let state = tempfile::tempdir().unwrap();
    let server = FakeServer::start(1, move |_, peer| {
        peer.greet();
        while let Some(sent) = peer.next() {
            if let Sent::Request(number, request) = sent {
                script(peer, number, &request);
            }
        }
    });
    let mut options = server.options(state.path());
    options.retry_for = Duration::ZERO;
    let client = Client::connect(options, Arc::new(TrustsAll)).unwrap();
    (server, client)
}

fn stat(script: Script) -> Result<ferry_protocol::Entry, Error> {
    let (server, mut client) = connect(script);
    let stated = client.stat(&RemotePath::root());
    drop(client);
    server.join();
    stated
}

/// Fetches `/d` into a new folder; the report, and what lies there afterwards.
fn fetch(script: Script) -> (JobReport, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    fs::create_dir(&target).unwrap();
    let (server, mut client) = connect(script);
    let remote = RemotePath::parse(b"/d").unwrap();
    let transfers = vec![Transfer { local: target.clone(), remote }];
    let options = JobOptions { connections: 1, rule: Rule::Refuse, ..JobOptions::default() };
    let report = job::download(&mut client, &transfers, &options);
    drop(client);
    server.join();
    let names = |folder: &std::path::Path| {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(names(folder.path()), ["target"]);
    (report, names(&target))
}

fn tree(peer: &mut Peer, number: u32, request: &Request) -> bool {
    match request {
        Request::Stat(_) => {
            peer.answer(number, &Answer::Entry(entry(b"d", EntryKind::Folder, 0)));
        }
        Request::Walk(_) => {
            peer.answer(number, &page(vec![entry(b"file", EntryKind::File, 5)], true));
        }
        _ => return false,
    }
    true
}

fn content(size: u64) -> Answer {
    Answer::Content(Content {
        file_size: size,
        len: size,
        modified: Timestamp(i64::MIN),
        permissions: Permissions::from_mode(0o777),
    })
}

#[test]
fn an_answer_beyond_every_limit_is_refused_before_it_is_read() {
    let stated = stat(|peer, number, _| {
        peer.raw(&Header { kind: Kind::ENTRY, request: number, body_len: u32::MAX }.encode());
    });
    assert!(stated.is_err(), "{stated:?}");
}

#[test]
fn a_page_that_counts_more_than_a_page_holds_is_refused() {
    let (server, mut client) = connect(|peer, number, _| {
        let body = [1, 0xff, 0xff];
        peer.raw(&Header { kind: Kind::PAGE, request: number, body_len: 3 }.encode());
        peer.raw(&body);
    });
    let listed = client
        .list(&RemotePath::root())
        .and_then(|mut listing| listing.next().transpose().map(drop));
    assert!(listed.is_err());
    drop(client);
    server.join();
}

#[test]
fn an_answer_to_nobody_is_refused() {
    let stated = stat(|peer, number, _| peer.answer(number + 7, &Answer::Pong));
    assert!(stated.is_err(), "{stated:?}");
}

#[test]
fn more_content_than_was_announced_is_refused_and_leaves_nothing() {
    let (report, names) = fetch(|peer, number, request| {
        if !tree(peer, number, request) {
            peer.answer(number, &content(5));
            peer.data(number, 0, b"hello and more");
            peer.answer(number, &Answer::ContentEnd(Digest::of(b"hello and more")));
        }
    });
    assert_eq!((report.files_done, names.len()), (0, 0), "{report} {names:?}");
}

#[test]
fn a_file_of_all_sizes_that_ends_at_once_leaves_nothing() {
    let (report, names) = fetch(|peer, number, request| {
        if !tree(peer, number, request) {
            peer.answer(number, &content(u64::MAX));
            peer.answer(number, &Answer::ContentEnd(Digest::of(b"")));
        }
    });
    assert_eq!((report.files_done, names.len()), (0, 0), "{report} {names:?}");
}

#[test]
fn content_at_another_place_is_refused() {
    let (report, names) = fetch(|peer, number, request| {
        if !tree(peer, number, request) {
            peer.answer(number, &content(5));
            peer.data(number, 1 << 62, b"hello");
            peer.answer(number, &Answer::ContentEnd(Digest::of(b"hello")));
        }
    });
    assert_eq!((report.files_done, names.len()), (0, 0), "{report} {names:?}");
}

//! Servers that lie about sizes, offsets, digests and parts: each lie is refused, and nothing but
//! the target folder is ever touched.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may give up")]

mod support;

use ferry_client::Error;
use ferry_client::job::{self, JobOptions, JobReport, Rule, Transfer};
use ferry_protocol::{
    Answer, Content, Digest, EntryKind, Fault, GoOn, Permissions, RemotePath, Request, Status,
    Stored, Timestamp,
};
use std::fs;
use std::path::Path;
use std::time::Duration;
use support::{FakeServer, Peer, Sent, entry};
use tempfile::TempDir;

const OTHER: &[u8] = b"something else";

fn transfer(local: &Path) -> Vec<Transfer> {
    vec![Transfer { local: local.to_path_buf(), remote: RemotePath::parse(b"/f").unwrap() }]
}

fn options() -> JobOptions {
    JobOptions { rule: Rule::Refuse, connections: 1, ..JobOptions::default() }
}

/// Everything below a folder, by name.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn content(file_size: u64, len: u64) -> Answer {
    let (modified, permissions) = (Timestamp(1_000_000_000), Permissions::from_mode(0o644));
    Answer::Content(Content { file_size, len, modified, permissions })
}

/// Fetches `/f`, of which a stat says that it has five bytes, from a server that answers each get
/// with a lie. Returns what became of it, with a target folder that has to be empty.
fn fetch(lie: fn(&mut Peer, u32)) -> JobReport {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    fs::create_dir(&target).unwrap();
    let server = FakeServer::start(1, move |_, peer| {
        peer.greet();
        while let Some(sent) = peer.next() {
            match sent {
                Sent::Request(number, Request::Stat(_)) => {
                    peer.answer(number, &Answer::Entry(entry(b"f", EntryKind::File, 5)));
                }
                Sent::Request(number, Request::Get { .. }) => lie(peer, number),
                Sent::Request(number, _) => peer.answer(number, &Answer::Done),
                Sent::Data(..) => panic!("a client that sends content"),
            }
        }
    });
    let mut client = connect(&server, &folder);
    let report = job::download(&mut client, &transfer(&target.join("f")), &options());
    drop(client);
    server.join();
    assert!(names(&target).is_empty(), "{:?}", names(&target));
    assert_eq!(names(folder.path()), ["state", "target"]);
    assert_eq!(report.files_done, 0);
    report
}

fn connect(server: &FakeServer, folder: &TempDir) -> ferry_client::Client {
    let mut options = server.options(&folder.path().join("state"));
    options.retry_for = Duration::ZERO;
    ferry_client::Client::connect(options, std::sync::Arc::new(support::TrustsAll)).unwrap()
}

fn is_refused(report: &JobReport) -> bool {
    matches!(report.stopped, Some(Error::Misbehaved(_)))
        || matches!(&report.failed[..], [(_, Error::Corrupt { .. } | Error::Untrustworthy { .. })])
}

#[test]
fn a_download_that_is_not_what_was_announced_is_refused() {
    let lies: [fn(&mut Peer, u32); 7] = [
        // More than was announced.
        |peer, number| {
            peer.answer(number, &content(5, 5));
            peer.data(number, 0, b"hello, and more");
            peer.answer(number, &Answer::ContentEnd(Digest::of(b"hello, and more")));
        },
        // Less than was announced, with the right digest of it.
        |peer, number| {
            peer.answer(number, &content(5, 5));
            peer.data(number, 0, b"hel");
            peer.answer(number, &Answer::ContentEnd(Digest::of(b"hel")));
        },
        // From another offset.
        |peer, number| {
            peer.answer(number, &content(5, 5));
            peer.data(number, 3, b"lo");
            peer.answer(number, &Answer::ContentEnd(Digest::of(b"lo")));
        },
        // A length beyond the file.
        |peer, number| {
            peer.answer(number, &content(5, u64::MAX));
            peer.data(number, 0, b"hello");
            peer.data(number, 5, b"hello");
            peer.answer(number, &Answer::ContentEnd(Digest::of(b"hellohello")));
        },
        // A rest that nobody asked for.
        |peer, number| {
            peer.answer(number, &content(5, 2));
            peer.data(number, 3, b"lo");
            peer.answer(number, &Answer::ContentEnd(Digest::of(b"lo")));
        },
        // The digest of something else.
        |peer, number| peer.content(number, b"hello", Digest::of(OTHER)),
        // A file without end.
        |peer, number| {
            peer.answer(number, &content(u64::MAX, u64::MAX));
            peer.data(number, 0, b"hello");
            peer.answer(number, &Answer::ContentEnd(Digest::of(b"hello")));
        },
    ];
    for (index, lie) in lies.into_iter().enumerate() {
        let report = fetch(lie);
        assert!(is_refused(&report), "lie {index}: {report} {:?}", report.stopped);
    }
}

/// Sends a file to a server that answers each put in its own way.
fn send(size: usize, lie: impl Fn(&mut Peer, u32) + Send + Sync + 'static) -> JobReport {
    send_by(Rule::Refuse, size, lie)
}

fn send_by(
    rule: Rule,
    size: usize,
    lie: impl Fn(&mut Peer, u32) + Send + Sync + 'static,
) -> JobReport {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    let before: Vec<u8> = (0..size).map(|index| u8::try_from(index % 251).unwrap()).collect();
    fs::write(&file, &before).unwrap();
    let server = FakeServer::start(1, move |_, peer| {
        peer.greet();
        while let Some(sent) = peer.next() {
            if let Sent::Request(number, Request::Put(_)) = sent {
                lie(peer, number);
            } else if let Sent::Request(number, Request::PutCancel) = sent {
                let fault = Fault::new(Status::CANCELLED, "");
                peer.answer(number, &Answer::Error(fault));
            } else if let Sent::Request(number, Request::Sync) = sent {
                peer.answer(number, &support::done(&Request::Sync));
            }
        }
    });
    let mut client = connect(&server, &folder);
    let options = JobOptions { rule, ..options() };
    let report = job::upload(&mut client, &transfer(&file), &options);
    drop(client);
    server.join();
    assert_eq!(fs::read(&file).unwrap(), before, "the source is as it was");
    assert_eq!(report.files_done, 0);
    report
}

#[test]
fn a_server_that_stored_something_else_is_not_believed() {
    let report = send(5, |peer, number| {
        peer.small_put(number);
        let stored = Stored { digest: Digest::of(OTHER), was_there: false, is_durable: true };
        peer.answer(number, &Answer::Stored(stored));
    });
    assert!(is_refused(&report), "{report}");
}

/// It says each time what brings the client to send it once more.
#[test]
fn a_server_that_refuses_for_ever_is_given_up() {
    for (rule, size, status) in [
        (Rule::Refuse, 5, Status::NO_PART),
        (Rule::Refuse, 2_000_000, Status::NO_PART),
        (Rule::Replace, 5, Status::NO_PART),
        (Rule::Replace, 5, Status::EXISTS),
    ] {
        let report = send_by(rule, size, move |peer, number| {
            if size == 5 {
                peer.small_put(number);
            }
            peer.answer(number, &Answer::Error(Fault::new(status, "not now")));
        });
        assert_eq!((report.failed_count, report.stopped.is_none()), (1, true), "{report}");
    }
}

#[test]
fn a_part_that_is_not_ours_is_never_gone_on_with() {
    for held in [7, 2_000_000, u64::MAX] {
        let report = send(2_000_000, move |peer, number| {
            let go_on = GoOn { held, held_digest: Digest::of(OTHER) };
            peer.answer(number, &Answer::GoOn(go_on));
        });
        assert_eq!(report.failed_count, 1, "{report} {:?}", report.stopped);
    }
}

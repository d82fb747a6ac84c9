//! Connections that are lost between two requests, against a scripted server.

mod support;

use ferry_client::job::{self, JobOptions, Transfer};
use ferry_client::trust::KnownServers;
use ferry_client::{Client, ConnectOptions};
use ferry_protocol::{Answer, Change, Digest, EntryKind, Fault, RemotePath, Request, Status};
use parking_lot::Mutex;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;
use support::{FakeServer, Peer, Sent, entry, page};

const RETRY_FOR: Duration = Duration::from_millis(900);

#[expect(clippy::unwrap_used, reason = "a test may give up")]
fn connect(server: &FakeServer, state: &std::path::Path) -> Client {
    let known = KnownServers::in_folder(state);
    let mut options = ConnectOptions::new("127.0.0.1", server.address.port(), known);
    options.retry_for = RETRY_FOR;
    Client::connect(options, Arc::new(support::TrustsAll)).unwrap()
}

fn answer_stat(peer: &mut Peer, name: &[u8]) {
    let (number, request) = peer.request();
    assert!(matches!(request, Request::Stat(_)), "{request:?}");
    peer.answer(number, &Answer::Entry(entry(name, EntryKind::Folder, 0)));
}

/// A folder that somebody removed while the connection was lost once made every later request of
/// the client fail, even the one that would have led out of it.
#[test]
fn a_current_folder_that_is_gone_fails_nothing_else() {
    let state = tempfile::tempdir().unwrap();
    let server = FakeServer::start(2, |index, peer| {
        peer.greet();
        let (number, request) = peer.request();
        assert!(matches!(request, Request::ChangeDirectory(_)), "{request:?}");
        if index == 0 {
            peer.answer(number, &Answer::Directory(RemotePath::parse(b"/a").unwrap()));
        } else {
            peer.answer(number, &Answer::Error(Fault::new(Status::NOT_FOUND, "gone")));
            answer_stat(peer, b"b");
        }
    });
    let mut client = connect(&server, state.path());
    client.change_directory(&RemotePath::parse(b"/a").unwrap()).unwrap();
    let found = client.stat(&RemotePath::parse(b"/b").unwrap()).unwrap();
    assert_eq!(found.name, b"b");
    server.join();
}

/// The walk of a large download waits for the lanes, and may be cut for its silence again and
/// again. The time for retries once went on from the first cut, and ended such downloads.
#[test]
fn a_walk_that_goes_on_after_each_cut_is_not_given_up() {
    const CUTS: usize = 4;
    const NAMES: [&[u8]; CUTS + 1] = [b"a", b"b", b"c", b"d", b"e"];
    let state = tempfile::tempdir().unwrap();
    let server = FakeServer::start(CUTS + 1, |index, peer| {
        peer.greet();
        answer_stat(peer, b"tree");
        let (number, request) = peer.request();
        assert!(matches!(request, Request::Walk(_)), "{request:?}");
        let entries = NAMES.iter().take(index + 1);
        let entries = entries.map(|name| entry(name, EntryKind::Folder, 0)).collect();
        peer.answer(number, &page(entries, index == CUTS));
        thread::sleep(RETRY_FOR / 2);
    });
    let mut client = connect(&server, state.path());
    let local = state.path().join("tree");
    let transfer = Transfer { local, remote: RemotePath::parse(b"/tree").unwrap() };
    let report = job::download(&mut client, &[transfer], &JobOptions::default());
    assert!(report.is_success(), "{report} {:?}", report.stopped);
    assert_eq!(report.folders_done, NAMES.len() as u64 + 1);
    drop(client);
    server.join();
}

/// A file that had come whole while the next one was cut was once thrown away when the time for
/// retries ended, or when the job was paused before.
#[test]
fn what_came_whole_before_the_last_cut_is_kept() {
    let state = tempfile::tempdir().unwrap();
    // The walk may have a connection of its own, so nobody waits for the second.
    let server = FakeServer::start(2, |_, peer| {
        peer.greet();
        let mut is_first = true;
        while let Some(Sent::Request(number, request)) = peer.next() {
            match request {
                Request::Stat(_) => {
                    peer.answer(number, &Answer::Entry(entry(b"tree", EntryKind::Folder, 0)));
                }
                Request::Walk(_) => {
                    let entries = [b"a", b"b"].map(|name| entry(name, EntryKind::File, 5));
                    peer.answer(number, &page(entries.to_vec(), true));
                }
                Request::Get { .. } if std::mem::take(&mut is_first) => {
                    peer.content(number, b"whole", Digest::of(b"whole"));
                }
                _ => return,
            }
        }
    });
    let mut options = server.options(state.path());
    options.retry_for = Duration::ZERO;
    let mut client = Client::connect(options, Arc::new(support::TrustsAll)).unwrap();
    let local = state.path().join("tree");
    let transfer = Transfer { local: local.clone(), remote: RemotePath::parse(b"/tree").unwrap() };
    let options = JobOptions { connections: 1, ..JobOptions::default() };
    let report = job::download(&mut client, &[transfer], &options);
    assert!(report.stopped.is_some(), "{report}");
    assert_eq!(report.files_done, 1, "{report}");
    assert_eq!(fs::read(local.join("a")).unwrap(), b"whole");
}

/// A server that stops says so and answers what was asked. When only one answer was still to come,
/// its connection was given up for a new one, on which nobody had asked for anything: it was waited
/// for that answer until the deadline.
#[test]
fn the_last_answer_of_a_server_that_stops_is_taken() {
    let state = tempfile::tempdir().unwrap();
    let (planned, is_planned) = mpsc::sync_channel(1);
    let waiting = Mutex::new(Some(is_planned));
    let asked = Arc::new(AtomicUsize::new(0));
    let own_asked = Arc::clone(&asked);
    let server = FakeServer::start(2, move |_, peer| {
        peer.greet();
        let file = |name| entry(name, EntryKind::File, 5);
        let mut pages = vec![vec![], vec![file(b"b"), file(b"c")], vec![file(b"a")]];
        while let Some(Sent::Request(number, request)) = peer.next() {
            match request {
                Request::Stat(_) => {
                    peer.answer(number, &Answer::Entry(entry(b"tree", EntryKind::Folder, 0)));
                }
                Request::Walk(_) | Request::NextPage => {
                    let entries = pages.pop().unwrap();
                    if pages.is_empty() {
                        planned.send(()).unwrap();
                    }
                    peer.answer(number, &page(entries, pages.is_empty()));
                }
                Request::Get { .. } => {
                    own_asked.fetch_add(1, Ordering::SeqCst);
                    // The first answer waits until the rest can be asked for at once.
                    let first = waiting.lock().take();
                    if let Some(is_planned) = first {
                        is_planned.recv().unwrap();
                    } else if own_asked.load(Ordering::SeqCst) == 3 {
                        peer.answer(0, &Answer::GoAway(Fault::new(Status::STOPPING, "stopping")));
                        peer.content(number - 1, b"whole", Digest::of(b"whole"));
                    } else {
                        continue;
                    }
                    peer.content(number, b"whole", Digest::of(b"whole"));
                }
                _ => return,
            }
        }
    });
    let mut options = server.options(state.path());
    options.deadlines.answer = Duration::from_secs(2);
    let mut client = Client::connect(options, Arc::new(support::TrustsAll)).unwrap();
    let local = state.path().join("tree");
    let transfer = Transfer { local, remote: RemotePath::parse(b"/tree").unwrap() };
    let options = JobOptions { connections: 1, ..JobOptions::default() };
    let report = job::download(&mut client, &[transfer], &options);
    assert_eq!((report.is_success(), report.files_done), (true, 3), "{report}");
    assert_eq!(asked.load(Ordering::SeqCst), 3, "each is asked for once");
    drop(client);
    server.join();
}

/// A server that was started anew after a power cut has lost a folder that it had made, and knows
/// nothing of it when it is asked for a barrier. That job was called done.
#[test]
fn a_folder_that_is_gone_at_the_end_is_told() {
    let state = tempfile::tempdir().unwrap();
    let server = FakeServer::start(1, |_, peer| {
        peer.greet();
        while let Some(Sent::Request(number, request)) = peer.next() {
            let is_lost =
                matches!(request, Request::Change { change: Change::SetAttributes { .. }, .. });
            let gone = || Answer::Error(Fault::new(Status::NOT_FOUND, "gone"));
            peer.answer(number, &if is_lost { gone() } else { support::done(&request) });
        }
    });
    let mut client = connect(&server, state.path());
    let local = state.path().join("empty");
    fs::create_dir(&local).unwrap();
    let transfer = Transfer { local, remote: RemotePath::parse(b"/empty").unwrap() };
    let options = JobOptions { connections: 1, ..JobOptions::default() };
    let report = job::upload(&mut client, &[transfer], &options);
    assert!(report.stopped.is_none(), "{:?}", report.stopped);
    assert_eq!((report.failed_count, report.folders_done), (1, 0), "{report}");
    drop(client);
    server.join();
}

//! The client against the real server, over real sockets, some of which are cut on purpose.
#![expect(clippy::unwrap_used, reason = "helpers of tests may give up")]

mod support;

use ferry_client::Parents;
use ferry_client::job::{self, JobOptions, JobReport, Rule, Transfer};
use ferry_protocol::{Digest, EntryKind, IfExists, Range, RemotePath, Removal, Status, TransferId};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use support::place::{Place as Fixture, contents, remote};

fn pair(local: &Path, to: &str) -> Vec<Transfer> {
    vec![Transfer { local: local.to_path_buf(), remote: remote(to) }]
}

fn options(rule: Rule) -> JobOptions {
    JobOptions { rule, ..JobOptions::default() }
}

fn assert_whole(report: &JobReport) {
    assert!(report.is_success(), "{report} {:?}", report.stopped);
}

#[test]
fn a_tree_goes_up_and_comes_down_equal_and_again_costs_nothing() {
    let fixture = Fixture::new();
    let tree = fixture.make_tree();
    let mut client = fixture.client(fixture.port());
    let report = job::upload(&mut client, &pair(&tree, "/up"), &options(Rule::Refuse));
    assert_whole(&report);
    assert_eq!(report.files_done, 402);
    assert_eq!(contents(&tree), contents(&fixture.path("share/up")));

    let down = fixture.path("down");
    let report = job::download(&mut client, &pair(&down, "/up"), &options(Rule::Refuse));
    assert_whole(&report);
    assert_eq!(contents(&tree), contents(&down));

    let again = job::upload(&mut client, &pair(&tree, "/up"), &options(Rule::Refuse));
    assert_eq!((again.files_done, again.already_there), (0, 402), "{again}");
    let again = job::download(&mut client, &pair(&down, "/up"), &options(Rule::Refuse));
    assert_eq!((again.files_done, again.already_there), (0, 402), "{again}");
}

#[test]
fn cut_connections_are_mended_and_nothing_is_lost_or_left() {
    let fixture = Fixture::new();
    let tree = fixture.make_tree();
    let proxy = Proxy::start(fixture.port());
    let mut client = fixture.client(proxy.port);
    let job_options = options(Rule::Refuse);
    let report = job::upload(&mut client, &pair(&tree, "/up"), &job_options);
    assert_whole(&report);
    let progress = job_options.progress.snapshot();
    assert_eq!(progress.bytes_done, progress.bytes_total);
    let down = fixture.path("down");
    assert_whole(&job::download(&mut client, &pair(&down, "/up"), &options(Rule::Refuse)));
    assert_eq!(contents(&tree), contents(&fixture.path("share/up")));
    assert_eq!(contents(&tree), contents(&down));
}

#[test]
fn every_request_is_understood() {
    let fixture = Fixture::new();
    let mut client = fixture.client(fixture.port());
    let folder = remote("/a/b");
    client.make_directory(&folder, Parents::Make).unwrap();
    fs::write(fixture.path("share/a/b/f"), "hello").unwrap();
    assert_eq!(client.stat(&remote("/a/b/f")).unwrap().size, 5);
    assert_eq!(client.change_directory(&folder).unwrap(), folder);
    assert_eq!(client.print_directory().unwrap(), folder);
    let digest = client.digest(&remote("/a/b/f"), Range::ALL).unwrap();
    assert_eq!(digest.digest, Digest::of(b"hello"));
    let mut got = Vec::new();
    client.get(&remote("/a/b/f"), Range::from(1), &mut got).unwrap();
    assert_eq!(got, b"ello");
    client.copy(&remote("/a/b/f"), &remote("/a/g"), IfExists::Refuse).unwrap();
    client.rename(&remote("/a/g"), &remote("/a/h"), IfExists::Refuse).unwrap();
    assert!(client.space(&RemotePath::root()).unwrap().total > 0);
    assert_eq!(client.status().unwrap().directory, folder);
    assert_eq!(client.parts().unwrap(), []);
    let unknown = client.abandon_part(TransferId([7; 16])).unwrap_err();
    assert_eq!(unknown.status(), Some(Status::NO_PART));
    client.ping().unwrap();
    client.sync().unwrap();
    let walked: Vec<_> = client.walk(&remote("/a")).unwrap().flat_map(Result::unwrap).collect();
    assert_eq!(walked.len(), 3);
    assert!(walked.iter().any(|e| e.name == b"b" && e.kind == EntryKind::Folder));
    client.remove(&remote("/a"), Removal::Tree).unwrap();
    let err = client.stat(&remote("/a")).unwrap_err();
    assert_eq!(err.status(), Some(Status::NOT_FOUND));
    client.bye().unwrap();
}

#[test]
fn conflicts_of_big_files_are_found_by_their_digests() {
    let fixture = Fixture::new();
    let local = fixture.path("big");
    fs::write(&local, vec![1; 2_000_000]).unwrap();
    let mut client = fixture.client(fixture.port());
    assert_whole(&job::upload(&mut client, &pair(&local, "/big"), &options(Rule::Ask)));
    let same = job::upload(&mut client, &pair(&local, "/big"), &options(Rule::Ask));
    assert_eq!(same.already_there, 1);
    fs::write(&local, vec![2; 2_000_000]).unwrap();
    let refused = job::upload(&mut client, &pair(&local, "/big"), &options(Rule::Ask));
    assert_eq!(refused.failed_count, 1);
    assert_whole(&job::upload(&mut client, &pair(&local, "/big"), &options(Rule::KeepBoth)));
    assert_eq!(fs::read(fixture.path("share/big (1)")).unwrap(), vec![2; 2_000_000]);
    assert_whole(&job::upload(&mut client, &pair(&local, "/big"), &options(Rule::Replace)));
    assert_eq!(fs::read(fixture.path("share/big")).unwrap(), vec![2; 2_000_000]);
}

/// Passes connections on; the first few are cut after some bytes, each after more than the last.
struct Proxy {
    port: u16,
}

impl Proxy {
    fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        spawn(move || {
            for (index, near) in listener.incoming().enumerate() {
                let near = near.unwrap();
                let far = TcpStream::connect(("127.0.0.1", to)).unwrap();
                let limit = if index < 6 { 40_000 + 20_000 * index * index } else { usize::MAX };
                let (near2, far2) = (near.try_clone().unwrap(), far.try_clone().unwrap());
                spawn(move || pass(near, far, limit));
                spawn(move || pass(far2, near2, limit));
            }
        });
        Self { port }
    }
}

fn spawn(run: impl FnOnce() + Send + 'static) {
    let started = thread::Builder::new().name("proxy".to_owned()).spawn(run);
    drop(started.unwrap());
}

fn pass(mut from: TcpStream, mut to: TcpStream, mut limit: usize) {
    let mut buffer = vec![0; 16 * 1024];
    while limit > 0 {
        let Ok(count @ 1..) = from.read(&mut buffer) else {
            break;
        };
        let count = count.min(limit);
        limit -= count;
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    drop(from.shutdown(Shutdown::Both));
    drop(to.shutdown(Shutdown::Both));
}

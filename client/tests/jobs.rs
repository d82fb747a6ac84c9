//! Jobs against a scripted server: small puts, conflicts, verification, hostile names.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may give up")]

mod support;

use ferry_client::job::{self, JobOptions, Rule, Transfer};
use ferry_client::jobs::{Direction, JobServer, JobSpec, Jobs};
use ferry_client::{Client, Error};
use ferry_protocol::{
    Answer, Digest, EntryKind, Fault, IfExists, RemotePath, Request, Status, Stored, StoredDigest,
    TransferId,
};
use parking_lot::Mutex;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use support::{FakeServer, Peer, entry, page};

fn transfer(local: &Path, remote: &[u8]) -> Vec<Transfer> {
    vec![Transfer { local: local.to_path_buf(), remote: RemotePath::parse(remote).unwrap() }]
}

fn one_connection(rule: Rule) -> JobOptions {
    JobOptions { rule, connections: 1, ..JobOptions::default() }
}

fn stored(digest: Digest, was_there: bool) -> Answer {
    Answer::Stored(Stored { digest, was_there, is_durable: true })
}

/// Takes what an upload sends when all goes well, until the client closes.
fn take_all(peer: &mut Peer) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut files = Vec::new();
    while let Some(sent) = peer.next() {
        let support::Sent::Request(number, request) = sent else {
            panic!("{sent:?}");
        };
        match request {
            Request::Put(put) => {
                let (content, digest) = peer.small_put(number);
                assert_eq!(put.size, content.len() as u64);
                files.push((put.path.to_wire(), content));
                peer.answer(number, &stored(digest, false));
            }
            other => peer.answer(number, &support::done(&other)),
        }
    }
    files
}

#[test]
fn a_tree_goes_up_in_order_and_what_cannot_be_sent_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    fs::create_dir_all(tree.join("b/empty")).unwrap();
    for index in 0..300 {
        fs::write(tree.join(format!("b/f{index:03}")), format!("{index}")).unwrap();
    }
    fs::write(tree.join(".ferry-part-x"), "mine").unwrap();
    let server = FakeServer::start(1, |_, peer| {
        peer.greet();
        let files = take_all(peer);
        assert_eq!(files.len(), 300);
        assert_eq!(files[7], (b"/up/b/f007".to_vec(), b"7".to_vec()));
    });
    let mut client = server.connect(&folder.path().join("state")).unwrap();
    let options = one_connection(Rule::Refuse);
    let report = job::upload(&mut client, &transfer(&tree, b"/up"), &options);
    assert!(report.is_success(), "{report}");
    assert_eq!((report.files_done, report.skipped_count), (300, 1));
    assert_eq!(report.folders_done, 3);
    let progress = options.progress.snapshot();
    assert_eq!(progress.files_done, progress.files_total);
    assert_eq!(progress.bytes_done, progress.bytes_total);
    drop(client);
    server.join();
}

/// A server that was killed holds what came of a file; only the same id overwrites it.
#[test]
fn a_small_file_has_one_id_in_all_runs_of_its_job() {
    let folder = tempfile::tempdir().unwrap();
    let (state, file) = (folder.path().join("state"), folder.path().join("f"));
    fs::write(&file, "content").unwrap();
    let ids = Arc::<Mutex<Vec<TransferId>>>::default();
    let seen = Arc::clone(&ids);
    let server = FakeServer::start(2, move |run, peer| {
        peer.greet();
        while let Some(support::Sent::Request(number, request)) = peer.next() {
            let put = match request {
                Request::Put(put) => put,
                Request::Stat(_) => {
                    peer.answer(number, &Answer::Error(Fault::new(Status::NOT_FOUND, "none")));
                    continue;
                }
                other => {
                    peer.answer(number, &support::done(&other));
                    continue;
                }
            };
            seen.lock().push(put.transfer);
            let (_, digest) = peer.small_put(number);
            if run == 0 {
                return;
            }
            peer.answer(number, &stored(digest, false));
        }
    });
    let connect = || {
        let mut options = server.options(&state);
        options.retry_for = Duration::ZERO;
        Client::connect(options, Arc::new(support::TrustsAll)).unwrap()
    };
    let jobs = Jobs::open(&state).unwrap();
    let mut client = connect();
    let spec = JobSpec {
        direction: Direction::Upload,
        server: JobServer::of(&client),
        transfers: transfer(&file, b"/f"),
        rule: Rule::Refuse,
        connections: 1,
    };
    let job = jobs.begin(spec).unwrap();
    let (id, options) = (job.id().clone(), job.options());
    assert!(job.run(&mut client, options).stopped.is_some());
    let mut client = connect();
    let job = jobs.take(&id).unwrap();
    let options = job.options();
    let report = job.run(&mut client, options);
    assert!(report.is_success(), "{report}: {:?}", report.stopped);
    drop(client);
    server.join();
    let ids = ids.lock();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
}

/// Runs an upload of one file whose name is taken, and returns how it ended.
fn conflict(rule: Rule, is_equal: bool) -> (job::JobReport, Vec<(Vec<u8>, IfExists)>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.txt");
    fs::write(&file, "new").unwrap();
    let puts = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&puts);
    let server = FakeServer::start(1, move |_, peer| {
        peer.greet();
        while let Some(sent) = peer.next() {
            let support::Sent::Request(number, request) = sent else {
                panic!("{sent:?}");
            };
            let answer = match request {
                Request::Put(put) => {
                    let path = put.path.to_wire();
                    let is_taken = path == b"/a.txt" && put.if_exists == IfExists::Refuse;
                    seen.lock().push((path, put.if_exists));
                    let (_, digest) = peer.small_put(number);
                    if is_taken && !is_equal {
                        Answer::Error(Fault::new(Status::EXISTS, "taken"))
                    } else {
                        stored(digest, is_taken)
                    }
                }
                Request::Stat(_) => Answer::Entry(entry(b"a.txt", EntryKind::File, 3)),
                other => support::done(&other),
            };
            peer.answer(number, &answer);
        }
    });
    let mut client = server.connect(&folder.path().join("state")).unwrap();
    let report = job::upload(&mut client, &transfer(&file, b"/a.txt"), &one_connection(rule));
    drop(client);
    server.join();
    let puts = puts.lock().clone();
    (report, puts)
}

/// Two files that are too big for one message, and where they go.
fn two_big(folder: &Path) -> Vec<Transfer> {
    let mut transfers = Vec::new();
    for name in ["one", "two"] {
        let local = folder.join(name);
        fs::write(&local, vec![7; BIG_LEN]).unwrap();
        transfers.extend(transfer(&local, name.as_bytes()));
    }
    transfers
}

const BIG_LEN: usize = 1 << 21;

/// One that shrank before its turn was announced like a big one: both ends waited for the other.
#[test]
fn a_big_file_that_became_small_is_sent_as_a_small_one() {
    let folder = tempfile::tempdir().unwrap();
    let transfers = two_big(folder.path());
    let options = one_connection(Rule::Refuse);
    let (progress, second) = (Arc::clone(&options.progress), folder.path().join("two"));
    let server = FakeServer::start(1, move |_, peer| {
        peer.greet();
        let (number, _) = peer.request();
        while !progress.snapshot().is_planned {
            std::thread::yield_now();
        }
        fs::write(&second, "small").unwrap();
        peer.answer(number, &Answer::Error(Fault::new(Status::NO_PERMISSION, "not this one")));
        assert_eq!(take_all(peer), [(b"/two".to_vec(), b"small".to_vec())]);
    });
    let mut client = server.connect(&folder.path().join("state")).unwrap();
    let report = job::upload(&mut client, &transfers, &options);
    assert_eq!((report.files_done, report.failed_count), (1, 1), "{report}");
    drop(client);
    server.join();
}

/// A log that was written to while it was compared ended the whole job.
#[test]
fn a_file_that_grows_while_it_is_compared_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let transfers = two_big(folder.path());
    let grown = folder.path().join("one");
    let server = FakeServer::start(1, move |_, peer| {
        peer.greet();
        while let Some(sent) = peer.next() {
            let support::Sent::Request(number, request) = sent else { continue };
            let answer = match request {
                Request::Put(put) if put.path.to_wire() == b"/one" => {
                    Answer::Error(Fault::new(Status::EXISTS, "taken"))
                }
                Request::Put(_) => stored(Digest::of(&vec![7; BIG_LEN]), false),
                Request::Stat(_) => {
                    let mut file = fs::OpenOptions::new().append(true).open(&grown).unwrap();
                    file.write_all(b"one line more").unwrap();
                    Answer::Entry(entry(b"one", EntryKind::File, BIG_LEN as u64))
                }
                Request::Digest { .. } => Answer::DigestIs(StoredDigest {
                    file_size: BIG_LEN as u64,
                    modified: ferry_protocol::Timestamp(0),
                    digest: Digest::of(b"other"),
                }),
                other => support::done(&other),
            };
            peer.answer(number, &answer);
        }
    });
    let mut client = server.connect(&folder.path().join("state")).unwrap();
    let report = job::upload(&mut client, &transfers, &one_connection(Rule::Refuse));
    assert!(matches!(&report.failed[..], [(_, Error::LocalRefused { .. })]), "{report}");
    assert!(report.stopped.is_none() && report.files_done == 1, "{report}");
    drop(client);
    server.join();
}

#[test]
fn equal_content_is_success_whatever_the_rule() {
    for rule in [Rule::Ask, Rule::Refuse, Rule::Skip, Rule::KeepBoth, Rule::Newer] {
        let (report, puts) = conflict(rule, true);
        assert!(report.is_success());
        assert_eq!((report.already_there, puts.len()), (1, 1));
    }
}

#[test]
fn different_content_is_treated_by_the_rule() {
    for rule in [Rule::Ask, Rule::Refuse] {
        let (report, _) = conflict(rule, false);
        assert!(matches!(&report.failed[..], [(_, Error::TargetExists { .. })]));
    }
    let (report, _) = conflict(Rule::Skip, false);
    assert_eq!((report.skipped_count, report.is_success()), (1, true));
    let (report, puts) = conflict(Rule::Newer, false);
    assert_eq!(report.files_done, 1);
    assert_eq!(puts[1], (b"/a.txt".to_vec(), IfExists::Replace));
    let (report, puts) = conflict(Rule::KeepBoth, false);
    assert_eq!(report.files_done, 1);
    assert_eq!(puts[1], (b"/a (1).txt".to_vec(), IfExists::Refuse));
}

/// Downloads `/d` from a server whose walk has these entries and whose files all hold `content`.
fn download(
    target: &Path,
    names: &'static [(&'static [u8], EntryKind)],
    claim: fn(&[u8]) -> Digest,
) -> job::JobReport {
    let state = tempfile::tempdir().unwrap();
    let server = FakeServer::start(1, move |_, peer| {
        peer.greet();
        while let Some(sent) = peer.next() {
            let support::Sent::Request(number, request) = sent else {
                panic!("{sent:?}");
            };
            match request {
                Request::Stat(_) => {
                    peer.answer(number, &Answer::Entry(entry(b"d", EntryKind::Folder, 0)));
                }
                Request::Walk(_) => {
                    let entries = names.iter().map(|(name, kind)| entry(name, *kind, 5));
                    peer.answer(number, &page(entries.collect(), true));
                }
                Request::Get { .. } => peer.content(number, b"hello", claim(b"hello")),
                other => panic!("{other:?}"),
            }
        }
    });
    let mut client: Client = server.connect(state.path()).unwrap();
    let report =
        job::download(&mut client, &transfer(target, b"/d"), &one_connection(Rule::Refuse));
    drop(client);
    server.join();
    report
}

fn names_below(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_tree_comes_down_with_times_and_permissions() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    let names: &[(&[u8], EntryKind)] = &[
        (b"sub", EntryKind::Folder),
        (b"sub/x", EntryKind::File),
        (b"y", EntryKind::File),
        (b"pipe", EntryKind::Other),
    ];
    let report = download(&target, names, Digest::of);
    assert!(report.is_success(), "{report}");
    assert_eq!((report.files_done, report.skipped_count), (2, 1));
    assert_eq!(fs::read(target.join("sub/x")).unwrap(), b"hello");
    let metadata = fs::metadata(target.join("y")).unwrap();
    let since = metadata.modified().unwrap().duration_since(std::time::UNIX_EPOCH);
    assert_eq!(since.unwrap().as_secs(), 1);
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&metadata) & 0o777, 0o640);
    assert_eq!(names_below(&target), ["sub", "y"]);

    // The same again finds everything there; a part of it that differs is refused and kept.
    fs::write(target.join("y"), "other!").unwrap();
    fs::remove_dir_all(target.join("sub")).unwrap();
    let report = download(&target, names, Digest::of);
    assert_eq!((report.files_done, report.failed_count), (1, 1));
    assert_eq!(fs::read(target.join("y")).unwrap(), b"other!");
}

#[test]
fn altered_content_is_refused_and_its_part_removed() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    let names: &[(&[u8], EntryKind)] = &[(b"x", EntryKind::File)];
    let report = download(&target, names, |_| Digest::of(b"something else"));
    assert!(matches!(&report.failed[..], [(_, Error::Corrupt { .. })]));
    assert!(names_below(&target).is_empty());
}

#[test]
fn hostile_names_and_links_lead_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    let outside = folder.path().join("outside");
    fs::create_dir_all(&target).unwrap();
    fs::create_dir_all(&outside).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&outside, target.join("link")).unwrap();
    for name in [&b"../evil"[..], b"/evil", b"a/../../evil", b".ferry-part-1"] {
        let names: &'static [(&[u8], EntryKind)] =
            vec![(name, EntryKind::File), (b"good", EntryKind::File)].leak();
        let report = download(&target, names, Digest::of);
        assert!(report.stopped.is_some(), "{report}");
        assert_eq!(names_below(&target), ["link"]);
    }
    let names: &[(&[u8], EntryKind)] = &[
        (b"link", EntryKind::Folder),
        (b"link/evil", EntryKind::File),
        (b"good", EntryKind::File),
    ];
    let report = download(&target, names, Digest::of);
    assert_eq!((report.files_done, report.failed_count), (1, 2), "{report}");
    assert_eq!(names_below(&target), ["good", "link"]);
    assert!(names_below(&outside).is_empty());
    assert_eq!(names_below(folder.path()), ["outside", "target"]);
}

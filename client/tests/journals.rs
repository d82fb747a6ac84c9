//! The store of jobs and its bad journals: each is told, set aside and kept, and hides no other.
#![expect(clippy::unwrap_used, reason = "helpers of tests may give up")]

use ferry_client::Error;
use ferry_client::job::{Rule, Transfer};
use ferry_client::jobs::{
    Direction, JobServer, JobSpec, JobState, Jobs, JournalError, Stopped, Unusable,
};
use ferry_client::trust::{Fingerprint, ServerKey};
use ferry_protocol::RemotePath;
use std::fs;
use std::path::{Path, PathBuf};

fn spec() -> JobSpec {
    JobSpec {
        direction: Direction::Upload,
        server: JobServer {
            host: "nas".to_owned(),
            port: 3000,
            account: Some("ann".to_owned()),
            key: ServerKey::Pinned(Fingerprint::of_public_key(b"key")),
        },
        transfers: vec![Transfer {
            local: PathBuf::from("/srv/ann/a\u{e9}"),
            remote: RemotePath::parse(b"/in/a\xff").unwrap(),
        }],
        rule: Rule::Newer,
        connections: 3,
    }
}

/// A store with one job that is whole and one whose journal `spoil` has spoiled.
fn spoiled(spoil: impl Fn(&Path)) -> (Unusable, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let jobs = Jobs::open(folder.path()).unwrap();
    let whole = jobs.begin(spec()).unwrap().id().clone();
    let bad = jobs.begin(spec()).unwrap().id().clone();
    let path = folder.path().join("jobs").join(format!("{bad}.journal"));
    spoil(&path);
    let content = fs::read(&path).unwrap();
    let mut list = jobs.list().unwrap();
    let ids: Vec<_> = list.jobs.iter().map(|job| job.id.clone()).collect();
    assert_eq!(ids, [whole]);
    assert!(!path.exists() && list.unread.is_empty());
    let aside = list.set_aside.remove(0);
    assert_eq!(fs::read(&aside.path).unwrap(), content, "kept as it was");
    let again = jobs.list().unwrap();
    assert!(again.set_aside.is_empty(), "told once");
    (aside.why, content)
}

#[test]
fn what_is_begun_is_found_again_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = Jobs::open(folder.path()).unwrap();
    let open = jobs.begin(spec()).unwrap();
    let id = open.id().clone();
    let list = jobs.list().unwrap();
    assert_eq!((&list.jobs[0].id, list.jobs[0].state), (&id, JobState::Running));
    assert_eq!(list.jobs[0].spec, spec());
    let err = jobs.take(&id).unwrap_err();
    assert!(matches!(err, Error::Journal(JournalError { kind: Unusable::InUse, .. })), "{err}");
    assert!(jobs.list().unwrap().unfinished_like(&spec()).is_none(), "it runs");
    drop(open);
    let moved =
        JobSpec { server: JobServer { host: "10.0.0.7".to_owned(), ..spec().server }, ..spec() };
    let list = jobs.list().unwrap();
    let found = list.unfinished_like(&moved).unwrap();
    assert_eq!((&found.id, found.state), (&id, JobState::Interrupted));
    assert_eq!(jobs.cancel(&id).unwrap().stopped, Stopped::Now);
    jobs.clear(&id).unwrap();
    let left: Vec<_> = fs::read_dir(folder.path().join("jobs")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Its key changes with its certificate, so it is known by its place.
#[test]
fn the_job_of_a_vouched_server_is_found_at_its_place_alone() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = Jobs::open(folder.path()).unwrap();
    let server = JobServer { key: ServerKey::Vouched, ..spec().server };
    let spec = JobSpec { server: server.clone(), ..spec() };
    drop(jobs.begin(spec.clone()).unwrap());
    let list = jobs.list().unwrap();
    assert_eq!(list.jobs[0].spec, spec);
    let is_found =
        |server: JobServer| list.unfinished_like(&JobSpec { server, ..spec.clone() }).is_some();
    assert!(is_found(server.clone()));
    assert!(!is_found(JobServer { host: "other".to_owned(), ..server.clone() }));
    assert!(!is_found(JobServer { port: 3001, ..server.clone() }));
    assert!(!is_found(JobServer { account: None, ..server.clone() }));
    let pinned = ServerKey::Pinned(Fingerprint::of_public_key(b"key"));
    assert!(!is_found(JobServer { key: pinned, ..server }));
}

#[test]
fn garbage_and_nothing_are_set_aside() {
    for content in [&b""[..], b"garbage", &[0x55; 9_000], b"SQLite format 3\0and no more"] {
        let (why, kept) = spoiled(|path| fs::write(path, content).unwrap());
        assert!(matches!(why, Unusable::NoJournal), "{why:?}");
        assert_eq!(kept, content);
    }
}

#[test]
fn a_journal_that_was_cut_is_set_aside_wherever_it_was_cut() {
    for eighths in 1..8 {
        let (why, _) = spoiled(|path| {
            let content = fs::read(path).unwrap();
            fs::write(path, &content[..content.len() * eighths / 8]).unwrap();
        });
        assert!(matches!(why, Unusable::Damaged(_)), "{eighths}/8: {why:?}");
    }
}

#[test]
fn another_ferrys_journal_is_set_aside() {
    let with_version = |version: i32| {
        spoiled(move |path| {
            let store = rusqlite::Connection::open(path).unwrap();
            store.pragma_update(None, "user_version", version).unwrap();
        })
    };
    assert!(matches!(with_version(0).0, Unusable::Older(0)));
    assert!(matches!(with_version(77).0, Unusable::Newer(77)));
    let (why, _) = spoiled(|path| {
        let store = rusqlite::Connection::open(path).unwrap();
        store.execute_batch("UPDATE job SET state = 99").unwrap();
    });
    assert!(matches!(why, Unusable::Damaged(_)), "{why:?}");
}

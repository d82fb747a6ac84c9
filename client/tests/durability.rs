//! Done means on stable storage: a server that lost what it had answered and not synced gets it
//! again before a job is called done. A test plays the power cut: it takes files from the share of
//! a server that is started anew.
#![expect(clippy::unwrap_used, reason = "helpers of tests may give up")]

#[path = "../../server/tests/support/faulty.rs"]
mod faulty;
mod support;

use faulty::Faulty;
use ferry_client::job::{self, JobOptions, JobReport, Rule, Transfer};
use ferry_client::{Client, Error};
use ferry_protocol::{Rights, UndoGroup};
use ferry_server::Server;
use ferry_server::accounts::Accounts;
use ferry_server::config::{Config, Durability};
use ferry_server::identity::Identity;
use ferry_server::storage::{Author, ErrorKind, Storage as _};
use parking_lot::Mutex;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use support::place::{Place, contents, remote};
use support::{FakeServer, TrustsAll};

/// Sources of files in the order in which they were told to have ended.
type Told = Arc<Mutex<Vec<PathBuf>>>;

/// A server that syncs nothing before it is asked to.
fn forgetful() -> Arc<Place> {
    Arc::new(Place::with(|config| config.durability = Durability::None))
}

/// Uploads a tree to `/up`; once `count` files have ended, `then` happens.
fn upload(
    client: &mut Client,
    tree: &Path,
    rule: Rule,
    (count, then): (usize, impl Fn(&[PathBuf]) + Send + Sync + 'static),
) -> (JobReport, Vec<PathBuf>) {
    let told = Told::default();
    let own = Arc::clone(&told);
    let on_outcome = move |outcome: &job::FileOutcome<'_>| {
        let mut told = own.lock();
        told.push(PathBuf::from(String::from_utf8(outcome.source.to_vec()).unwrap()));
        if told.len() == count {
            then(&told);
        }
    };
    let on_outcome: Arc<job::OnOutcome> = Arc::new(on_outcome);
    let options = JobOptions { rule, on_outcome: Some(on_outcome), ..JobOptions::default() };
    let transfer = Transfer { local: tree.to_path_buf(), remote: remote("/up") };
    let report = job::upload(client, &[transfer], &options);
    let told = told.lock().clone();
    (report, told)
}

/// Where a file of the tree went.
fn stored(place: &Place, source: &Path) -> PathBuf {
    place.path("share/up").join(source.strip_prefix(place.path("tree")).unwrap())
}

/// Leaves a name without its content, and with its time, as a file system may after a power cut.
fn tear(path: &Path) {
    let file = File::options().write(true).open(path).unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();
    file.set_len(0).unwrap();
    file.set_modified(modified).unwrap();
}

/// The barrier at the end was asked of a server that knew nothing of what it had lost.
#[test]
fn what_a_server_lost_in_mid_job_is_sent_again_before_the_job_is_done() {
    let place = forgetful();
    let tree = place.make_tree();
    let mut client = place.client(place.port());
    let own = Arc::clone(&place);
    let cut = move |told: &[PathBuf]| {
        own.restart(|_| {
            for source in &told[..60] {
                fs::remove_file(stored(&own, source)).unwrap();
            }
            for source in &told[60..70] {
                tear(&stored(&own, source));
            }
            drop(fs::remove_dir(own.path("share/up/deep/empty")));
        });
    };
    let (report, told) = upload(&mut client, &tree, Rule::Refuse, (200, cut));
    assert!(report.is_success(), "{report} {:?}", report.stopped);
    assert_eq!(contents(&tree), contents(&place.path("share/up")));
    // Of some it was the answer that was lost.
    assert_eq!(report.files_done + report.already_there, 402, "{report}");
    assert_eq!((told.len(), report.folders_done), (402, 3), "each is told of once");
}

#[test]
fn what_somebody_else_changed_meanwhile_is_a_conflict_like_any_other() {
    let place = forgetful();
    let tree = place.make_tree();
    let mut client = place.client(place.port());
    let own = Arc::clone(&place);
    let change = move |told: &[PathBuf]| {
        own.restart(|_| fs::write(stored(&own, told.first().unwrap()), "theirs").unwrap());
    };
    let (report, told) = upload(&mut client, &tree, Rule::Refuse, (200, change));
    assert!(report.stopped.is_none(), "{:?}", report.stopped);
    let [(source, Error::TargetExists { .. })] = &report.failed[..] else {
        unreachable!("{report}")
    };
    assert_eq!(source, told[0].as_os_str().as_encoded_bytes());
    assert_eq!(fs::read(stored(&place, &told[0])).unwrap(), b"theirs");
}

/// Nobody can tell whether the server still has what was sent of it.
#[test]
fn a_source_that_is_gone_when_it_is_to_be_proved_again_ends_the_job() {
    let place = forgetful();
    let tree = place.make_tree();
    let mut client = place.client(place.port());
    let own = Arc::clone(&place);
    let change = move |told: &[PathBuf]| {
        fs::remove_file(&told[0]).unwrap();
        fs::write(&told[1], "another content").unwrap();
        own.restart(|_| {});
    };
    let (report, _) = upload(&mut client, &tree, Rule::Refuse, (200, change));
    assert!(matches!(report.stopped, Some(Error::Unproved { files: 2, .. })), "{report}");
}

/// A server that says "durable" has nothing to prove again.
#[test]
fn what_is_durable_is_not_sent_again() {
    let place = Arc::new(Place::new());
    let tree = place.make_tree();
    let mut client = place.client(place.port());
    let own = Arc::clone(&place);
    let lose = move |told: &[PathBuf]| {
        own.restart(|_| fs::remove_file(stored(&own, &told[0])).unwrap());
    };
    let (report, told) = upload(&mut client, &tree, Rule::Refuse, (200, lose));
    assert!(report.is_success(), "{report} {:?}", report.stopped);
    assert!(!stored(&place, &told[0]).exists(), "it was taken after it was durable");
}

/// The error of a barrier is told once, to whoever asked for it; the next succeeds without what
/// that one lost.
#[test]
fn what_a_failed_sync_lost_in_mid_job_is_sent_again_before_the_job_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let below = |name: &str| {
        fs::create_dir(folder.path().join(name)).unwrap();
        folder.path().join(name)
    };
    let is_broken = Arc::<AtomicBool>::default();
    let own = Arc::clone(&is_broken);
    let storage = Faulty::new(move |call, path| match call {
        "barrier" if own.load(Ordering::SeqCst) => {
            Err(ferry_server::storage::Error::new(ErrorKind::Io, path))
        }
        _ => Ok(()),
    });
    let inner = storage.inner().clone();
    let config = Config {
        guest: Some(Rights::read_write()),
        durability: Durability::None,
        ..Config::on_loopback(below("share"), below("server"))
    };
    let accounts = Arc::new(Accounts::open(&config.state_dir, config.guest).unwrap());
    let identity = Identity::load_or_create(&config.state_dir).unwrap();
    let server = Server::start_with(&config, storage, accounts, &identity).unwrap();
    let address = server.addresses()[0];
    let connect = || {
        let options = support::options(address, &folder.path().join("client"));
        Client::connect(options, Arc::new(TrustsAll)).unwrap()
    };
    let tree = below("tree");
    for index in 0..300 {
        fs::write(tree.join(format!("{index}")), format!("file {index}")).unwrap();
    }
    let (stranger, lost) = (Mutex::new(connect()), inner.clone());
    let fail = move |told: &[PathBuf]| {
        is_broken.store(true, Ordering::SeqCst);
        stranger.lock().sync().unwrap_err();
        is_broken.store(false, Ordering::SeqCst);
        let by = Author { account: String::new(), group: UndoGroup([0; 16]) };
        let name = told[0].file_name().unwrap().to_str().unwrap();
        lost.remove_file(&remote("/up").join_all(name.as_bytes()).unwrap(), &by).unwrap();
    };
    let (report, told) = upload(&mut connect(), &tree, Rule::Refuse, (100, fail));
    assert!(report.is_success(), "{report} {:?}", report.stopped);
    assert_eq!(told.len(), 300);
    let mut listing = inner.list(&remote("/up")).unwrap();
    assert_eq!(listing.next_entries(999).unwrap().len(), 300);
    server.stop_now();
    server.wait();
}

/// A server that begins a new epoch again and again is given up.
#[test]
fn a_server_that_always_loses_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    fs::write(&file, "content").unwrap();
    let server = FakeServer::start(6, |_, peer| {
        peer.greet();
        let mut failed_syncs = 0;
        support::take_small(peer, |request| {
            failed_syncs += 1;
            let epoch = ferry_protocol::Epoch { failed_syncs, ..support::account().epoch };
            match request {
                ferry_protocol::Request::Sync => ferry_protocol::Answer::Synced(epoch),
                _ => ferry_protocol::Answer::Done,
            }
        });
    });
    let mut client = server.connect(&folder.path().join("state")).unwrap();
    let options = JobOptions { connections: 1, ..JobOptions::default() };
    let transfers = vec![Transfer { local: file, remote: remote("/f") }];
    let report = job::upload(&mut client, &transfers, &options);
    assert!(matches!(report.stopped, Some(Error::Unproved { files: 1, .. })), "{report}");
    drop(client);
    server.join();
}

//! Jobs that are given up: what they only began goes, at both ends.
#![expect(clippy::unwrap_used, reason = "helpers of tests may give up")]

mod support;

use ferry_client::Client;
use ferry_client::job::{Rule, Transfer};
use ferry_client::jobs::{Direction, JobServer, JobSpec, JobState, Jobs, OpenJob, Stopped};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use support::gate::Gate;
use support::place::{Place, noise, remote};

const BIG: u32 = 12_000_000;
/// What the gate lets through before it holds the upload still.
const BEFORE: u64 = 6_000_000;
const UNBOUNDED: u64 = u64::MAX;

fn begin(place: &Place, port: u16) -> (Jobs, OpenJob, Client) {
    fs::write(place.path("big"), noise(BIG)).unwrap();
    let client = place.client(port);
    let jobs = Jobs::open(&place.state()).unwrap();
    let spec = JobSpec {
        direction: Direction::Upload,
        server: JobServer::of(&client),
        transfers: vec![Transfer { local: place.path("big"), remote: remote("/big") }],
        rule: Rule::Refuse,
        connections: 2,
    };
    let job = jobs.begin(spec).unwrap();
    (jobs, job, client)
}

/// An upload that was paused in its middle.
fn paused(place: &Place, gate: &Gate) -> (Jobs, String) {
    let (jobs, job, client) = begin(place, gate.port);
    let options = job.options();
    let running = job.start(client, options).unwrap();
    let id = running.id().to_string();
    gate.wait_until_stalled();
    running.pause();
    gate.open(UNBOUNDED);
    drop(running.wait());
    assert_eq!(parts_in(&place.path("share")), 1);
    (jobs, id)
}

fn parts_in(folder: &Path) -> usize {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().starts_with(".ferry-part-")).count()
}

fn ferry(place: &Place, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ferry"))
        .args(arguments)
        .env("FERRY_STATE_DIR", place.path(""))
        .env_remove("FERRY_PASSWORD")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn a_running_job_that_is_given_up_leaves_nothing_at_the_server() {
    let place = Place::new();
    let gate = Gate::start(place.port(), BEFORE);
    let (jobs, job, client) = begin(&place, gate.port);
    let options = job.options();
    let running = job.start(client, options).unwrap();
    let id = running.id().clone();
    gate.wait_until_stalled();
    assert_eq!(parts_in(&place.path("share")), 1);
    running.cancel();
    gate.open(UNBOUNDED);
    assert!(running.wait().stopped.is_some());
    assert_eq!(jobs.details(&id).unwrap().record.state, JobState::Cancelled);
    assert_eq!(parts_in(&place.path("share")), 0);
}

/// A source that is written anew while its upload is cut, or while it is on its way, is sent anew
/// by the same run, and the server keeps nothing of what it was before.
#[test]
fn a_source_that_changes_under_way_is_sent_anew_and_leaves_nothing() {
    for is_cut in [true, false] {
        let place = Place::new();
        let gate = Gate::start(place.port(), BEFORE);
        let (_, job, client) = begin(&place, gate.port);
        let options = job.options();
        let running = job.start(client, options).unwrap();
        gate.wait_until_stalled();
        assert_eq!(parts_in(&place.path("share")), 1);
        let changed: Vec<u8> = noise(BIG).into_iter().map(|byte| !byte).collect();
        fs::write(place.path("big"), &changed).unwrap();
        if is_cut {
            gate.open(UNBOUNDED);
        } else {
            gate.go_on();
        }
        let report = running.wait();
        assert!(report.is_success(), "{is_cut}: {report} {:?}", report.failed);
        assert_eq!(fs::read(place.path("share/big")).unwrap(), changed, "{is_cut}");
        assert_eq!(parts_in(&place.path("share")), 0, "{is_cut}");
    }
}

#[test]
fn a_job_that_nobody_works_on_tells_what_its_server_holds() {
    let place = Place::new();
    let gate = Gate::start(place.port(), BEFORE);
    let (jobs, id) = paused(&place, &gate);
    let cancelled = jobs.cancel(&id.parse().unwrap()).unwrap();
    assert_eq!((cancelled.stopped, cancelled.server_parts.len()), (Stopped::Now, 1));
    let mut client = place.client(place.port());
    client.abandon_parts(&cancelled.server_parts).unwrap();
    assert_eq!(parts_in(&place.path("share")), 0);
    client.abandon_parts(&cancelled.server_parts).unwrap();
    assert!(jobs.cancel(&id.parse().unwrap()).unwrap().server_parts.is_empty());
}

#[test]
fn the_terminal_gives_up_both_ends_or_says_what_stays() {
    let place = Place::new();
    let gate = Gate::start(place.port(), BEFORE);
    let (_, id) = paused(&place, &gate);
    let cancelled = ferry(&place, &["jobs", "cancel", &id]);
    let told = String::from_utf8_lossy(&cancelled.stderr);
    assert!(cancelled.status.success() && told.is_empty(), "{told}");
    assert_eq!(parts_in(&place.path("share")), 0);

    let gate = Gate::start(place.port(), BEFORE);
    let (_, id) = paused(&place, &gate);
    place.stop_server();
    let cancelled = ferry(&place, &["jobs", "cancel", &id]);
    let told = String::from_utf8_lossy(&cancelled.stderr);
    assert!(cancelled.status.success(), "{told}");
    assert!(told.contains("keeps an unfinished upload of this job until it sweeps"), "{told}");
    assert!(told.contains("--abandon"), "{told}");
    assert_eq!(parts_in(&place.path("share")), 1);
}

/// Damage that a list does not meet is found when the job is gone on with, and set aside then.
#[test]
fn a_journal_damaged_deep_inside_is_told_and_set_aside_when_its_job_goes_on() {
    let place = Place::new();
    let (jobs, job, mut client) = begin(&place, place.port());
    let (id, options) = (job.id().clone(), job.options());
    let path = place.state().join("jobs").join(format!("{id}.journal"));
    let store = rusqlite::Connection::open(&path).unwrap();
    store
        .execute_batch(
            "PRAGMA journal_mode = DELETE;
             INSERT INTO done VALUES (randomblob(160000));
             PRAGMA writable_schema = 1;",
        )
        .unwrap();
    drop(store);
    let mut content = fs::read(&path).unwrap();
    let len = content.len();
    content[len - 40_000..].fill(0xee);
    fs::write(&path, &content).unwrap();
    assert_eq!(jobs.list().unwrap().jobs.len(), 1, "a list does not see it");
    let report = job.run(&mut client, options);
    assert!(report.stopped.unwrap().to_string().contains("damaged"));
    let mut names = fs::read_dir(place.state().join("jobs")).unwrap();
    assert!(names.any(|entry| entry.unwrap().file_name().to_string_lossy().contains("set-aside")));
    assert!(jobs.list().unwrap().jobs.is_empty() && !path.exists());
}

/// However bad, they stop no verb: each is told once, with its new place, and kept.
#[test]
fn bad_journals_are_told_and_kept_and_the_terminal_goes_on() {
    let place = Place::new();
    let version = |path: &Path, version: i32| {
        let store = rusqlite::Connection::open(path).unwrap();
        store.pragma_update(None, "user_version", version).unwrap();
    };
    let cut = |path: &Path| {
        let content = fs::read(path).unwrap();
        fs::write(path, &content[..content.len() / 2]).unwrap();
    };
    let spoil = |how: &str, path: &Path| match how {
        "damaged" => cut(path),
        "an older Ferry" => version(path, 0),
        "a newer Ferry" => version(path, 99),
        _ => fs::write(path, "garbage").unwrap(),
    };
    let verbs: [&[&str]; 2] = [&["jobs"], &["put"]];
    for (how, verb) in ["damaged", "an older Ferry", "a newer Ferry", "no journal"]
        .into_iter()
        .zip(verbs.into_iter().cycle())
    {
        let (_, job, _) = begin(&place, place.port());
        let path = place.state().join("jobs").join(format!("{}.journal", job.id()));
        drop(job);
        spoil(how, &path);
        let content = fs::read(&path).unwrap();
        let (big, url) = (place.path("big"), format!("ferry://127.0.0.1:{}/up/", place.port()));
        let ran = match verb {
            ["put", ..] => ferry(&place, &["put", big.to_str().unwrap(), &url]),
            verb => ferry(&place, verb),
        };
        let told = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{how}: {told}");
        assert!(told.contains(how) && told.contains("set aside as"), "{how}: {told}");
        let aside = path.with_extension("journal.set-aside-1");
        assert_eq!(fs::read(aside).unwrap(), content, "{how}");
        let again = ferry(&place, &["jobs"]);
        assert!(again.status.success() && again.stderr.is_empty(), "{how}: told once");
    }
}

//! Conflicts gather while everything else goes on, and are decided whenever somebody likes.
#![expect(clippy::unwrap_used, reason = "helpers of tests may give up")]

mod support;

use ferry_client::job::{self, JobOptions, Rule, Transfer};
use ferry_client::jobs::{Direction, JobServer, JobSpec, JobState, Jobs, RunningJob};
use ferry_client::trust::{Fingerprint, KnownServers};
use ferry_client::{Choice, Client, Conflict, ConnectOptions, Progress, Questions, Resolution};
use ferry_protocol::Secret;
use parking_lot::Mutex;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use support::place::{Place, contents, remote};

const FILES: u64 = 60;
const TAKEN: [&str; 3] = ["10", "20", "30"];

/// Files of which three have other content at the other end, in folders `tree` and `share/up`.
fn make_conflicts(place: &Place) {
    for (folder, what) in [("tree", "new"), ("share/up", "old")] {
        fs::create_dir(place.path(folder)).unwrap();
        for name in TAKEN {
            fs::write(place.path(folder).join(name), format!("{what} {name}")).unwrap();
        }
    }
}

fn fill(folder: &Path) {
    for index in 0..FILES {
        let path = folder.join(index.to_string());
        if !path.exists() {
            fs::write(path, format!("file {index}")).unwrap();
        }
    }
}

fn start(place: &Place, direction: Direction) -> (Jobs, RunningJob) {
    let client = place.client(place.port());
    let jobs = Jobs::open(&place.state()).unwrap();
    let spec = JobSpec {
        direction,
        server: JobServer {
            host: "127.0.0.1".to_owned(),
            port: place.port(),
            account: None,
            fingerprint: client.fingerprint(),
        },
        transfers: vec![Transfer { local: place.path("tree"), remote: remote("/up") }],
        rule: Rule::Ask,
        connections: 2,
    };
    let job = jobs.begin(spec).unwrap();
    let options = job.options();
    (jobs, job.start(client, options).unwrap())
}

fn wait_for_the_rest(job: &RunningJob) {
    while job.conflicts().len() < TAKEN.len()
        || job.snapshot().progress.files_done < FILES - TAKEN.len() as u64
    {
        assert!(!job.snapshot().is_over);
        std::thread::yield_now();
    }
}

#[test]
fn an_upload_goes_on_beside_its_conflicts_and_each_is_decided_for_itself() {
    let place = Place::new();
    make_conflicts(&place);
    fill(&place.path("tree"));
    let (jobs, job) = start(&place, Direction::Upload);
    wait_for_the_rest(&job);
    assert_eq!(fs::read_dir(place.path("share/up")).unwrap().count() as u64, FILES);
    let id = job.id().clone();
    for conflict in job.conflicts() {
        let choice = match conflict.conflict.target.as_slice() {
            b"/up/10" => Choice::Skip,
            b"/up/20" => Choice::Replace,
            _ => Choice::KeepBoth,
        };
        assert!(job.resolve(&conflict, choice));
        assert!(!job.resolve(&conflict, Choice::Replace), "decided once");
    }
    let report = job.wait();
    assert!(report.is_success(), "{report}");
    assert_eq!((report.files_done, report.skipped_count), (FILES - 1, 1));
    let read = |name: &str| fs::read_to_string(place.path("share/up").join(name)).unwrap();
    assert_eq!([read("10"), read("20"), read("30")], ["old 10", "new 20", "old 30"]);
    assert_eq!(read("30 (1)"), "new 30");
    let details = jobs.details(&id).unwrap();
    assert_eq!(details.record.state, JobState::Done);
    assert!(details.waiting.is_empty() && details.under_way.is_empty(), "{details:?}");
}

#[test]
fn a_download_goes_on_beside_its_conflicts_and_all_are_decided_at_once() {
    let place = Place::new();
    make_conflicts(&place);
    fill(&place.path("share/up"));
    let (jobs, job) = start(&place, Direction::Download);
    wait_for_the_rest(&job);
    job.tray().resolve_all(Choice::Replace);
    let id = job.id().clone();
    let report = job.wait();
    assert!(report.is_success(), "{report}");
    assert_eq!(contents(&place.path("tree")), contents(&place.path("share/up")));
    assert_eq!(jobs.details(&id).unwrap().record.spec.rule, Rule::Replace, "remembered");
}

/// A decision holds in the next run too, and what waited is found waiting again.
#[test]
fn decisions_outlive_the_process_and_what_waits_is_shown() {
    let place = Place::new();
    make_conflicts(&place);
    fill(&place.path("tree"));
    let (jobs, job) = start(&place, Direction::Upload);
    wait_for_the_rest(&job);
    let id = job.id().clone();
    let skipped = job.conflicts().remove(0);
    job.resolve(&skipped, Choice::Skip);
    while job.snapshot().progress.files_done < FILES - 2 {
        std::thread::yield_now();
    }
    job.pause();
    drop(job.wait());
    let details = jobs.details(&id).unwrap();
    assert_eq!(details.record.state, JobState::Paused);
    assert_eq!(details.waiting.len(), 2);
    let open = jobs.take(&id).unwrap();
    let options = open.options();
    let job = open.start(place.client(place.port()), options).unwrap();
    while job.conflicts().len() < 2 {
        std::thread::yield_now();
    }
    job.tray().resolve_all(Choice::Replace);
    let report = job.wait();
    assert!(report.is_success(), "{report}");
    let old = String::from_utf8(skipped.conflict.target).unwrap();
    let kept = fs::read_to_string(place.path("share").join(&old[1..])).unwrap();
    assert!(kept.starts_with("new") || kept.starts_with("old"), "{kept}");
}

/// Answers a conflict only once every other file is done: it would wait for ever if a question
/// held them up.
struct Slow {
    progress: Arc<Progress>,
    asked: Mutex<u32>,
}

impl Questions for Slow {
    fn trust_new_server(&self, _: &str, _: &Fingerprint) -> bool {
        true
    }
    fn password(&self, _: &str, _: &str) -> Option<Secret> {
        None
    }
    fn conflict(&self, _: &Conflict) -> Option<Resolution> {
        *self.asked.lock() += 1;
        while self.progress.snapshot().files_done < FILES - TAKEN.len() as u64 {
            std::thread::yield_now();
        }
        Some(Resolution { choice: Choice::Replace, for_all: true })
    }
    fn notice(&self, _: &str) {}
}

#[test]
fn a_question_stops_no_other_file_and_is_asked_once_for_all() {
    let place = Place::new();
    make_conflicts(&place);
    fill(&place.path("tree"));
    let options = JobOptions { rule: Rule::Ask, ..JobOptions::default() };
    let progress = Arc::clone(&options.progress);
    let slow = Arc::new(Slow { progress, asked: Mutex::new(0) });
    let known = KnownServers::in_folder(&place.state());
    let connect = ConnectOptions::new("127.0.0.1", place.port(), known);
    let mut client = Client::connect(connect, Arc::<Slow>::clone(&slow)).unwrap();
    let transfers = vec![Transfer { local: place.path("tree"), remote: remote("/up") }];
    let report = job::upload(&mut client, transfers, &options);
    assert!(report.is_success(), "{report}");
    assert_eq!(*slow.asked.lock(), 1);
    assert_eq!(contents(&place.path("tree")), contents(&place.path("share/up")));
}

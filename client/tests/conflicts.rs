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
use std::time::{Duration, SystemTime};
use support::gate::Gate;
use support::place::{Place, contents, noise, remote};

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
        server: JobServer::of(&client),
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

/// One file that is taken at the other end.
struct Taken {
    direction: Direction,
    rule: Rule,
    /// Bytes of both files: below what is sent without waiting, or above it.
    len: u32,
    is_equal: bool,
    /// Whether what comes is the newer one.
    is_newer: bool,
}

/// What came of it: what lies at the target, the names beside it, and the report's counts of
/// done, there already, skipped and failed.
type Came = (Vec<u8>, Vec<String>, [u64; 4]);

impl Taken {
    fn content(&self, is_coming: bool) -> Vec<u8> {
        let mut content = noise(self.len);
        if is_coming && !self.is_equal {
            content[self.len as usize / 2] ^= 1;
        }
        content
    }

    fn settle(&self) -> Came {
        let place = Place::new();
        let (here, there) = (place.path("here"), place.path("share/there"));
        let (source, target) = match self.direction {
            Direction::Upload => (&here, &there),
            Direction::Download => (&there, &here),
        };
        let (older, newer) = (SystemTime::UNIX_EPOCH, SystemTime::now());
        let (coming, present) = if self.is_newer { (newer, older) } else { (older, newer) };
        for (folder, is_coming, time) in [(source, true, coming), (target, false, present)] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("a.txt"), self.content(is_coming)).unwrap();
            fs::File::options()
                .write(true)
                .open(folder.join("a.txt"))
                .unwrap()
                .set_modified(time)
                .unwrap();
        }
        let mut client = place.client(place.port());
        let transfers = vec![Transfer { local: here.clone(), remote: remote("/there") }];
        let options = JobOptions { rule: self.rule, connections: 1, ..JobOptions::default() };
        let report = match self.direction {
            Direction::Upload => job::upload(&mut client, &transfers, &options),
            Direction::Download => job::download(&mut client, &transfers, &options),
        };
        assert!(report.stopped.is_none(), "{report}");
        let counts =
            [report.files_done, report.already_there, report.skipped_count, report.failed_count];
        (fs::read(target.join("a.txt")).unwrap(), names_in(target), counts)
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn each_rule_does_what_it_says_in_both_directions() {
    const DONE: [u64; 4] = [1, 0, 0, 0];
    const THERE: [u64; 4] = [0, 1, 0, 0];
    const SKIPPED: [u64; 4] = [0, 0, 1, 0];
    const REFUSED: [u64; 4] = [0, 0, 0, 1];
    for direction in [Direction::Upload, Direction::Download] {
        for len in [5_000, 1_500_000] {
            for (rule, is_newer, counts, is_replaced) in [
                (Rule::Skip, true, SKIPPED, false),
                (Rule::Replace, false, DONE, true),
                (Rule::KeepBoth, true, DONE, false),
                (Rule::Newer, true, DONE, true),
                (Rule::Newer, false, SKIPPED, false),
                (Rule::Refuse, true, REFUSED, false),
                // Nobody is there to be asked.
                (Rule::Ask, true, REFUSED, false),
            ] {
                let taken = Taken { direction, rule, len, is_equal: false, is_newer };
                let (content, names, found) = taken.settle();
                let what = format!("{direction:?} of {len} bytes by {rule:?}, newer {is_newer}");
                assert_eq!(found, counts, "{what}");
                assert_eq!(content == taken.content(true), is_replaced, "{what}");
                assert!(is_replaced || content == taken.content(false), "{what}");
                let both: &[&str] = &["a (1).txt", "a.txt"];
                let names_wanted = if rule == Rule::KeepBoth { both } else { &both[1..] };
                assert_eq!(names, names_wanted, "{what}");

                let taken = Taken { is_equal: true, ..taken };
                let (content, names, found) = taken.settle();
                assert_eq!(content, taken.content(true), "{what}");
                assert_eq!(names, &both[1..], "{what}: equal content is success");
                let is_named = rule == Rule::Replace;
                assert!(found == THERE || (is_named && found == DONE), "{what}: {found:?}");
            }
        }
    }
}

/// Undo would keep the same once more, and lose something else for that.
#[test]
fn what_is_sent_again_as_it_was_replaces_nothing() {
    for len in [5_000, 1_500_000] {
        let place = Place::new();
        let (here, there) = (place.path("here"), place.path("share/there"));
        fs::create_dir(&here).unwrap();
        fs::write(here.join("a.txt"), noise(len)).unwrap();
        let mut client = place.client(place.port());
        let transfers = vec![Transfer { local: here.clone(), remote: remote("/there") }];
        let options = JobOptions { rule: Rule::Replace, connections: 1, ..JobOptions::default() };
        let mut send = || {
            let report = job::upload(&mut client, &transfers, &options);
            assert!(report.is_success(), "{report}");
            (report.files_done, report.already_there)
        };
        assert_eq!(send(), (1, 0));
        assert_eq!(send(), (0, 1), "{len} bytes");
        assert!(!place.path("share/.ferry-undo").exists());
        let mut changed = noise(len);
        changed[0] ^= 1;
        fs::write(here.join("a.txt"), &changed).unwrap();
        assert_eq!(send(), (1, 0), "{len} bytes that changed");
        assert_eq!(fs::read(there.join("a.txt")).unwrap(), changed);
        assert!(place.path("share/.ferry-undo").exists());
    }
}

/// A job of one big file whose name is taken while it is on its way: it was free when the job was
/// planned, and even when the file was begun.
fn taken_on_the_way(place: &Place, gate: &Gate, direction: Direction) -> (Jobs, RunningJob) {
    let (here, there) = (place.path("here"), place.path("share/there"));
    let (source, target) = match direction {
        Direction::Upload => (&here, &there),
        Direction::Download => (&there, &here),
    };
    fs::write(source, noise(12_000_000)).unwrap();
    let client = place.client(gate.port);
    let jobs = Jobs::open(&place.state()).unwrap();
    let spec = JobSpec {
        direction,
        server: JobServer::of(&client),
        transfers: vec![Transfer { local: here.clone(), remote: remote("/there") }],
        rule: Rule::Ask,
        connections: 1,
    };
    let job = jobs.begin(spec).unwrap();
    let options = job.options();
    let job = job.start(client, options).unwrap();
    gate.wait_until_stalled();
    fs::write(target, "somebody else's").unwrap();
    // The one meets it when it begins again, the other when all has come.
    match direction {
        Direction::Upload => {
            gate.open(u64::MAX);
        }
        Direction::Download => gate.go_on(),
    }
    wait_for_a_conflict(&job);
    (jobs, job)
}

fn wait_for_a_conflict(job: &RunningJob) {
    while job.conflicts().is_empty() {
        assert!(!job.snapshot().is_over);
        std::thread::yield_now();
    }
}

#[test]
fn a_name_that_is_taken_while_its_file_is_on_the_way_is_a_conflict() {
    for direction in [Direction::Upload, Direction::Download] {
        let place = Place::new();
        let gate = Gate::start(place.port(), 6_000_000);
        let (_, job) = taken_on_the_way(&place, &gate, direction);
        let target = match direction {
            Direction::Upload => place.path("share/there"),
            Direction::Download => place.path("here"),
        };
        assert_eq!(fs::read(&target).unwrap(), b"somebody else's", "{direction:?}");
        gate.open(u64::MAX);
        job.tray().resolve_all(Choice::KeepBoth);
        let report = job.wait();
        assert!(report.is_success(), "{direction:?}: {report}");
        assert_eq!(fs::read(&target).unwrap(), b"somebody else's", "{direction:?}");
        let passed = gate.open(u64::MAX);
        let is_kept = direction == Direction::Upload || passed < 1_000_000;
        assert!(is_kept, "what had come whole is not fetched again: {passed} bytes");
        let beside = target.with_file_name(match direction {
            Direction::Upload => "there (1)",
            Direction::Download => "here (1)",
        });
        assert_eq!(fs::read(beside).unwrap(), noise(12_000_000), "{direction:?}");
    }
}

/// Newer wins, and what is newer may become so while the other is on its way.
#[test]
fn a_file_that_is_changed_while_its_replacement_is_on_the_way_is_looked_at_again() {
    let place = Place::new();
    let gate = Gate::start(place.port(), 6_000_000);
    let target = place.path("here");
    fs::write(place.path("share/there"), noise(12_000_000)).unwrap();
    fs::write(&target, "old").unwrap();
    let set_time = |time| {
        fs::File::options().write(true).open(&target).unwrap().set_modified(time).unwrap();
    };
    set_time(SystemTime::UNIX_EPOCH);
    let client = place.client(gate.port);
    let jobs = Jobs::open(&place.state()).unwrap();
    let spec = JobSpec {
        direction: Direction::Download,
        server: JobServer::of(&client),
        transfers: vec![Transfer { local: target.clone(), remote: remote("/there") }],
        rule: Rule::Newer,
        connections: 1,
    };
    let job = jobs.begin(spec).unwrap();
    let options = job.options();
    let job = job.start(client, options).unwrap();
    gate.wait_until_stalled();
    fs::write(&target, "edited meanwhile").unwrap();
    set_time(SystemTime::now() + Duration::from_mins(1));
    gate.go_on();
    let report = job.wait();
    assert_eq!((report.skipped_count, report.files_done), (1, 0), "{report}");
    assert_eq!(fs::read(&target).unwrap(), b"edited meanwhile");
}

/// What came of a file was once removed when its job was paused while its conflict waited.
#[test]
fn a_download_whose_conflict_waits_outlives_a_pause() {
    let place = Place::new();
    let gate = Gate::start(place.port(), 6_000_000);
    let (jobs, job) = taken_on_the_way(&place, &gate, Direction::Download);
    let id = job.id().clone();
    job.pause();
    drop(job.wait());
    gate.open(u64::MAX);
    let open = jobs.take(&id).unwrap();
    let options = open.options();
    let job = open.start(place.client(gate.port), options).unwrap();
    wait_for_a_conflict(&job);
    job.tray().resolve_all(Choice::Replace);
    let report = job.wait();
    assert!(report.is_success(), "{report}");
    let passed = gate.open(u64::MAX);
    assert!(passed < 1_000_000, "{passed} bytes passed after the pause");
    assert_eq!(fs::read(place.path("here")).unwrap(), noise(12_000_000));
    assert!(!names_in(&place.path("")).iter().any(|name| name.starts_with(".ferry-part-")));
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
    let report = job::upload(&mut client, &transfers, &options);
    assert!(report.is_success(), "{report}");
    assert_eq!(*slow.asked.lock(), 1);
    assert_eq!(contents(&place.path("tree")), contents(&place.path("share/up")));
}

//! Jobs under a simulated scheduler: the queue, the lanes, the tray and the shared segments of
//! real jobs, with another side of the test's. In every interleaving each file ends once or is
//! left to the next run, each segment counts once, and every thread ends.

mod way;

use super::lanes::Job;
use super::{JobOptions, JobReport, Rule, Tray};
use crate::journal::simulated::{Kept, begin};
use crate::site::{ConnectOptions, Site};
use crate::sync::simulation::{explore, once_in, point};
use crate::trust::KnownServers;
use crate::{Cancel, Choice, Error, NoQuestions};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use way::{BIG_SEGMENTS, End, File, Kind, Simulated, World};

/// A server that is never spoken to.
fn site(retry_for: Duration) -> Arc<Site> {
    let options = ConnectOptions::new("host", 1, KnownServers::in_folder(Path::new("nowhere")));
    Arc::new(Site::new(ConnectOptions { retry_for, ..options }, Arc::new(NoQuestions)).unwrap())
}

fn options(rule: Rule, connections: usize) -> JobOptions {
    JobOptions { connections, tray: Some(Arc::new(Tray::new(rule))), ..JobOptions::default() }
}

/// Runs a job over all files that have not ended.
fn run(world: &Arc<World>, site: &Arc<Site>, cancel: Cancel, options: &JobOptions) -> JobReport {
    let job = Job::at(Arc::clone(site), cancel, options);
    let left = (0..world.files.len()).filter(|number| !world.ended.lock().contains_key(number));
    let left: Vec<_> = left.collect();
    job.run(
        |feed| {
            left.into_iter().try_for_each(|number| {
                job.add_file(world.size(number));
                feed.plan(&job, File::new(world, number))
            })
        },
        |inbox, parked| Simulated::lane(world, &job, inbox, parked),
    );
    job.into_report()
}

/// Somebody who decides conflicts while a job runs, in any order, some for all that come.
#[derive(Default)]
struct Person {
    is_over: AtomicBool,
    /// What was decided, by the targets.
    decided: Mutex<BTreeMap<Vec<u8>, Choice>>,
}

impl Person {
    fn decide(&self, tray: &Tray) {
        while !self.is_over.load(Ordering::SeqCst) {
            point();
            let waiting = tray.waiting();
            let Some(one) = waiting.iter().find(|_| once_in(2)) else { continue };
            let target = &one.conflict.target;
            let mut decided = self.decided.lock();
            assert!(!decided.contains_key(target), "{target:?} is asked about again");
            let choice = if once_in(2) { Choice::Skip } else { Choice::Replace };
            decided.insert(target.clone(), choice);
            drop(decided);
            if !tray.resolve(one.id, choice) {
                self.decided.lock().remove(target);
            }
        }
    }

    /// What was decided was done.
    fn look_at(&self, world: &World) {
        for (target, choice) in &*self.decided.lock() {
            let is_it = |number: &usize| World::target(*number) == *target;
            let number = (0..world.files.len()).find(is_it).unwrap();
            let wanted = if *choice == Choice::Skip { End::Skipped } else { End::Done };
            assert_eq!(world.ended.lock()[&number], wanted, "file {number}");
        }
    }
}

/// Runs a job with somebody who decides, and perhaps somebody who pauses it.
fn run_with(
    person: &Arc<Person>,
    world: &Arc<World>,
    site: &Arc<Site>,
    (options, pauses): (&JobOptions, bool),
) -> JobReport {
    person.is_over.store(false, Ordering::SeqCst);
    let (cancel, tray) = (Cancel::new(), options.tray.clone().unwrap());
    let (own, own_tray) = (Arc::clone(person), Arc::clone(&tray));
    let deciding = shuttle::thread::spawn(move || own.decide(&own_tray));
    let pausing = pauses.then(|| {
        let cancel = cancel.clone();
        shuttle::thread::spawn(move || {
            while !once_in(32) {
                point();
            }
            cancel.cancel();
        })
    });
    let report = run(world, site, cancel, options);
    person.is_over.store(true, Ordering::SeqCst);
    for thread in pausing.into_iter().chain([deciding]) {
        thread.join().unwrap();
    }
    report
}

fn assert_all_ended(world: &World, options: &JobOptions) {
    assert_eq!(world.ended.lock().len(), world.files.len());
    let progress = options.progress.snapshot();
    assert_eq!(progress.files_done, progress.files_total);
    assert!(progress.current.is_empty(), "{progress:?}");
}

#[test]
fn each_file_ends_once_whatever_breaks_and_whoever_decides_when() {
    let site = site(Duration::from_hours(1));
    explore(INTERLEAVINGS, move || {
        let world = Arc::new(World {
            files: vec![Kind::Taken, Kind::Plain, Kind::Taken, Kind::Big, Kind::Plain, Kind::Taken],
            cuts: AtomicUsize::new(3),
            bad_segments: AtomicUsize::new(1),
            ..World::default()
        });
        let (person, options) = (Arc::<Person>::default(), options(Rule::Ask, 3));
        let report = run_with(&person, &world, &site, (&options, false));
        assert!(report.is_success(), "{report:?}");
        assert_all_ended(&world, &options);
        person.look_at(&world);
    });
}

#[test]
fn a_rule_for_all_holds_for_what_comes_in_that_moment() {
    let site = site(Duration::from_hours(1));
    explore(INTERLEAVINGS, move || {
        // Enough to fill the tray and the queue, with one in the hands of each lane.
        let files = vec![Kind::Taken; 10];
        let world = Arc::new(World { files, ..World::default() });
        let options = options(Rule::Ask, 3);
        let tray = options.tray.clone().unwrap();
        let deciding = shuttle::thread::spawn(move || {
            while tray.waiting_count() == 0 {
                point();
            }
            // Once; nobody is there any more for what would be asked after that.
            tray.resolve_all(Choice::Replace);
        });
        let report = run(&world, &site, Cancel::new(), &options);
        deciding.join().unwrap();
        assert_eq!(report.files_done, 10, "{report:?}");
    });
}

#[test]
fn segments_count_once_and_a_lane_that_is_lost_costs_none() {
    let site = site(Duration::from_hours(1));
    explore(INTERLEAVINGS, move || {
        let is_cut = once_in(2);
        // No retry mends the segment that is bad a fourth time.
        let bad = usize::from(once_in(2)) * 3 + usize::from(once_in(2));
        let world = Arc::new(World {
            files: vec![Kind::Big],
            bad_segments: AtomicUsize::new(bad),
            cuts: AtomicUsize::new(2 * usize::from(is_cut)),
            ..World::default()
        });
        let options = options(Rule::Refuse, 3);
        let report = run(&world, &site, Cancel::new(), &options);
        let progress = options.progress.snapshot();
        if report.failed_count > 0 {
            assert_eq!((bad, progress.bytes_done), (4, 0), "{report:?}");
        } else {
            assert_eq!(report.files_done, 1, "{report:?}");
            assert_eq!(progress.bytes_done, progress.bytes_total);
            let proved = world.proved.lock();
            assert_eq!(proved.len(), BIG_SEGMENTS as usize);
            // What another lane proves while the one that leads is cut off is moved once more.
            assert!(is_cut || proved.values().all(|times| *times == 1), "{proved:?}");
        }
    });
}

#[test]
fn a_pause_at_any_moment_loses_no_file_and_no_decision() {
    let site = site(Duration::from_hours(1));
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("lock");
    explore(INTERLEAVINGS, move || {
        let world = Arc::new(World {
            files: vec![Kind::Taken, Kind::Plain, Kind::Taken, Kind::Big, Kind::Taken],
            cuts: AtomicUsize::new(1),
            ..World::default()
        });
        let (person, mut kept) = (Arc::<Person>::default(), Kept::default());
        for pauses in [true, false] {
            let (journal, keeping) = begin(&lock, kept);
            let mut options = options(Rule::Ask, 2);
            options.journal = Some(Arc::new(journal));
            let report = run_with(&person, &world, &site, (&options, pauses));
            let is_paused = matches!(report.stopped, Some(Error::Cancelled));
            assert!(report.is_success() || (pauses && is_paused), "{report:?}");
            drop(options);
            kept = keeping.join().unwrap();
        }
        assert_eq!(world.ended.lock().len(), world.files.len());
        assert!(kept.decisions.is_empty());
        person.look_at(&world);
    });
}

#[test]
fn a_lane_that_gives_up_holds_up_nobody() {
    let site = site(Duration::ZERO);
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("lock");
    explore(INTERLEAVINGS, move || {
        let is_disaster = once_in(2);
        let world = Arc::new(World {
            files: [[Kind::Plain, Kind::Taken]; 5].as_flattened().to_vec(),
            cuts: AtomicUsize::new(usize::from(!is_disaster)),
            disasters: AtomicUsize::new(usize::from(is_disaster)),
            ..World::default()
        });
        let (journal, keeping) = begin(&lock, Kept::default());
        let mut options = options(Rule::Ask, 1 + usize::from(once_in(2)));
        options.journal = Some(Arc::new(journal));
        let report = run_with(&Arc::default(), &world, &site, (&options, false));
        if report.is_success() {
            assert_all_ended(&world, &options);
        } else {
            // Of what stopped it the cause is told, and not that others had to end with it.
            assert!(!matches!(report.stopped, None | Some(Error::Cancelled)), "{report:?}");
        }
        drop(options);
        keeping.join().unwrap();
    });
}

/// Interleavings of each scenario.
const INTERLEAVINGS: usize = 2_500;

//! Somebody swaps folders and a file of the share for links that lead out of it, as fast as the
//! system lets them, while clients do everything that can be done with a path, by either door.
//! Nothing outside is read, listed, made, changed or removed. `FERRY_RACE_SECS` makes it last
//! (`cargo xtask hostile`).
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

mod ftp;
mod native;
mod segments;
#[path = "../support/mod.rs"]
mod support;
mod swapper;
mod tally;

use ferry_protocol::Entry;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};
use swapper::Swapper;
use tally::Tally;

/// Rounds of each client where no time is given.
const ROUNDS: u64 = 40;
/// Fewer swaps for each round than this are no race: some file systems cannot exchange names.
const SWAPS_EACH_ROUND: u64 = 100;
/// By when every operation has to have come through.
const LONGEST: Duration = Duration::from_mins(5);

/// Everything outside that an escape would change: names, content, bits and times.
fn picture(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u32, i64, u64)> {
    let paths =
        ["", "secret", "large", "hollow", "inner", "inner/deep"].map(|name| folder.join(name));
    let facts = paths.into_iter().map(|path| {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let content = if metadata.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        (path, (content, metadata.mode(), metadata.mtime(), metadata.nlink()))
    });
    let names = fs::read_dir(folder).unwrap().count();
    let count = (folder.join("*"), (Vec::new(), 0, 0, names as u64));
    facts.chain([count]).collect()
}

/// What lies outside is known by this: nothing inside has its length or its names.
const OUTSIDE: &[u8] = b"outside";

/// What lies outside under the name of a file that is sent by segments: longer than that.
static OUTSIDE_LARGE: [u8; 2 << 20] = [9; 2 << 20];

fn is_outside(entry: &Entry) -> bool {
    let is_named = [&b"inner"[..], b"hollow"].iter().any(|name| entry.name.ends_with(name));
    is_named || [OUTSIDE.len(), OUTSIDE_LARGE.len()].contains(&(entry.size as usize))
}

fn prepare() -> tempfile::TempDir {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), OUTSIDE).unwrap();
    fs::write(outside.path().join("large"), &OUTSIDE_LARGE[..]).unwrap();
    fs::create_dir(outside.path().join("hollow")).unwrap();
    fs::create_dir(outside.path().join("inner")).unwrap();
    fs::write(outside.path().join("inner/deep"), OUTSIDE).unwrap();
    outside
}

/// Runs rounds, on either door by turns, until there were enough or the time is over, and every
/// operation has come through.
fn race(mut round: impl FnMut(&str) -> Vec<(&'static str, u64)>) -> u64 {
    let secs = std::env::var("FERRY_RACE_SECS").ok().and_then(|secs| secs.parse().ok());
    let began = Instant::now();
    let mut rounds = 0;
    for door in ["/door", "/gate"].into_iter().cycle() {
        let never_done = round(door);
        rounds += 1;
        let is_enough = match secs.map(Duration::from_secs) {
            Some(time) => began.elapsed() >= time,
            None => rounds >= ROUNDS,
        };
        if is_enough && never_done.is_empty() {
            break;
        }
        let is_late = is_enough && began.elapsed() > LONGEST;
        assert!(!is_late, "never came through, and how often tried: {never_done:?}");
    }
    rounds
}

#[test]
fn a_swapped_folder_leads_nowhere_whatever_is_done_with_it() {
    let fixture = support::ftp::serve_ftp();
    let outside = prepare();
    let before = picture(outside.path());
    let swapper = Swapper::start(fixture.share.path(), outside.path());
    let mut native = native::Racer::new(&fixture);
    let mut segments = segments::Racer::new(&fixture);
    let mut ftp = ftp::Racer::new(&fixture);
    let rounds: u64 = thread::scope(|scope| {
        let clients = [
            start(scope, "native", || {
                race(|door| {
                    native.round(door);
                    native.tally.never_done()
                })
            }),
            start(scope, "segments", || {
                race(|door| {
                    segments.round(door);
                    segments.tally.never_done()
                })
            }),
            start(scope, "ftp", || {
                race(|door| {
                    ftp.round(door);
                    ftp.tally.never_done()
                })
            }),
        ];
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    let swaps = swapper.stop();
    assert_eq!(picture(outside.path()), before, "something outside was changed");
    assert_eq!(fixture.server.counters().panics, 0);
    assert!(swaps >= rounds * SWAPS_EACH_ROUND, "{swaps} swaps in {rounds} rounds are no race");
    let operations = [&native.tally, &segments.tally, &ftp.tally].map(Tally::operations);
    let operations: usize = operations.into_iter().sum();
    println!("race: {rounds} rounds of {operations} operations, {swaps} swaps, 0 escapes");
}

fn start<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    name: &str,
    act: impl FnOnce() -> u64 + Send + 'scope,
) -> thread::ScopedJoinHandle<'scope, u64> {
    thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, act).unwrap()
}

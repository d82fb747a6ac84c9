//! Somebody who looks at the shared folder all the time: a file that is visible and not whole is
//! seen, however short the moment.

use crate::failure::{During as _, Failure};
use crate::tree;
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// What each path may hold: lengths, and the digests of those lengths.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowed(HashMap<PathBuf, HashMap<u64, HashSet<blake3::Hash>>>);

impl Allowed {
    /// A file may have this content.
    pub(super) fn add(&mut self, path: &Path, content: &[u8]) {
        let lengths = self.0.entry(path.to_owned()).or_default();
        lengths.entry(content.len() as u64).or_default().insert(blake3::hash(content));
    }

    /// Everything below `source` may appear below `target`.
    pub(super) fn add_tree(&mut self, source: &Path, target: &Path) -> Result<(), Failure> {
        for path in tree::files(source)? {
            let below = path.strip_prefix(source).during("path")?;
            let content = fs::read(&path).during(path.display())?;
            self.add(&target.join(below), &content);
        }
        Ok(())
    }

    /// What is wrong with a file that is visible; `None` if nothing is.
    fn wrong_with(&self, path: &Path, with_digest: bool) -> Option<String> {
        // Replaced or removed meanwhile: the next look sees.
        let mut file = File::open(path).ok()?;
        let len = file.metadata().ok()?.len();
        let Some(lengths) = self.0.get(path) else {
            return Some(format!("{} came from nowhere", path.display()));
        };
        let Some(digests) = lengths.get(&len) else {
            return Some(format!("{} was visible with {len} bytes", path.display()));
        };
        if !with_digest {
            return None;
        }
        let mut content = vec![0; usize::try_from(len).ok()?];
        file.read_exact(&mut content).ok()?;
        let is_whole = digests.contains(&blake3::hash(&content));
        (!is_whole).then(|| format!("{} was visible with wrong content", path.display()))
    }
}

/// Looks until it is asked what it saw.
pub(super) struct Watcher {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Result<u64, String>>,
}

impl Watcher {
    /// Watches the folder `share`.
    pub(super) fn start(share: &Path, allowed: Allowed) -> Result<Self, Failure> {
        let is_over = Arc::<AtomicBool>::default();
        let told = Arc::clone(&is_over);
        let share = share.to_owned();
        let thread = std::thread::Builder::new()
            .name("watcher".to_owned())
            .spawn(move || watch(&share, &allowed, &told))
            .during("watcher")?;
        Ok(Self { is_over, thread })
    }

    /// How often it looked, if it never saw a file that was not whole.
    pub(super) fn end(self) -> Result<u64, Failure> {
        self.is_over.store(true, Ordering::Relaxed);
        let seen = self.thread.join().map_err(|_panic| Failure::new("the watcher panicked"))?;
        seen.map_err(Failure::new)
    }
}

fn watch(share: &Path, allowed: &Allowed, is_over: &AtomicBool) -> Result<u64, String> {
    let mut looks = 0_u64;
    while !is_over.load(Ordering::Relaxed) {
        // Lengths tell most; digests of large files every now and then.
        let with_digest = looks.is_multiple_of(DIGEST_EVERY);
        for path in tree::files(share).unwrap_or_default() {
            if let Some(wrong) = allowed.wrong_with(&path, with_digest) {
                return Err(wrong);
            }
        }
        looks += 1;
        std::thread::sleep(PAUSE);
    }
    Ok(looks)
}

const DIGEST_EVERY: u64 = 50;
const PAUSE: Duration = Duration::from_millis(2);

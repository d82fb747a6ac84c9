//! What a failed sync leaves behind. The system tells it once and may have dropped the bytes: a
//! later sync succeeds without them, and what is read comes from a memory that the disk does not
//! share. So each failure is counted. What began before it is not vouched for any more, and from
//! then on content is read from the disk.

use crate::sys;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How often a sync failed below the roots of one disk.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    failures: AtomicU64,
}

/// The doubts of a server, by the device number of its roots. They stay when a root goes, as it
/// does when nobody uses it: its files are no less in doubt when it is opened again.
#[derive(Debug, Default)]
pub(super) struct Doubts(Mutex<BTreeMap<u64, Arc<Doubt>>>);

impl Doubt {
    /// Failures so far.
    pub(super) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Acquire)
    }

    /// Counts a failure, and hands it on.
    pub(super) fn count(&self, synced: io::Result<()>) -> io::Result<()> {
        if synced.is_err() {
            self.add();
        }
        synced
    }

    /// An error if a sync failed since there had been `failures`.
    pub(super) fn check_since(&self, failures: u64) -> io::Result<()> {
        if self.failures() == failures {
            return Ok(());
        }
        Err(io::Error::other("a sync of the server's disk failed meanwhile; send it again"))
    }

    /// Has a file be read from the disk, if what is in memory cannot be trusted.
    pub(super) fn distrust(&self, file: &File) {
        if self.failures() > 0 {
            sys::forget_cached(file);
        }
    }

    fn add(&self) {
        self.failures.fetch_add(1, Ordering::AcqRel);
    }
}

impl Doubts {
    /// That of the roots on a disk.
    pub(super) fn on(&self, device: u64) -> Arc<Doubt> {
        Arc::clone(self.0.lock().entry(device).or_default())
    }

    /// Counts a failure that may cost any root something, and hands it on.
    pub(super) fn count_everywhere(&self, synced: io::Result<()>) -> io::Result<()> {
        if synced.is_err() {
            self.0.lock().values().for_each(|doubt| doubt.add());
        }
        synced
    }
}

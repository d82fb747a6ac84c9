//! What is known of a shared upload's segments, and who writes which.

use ferry_protocol::{SegmentValue, SegmentValues};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// The state of all segments.
#[derive(Default)]
pub(super) struct Ledger {
    /// Written and equal to the sender's value.
    verified: SegmentValues,
    /// Found in a part and read again; the sender's value is still to come.
    found: SegmentValues,
    /// Who writes a run, by its first segment.
    writers: HashMap<u32, Arc<Writer>>,
    /// Bytes written since the last sync.
    unsynced: u64,
}

/// One connection's right to write one run.
pub(super) struct Writer {
    /// Whether nobody has taken the run over; held while the run is written.
    pub(super) has_run: Mutex<bool>,
}

impl Ledger {
    pub(super) fn new(found: SegmentValues) -> Self {
        Self { found, ..Self::default() }
    }

    pub(super) fn verified(&self) -> &SegmentValues {
        &self.verified
    }

    /// Gives the verified values away; the upload is over.
    pub(super) fn take_verified(&mut self) -> SegmentValues {
        std::mem::take(&mut self.verified)
    }

    /// Everything that is verified or found.
    pub(super) fn known(&self) -> SegmentValues {
        let mut known = self.found.clone();
        self.verified.iter().for_each(|(index, value)| known.insert(index, value));
        known
    }

    pub(super) fn is_verified(&self, mut segments: Range<u32>) -> bool {
        segments.all(|index| self.verified.get(index).is_some())
    }

    pub(super) fn is_being_written(&self, run: u32) -> bool {
        self.writers.contains_key(&run)
    }

    /// Gives a run to a new writer. A lost connection may have had it: it writes no more.
    pub(super) fn take_over(&mut self, run: u32) -> Arc<Writer> {
        let writer = Arc::new(Writer { has_run: Mutex::new(true) });
        if let Some(former) = self.writers.insert(run, Arc::clone(&writer)) {
            *former.has_run.lock() = false;
        }
        writer
    }

    /// Ends a writer's right; `false` if it had lost it before.
    pub(super) fn release(&mut self, run: u32, writer: &Arc<Writer>) -> bool {
        let has_run = self.writers.get(&run).is_some_and(|known| Arc::ptr_eq(known, writer));
        if has_run {
            self.writers.remove(&run);
        }
        has_run
    }

    pub(super) fn verify(&mut self, index: u32, value: SegmentValue) {
        self.verified.insert(index, value);
    }

    pub(super) fn forget(&mut self, mut segments: Range<u32>) {
        segments.by_ref().for_each(|index| {
            self.verified.remove(index);
            self.found.remove(index);
        });
    }

    /// Whether the sender's value is that of what is held; then it is verified.
    pub(super) fn prove(&mut self, index: u32, value: SegmentValue) -> bool {
        if let Some(verified) = self.verified.get(index) {
            return verified == value;
        }
        let is_proved = self.found.get(index) == Some(value);
        if is_proved {
            self.found.remove(index);
            self.verified.insert(index, value);
        }
        is_proved
    }

    /// Counts written bytes. Returns whether it is time for a sync, to one caller.
    pub(super) fn is_sync_due(&mut self, len: u64) -> bool {
        self.unsynced += len;
        let is_due = self.unsynced >= SYNC_INTERVAL;
        if is_due {
            self.unsynced = 0;
        }
        is_due
    }
}

/// Bytes after which a large upload is synced.
const SYNC_INTERVAL: u64 = 256 * 1024 * 1024;

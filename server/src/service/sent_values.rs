//! The values that go behind the segments of a download.

use crate::values::{AllValues, FileState, KeptValues};
use ferry_protocol::{SegmentHasher, SegmentValue};

/// The values of the segments that are sent.
pub(super) struct SentValues {
    /// Those that are kept of the file: they were verified, so that a disk which altered the
    /// content since is found out.
    known: Option<AllValues>,
    /// Otherwise they are computed, and may be kept.
    learned: Vec<SegmentValue>,
    hasher: SegmentHasher,
    /// The first segment, and the one that is sent now.
    first: u32,
    next: u32,
    /// Whether the one that is sent now is whole.
    is_due: bool,
}

impl SentValues {
    pub(super) fn from(first: u32, known: Option<AllValues>) -> Self {
        let (learned, hasher) = (Vec::new(), SegmentHasher::new(first));
        Self { known, learned, hasher, first, next: first, is_due: false }
    }

    /// Takes content of the segment that is sent now; the last of it, if it is whole then.
    pub(super) fn take(&mut self, content: &[u8], is_whole: bool) {
        if self.known.is_none() {
            self.hasher.update(content);
        }
        self.is_due = is_whole;
    }

    /// The value of a segment that is whole; the next one begins.
    pub(super) fn due(&mut self) -> Option<SegmentValue> {
        if !self.is_due {
            return None;
        }
        let value = match &self.known {
            Some(known) => known.value(self.next),
            None => self.hasher.value(),
        };
        self.next = self.next.saturating_add(1);
        self.is_due = false;
        if self.known.is_none() {
            self.hasher = SegmentHasher::new(self.next);
            if self.learned.len() < LEARNED_MAX {
                self.learned.extend(value);
            }
        }
        value
    }

    /// The first segment, and the values that were computed, of it and of those that follow.
    pub(super) fn learned(&self) -> (u32, &[SegmentValue]) {
        (self.first, &self.learned)
    }

    /// Keeps what was computed: all was read, and the file is as it was.
    pub(super) fn teach(&self, kept: &KeptValues, state: FileState) {
        if self.known.is_none() {
            kept.learn(state, self.first, &self.learned);
        }
    }
}

/// Values that one download remembers: those of 16 GiB. Who asks for more at once teaches the rest
/// to nobody.
const LEARNED_MAX: usize = 65_536;

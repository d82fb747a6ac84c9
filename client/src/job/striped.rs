//! A big file on its way by segments, up or down: what is still to be moved, what to be proved, and
//! what is known. The lane that began it leads; others may help, each over its own connection.

use super::lanes::Job;
use super::segment_set::SegmentSet;
use crate::sync::{Condvar, Mutex};
use crate::{Error, Progress};
use ferry_protocol::limits::SEGMENT_LEN;
use ferry_protocol::{
    Digest, SegmentRange, SegmentValue, SegmentValues, segment_count, segment_len, segment_start,
};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How far a big file is.
pub(super) struct Striped {
    /// The file here, for telling what is wrong with it.
    local: PathBuf,
    /// The name under which its progress is told.
    name: Vec<u8>,
    size: u64,
    segment_count: u32,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Segments that are taken together, from a multiple of it on.
    run_len: u32,
    to_move: SegmentSet,
    /// Segments that the receiver holds, and whose values have to be compared.
    to_prove: SegmentSet,
    /// Values that are known: of what is sent as it was read, of what is received as it was proved.
    values: SegmentValues,
    /// How often a segment turned out to be wrong.
    failures: HashMap<u32, u32>,
    joined: usize,
    /// Bytes that count as moved or held.
    counted: u64,
    /// Whether nobody should go on.
    has_ended: bool,
    /// Why, if a person should read it.
    reason: Option<Error>,
}

/// What a lane does next.
#[derive(Clone, Copy)]
pub(super) enum Step {
    Move(SegmentRange),
    Prove(SegmentRange),
}

impl Striped {
    /// `None` for a file of more segments than can be counted. `values` are known from an earlier
    /// attempt.
    pub(super) fn new(local: &Path, name: &[u8], size: u64, values: SegmentValues) -> Option<Self> {
        Some(Self {
            local: local.to_path_buf(),
            name: name.to_vec(),
            size,
            segment_count: segment_count(size)?,
            state: Mutex::new(State { values, ..State::default() }),
            changed: Condvar::new(),
        })
    }

    /// Begins with segments to move, of which `run_len` travel together, and others to prove. What
    /// need not be moved counts as held.
    pub(super) fn begin(
        &self,
        (to_move, run_len): (&[SegmentRange], u32),
        to_prove: &[SegmentRange],
        progress: &Progress,
    ) {
        let mut state = self.state.lock();
        state.run_len = run_len;
        for range in to_prove {
            state.to_prove.add(*range);
        }
        let missing = self.add_to_move(&mut state, to_move);
        self.count_in(&mut state, self.size.saturating_sub(missing), progress);
    }

    /// The file here.
    pub(super) fn local(&self) -> &Path {
        &self.local
    }

    /// All segments but those of some ranges, which are in order.
    pub(super) fn all_but(&self, ranges: &[SegmentRange]) -> Vec<SegmentRange> {
        let mut others = Vec::new();
        let mut next = 0;
        let end = SegmentRange { first: self.segment_count, count: 0 };
        for range in ranges.iter().chain([&end]) {
            let first = range.first.min(self.segment_count);
            if next < first {
                others.push(SegmentRange { first: next, count: first - next });
            }
            next = next.max(range.end().min(self.segment_count));
        }
        others
    }

    /// The segments whose values are not known.
    pub(super) fn unknown(&self) -> Vec<SegmentRange> {
        let state = self.state.lock();
        let gaps = state.values.gaps(self.segment_count);
        gaps.map(|(first, count)| SegmentRange { first, count }).collect()
    }

    /// The next step, `None` when there is none now.
    pub(super) fn next(&self) -> Option<Step> {
        let mut state = self.state.lock();
        if state.has_ended {
            return None;
        }
        let batch = MOVE_BATCH.next_multiple_of(state.run_len.max(1));
        if let Some(range) = state.to_move.take_front(batch) {
            return Some(Step::Move(range));
        }
        state.to_prove.take_front(PROVE_BATCH).map(Step::Prove)
    }

    /// A lane leaves what it took to others.
    pub(super) fn give_back(&self, step: Step) {
        let mut state = self.state.lock();
        match step {
            Step::Move(range) => state.to_move.add(range),
            Step::Prove(range) => state.to_prove.add(range),
        };
        self.changed.notify_all();
    }

    /// Segments came with other values than they should have: each may fail a few times.
    pub(super) fn were_wrong(&self, ranges: &[SegmentRange], progress: &Progress) {
        let mut state = self.state.lock();
        for index in
            ranges.iter().flat_map(|range| range.first..range.end().min(self.segment_count))
        {
            let failures = state.failures.entry(index).or_default();
            *failures += 1;
            if *failures > FAILURES_MAX {
                self.end_in(&mut state, Some(altered(&self.local, index)));
                return;
            }
        }
        self.move_again_in(&mut state, ranges, progress);
    }

    /// What was counted did not arrive, or is not what it should be.
    pub(super) fn move_again(&self, ranges: &[SegmentRange], progress: &Progress) {
        self.move_again_in(&mut self.state.lock(), ranges, progress);
    }

    /// Counts bytes that were moved or are held, as long as somebody leads.
    pub(super) fn count(&self, bytes: u64, progress: &Progress) {
        self.count_in(&mut self.state.lock(), bytes, progress);
    }

    /// The value of a segment, if it is known.
    pub(super) fn value(&self, index: u32) -> Option<SegmentValue> {
        self.state.lock().values.get(index)
    }

    pub(super) fn know(&self, index: u32, value: SegmentValue) {
        self.state.lock().values.insert(index, value);
    }

    /// The digest of the whole file.
    pub(super) fn digest(&self) -> Option<Digest> {
        self.state.lock().values.digest(self.segment_count)
    }

    pub(super) fn bytes(&self, range: SegmentRange) -> u64 {
        let end = segment_start(range.end()).min(self.size);
        end.saturating_sub(segment_start(range.first))
    }

    pub(super) fn len_of(&self, index: u32) -> usize {
        segment_len(index, self.size) as usize
    }

    /// How many lanes could have something to do, apart from the one that leads.
    pub(super) fn lanes_wanted(&self) -> usize {
        usize::try_from(self.segment_count / MOVE_BATCH / 2).unwrap_or(usize::MAX)
    }

    /// A lane begins to help; `false` where there is nothing to help with any more.
    pub(super) fn join(&self) -> bool {
        let mut state = self.state.lock();
        let has_work = !state.to_move.is_empty() || !state.to_prove.is_empty();
        let joins = !state.has_ended && has_work;
        state.joined += usize::from(joins);
        joins
    }

    /// A lane helps no more.
    pub(super) fn leave(&self) {
        self.state.lock().joined -= 1;
        self.changed.notify_all();
    }

    /// Waits until something is to be done, or nobody else is at work. Returns whether to look
    /// again; `false` when all is done.
    pub(super) fn wait_for_others(
        &self,
        job: &Job<'_>,
        patience: Duration,
    ) -> Result<Waited, Error> {
        let mut state = self.state.lock();
        let mut waited = Duration::ZERO;
        loop {
            if state.has_ended || (!state.to_move.is_empty() || !state.to_prove.is_empty()) {
                return Ok(Waited::Look);
            }
            if state.joined == 0 {
                return Ok(Waited::Alone);
            }
            if waited >= patience {
                return Ok(Waited::Long);
            }
            self.changed.wait_for(&mut state, LOOK);
            waited += LOOK;
            job.check()?;
        }
    }

    /// Nobody should go on; the first reason is the one to tell. Returns the bytes counted.
    pub(super) fn end(&self, reason: Option<Error>) -> u64 {
        let mut state = self.state.lock();
        self.end_in(&mut state, reason);
        state.counted
    }

    pub(super) fn has_ended(&self) -> bool {
        self.state.lock().has_ended
    }

    /// Why nobody should go on, if there is a reason that a person should read.
    pub(super) fn reason(&self) -> Option<Error> {
        self.state.lock().reason.take()
    }

    /// Gives the known values back, for another attempt.
    pub(super) fn take_values(&self) -> SegmentValues {
        std::mem::take(&mut self.state.lock().values)
    }

    fn count_in(&self, state: &mut State, bytes: u64, progress: &Progress) {
        if !state.has_ended {
            state.counted += bytes;
            progress.add_bytes_of(&self.name, bytes);
        }
    }

    /// What comes too late counts for nothing: who led has taken back what was counted.
    fn move_again_in(&self, state: &mut State, ranges: &[SegmentRange], progress: &Progress) {
        if state.has_ended {
            return;
        }
        let bytes = self.add_to_move(state, ranges).min(state.counted);
        state.counted -= bytes;
        progress.take_bytes_back_of(&self.name, bytes);
        self.changed.notify_all();
    }

    /// Puts segments among those to move. Returns the bytes of those that were not there.
    fn add_to_move(&self, state: &mut State, ranges: &[SegmentRange]) -> u64 {
        let mut bytes = 0;
        for range in ranges {
            let count = range.end().min(self.segment_count).saturating_sub(range.first);
            let added = state.to_move.add(SegmentRange { first: range.first, count });
            bytes += added.into_iter().map(|range| self.bytes(range)).sum::<u64>();
        }
        bytes
    }

    fn end_in(&self, state: &mut State, reason: Option<Error>) {
        if !state.has_ended {
            state.reason = reason;
        }
        state.has_ended = true;
        self.changed.notify_all();
    }
}

/// What came of waiting for other lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// There is something to do.
    Look,
    /// Nobody else is at work, and nothing is to be done.
    Alone,
    /// Others are still at work.
    Long,
}

fn altered(local: &Path, index: u32) -> Error {
    Error::BadSegment { path: local.to_path_buf(), offset: segment_start(index) }
}

/// Segments that a lane takes at a time: few enough that lanes end together, many enough that a
/// file system sees long writes. Files of tests are small, and are to be shared all the same.
const MOVE_BATCH: u32 = if cfg!(test) { 2 } else { 4_194_304 / SEGMENT_LEN };

/// Segments whose values go in one message.
const PROVE_BATCH: u32 = 256;

/// Times that a segment is moved again before its file is given up.
const FAILURES_MAX: u32 = 3;

/// How often a waiting lane looks whether the job is to end.
const LOOK: Duration = Duration::from_millis(100);

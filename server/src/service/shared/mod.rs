//! Uploads by segments: several connections write one part at once, each its own segments, in any
//! order. [`SharedUpload`] is the part with what is known of its segments; a [`Share`] is what one
//! connection has in it.

mod ledger;
mod open;
mod share;

pub(super) use open::OpenUploads;
pub(crate) use share::{Ended, Share};

use super::view::View;
use super::write::{Plan, Proven, abandon, hand_over, is_full};
use super::{Error, Result};
use crate::committer::{self, CommitBy, CommitQueue};
use crate::storage::Upload;
use crate::values::Learned;
use crate::wake::{Pending, Waker};
use ferry_protocol::limits::{MISSING_RANGES_MAX, SEGMENT_LEN};
use ferry_protocol::{
    Digest, Missing, SegmentRange, SegmentValue, SegmentValues, TransferId, segment_count,
    segment_start,
};
use ledger::{Ledger, Writer};
use parking_lot::{Mutex, RwLock};
use std::sync::Arc;

/// An upload that several connections may write. Once the last of them is gone before its commit,
/// the part stays to go on with.
pub(super) struct SharedUpload {
    announced: Announced,
    segment_count: u32,
    /// Segments that a storage wants one after another, from a multiple of it on.
    run_len: u32,
    /// `None` once it was handed to the committer, or given up.
    upload: RwLock<Option<Box<dyn Upload>>>,
    ledger: Mutex<Ledger>,
}

/// What a put announces, and what its upload needs besides.
pub(super) struct Announced {
    pub(super) transfer: TransferId,
    pub(super) plan: Plan,
    pub(super) view: View,
    pub(super) commits: CommitQueue,
    pub(super) open: Arc<OpenUploads>,
}

impl Announced {
    /// Segments of the file.
    pub(super) fn segment_count(&self) -> Result<u32> {
        let too_many = Error::Nonsense("a file of this size has too many segments");
        segment_count(self.plan.size).ok_or(too_many)
    }
}

/// What came of the end of a put.
enum Finish {
    Committing(Pending<committer::Outcome>),
    Missing(Missing),
}

impl SharedUpload {
    /// `found` are the values of the segments that a part was found to hold.
    pub(super) fn new(
        announced: Announced,
        upload: Box<dyn Upload>,
        found: SegmentValues,
    ) -> Result<Self> {
        Ok(Self {
            segment_count: announced.segment_count()?,
            announced,
            run_len: run_len_of(upload.as_ref()),
            upload: RwLock::new(Some(upload)),
            ledger: Mutex::new(Ledger::new(found)),
        })
    }

    /// What is neither verified nor found. What was found has to be proved by the sender's value.
    fn absent(&self) -> Missing {
        self.all_but(&self.ledger.lock().known())
    }

    fn unverified(&self) -> Missing {
        self.all_but(self.ledger.lock().verified())
    }

    fn all_but(&self, known: &SegmentValues) -> Missing {
        let gaps = known.gaps(self.segment_count).take(MISSING_RANGES_MAX);
        let ranges = gaps.map(|(first, count)| SegmentRange { first, count }).collect();
        Missing { run_len: self.run_len, ranges }
    }

    /// The run that a segment belongs to: its first segment, and the one behind its last.
    fn run_of(&self, index: u32) -> (u32, u32) {
        let first = index - index % self.run_len;
        (first, first.saturating_add(self.run_len).min(self.segment_count))
    }

    /// Takes over the run that begins with `first`; `None` if it is verified already.
    fn open_run(&self, first: u32) -> Result<Option<Arc<Writer>>> {
        let (first, end) = self.run_of(first);
        let mut ledger = self.ledger.lock();
        if ledger.is_verified(first..end) {
            return Ok(None);
        }
        let writer = ledger.take_over(first);
        ledger.forget(first..end);
        self.forget_chunk(first)?;
        Ok(Some(writer))
    }

    /// Forgets a run whose writer gave it up or whose content was wrong. What another writer has
    /// taken over is that one's.
    fn drop_run(&self, first: u32, writer: &Arc<Writer>) {
        let mut ledger = self.ledger.lock();
        if ledger.release(first, writer) && self.forget_chunk(first).is_err() {
            tracing::debug!("{}: given up while it was written", self.announced.plan.target);
        }
    }

    /// Notes the values of a run that is whole.
    fn close_run(&self, first: u32, writer: &Arc<Writer>, values: &[SegmentValue]) {
        let mut ledger = self.ledger.lock();
        if ledger.release(first, writer) {
            (first..).zip(values).for_each(|(index, value)| ledger.verify(index, *value));
        }
    }

    /// Compares the sender's values with those of what is held already, and forgets each run that
    /// differs. Returns the runs that are missing.
    fn prove(&self, first: u32, values: &[SegmentValue]) -> Result<Vec<SegmentRange>> {
        let mut ledger = self.ledger.lock();
        let mut missing: Vec<SegmentRange> = Vec::new();
        for (index, value) in (first..self.segment_count).zip(values) {
            let (start, end) = self.run_of(index);
            let is_named = missing.last().is_some_and(|range| range.end() > index);
            if is_named || ledger.is_being_written(start) || ledger.prove(index, *value) {
                continue;
            }
            ledger.forget(start..end);
            self.forget_chunk(start)?;
            match missing.last_mut() {
                Some(last) if last.end() == start => last.count += end - start,
                _ => missing.push(SegmentRange { first: start, count: end - start }),
            }
        }
        Ok(missing)
    }

    fn forget_chunk(&self, first: u32) -> Result<()> {
        match self.upload.read().as_ref() {
            Some(upload) => Ok(upload.forget_chunk(segment_start(first))?),
            None => Err(OVER),
        }
    }

    /// Writes content of a run that `writer` has. Returns whether it still has it.
    fn write(&self, writer: &Writer, offset: u64, content: &[u8]) -> Result<bool> {
        self.write_run(writer, offset, content)
            .inspect_err(|err| self.announced.plan.deed.failed(err))
    }

    fn write_run(&self, writer: &Writer, offset: u64, content: &[u8]) -> Result<bool> {
        // Held while it is written, so that nobody else takes the run over in between.
        let has_run = writer.has_run.lock();
        if !*has_run {
            return Ok(false);
        }
        let written = match self.upload.read().as_ref() {
            Some(upload) => upload.write(offset, content),
            None => return Err(OVER),
        };
        drop(has_run);
        if let Err(err) = written {
            if is_full(&err) {
                self.abandon();
            }
            return Err(err.into());
        }
        let view = &self.announced.view;
        view.promises.came(&view.account.name, content.len() as u64);
        if let Some(up) = view.pace.up() {
            up.spend(content.len());
        }
        self.sync_sometimes(content.len() as u64)?;
        Ok(true)
    }

    /// Brings what came to the disk as it comes: the last sync is short then, and a part survives
    /// a power cut up to here.
    fn sync_sometimes(&self, len: u64) -> Result<()> {
        if !self.announced.commits.is_durable() || !self.ledger.lock().is_sync_due(len) {
            return Ok(());
        }
        let synced = self.upload.read().as_ref().map_or(Ok(()), |upload| upload.sync());
        if synced.is_err() {
            // What the kernel dropped cannot be told from what it wrote.
            self.abandon();
        }
        Ok(synced?)
    }

    /// Hands the whole upload to the committer, or names what is missing.
    fn finish(&self, digest: Digest, waker: &Waker) -> Result<Finish> {
        let finished = self.hand_over(digest, waker);
        finished.inspect_err(|err| self.announced.plan.deed.failed(err))
    }

    fn hand_over(&self, digest: Digest, waker: &Waker) -> Result<Finish> {
        let own = self.ledger.lock().verified().digest(self.segment_count);
        let Some(own) = own else {
            return Ok(Finish::Missing(self.unverified()));
        };
        if own != digest {
            self.abandon();
            return Err(Error::DigestMismatch(self.announced.plan.target.clone()));
        }
        let Some(upload) = self.upload.write().take() else { return Err(OVER) };
        let Announced { plan, view, commits, .. } = &self.announced;
        let learned = Learned::new(&view.kept, self.ledger.lock().take_verified());
        let known = Proven { digest: Some(digest), learned: Some(learned), ..Proven::default() };
        hand_over(upload, (plan, view), known, (commits, CommitBy::Committer), waker)
            .map(Finish::Committing)
    }

    /// Removes what was written.
    fn abandon(&self) {
        if let Some(upload) = self.upload.write().take() {
            abandon(upload, &self.announced.plan);
        }
    }
}

impl Drop for SharedUpload {
    fn drop(&mut self) {
        if self.ledger.get_mut().known().is_empty() {
            self.abandon();
        }
        // The part must be free before somebody else is told that nobody has it.
        drop(self.upload.get_mut().take());
        self.announced.open.forget(self.announced.transfer);
    }
}

/// Segments that a storage wants one after another.
pub(super) fn run_len_of(upload: &dyn Upload) -> u32 {
    u32::try_from(upload.chunk_len() / u64::from(SEGMENT_LEN)).unwrap_or(1).max(1)
}

const OVER: Error = Error::Nonsense("the upload is over");

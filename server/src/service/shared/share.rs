//! One connection's share in an upload: the segment that is coming in, and the run it belongs to.

use super::ledger::Writer;
use super::{Finish, SharedUpload};
use crate::committer;
use crate::service::{Error, Result};
use crate::wake::{Pending, Waker};
use ferry_protocol::limits::{BAD_SEGMENTS_MAX, SEGMENT_LEN};
use ferry_protocol::{
    Digest, Missing, PutValues, SegmentHasher, SegmentRange, SegmentValue, segment_start,
};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// What one connection has in an upload by segments. Dropped, its unfinished run is forgotten and
/// the rest is kept.
pub(crate) struct Share {
    upload: Arc<SharedUpload>,
    run: Option<Run>,
    bad_count: u32,
}

/// The run that this connection writes.
struct Run {
    first: u32,
    end: u32,
    /// `None` where it is passed over: it is verified already, or somebody else's.
    writer: Option<Arc<Writer>>,
    /// Values of its segments that are whole and right.
    values: Vec<SegmentValue>,
    /// The segment that is coming in.
    hasher: SegmentHasher,
}

/// What came of a put-end.
pub(crate) enum Ended {
    /// The committer has it.
    Committing(Pending<committer::Outcome>),
    /// Segments are missing; the put goes on.
    Missing(Missing),
}

impl Share {
    pub(in crate::service) fn new(upload: Arc<SharedUpload>) -> Self {
        Self { upload, run: None, bad_count: 0 }
    }

    /// Length of the whole file in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.upload.announced.plan.size
    }

    /// When to go on, if the account has sent enough for now.
    pub(crate) fn wait_until(&self, now: Instant) -> Option<Instant> {
        self.upload.announced.view.pace.up()?.wait_until(now)
    }

    /// The segments that are not there. All others have to be proved by the sender's values.
    pub(crate) fn absent(&self) -> Missing {
        self.upload.absent()
    }

    /// Takes content that lies within one segment, the next of it or the first of another.
    pub(crate) fn write(&mut self, offset: u64, content: &[u8]) -> Result<()> {
        let index = u32::try_from(offset / u64::from(SEGMENT_LEN)).unwrap_or(u32::MAX);
        if offset == segment_start(index) {
            self.begin_segment(index)?;
        }
        let Some(run) = &mut self.run else {
            return Err(Error::Nonsense("content outside of a segment"));
        };
        run.hasher.update(content);
        if let Some(writer) = &run.writer
            && !self.upload.write(writer, offset, content)?
        {
            run.writer = None;
        }
        Ok(())
    }

    /// Takes values: that of the segment which came just now, or those of segments that are held.
    /// Returns what turns out to be missing.
    pub(crate) fn take_values(&mut self, values: &PutValues) -> Result<Option<Missing>> {
        let due = self.run.as_ref().and_then(Run::due);
        let ranges = match (due, values.values.as_slice()) {
            (Some((index, own)), [value]) if index == values.first => self.judge(own, *value)?,
            _ => self.upload.prove(values.first, &values.values)?,
        };
        let run_len = self.upload.run_len;
        Ok((!ranges.is_empty()).then_some(Missing { run_len, ranges }))
    }

    /// Ends the put, if all segments are there.
    pub(crate) fn finish(&mut self, digest: Digest, waker: &Waker) -> Result<Ended> {
        self.drop_run();
        Ok(match self.upload.finish(digest, waker)? {
            Finish::Committing(outcome) => Ended::Committing(outcome),
            Finish::Missing(missing) => Ended::Missing(missing),
        })
    }

    /// Removes what was written, by whomever.
    pub(crate) fn abandon(&self) {
        self.upload.abandon();
    }

    fn begin_segment(&mut self, index: u32) -> Result<()> {
        let (first, end) = self.upload.run_of(index);
        if index == first {
            self.drop_run();
            let writer = self.upload.open_run(first)?;
            let hasher = SegmentHasher::new(index);
            self.run = Some(Run { first, end, writer, values: Vec::new(), hasher });
            return Ok(());
        }
        match &mut self.run {
            Some(run) if run.first == first && run.next() == index => {
                run.hasher = SegmentHasher::new(index);
                Ok(())
            }
            _ => Err(Error::Nonsense("a segment out of its run")),
        }
    }

    /// Judges the segment that has come: `own` is the value of its content.
    fn judge(&mut self, own: SegmentValue, value: SegmentValue) -> Result<Vec<SegmentRange>> {
        let Some(mut run) = self.run.take() else { return Ok(Vec::new()) };
        if own != value {
            self.bad_count += 1;
            let range = SegmentRange { first: run.first, count: run.end - run.first };
            self.run = Some(run);
            self.drop_run();
            if self.bad_count > BAD_SEGMENTS_MAX {
                return Err(Error::BadSegments(self.upload.announced.plan.target.clone()));
            }
            return Ok(vec![range]);
        }
        run.values.push(value);
        run.hasher = SegmentHasher::new(run.next());
        if run.next() < run.end {
            self.run = Some(run);
        } else if let Some(writer) = &run.writer {
            self.upload.close_run(run.first, writer, &run.values);
        }
        Ok(Vec::new())
    }

    fn drop_run(&mut self) {
        if let Some(run) = self.run.take()
            && let Some(writer) = &run.writer
        {
            self.upload.drop_run(run.first, writer);
        }
    }
}

impl Run {
    /// The segment that comes next.
    fn next(&self) -> u32 {
        self.first.saturating_add(u32::try_from(self.values.len()).unwrap_or(u32::MAX))
    }

    /// The segment whose value is due, and the value of what came of it.
    fn due(&self) -> Option<(u32, SegmentValue)> {
        self.hasher.value().map(|value| (self.next(), value))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.drop_run();
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Share({} of {} bytes)",
            self.upload.announced.plan.target, self.upload.announced.plan.size
        )
    }
}

impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Committing(_) => "Committing",
            Self::Missing(_) => "Missing",
        })
    }
}

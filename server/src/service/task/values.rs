//! Values of a stored file's segments, and its digest, which is made of them: from what is kept, or
//! else computed and kept.

use super::{Task, TaskOutcome, TaskState, Turns, room};
use crate::service::read::NO_SEGMENTS;
use crate::service::view::View;
use crate::service::{Error, Result, Service, Session};
use crate::storage::Reader;
use crate::values::{AllValues, KeptValues};
use crate::wake::Waker;
use ferry_protocol::limits::STORED_VALUES_MAX;
use ferry_protocol::{
    Progress, RemotePath, Rights, SegmentHasher, SegmentRange, SegmentValue, SegmentValues,
    StoredDigest, StoredValues, segment_count, segment_len, segment_start,
};
use std::sync::Arc;

impl Service {
    /// Values of a stored file's segments.
    pub(crate) fn segment_values(
        &self,
        session: &Session,
        path: &RemotePath,
        range: SegmentRange,
    ) -> Result<Task> {
        session.view.may(Rights::READ, "read", path)?;
        let reader = session.view.storage.open(path)?;
        let count = segment_count(reader.metadata().size).ok_or(NO_SEGMENTS)?;
        let most = u32::try_from(STORED_VALUES_MAX).unwrap_or(u32::MAX);
        let end = range.first.saturating_add(range.count.min(most)).min(count);
        // The value of a lone segment would be another than the digest.
        let end = if count < 2 { 0 } else { end };
        if let Some(known) = known(&session.view, reader.as_ref()) {
            let values = (range.first..end).filter_map(|index| known.value(index)).collect();
            return Ok(Task::ready(told(reader.as_ref(), values)));
        }
        Ok(ValuesOf::open(&session.view, reader, path, (range.first, end), told))
    }
}

/// The digest of a whole file of two segments or more.
pub(super) fn whole(view: &View, reader: Box<dyn Reader>, path: &RemotePath) -> Result<Task> {
    let count = segment_count(reader.metadata().size).ok_or(NO_SEGMENTS)?;
    if let Some(known) = known(view, reader.as_ref())
        && let Some(outcome) = digested(reader.as_ref(), &known.to_values())
    {
        return Ok(Task::ready(outcome));
    }
    Ok(ValuesOf::open(view, reader, path, (0, count), |reader, values| {
        let mut all = SegmentValues::new();
        (0..).zip(values).for_each(|(index, value)| all.insert(index, value));
        // With all values there is a digest; without one, the answer says that there is none.
        digested(reader, &all).unwrap_or(TaskOutcome::Done)
    }))
}

fn known(view: &View, reader: &dyn Reader) -> Option<AllValues> {
    view.kept.segments(&reader.state()?.stamp)
}

fn told(reader: &dyn Reader, values: Vec<SegmentValue>) -> TaskOutcome {
    let metadata = reader.metadata();
    let (file_size, modified) = (metadata.size, metadata.modified);
    TaskOutcome::Values(StoredValues { file_size, modified, values })
}

fn digested(reader: &dyn Reader, values: &SegmentValues) -> Option<TaskOutcome> {
    let metadata = reader.metadata();
    let (file_size, modified) = (metadata.size, metadata.modified);
    let digest = values.digest(segment_count(file_size)?)?;
    Some(TaskOutcome::Digest(StoredDigest { file_size, modified, digest }))
}

/// Makes an outcome of the values.
type Finish = fn(&dyn Reader, Vec<SegmentValue>) -> TaskOutcome;

/// Reads a file's segments.
struct ValuesOf {
    reader: Box<dyn Reader>,
    path: RemotePath,
    kept: Arc<KeptValues>,
    first: u32,
    next: u32,
    end: u32,
    values: Vec<SegmentValue>,
    finish: Finish,
}

impl ValuesOf {
    fn open(
        view: &View,
        reader: Box<dyn Reader>,
        path: &RemotePath,
        (first, end): (u32, u32),
        finish: Finish,
    ) -> Task {
        let (path, kept) = (path.clone(), Arc::clone(&view.kept));
        let values = Vec::new();
        Task(Box::new(Self { reader, path, kept, first, next: first, end, values, finish }))
    }
}

impl Turns for ValuesOf {
    fn turn(&mut self, buffer: &mut [u8], _: &Waker) -> Result<TaskState> {
        if self.next < self.end {
            let index = self.next;
            let size = self.reader.metadata().size;
            let content = room(buffer, segment_len(index, size).into());
            let count = self.reader.read_at(segment_start(index), content)?;
            let mut hasher = SegmentHasher::new(index);
            hasher.update_parallel(content);
            let value = hasher.value().filter(|_| count == content.len());
            self.values.push(value.ok_or_else(|| Error::Changed(self.path.clone()))?);
            self.next += 1;
            let (done, total) = (segment_start(self.next).min(size), segment_start(self.end));
            return Ok(TaskState::Running(Progress { done, total: total.min(size) }));
        }
        if !self.reader.is_unchanged()? {
            return Err(Error::Changed(self.path.clone()));
        }
        if let Some(state) = self.reader.state() {
            self.kept.learn(state, self.first, &self.values);
        }
        let values = std::mem::take(&mut self.values);
        Ok(TaskState::Finished((self.finish)(self.reader.as_ref(), values)))
    }
}

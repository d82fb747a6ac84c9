//! Values of a stored file's segments.

use super::{Task, TaskOutcome, TaskState, Turns, room};
use crate::service::read::NO_SEGMENTS;
use crate::service::{Error, Result, Service, Session};
use crate::storage::Reader;
use crate::wake::Waker;
use ferry_protocol::limits::STORED_VALUES_MAX;
use ferry_protocol::{
    Progress, RemotePath, Rights, SegmentRange, SegmentValue, StoredValues, segment_count,
    segment_len, segment_start,
};

impl Service {
    /// Computes values of a stored file's segments.
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
        let values = Vec::new();
        Ok(Task(Box::new(ValuesOf { reader, path: path.clone(), next: range.first, end, values })))
    }
}

struct ValuesOf {
    reader: Box<dyn Reader>,
    path: RemotePath,
    next: u32,
    end: u32,
    values: Vec<SegmentValue>,
}

impl Turns for ValuesOf {
    fn turn(&mut self, buffer: &mut [u8], _: &Waker) -> Result<TaskState> {
        let metadata = self.reader.metadata();
        if self.next < self.end {
            let index = self.next;
            let content = room(buffer, segment_len(index, metadata.size).into());
            let count = self.reader.read_at(segment_start(index), content)?;
            let value = SegmentValue::of(index, content).filter(|_| count == content.len());
            self.values.push(value.ok_or_else(|| Error::Changed(self.path.clone()))?);
            self.next += 1;
            let (done, total) = (segment_start(self.next), segment_start(self.end));
            return Ok(TaskState::Running(Progress { done, total }));
        }
        if !self.reader.is_unchanged()? {
            return Err(Error::Changed(self.path.clone()));
        }
        let values = std::mem::take(&mut self.values);
        let (file_size, modified) = (metadata.size, metadata.modified);
        let outcome = TaskOutcome::Values(StoredValues { file_size, modified, values });
        Ok(TaskState::Finished(outcome))
    }
}

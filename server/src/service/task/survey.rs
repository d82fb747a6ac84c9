//! The values of a part that earlier connections left, segment by segment.

use super::{Task, TaskOutcome, TaskState, Turns, room};
use crate::service::shared::{Announced, SharedUpload, run_len_of};
use crate::service::{Error, Result, Share};
use crate::storage::Upload;
use crate::wake::Waker;
use ferry_protocol::{Progress, SegmentValue, SegmentValues, segment_len, segment_start};
use std::sync::Arc;

/// Reads the segments of a part again, so that the sender's values can be compared with theirs.
pub(in crate::service) struct Survey {
    /// `None` once it was handed over, as the upload.
    announced: Option<Announced>,
    size: u64,
    upload: Option<Box<dyn Upload>>,
    segment_count: u32,
    run_len: u32,
    next: u32,
    found: SegmentValues,
}

impl Survey {
    pub(in crate::service) fn open(announced: Announced, upload: Box<dyn Upload>) -> Result<Task> {
        Ok(Task(Box::new(Self {
            segment_count: announced.segment_count()?,
            size: announced.plan.size,
            announced: Some(announced),
            run_len: run_len_of(upload.as_ref()),
            upload: Some(upload),
            next: 0,
            found: SegmentValues::new(),
        })))
    }

    /// The next segment of a run that is held whole; `None` at the end.
    fn next_held(&mut self) -> Option<u32> {
        let upload = self.upload.as_ref()?;
        while self.next < self.segment_count {
            let run_end = self.next.saturating_add(self.run_len).min(self.segment_count);
            let starts_run = self.next.is_multiple_of(self.run_len);
            let end = segment_start(run_end).min(self.size);
            if !starts_run || upload.holds(segment_start(self.next), end) {
                return Some(self.next);
            }
            self.next = run_end;
        }
        None
    }

    fn finish(&mut self) -> Result<TaskState> {
        let Some((announced, upload)) = self.announced.take().zip(self.upload.take()) else {
            return Err(Error::Nonsense("the part was handed over"));
        };
        let open = Arc::clone(&announced.open);
        let shared = SharedUpload::new(announced, upload, std::mem::take(&mut self.found))?;
        Ok(TaskState::Finished(TaskOutcome::Found(Share::new(open.add(shared)))))
    }
}

impl Turns for Survey {
    fn turn(&mut self, buffer: &mut [u8], _: &Waker) -> Result<TaskState> {
        let (Some(index), Some(upload)) = (self.next_held(), self.upload.as_ref()) else {
            return self.finish();
        };
        let content = room(buffer, segment_len(index, self.size).into());
        let count = upload.read_at(segment_start(index), content)?;
        if count == content.len()
            && let Some(value) = SegmentValue::of(index, content)
        {
            self.found.insert(index, value);
        }
        self.next = index + 1;
        let done = segment_start(self.next).min(self.size);
        Ok(TaskState::Running(Progress { done, total: self.size }))
    }
}

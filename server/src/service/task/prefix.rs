//! The beginning of an upload that goes on where a stored file ends.

use super::{Task, TaskOutcome, TaskState, Turns, room};
use crate::service::incoming::Incoming;
use crate::service::{Error, Result};
use crate::storage::Reader;
use crate::wake::Waker;
use ferry_protocol::Progress;

/// Copies the first bytes of a file into an upload, which then goes on with content.
pub(in crate::service) struct Prefix {
    /// `None` once it was handed over, with the upload.
    reader: Option<Box<dyn Reader>>,
    len: u64,
    copied: u64,
    /// `None` once it was handed over. Dropped before, it removes what it copied: the file is there.
    incoming: Option<Incoming>,
}

impl Prefix {
    pub(in crate::service) fn open(reader: Box<dyn Reader>, len: u64, incoming: Incoming) -> Task {
        Task(Box::new(Self { reader: Some(reader), len, copied: 0, incoming: Some(incoming) }))
    }
}

impl Turns for Prefix {
    fn turn(&mut self, buffer: &mut [u8], _: &Waker) -> Result<TaskState> {
        let (Some(incoming), Some(reader)) = (&mut self.incoming, &self.reader) else {
            return Err(Error::Nonsense("the upload was handed over"));
        };
        let room = room(buffer, self.len - self.copied);
        if !room.is_empty() {
            if reader.read_at(self.copied, room)? < room.len() {
                return Err(Error::Nonsense("the file became shorter while it was read"));
            }
            incoming.write(room)?;
            self.copied += room.len() as u64;
            return Ok(TaskState::Running(Progress { done: self.copied, total: self.len }));
        }
        match (self.incoming.take(), self.reader.take()) {
            (Some(mut incoming), Some(reader)) => {
                incoming.goes_on_behind(reader);
                Ok(TaskState::Finished(TaskOutcome::Proven(Box::new(incoming))))
            }
            _ => Err(Error::Nonsense("the upload was handed over")),
        }
    }
}

impl Drop for Prefix {
    fn drop(&mut self) {
        if let Some(incoming) = &mut self.incoming {
            incoming.abandon();
        }
    }
}

//! Digest of a stored file, or of a range of it.

use super::values::whole;
use super::{Task, TaskOutcome, TaskState, Turns, room};
use crate::service::fetch::Fetch;
use crate::service::{Error, Result, Service, Session};
use crate::storage::{Metadata, Reader};
use crate::values::KeptValues;
use crate::wake::Waker;
use ferry_protocol::{Hasher, Progress, Range, RemotePath, Rights, StoredDigest};
use std::sync::Arc;

impl Service {
    /// Computes the digest of a stored file, or of a range of it.
    pub(crate) fn digest(
        &self,
        session: &mut Session,
        path: &RemotePath,
        range: Range,
    ) -> Result<Task> {
        session.view.may(Rights::READ, "read", path)?;
        let reader = session.view.storage.open(path)?;
        let size = reader.metadata().size;
        let len = range.len_within(size);
        let fetch = if len == size { session.closes_fetch_of(path) } else { None };
        let task = if let Some(outcome) = fetch.as_ref().and_then(|fetch| sent(fetch, &*reader)) {
            Task::ready(outcome)
        } else if len == size && KeptValues::is_worth_it(size) {
            whole(&session.view, reader, path)?
        } else {
            let (path, hasher) = (path.clone(), Hasher::new());
            Task(Box::new(DigestFile { reader, path, start: range.offset, len, hasher }))
        };
        Ok(match fetch {
            Some(fetch) => Task(Box::new(Closing { task, fetch })),
            None => task,
        })
    }
}

/// The digest of a file as all of it went over, if it is still that file.
fn sent(fetch: &Fetch, reader: &dyn Reader) -> Option<TaskOutcome> {
    let digest = fetch.digest(&reader.state()?.stamp)?;
    let Metadata { size: file_size, modified, .. } = reader.metadata();
    Some(TaskOutcome::Digest(StoredDigest { file_size, modified, digest }))
}

/// A digest that ends a download by segments.
struct Closing {
    task: Task,
    fetch: Arc<Fetch>,
}

impl Turns for Closing {
    fn turn(&mut self, buffer: &mut [u8], waker: &Waker) -> Result<TaskState> {
        let state = self.task.turn(buffer, waker);
        match &state {
            Ok(TaskState::Finished(TaskOutcome::Digest(_))) => self.fetch.done(),
            Ok(_) => {}
            Err(err) => self.fetch.failed(err),
        }
        state
    }
}

struct DigestFile {
    reader: Box<dyn Reader>,
    path: RemotePath,
    start: u64,
    len: u64,
    hasher: Hasher,
}

impl Turns for DigestFile {
    fn turn(&mut self, buffer: &mut [u8], _: &Waker) -> Result<TaskState> {
        let remaining = self.len - self.hasher.len();
        if remaining > 0 {
            let room = room(buffer, remaining);
            let count = self.reader.read_at(self.start + self.hasher.len(), room)?;
            if count < room.len() {
                return Err(Error::Changed(self.path.clone()));
            }
            self.hasher.update_parallel(room);
            let progress = Progress { done: self.hasher.len(), total: self.len };
            return Ok(TaskState::Running(progress));
        }
        if !self.reader.is_unchanged()? {
            return Err(Error::Changed(self.path.clone()));
        }
        let metadata = self.reader.metadata();
        Ok(TaskState::Finished(TaskOutcome::Digest(StoredDigest {
            file_size: metadata.size,
            modified: metadata.modified,
            digest: self.hasher.digest(),
        })))
    }
}

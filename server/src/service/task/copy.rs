//! Copy of a file within the server.

use super::{Task, TaskOutcome, TaskState, Turns, room};
use crate::audit::Deed;
use crate::committer::{CommitBy, CommitQueue, Finished};
use crate::service::{Error, Result};
use crate::storage::{self, Author, ErrorKind, Reader, Storage, Upload};
use crate::wake::{Waker, promise};
use ferry_protocol::{Attributes, Hasher, IfExists, Progress, RemotePath};
use std::sync::Arc;

/// Copies a file; the copy is an upload like any other.
pub(in crate::service) struct CopyFile {
    reader: Box<dyn Reader>,
    upload: Option<Box<dyn Upload>>,
    target: CopyTarget,
    commits: CommitQueue,
    hasher: Hasher,
}

/// Where a copy goes.
pub(in crate::service) struct CopyTarget {
    pub(in crate::service) storage: Arc<dyn Storage>,
    pub(in crate::service) path: RemotePath,
    pub(in crate::service) if_exists: IfExists,
    pub(in crate::service) by: Author,
    pub(in crate::service) deed: Deed,
}

impl CopyFile {
    pub(in crate::service) fn open(
        reader: Box<dyn Reader>,
        upload: Box<dyn Upload>,
        target: CopyTarget,
        commits: CommitQueue,
    ) -> Task {
        let upload = Some(upload);
        let hasher = Hasher::new();
        Task(Box::new(Self { reader, upload, target, commits, hasher }))
    }

    fn finish(&mut self, waker: &Waker) -> Result<TaskState> {
        if !self.reader.is_unchanged()? {
            return Err(Error::Changed(self.target.path.clone()));
        }
        let metadata = self.reader.metadata();
        let Some(mut upload) = self.upload.take() else {
            return Err(Error::Nonsense("the copy was handed over"));
        };
        let attributes = Attributes {
            modified: Some(metadata.modified),
            permissions: Some(metadata.permissions),
        };
        if let Err(err) = upload.seal(attributes).and_then(|()| upload.sync()) {
            self.upload = Some(upload);
            return Err(err.into());
        }
        let lost = storage::Error::new(ErrorKind::Io, &self.target.path);
        let (promise, pending) = promise(waker, Err(lost));
        let deed = self.target.deed.clone();
        deed.moved(metadata.size);
        deed.is_of(self.hasher.digest());
        let promise = promise.seen_by(move |outcome| deed.came_to(outcome));
        let finished = Finished {
            upload,
            storage: Arc::clone(&self.target.storage),
            target: self.target.path.clone(),
            size: metadata.size,
            digest: Some(self.hasher.digest()),
            attributes: Attributes::default(),
            if_exists: self.target.if_exists,
            by: self.target.by.clone(),
            is_synced: true,
            learned: None,
            sender: None,
            keeps_part: false,
            behind: None,
        };
        self.commits.commit(finished, promise, CommitBy::Committer);
        Ok(TaskState::Finished(TaskOutcome::Committing(pending)))
    }
}

impl Turns for CopyFile {
    fn turn(&mut self, buffer: &mut [u8], waker: &Waker) -> Result<TaskState> {
        let total = self.reader.metadata().size;
        let done = self.hasher.len();
        if done == total {
            return self.finish(waker);
        }
        let room = room(buffer, total - done);
        if self.reader.read_at(done, room)? < room.len() {
            return Err(Error::Changed(self.target.path.clone()));
        }
        if let Some(upload) = self.upload.as_mut() {
            upload.write(done, room)?;
        }
        self.hasher.update(room);
        Ok(TaskState::Running(Progress { done: self.hasher.len(), total }))
    }
}

impl Drop for CopyFile {
    fn drop(&mut self) {
        if let Some(upload) = self.upload.take()
            && let Err(err) = upload.abandon()
        {
            tracing::warn!("an unfinished copy could not be removed: {err}");
        }
    }
}

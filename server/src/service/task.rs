//! Work that can take long, done in turns: removal of a tree, copy, digest of a stored file, and
//! the proof of a part. Dropping a task gives it up.

use super::write::{Incoming, Plan};
use super::{Error, Result, Service, Session};
use crate::committer::{self, CommitQueue, Finished};
use crate::storage::{self, ErrorKind, Listing, Reader, Storage, Upload};
use crate::wake::{Pending, Waker, promise};
use ferry_protocol::{
    Attributes, Entry, EntryKind, Hasher, IfExists, Progress, Range, RemotePath, Rights,
    StoredDigest,
};
use std::fmt;
use std::sync::Arc;

/// One piece of long work.
pub(crate) struct Task(Box<dyn Turns>);

/// Where a task stands after a turn.
#[derive(Debug)]
pub(crate) enum TaskState {
    /// It needs more turns.
    Running(Progress),
    /// It is over.
    Finished(TaskOutcome),
}

/// What a task yields.
#[derive(Debug)]
pub(crate) enum TaskOutcome {
    /// Done.
    Done,
    /// Done once the committer says so.
    Committing(Pending<committer::Outcome>),
    /// The digest.
    Digest(StoredDigest),
    /// The part is what it says: content can come.
    Proven(Incoming),
}

/// What every task does; one call is one turn.
trait Turns: Send {
    fn turn(&mut self, buffer: &mut [u8], waker: &Waker) -> Result<TaskState>;
}

impl Task {
    /// Works for one turn: at most a buffer's length of content, or some names.
    pub(crate) fn turn(&mut self, buffer: &mut [u8], waker: &Waker) -> Result<TaskState> {
        self.0.turn(buffer, waker)
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Task")
    }
}

impl From<Proof> for Task {
    fn from(proof: Proof) -> Self {
        Self(Box::new(proof))
    }
}

impl Service {
    /// Computes the digest of a stored file, or of a range of it.
    pub(crate) fn digest(
        &self,
        session: &Session,
        path: &RemotePath,
        range: Range,
    ) -> Result<Task> {
        session.may(Rights::READ, "read")?;
        let reader = self.storage.open(path)?;
        let len = range.len_within(reader.metadata().size);
        let path = path.clone();
        let hasher = Hasher::new();
        Ok(Task(Box::new(DigestFile { reader, path, start: range.offset, len, hasher })))
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

/// Reads a part again before the server vouches for it.
pub(crate) struct Proof {
    upload: Option<Box<dyn Upload>>,
    plan: Plan,
    commits: CommitQueue,
    hasher: Hasher,
}

impl Proof {
    pub(super) fn new(upload: Box<dyn Upload>, plan: Plan, commits: CommitQueue) -> Self {
        Self { upload: Some(upload), plan, commits, hasher: Hasher::new() }
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proof({})", self.plan.target)
    }
}

impl Turns for Proof {
    fn turn(&mut self, buffer: &mut [u8], _: &Waker) -> Result<TaskState> {
        let Some(upload) = self.upload.as_ref() else {
            return Err(Error::Nonsense("the part was handed over"));
        };
        let held = upload.held().min(self.plan.size);
        let remaining = held - self.hasher.len();
        if remaining > 0 {
            let room = room(buffer, remaining);
            let count = upload.read_at(self.hasher.len(), room)?;
            if count < room.len() {
                return Err(Error::Changed(self.plan.target.clone()));
            }
            self.hasher.update_parallel(room);
            return Ok(TaskState::Running(Progress { done: self.hasher.len(), total: held }));
        }
        let Some(upload) = self.upload.take() else {
            return Err(Error::Nonsense("the part was handed over"));
        };
        let hasher = std::mem::take(&mut self.hasher);
        let incoming = Incoming::new(upload, self.plan.clone(), self.commits.clone(), hasher);
        Ok(TaskState::Finished(TaskOutcome::Proven(incoming)))
    }
}

/// Copies a file; the copy is an upload like any other.
pub(super) struct CopyFile {
    reader: Box<dyn Reader>,
    upload: Option<Box<dyn Upload>>,
    target: RemotePath,
    if_exists: IfExists,
    commits: CommitQueue,
    hasher: Hasher,
}

impl CopyFile {
    pub(super) fn open(
        reader: Box<dyn Reader>,
        upload: Box<dyn Upload>,
        target: RemotePath,
        if_exists: IfExists,
        commits: CommitQueue,
    ) -> Task {
        let upload = Some(upload);
        let hasher = Hasher::new();
        Task(Box::new(Self { reader, upload, target, if_exists, commits, hasher }))
    }

    fn finish(&mut self, waker: &Waker) -> Result<TaskState> {
        if !self.reader.is_unchanged()? {
            return Err(Error::Changed(self.target.clone()));
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
        let (promise, pending) = promise(waker);
        let finished = Finished {
            upload,
            target: self.target.clone(),
            size: metadata.size,
            digest: self.hasher.digest(),
            if_exists: self.if_exists,
            is_synced: true,
        };
        self.commits.commit(finished, promise);
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
            return Err(Error::Changed(self.target.clone()));
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

/// Removes a tree from its leaves up, without recursion: a level for each folder on the way.
pub(super) struct RemoveTree {
    storage: Arc<dyn Storage>,
    levels: Vec<Level>,
    removed_count: u64,
}

struct Level {
    path: RemotePath,
    listing: Box<dyn Listing>,
    ahead: std::vec::IntoIter<Entry>,
}

impl RemoveTree {
    pub(super) fn open(storage: &Arc<dyn Storage>, root: RemotePath) -> Result<Task> {
        let entry = storage.stat(&root)?;
        if entry.kind != EntryKind::Folder || entry.flags.linked {
            return Err(storage::Error::new(ErrorKind::NotAFolder, &root).into());
        }
        let storage = Arc::clone(storage);
        let mut tree = Self { storage, levels: Vec::new(), removed_count: 0 };
        tree.descend(root)?;
        Ok(Task(Box::new(tree)))
    }

    fn descend(&mut self, path: RemotePath) -> storage::Result<()> {
        let listing = self.storage.list(&path)?;
        self.levels.push(Level { path, listing, ahead: Vec::new().into_iter() });
        Ok(())
    }

    /// Removes the next name. Returns whether more are left.
    fn remove_next(&mut self) -> Result<bool> {
        let Some(level) = self.levels.last_mut() else { return Ok(false) };
        if level.ahead.len() == 0 {
            level.ahead = level.listing.next_entries(NAMES_PER_TURN)?.into_iter();
        }
        match level.ahead.next() {
            None => {
                ignore_missing(self.storage.remove_directory(&level.path))?;
                self.levels.pop();
            }
            Some(entry) => {
                let path = level.path.join_all(&entry.name)?;
                if entry.kind == EntryKind::Folder && !entry.flags.linked {
                    ignore_missing(self.descend(path))?;
                    return Ok(true);
                }
                ignore_missing(self.storage.remove_file(&path))?;
            }
        }
        self.removed_count += 1;
        Ok(!self.levels.is_empty())
    }
}

impl Turns for RemoveTree {
    fn turn(&mut self, _: &mut [u8], _: &Waker) -> Result<TaskState> {
        for _ in 0..NAMES_PER_TURN {
            if !self.remove_next()? {
                return Ok(TaskState::Finished(TaskOutcome::Done));
            }
        }
        Ok(TaskState::Running(Progress { done: self.removed_count, total: 0 }))
    }
}

/// What someone else removed meanwhile is removed.
fn ignore_missing(removed: storage::Result<()>) -> Result<()> {
    match removed {
        Err(err) if err.kind() == ErrorKind::NotFound => Ok(()),
        other => Ok(other?),
    }
}

fn room(buffer: &mut [u8], remaining: u64) -> &mut [u8] {
    let len = usize::try_from(remaining).unwrap_or(usize::MAX).min(buffer.len());
    buffer.get_mut(..len).unwrap_or_default()
}

/// Names that a removal takes in one turn.
const NAMES_PER_TURN: usize = 64;

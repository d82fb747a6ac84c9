//! Removal of a tree.

use super::{Task, TaskOutcome, TaskState, Turns};
use crate::service::Result;
use crate::storage::{self, Author, ErrorKind, Listing, Storage};
use crate::wake::Waker;
use ferry_protocol::{Entry, EntryKind, Progress, RemotePath};
use std::sync::Arc;

/// Removes a tree from its leaves up, without recursion: a level for each folder on the way.
pub(in crate::service) struct RemoveTree {
    storage: Arc<dyn Storage>,
    by: Author,
    levels: Vec<Level>,
    removed_count: u64,
}

struct Level {
    path: RemotePath,
    listing: Box<dyn Listing>,
    ahead: std::vec::IntoIter<Entry>,
}

impl RemoveTree {
    pub(in crate::service) fn open(
        storage: &Arc<dyn Storage>,
        root: RemotePath,
        by: Author,
    ) -> Result<Task> {
        let entry = storage.stat(&root)?;
        if entry.kind != EntryKind::Folder || entry.flags.linked {
            return Err(storage::Error::new(ErrorKind::NotAFolder, &root).into());
        }
        let storage = Arc::clone(storage);
        let mut tree = Self { storage, by, levels: Vec::new(), removed_count: 0 };
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
                ignore_missing(self.storage.remove_file(&path, &self.by))?;
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

/// Names that a removal takes in one turn.
const NAMES_PER_TURN: usize = 64;

//! Uploads that have their names, and are not durable yet.

use super::fault::Blame as _;
use super::folder::{Folder, Root};
use super::undo::Undo;
use crate::storage::{FileState, FolderId, Published, Result};
use crate::sys;
use ferry_protocol::{Name, RemotePath, UndoId};
use std::os::fd::AsFd as _;
use std::sync::Arc;

/// A file that has its name.
pub(super) struct LocalPublished {
    pub(super) root: Arc<Root>,
    pub(super) undo: Arc<Undo>,
    pub(super) folder: Folder,
    pub(super) target: RemotePath,
    pub(super) name: Name,
    /// Syncs that had failed when its upload was begun.
    pub(super) failed_syncs: u64,
    pub(super) inode: u64,
    pub(super) before: Before,
    pub(super) state: Option<FileState>,
}

/// What had the name before.
#[derive(Clone, Copy, Debug)]
pub(super) enum Before {
    Nothing,
    /// Undo keeps it.
    Kept(UndoId),
    /// Nobody keeps it.
    Gone,
}

impl Published for LocalPublished {
    fn folder_id(&self) -> FolderId {
        self.folder.id
    }

    fn sync_folder(&self) -> Result<()> {
        let doubt = &self.root.doubt;
        doubt.check_since(self.failed_syncs).blame(&self.target)?;
        let synced = self
            .undo
            .sync()
            .and_then(|()| self.root.sync_new_folders(&self.folder))
            .and_then(|()| sys::sync_folder(&self.folder.handle));
        doubt.count(synced).blame(&self.target)
    }

    fn state(&self) -> Option<FileState> {
        self.state
    }

    fn take_back(self: Box<Self>) -> Result<()> {
        let place = (self.folder.handle.as_fd(), self.name.as_bytes());
        if sys::stat_name(place.0, place.1).blame(&self.target)?.inode != self.inode {
            return Ok(());
        }
        match self.before {
            Before::Nothing => sys::remove_file(place.0, place.1),
            Before::Kept(id) => self.undo.put_back(id, place),
            // Better this one than none.
            Before::Gone => Ok(()),
        }
        .blame(&self.target)
    }
}

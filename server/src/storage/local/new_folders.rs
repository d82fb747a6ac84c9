//! Folders that got new folders, until they are synced: what is stored in a new folder is there
//! after a power cut only if the new folder is.

use super::folder::Folder;
use crate::storage::FolderId;
use crate::sys;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;

/// Where folders were made since the last sync.
#[derive(Default)]
pub(super) struct NewFolders(Mutex<Unsynced>);

/// What has to be synced.
#[derive(Default)]
pub(super) struct Unsynced {
    parents: BTreeMap<FolderId, File>,
    /// Whether there are more, which are not held open.
    has_more: bool,
}

impl NewFolders {
    /// Makes a folder in `parent`.
    pub(super) fn make(
        &self,
        parent: &Folder,
        make: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        // Held meanwhile: whoever stores something in the new folder finds it noted.
        let mut unsynced = self.0.lock();
        make()?;
        unsynced.note(parent);
        Ok(())
    }

    /// What has to be synced now. It is forgotten here: whoever takes it syncs it, or says that a
    /// sync failed.
    pub(super) fn take(&self) -> Unsynced {
        std::mem::take(&mut *self.0.lock())
    }
}

impl Unsynced {
    fn note(&mut self, parent: &Folder) {
        if self.has_more || self.parents.contains_key(&parent.id) {
            return;
        }
        // A folder that may not be read cannot be synced by itself.
        match sys::open_folder(&parent.handle, b".") {
            Ok(handle) if self.parents.len() < PARENTS_MAX => {
                self.parents.insert(parent.id, handle);
            }
            _ => self.has_more = true,
        }
    }

    /// Syncs each folder once; many, or what cannot be synced by itself, by `sync_all`.
    pub(super) fn sync(self, sync_all: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        if self.has_more {
            return sync_all();
        }
        self.parents.values().map(sys::sync_folder).fold(Ok(()), io::Result::and)
    }
}

/// Most folders that are held open, and synced one by one.
const PARENTS_MAX: usize = 64;

//! Folders whose names changed among folders, until they are synced: what is stored in a new or a
//! moved folder is there after a power cut only if that folder is. They are noted by disk, for all
//! roots of one server, since roots may overlap: a folder that one account made is where another
//! stores something, and a root goes when nobody uses it.

use super::folder::Folder;
use crate::storage::FolderId;
use crate::sys;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::sync::Arc;

/// Where folders were made or moved since the last sync, by device number.
#[derive(Default)]
pub(super) struct NewFolders(Mutex<BTreeMap<u64, Arc<Mutex<Unsynced>>>>);

/// What has to be synced on one disk.
#[derive(Default)]
pub(super) struct Unsynced {
    parents: BTreeMap<FolderId, File>,
    /// Whether there are more, which are not held open.
    has_more: bool,
}

impl NewFolders {
    /// Makes a folder in `parents`, which lie on one disk, or moves it from one to the other.
    pub(super) fn change<T>(
        &self,
        parents: &[&Folder],
        change: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        let Some(first) = parents.first() else { return change() };
        let on_disk = self.on(first.id.0);
        // Held meanwhile: whoever stores something in the folder finds it noted.
        let mut unsynced = on_disk.lock();
        let changed = change()?;
        for parent in parents {
            unsynced.note(parent);
        }
        Ok(changed)
    }

    /// What has to be synced on a disk now. It is forgotten here: whoever takes it syncs it, or
    /// has every root know that a sync failed.
    pub(super) fn take(&self, device: u64) -> Unsynced {
        std::mem::take(&mut *self.on(device).lock())
    }

    fn on(&self, device: u64) -> Arc<Mutex<Unsynced>> {
        Arc::clone(self.0.lock().entry(device).or_default())
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

    /// Whether there is nothing to sync.
    pub(super) fn is_empty(&self) -> bool {
        self.parents.is_empty() && !self.has_more
    }

    /// Syncs each folder once; many, or what cannot be synced by itself, by `sync_all`.
    pub(super) fn sync(self, sync_all: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        if self.has_more {
            return sync_all();
        }
        self.parents.values().map(sys::sync_folder).fold(Ok(()), io::Result::and)
    }
}

/// Most folders of a disk that are held open, and synced one by one.
const PARENTS_MAX: usize = 64;

//! The file systems that were written to, for the barrier: one sync call reaches one file system,
//! and others may be mounted below the root.

use super::doubt::Doubt;
use super::folder::Folder;
use crate::sys;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;

/// File systems other than the root's that something was done on since the last barrier.
#[derive(Default)]
pub(super) struct FileSystems {
    /// One folder of each, by device number.
    touched: Mutex<BTreeMap<u64, File>>,
}

impl FileSystems {
    /// Remembers the file system of `folder`, which is not the root's.
    pub(super) fn note(&self, folder: &Folder, doubt: &Doubt) -> io::Result<()> {
        let mut touched = self.touched.lock();
        if touched.contains_key(&folder.id.0) {
            return Ok(());
        }
        if touched.len() >= TOUCHED_MAX {
            doubt.count(sync_all(&std::mem::take(&mut *touched)))?;
        }
        touched.insert(folder.id.0, sys::open_folder(&folder.handle, b".")?);
        Ok(())
    }

    /// All remembered ones, which are forgotten here, so that they can be unmounted.
    pub(super) fn take(&self) -> BTreeMap<u64, File> {
        std::mem::take(&mut *self.touched.lock())
    }
}

/// Syncs each, also when one fails: nobody will remember them.
pub(super) fn sync_all(folders: &BTreeMap<u64, File>) -> io::Result<()> {
    folders.values().map(sys::sync_file_system).fold(Ok(()), io::Result::and)
}

/// Most folders held open for the next barrier; a share of many small file systems syncs earlier.
const TOUCHED_MAX: usize = 64;

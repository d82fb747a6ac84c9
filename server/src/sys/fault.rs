//! System calls that are made to fail, for tests: a sync that fails on a healthy disk. And which
//! folders were synced.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;

/// A sync that can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sync {
    /// [`super::sync_file`].
    File,
    /// [`super::sync_folder`].
    Folder,
    /// [`super::sync_file_system`].
    FileSystem,
}

thread_local! {
    static NEXT: Cell<Option<Sync>> = const { Cell::new(None) };
    static SYNCED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Makes the next such call of this thread fail, once, as the kernel does: the next one after it
/// succeeds, whatever was lost.
pub(crate) fn fail_next(call: Sync) {
    NEXT.set(Some(call));
}

/// Fails if it is this call's turn.
pub(super) fn strike(call: Sync) -> io::Result<()> {
    if NEXT.get() == Some(call) {
        NEXT.set(None);
        return Err(rustix::io::Errno::IO.into());
    }
    Ok(())
}

/// Remembers that a folder was synced.
pub(super) fn note_synced(folder: &File) {
    SYNCED.with_borrow_mut(|synced| synced.extend(folder.metadata().map(|folder| folder.ino())));
}

/// The inodes of the folders that this thread synced since it was asked last.
pub(crate) fn synced_folders() -> Vec<u64> {
    SYNCED.take()
}

//! Which folders were brought to stable storage, for tests: nothing else tells a folder that was
//! synced from one that was not, but a power cut.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

thread_local! {
    static SYNCED: RefCell<Vec<PathBuf>> = const { RefCell::new(Vec::new()) };
}

/// Remembers that this thread synced a folder, or by it its whole file system.
pub(super) fn note(folder: &Path) {
    SYNCED.with_borrow_mut(|synced| synced.push(folder.to_path_buf()));
}

/// What this thread synced since it was asked last.
pub(crate) fn take() -> Vec<PathBuf> {
    SYNCED.take()
}

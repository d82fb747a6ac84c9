//! A drag of files out of the window. The window system cannot begin one, and holds the pointer
//! while the button is down; so a thread with its own connection to the X server watches the
//! pointer and talks to whatever window lies below it.

use super::xdnd::Source;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

static IS_DRAGGING: AtomicBool = AtomicBool::new(false);

/// Begins the drag of files from the window `own`, which is no target itself. Returns whether it
/// began: there is one pointer, so one drag at a time.
pub(super) fn start(files: Vec<PathBuf>, own: u32) -> bool {
    if files.is_empty() || IS_DRAGGING.swap(true, Ordering::AcqRel) {
        return false;
    }
    let spawned = thread::Builder::new().name("drag-out".to_owned()).spawn(move || {
        let dropped = Source::open(&files, own).and_then(Source::follow);
        // A target takes its time to fetch the files, or never does: the pointer is free meanwhile.
        IS_DRAGGING.store(false, Ordering::Release);
        if let Ok(Some(source)) = dropped {
            // A target that vanished is a drag that ended nowhere: nothing was lost.
            source.serve().ok();
        }
    });
    if spawned.is_err() {
        IS_DRAGGING.store(false, Ordering::Release);
    }
    spawned.is_ok()
}

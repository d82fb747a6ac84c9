//! Files that a file manager has copied. Many put no more than their paths on the clipboard as
//! text, which could be anybody's text; what they are is in its own format, a list of URIs.

use super::Wake;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Reads the clipboard on a thread of its own: its owner may take its time.
pub(super) struct CopiedFiles {
    found: (SyncSender<Vec<PathBuf>>, Receiver<Vec<PathBuf>>),
    wake: Option<Wake>,
}

/// Readings that may wait for a frame; a person makes one at a time.
const FOUND_MAX: usize = 4;

impl std::fmt::Debug for CopiedFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CopiedFiles")
    }
}

impl Default for CopiedFiles {
    fn default() -> Self {
        Self { found: sync_channel(FOUND_MAX), wake: None }
    }
}

impl CopiedFiles {
    pub(super) fn start(&mut self, wake: Wake) {
        self.wake = Some(wake);
    }

    /// Begins to read.
    pub(super) fn read(&self) {
        let Some(wake) = self.wake.clone() else { return };
        let found = self.found.0.clone();
        let read = move || {
            // Whatever else is on the clipboard, or none at all, is no list of files.
            let files = arboard::Clipboard::new().and_then(|mut board| board.get().file_list());
            if let Ok(files) = files
                && !files.is_empty()
                && found.try_send(files).is_ok()
            {
                wake();
            }
        };
        // Without a thread nothing is pasted, as without a clipboard.
        thread::Builder::new().name("clipboard".to_owned()).spawn(read).ok();
    }

    /// What was read.
    pub(super) fn next(&self) -> Option<Vec<PathBuf>> {
        self.found.1.try_recv().ok()
    }
}

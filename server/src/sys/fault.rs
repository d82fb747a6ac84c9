//! System calls that are made to fail, for tests: a sync that fails on a healthy disk.

use std::cell::Cell;
use std::io;

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

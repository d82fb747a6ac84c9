//! Room on a full disk. The past makes way before anybody is refused: what undo keeps goes first,
//! the oldest first.

use super::undo::Undo;
use crate::sys;
use std::fs::File;
use std::io;

/// Does `attempt`; if the disk is full, makes room for `wanted` bytes on the file system of
/// `file` and does it once more.
pub(super) fn with_room<T>(
    undo: &Undo,
    file: &File,
    wanted: u64,
    mut attempt: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    match attempt() {
        Err(err) if is_full(&err) && make_room(undo, file, wanted) => attempt(),
        done => done,
    }
}

/// Frees space on the file system of `file` until `wanted` bytes are left, at least a little.
/// Returns whether anything was freed.
fn make_room(undo: &Undo, file: &File, wanted: u64) -> bool {
    let wanted = wanted.saturating_add(SLACK);
    let mut has_freed = false;
    while undo.shares_space_with(file) && give_way(undo) {
        has_freed = true;
        if sys::space(file).map_or(true, |(_, left, _)| left >= wanted) {
            break;
        }
    }
    has_freed
}

fn give_way(undo: &Undo) -> bool {
    undo.give_way()
        .inspect_err(|err| tracing::warn!("what undo keeps could not make way: {err}"))
        .unwrap_or(false)
}

fn is_full(err: &io::Error) -> bool {
    matches!(err.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Left free beside what is wanted: for folders, and for others that write at this moment.
const SLACK: u64 = 4 * 1024 * 1024;

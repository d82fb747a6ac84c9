//! Room on a full disk. The past makes way before anybody is refused: what undo keeps goes first,
//! then parts that nobody writes, each the oldest first.

use super::disks::Disks;
use crate::sys;
use std::fs::File;
use std::io;

/// Does `attempt`; if the disk is full, makes room for `wanted` bytes on the file system of
/// `file` and does it once more.
pub(super) fn with_room<T>(
    disks: &Disks,
    file: &File,
    wanted: u64,
    mut attempt: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    match attempt() {
        Err(err) if is_full(&err) && make_room(disks, file, wanted) => attempt(),
        done => done,
    }
}

/// Frees space on the file system of `file` until `wanted` bytes are left, at least a little.
/// Returns whether anything was freed.
fn make_room(disks: &Disks, file: &File, wanted: u64) -> bool {
    let Ok(stat) = sys::stat_handle(file) else { return false };
    let left = || sys::space(file).map_or(u64::MAX, |(_, left, _)| left);
    if !disks.can_free(stat.device, || wanted.saturating_sub(left())) {
        // Nothing is given up for an upload that would be refused all the same.
        return false;
    }
    let mut has_freed = false;
    while disks.give_way(stat.device) {
        has_freed = true;
        if left() >= wanted.saturating_add(SLACK) {
            break;
        }
    }
    has_freed
}

fn is_full(err: &io::Error) -> bool {
    matches!(err.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Left free beside what is wanted: for folders, and for others that write at this moment.
const SLACK: u64 = 4 * 1024 * 1024;

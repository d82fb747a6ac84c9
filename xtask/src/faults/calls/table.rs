//! The system calls that the disk answers, and how each can fail.

use crate::failure::Failure;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The disk fails.
    Broken,
    /// The disk is full.
    Full,
    /// The user's quota is.
    OverQuota,
    /// The process dies in it.
    Killed,
}

impl Fault {
    /// How strace is told.
    pub(super) fn injection(self) -> &'static str {
        match self {
            Self::Broken => "error=EIO",
            Self::Full => "error=ENOSPC",
            Self::OverQuota => "error=EDQUOT",
            Self::Killed => "signal=KILL",
        }
    }

    /// Whether it can come about in a call of this name.
    pub(super) fn may_strike(self, call: &str) -> bool {
        match self {
            Self::Broken | Self::Killed => CALLS.contains(&call) || TAKING_ROOM.contains(&call),
            Self::Full | Self::OverQuota => TAKING_ROOM.contains(&call),
        }
    }
}

/// Fails for a call that is in no list: it has to be put into one.
pub(super) fn check_known(call: &str) -> Result<(), Failure> {
    let is_known = [CALLS, TAKING_ROOM, SPARED].iter().any(|list| list.contains(&call));
    if is_known {
        return Ok(());
    }
    Err(Failure::new(format!("{call} is made on the disk and is in no list of calls that fail")))
}

/// Those that can find the disk full.
const TAKING_ROOM: &[&str] = &[
    "copy_file_range",
    "fallocate",
    "fdatasync",
    "fsync",
    "ftruncate",
    "link",
    "linkat",
    "mkdir",
    "mkdirat",
    "openat",
    "pwrite64",
    "pwritev",
    "rename",
    "renameat",
    "renameat2",
    "symlink",
    "symlinkat",
    "sync_file_range",
    "syncfs",
    "write",
];

/// Those that cannot.
const CALLS: &[&str] = &[
    "access",
    "chmod",
    "faccessat",
    "faccessat2",
    "fadvise64",
    "fchmod",
    "fchmodat",
    "fchmodat2",
    "fchown",
    "flock",
    "fstat",
    "fstatfs",
    "getdents64",
    "lseek",
    "lstat",
    "newfstatat",
    "open",
    "openat2",
    "pread64",
    "preadv",
    "read",
    "readlink",
    "readlinkat",
    "rmdir",
    "stat",
    "statfs",
    "statx",
    "unlink",
    "unlinkat",
    "utimensat",
];

/// Those that are left alone: `close` frees the descriptor whatever it says, and what it could tell
/// of the disk a sync has told before; `fcntl` copies descriptors, and locks by memory alone; a
/// program that cannot start, or does not find its own folder, has begun nothing; a map is made
/// without the disk.
const SPARED: &[&str] = &["close", "execve", "fcntl", "getcwd", "mmap"];

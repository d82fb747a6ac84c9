//! Where files lie. A [`Storage`] knows names, bytes and durability; it knows no protocol, no
//! account and no right.
//!
//! The trait is made to fit a store that cannot write at random, append or rename cheaply: an
//! upload is written in chunks of equal length (the last may be shorter), each from its first
//! byte to its last, in any order of chunks, and what is written survives the process so that
//! another can go on. `memory` imposes exactly that, and the conformance suite runs over every
//! implementation.

mod allowance;
mod counted;
mod error;
pub mod local;
pub mod memory;
mod mounted;
mod usage;

#[cfg(test)]
mod conformance;

pub use crate::values::{Certainty, FileState, Stamp};
pub(crate) use allowance::Allowance;
pub(crate) use counted::Counted;
pub use error::{Error, ErrorKind};
pub(crate) use mounted::Mounted;
pub(crate) use usage::Usage;

use ferry_protocol::{
    Attributes, Entry, IfExists, Permissions, RemotePath, Timestamp, TransferId, UndoEntry,
    UndoGroup, UndoId,
};
use std::fmt;

/// Result of a storage operation.
pub type Result<T> = std::result::Result<T, Error>;

/// Which file or folder a name means: two names of one have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileId {
    /// The disk that it lies on.
    pub device: u64,
    /// Its number there.
    pub number: u64,
}

/// An entry, and which file it is where the store tells such things.
pub type Identified = (Entry, Option<FileId>);

/// A place that keeps files under names.
pub trait Storage: Send + Sync + fmt::Debug {
    /// Opens a listing of the folder `path`. Reserved names are not in it.
    fn list(&self, path: &RemotePath) -> Result<Box<dyn Listing>>;

    /// What lies at `path`. Links inside the root are followed; the root's own name is empty.
    fn stat(&self, path: &RemotePath) -> Result<Entry>;

    /// Which file lies at `path`, where the store tells such things.
    fn file_id(&self, path: &RemotePath) -> Result<Option<FileId>> {
        let _ = path;
        Ok(None)
    }

    /// Opens a file for reading. Folders, pipes, sockets and devices are refused, without waiting
    /// for them.
    fn open(&self, path: &RemotePath) -> Result<Box<dyn Reader>>;

    /// Begins an upload to `target`, hidden until it is published. `size` bytes are expected. What
    /// an earlier upload of this id left behind is lost.
    fn begin_upload(
        &self,
        target: &RemotePath,
        transfer: TransferId,
        size: u64,
    ) -> Result<Box<dyn Upload>>;

    /// Opens the part that an earlier upload of this id to `target` left behind.
    fn continue_upload(&self, target: &RemotePath, transfer: TransferId)
    -> Result<Box<dyn Upload>>;

    /// Makes one folder; its parent must be there.
    fn make_directory(&self, path: &RemotePath) -> Result<()>;

    /// Renames a file or folder. `IfExists::Replace` lets a file take the place of a file, which
    /// is kept for undo.
    fn rename(
        &self,
        from: &RemotePath,
        to: &RemotePath,
        if_exists: IfExists,
        by: &Author,
    ) -> Result<()>;

    /// Removes a file, or a link itself, and keeps it for undo.
    fn remove_file(&self, path: &RemotePath, by: &Author) -> Result<()>;

    /// Removes a folder and all below it in one step, and keeps it for undo as one thing. `false`
    /// if it cannot: then it has to be removed name by name.
    fn remove_tree(&self, path: &RemotePath, by: &Author) -> Result<bool>;

    /// Removes an empty folder. Unfinished uploads in it go with it.
    fn remove_directory(&self, path: &RemotePath) -> Result<()>;

    /// Sets time and permission bits of a file or folder.
    fn set_attributes(&self, path: &RemotePath, attributes: Attributes) -> Result<()>;

    /// Space where `path` lies.
    fn space(&self, path: &RemotePath) -> Result<Space>;

    /// Whether the server's user may make names in a folder; fails with `ReadOnly` or
    /// `NoPermission`.
    fn check_writable(&self, folder: &RemotePath) -> Result<()>;

    /// Returns once all that was written and renamed before is on stable storage. Dear: a whole
    /// file system may have to be written. After an error no upload that was begun before can be
    /// published.
    fn barrier(&self) -> Result<()>;

    /// How often a barrier or a sync failed. What was done before such a failure may be lost,
    /// though later barriers succeed.
    fn failed_syncs(&self) -> u64;

    /// Removes parts that nobody wrote to for `idle_secs` seconds, and returns their count.
    fn sweep_parts(&self, idle_secs: u64) -> Result<u64>;

    /// What is known of the part of an upload to `target`, open or not.
    fn part(&self, target: &RemotePath, transfer: TransferId) -> Result<PartState>;

    /// Removes the part of an upload to `target` that nobody is writing.
    fn remove_part(&self, target: &RemotePath, transfer: TransferId) -> Result<()>;

    /// What was replaced or removed and can be brought back.
    fn undo(&self) -> &dyn Undo;
}

/// What was replaced or removed. The store decides how long and how much it keeps; when space
/// runs out, what is kept makes way, the oldest first.
pub trait Undo {
    /// At most `count_max` of the things that are kept, the newest first, from behind `before` on.
    fn entries(&self, before: Option<UndoId>, count_max: usize) -> Result<Vec<UndoEntry>>;

    /// One thing that is kept; what is not is an error of kind [`ErrorKind::NotKept`].
    fn entry(&self, id: UndoId) -> Result<UndoEntry>;

    /// Brings a thing back to `to`, whose folder must be there. With `IfExists::Replace` a file
    /// takes the place of a file, which is kept in its turn.
    fn bring_back(
        &self,
        id: UndoId,
        to: &RemotePath,
        if_exists: IfExists,
        by: &Author,
    ) -> Result<()>;

    /// Gives a thing up for good.
    fn forget(&self, id: UndoId) -> Result<()>;

    /// Gives up what is too old or too much, and returns how many things that were.
    fn sweep(&self) -> Result<u64>;
}

/// On whose behalf something is replaced or removed, and as part of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// Name of the account; empty for the guest.
    pub account: String,
    /// What is brought back together.
    pub group: UndoGroup,
}

/// An open listing.
pub trait Listing: Send {
    /// The next entries, at most `count_max`, in the store's own order; empty at the end. An
    /// entry that vanished meanwhile is left out. `name` is one name.
    fn next_entries(&mut self, count_max: usize) -> Result<Vec<Entry>>;

    /// The same, each with which file it is.
    fn next_identified(&mut self, count_max: usize) -> Result<Vec<Identified>> {
        Ok(self.next_entries(count_max)?.into_iter().map(|entry| (entry, None)).collect())
    }
}

/// An open file.
pub trait Reader: Send {
    /// Length, time and permission bits when the file was opened.
    fn metadata(&self) -> Metadata;

    /// Reads at `offset` until `buffer` is full or the file ends; returns the count of bytes.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize>;

    /// The file of this system that it is, for sending it without taking it through this process.
    fn file(&self) -> Option<&std::fs::File> {
        None
    }

    /// Which file it is, where the store tells such things.
    fn file_id(&self) -> Option<FileId> {
        None
    }

    /// Whether the file is still as it was when it was opened.
    fn is_unchanged(&self) -> Result<bool>;

    /// What tells the file as it was when it was opened from every other; `None` where the store
    /// has nothing of the kind.
    fn state(&self) -> Option<FileState> {
        None
    }
}

/// What is known of an open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Bytes.
    pub size: u64,
    /// Last modification of the content.
    pub modified: Timestamp,
    /// Permission bits.
    pub permissions: Permissions,
}

/// An upload that is not visible yet. Dropping it keeps what was written, or at least the whole
/// chunks of it, for [`Storage::continue_upload`]; [`Upload::abandon`] removes it.
///
/// Several threads may write to one upload at once, each its own chunks.
pub trait Upload: Send + Sync {
    /// Bytes of a chunk, a multiple of a segment. Each chunk is written from its start to its end.
    fn chunk_len(&self) -> u64;

    /// Bytes from the file's start that are held without a gap.
    fn held(&self) -> u64;

    /// Whether the bytes from `start` to before `end` are held. Only their content proves that
    /// they are what was written: a machine may have stopped in between.
    fn holds(&self, start: u64, end: u64) -> bool;

    /// Reads what was written; for proving a part before it is vouched for.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize>;

    /// Writes content at `offset`, the next byte of its chunk. After an error of kind
    /// [`ErrorKind::NoSpace`] the upload is the caller's to abandon.
    fn write(&self, offset: u64, content: &[u8]) -> Result<()>;

    /// Forgets what was written of the chunk that begins at `start`, so that it can be written
    /// again from there.
    fn forget_chunk(&self, start: u64) -> Result<()>;

    /// Says that all content is written, and sets time and permission bits. A gap in the content
    /// is an error of kind [`ErrorKind::Unsupported`].
    fn seal(&mut self, attributes: Attributes) -> Result<()>;

    /// Returns once what was written, and sealed, is on stable storage. After an error the upload
    /// must be abandoned: the error is not told twice.
    fn sync(&self) -> Result<()>;

    /// Gives the sealed upload its name; a file that has it is kept for undo. With
    /// `IfExists::Refuse` a taken name is an error of kind [`ErrorKind::AlreadyExists`], and the
    /// upload is handed back.
    fn publish(
        self: Box<Self>,
        if_exists: IfExists,
        by: &Author,
    ) -> std::result::Result<Box<dyn Published>, (Error, Box<dyn Upload>)>;

    /// Removes what was written.
    fn abandon(self: Box<Self>) -> Result<()>;
}

/// A published upload whose name is not durable yet.
pub trait Published: Send {
    /// Identity of the folder that holds the name; names in one folder share a sync.
    fn folder_id(&self) -> FolderId;

    /// Returns once the folder's names are on stable storage. After an error the upload must be
    /// taken back: the error is not told twice.
    fn sync_folder(&self) -> Result<()>;

    /// Takes the name back from an upload that was refused after all, unless it is another's by
    /// now. What it replaced has the name again; where that is not kept, the upload stays.
    fn take_back(self: Box<Self>) -> Result<()>;

    /// What tells the file as it was stored from every other; `None` where it is not known.
    fn state(&self) -> Option<FileState> {
        None
    }
}

/// What is known of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartState {
    /// Bytes up to the last that came.
    pub held: u64,
    /// When something of it came last.
    pub touched: Timestamp,
    /// Whether it is being written now.
    pub is_open: bool,
}

/// Identity of a folder within its storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FolderId(pub u64, pub u64);

/// Space in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// In all.
    pub total: u64,
    /// Left for the server's user.
    pub available: u64,
    /// Tells one file system from another.
    pub disk: u64,
}

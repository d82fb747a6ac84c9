//! Files in a folder of this computer.
//!
//! The folder is opened once. Paths are resolved below that handle by cap-std, which has the
//! kernel refuse whatever would leave it (`openat2` with `RESOLVE_BENEATH`, or its own walk where
//! that is missing): neither `..`, nor a link, nor a race with somebody who swaps folders leads
//! out. Where a name is made, changed or removed, its folder is resolved in that way and the
//! last name alone is given to the system, which does not follow it.
//!
//! Other file systems mounted below the root are served. A link that leads out of the root, and
//! so every absolute link, is listed and never followed.

mod disks;
mod doubt;
mod fault;
mod file_systems;
mod folder;
mod idle_parts;
mod listing;
mod name;
mod namespace;
mod new_folders;
mod published;
mod reader;
mod room;
#[cfg(test)]
mod simulated;
mod sweep;
#[cfg(test)]
mod tests;
mod transfers;
mod undo;
mod upload;
mod written;

use super::{
    Author, Error, ErrorKind, FileId, Listing, PartState, Reader, Result, Space, Storage, Upload,
};
use crate::config::UndoLimits;
use crate::{storage, sys};
pub use disks::Disks;
use fault::Blame as _;
use ferry_protocol::{Attributes, Entry, IfExists, RemotePath, TransferId, UndoEntry, UndoId};
use folder::Root;
use idle_parts::IdleParts;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::sync::Arc;
use std::{fmt, io};
use transfers::Transfers;
use undo::{Deed, Undo};

/// A folder of this computer, and all below it.
pub struct LocalFolder {
    root: Arc<Root>,
    transfers: Arc<Transfers>,
    undo: Arc<Undo>,
    idle: Arc<IdleParts>,
    disks: Arc<Disks>,
    /// Permission bits of a file whose sender named none.
    default_mode: u32,
}

impl LocalFolder {
    /// Opens the folder at `path`, which must be readable and may be entered. What is replaced
    /// and removed is kept within `limits`.
    pub fn open(path: &Path, limits: UndoLimits) -> io::Result<Self> {
        Self::open_on(&Arc::default(), path, limits)
    }

    /// The same, as one of the folders of a server: `limits` hold for what all of them keep on one
    /// of its `disks`, and there the oldest makes way first, whichever folder it is from.
    pub fn open_on(disks: &Arc<Disks>, path: &Path, limits: UndoLimits) -> io::Result<Self> {
        let root = Arc::new(Root::open(path, disks)?);
        let transfers = Arc::<Transfers>::default();
        let undo = Arc::new(Undo::new(&root, limits, disks));
        let idle = Arc::new(IdleParts::new(&root, &transfers));
        disks.add(&undo, &idle);
        let (disks, default_mode) = (Arc::clone(disks), 0o666 & !sys::umask());
        Ok(Self { root, transfers, undo, idle, disks, default_mode })
    }
}

impl Storage for LocalFolder {
    fn list(&self, path: &RemotePath) -> Result<Box<dyn Listing>> {
        Ok(Box::new(listing::LocalListing::open(&self.root, path)?))
    }

    fn stat(&self, path: &RemotePath) -> Result<Entry> {
        listing::entry_at(&self.root, path)
    }

    fn file_id(&self, path: &RemotePath) -> Result<Option<FileId>> {
        let stat = self.root.handle(path).and_then(sys::stat_handle);
        Ok(stat.ok().map(|stat| listing::id_of(&stat)))
    }

    fn open(&self, path: &RemotePath) -> Result<Box<dyn Reader>> {
        Ok(Box::new(reader::LocalReader::open(&self.root, path)?))
    }

    fn begin_upload(
        &self,
        target: &RemotePath,
        transfer: TransferId,
        size: u64,
    ) -> Result<Box<dyn Upload>> {
        let place = self.place(target, transfer)?;
        Ok(Box::new(upload::LocalUpload::begin(place, size)?))
    }

    fn continue_upload(
        &self,
        target: &RemotePath,
        transfer: TransferId,
    ) -> Result<Box<dyn Upload>> {
        let place = self.place(target, transfer)?;
        Ok(Box::new(upload::LocalUpload::resume(place)?))
    }

    fn make_directory(&self, path: &RemotePath) -> Result<()> {
        namespace::make_directory(&self.root, path)
    }

    fn rename(
        &self,
        from: &RemotePath,
        to: &RemotePath,
        if_exists: IfExists,
        by: &Author,
    ) -> Result<()> {
        namespace::rename(&self.root, &self.undo, (from, to), if_exists, by)
    }

    fn remove_file(&self, path: &RemotePath, by: &Author) -> Result<()> {
        namespace::remove_file(&self.root, &self.undo, path, by)
    }

    fn remove_tree(&self, path: &RemotePath, by: &Author) -> Result<bool> {
        namespace::remove_tree(&self.root, &self.undo, path, by)
    }

    fn remove_directory(&self, path: &RemotePath) -> Result<()> {
        namespace::remove_directory(&self.root, path)
    }

    fn set_attributes(&self, path: &RemotePath, attributes: Attributes) -> Result<()> {
        namespace::set_attributes(&self.root, path, attributes)
    }

    fn space(&self, path: &RemotePath) -> Result<Space> {
        let handle = self.root.handle(path).blame(path)?;
        let (total, free, disk) = sys::space(&handle).blame(path)?;
        // The past makes way for whoever needs the space.
        let kept = self.disks.reclaimable(sys::stat_handle(&handle).blame(path)?.device);
        Ok(Space { total, available: free.saturating_add(kept).min(total), disk })
    }

    fn check_writable(&self, folder: &RemotePath) -> Result<()> {
        let handle = self.root.handle(folder).blame(folder)?;
        sys::check_writable(&handle).blame(folder)
    }

    fn barrier(&self) -> Result<()> {
        self.root.sync().blame(&RemotePath::root())
    }

    fn failed_syncs(&self) -> u64 {
        self.root.doubt.failures()
    }

    fn sweep_parts(&self, idle_secs: u64) -> Result<u64> {
        sweep::sweep_parts(&self.root, &self.transfers, &self.idle, idle_secs)
    }

    fn part(&self, target: &RemotePath, transfer: TransferId) -> Result<PartState> {
        upload::part_state(self, target, transfer)
    }

    fn remove_part(&self, target: &RemotePath, transfer: TransferId) -> Result<()> {
        self.place(target, transfer)?.clear()?;
        self.idle.remove(transfer);
        Ok(())
    }

    fn undo(&self) -> &dyn storage::Undo {
        self
    }
}

impl storage::Undo for LocalFolder {
    fn entries(&self, before: Option<UndoId>, count_max: usize) -> Result<Vec<UndoEntry>> {
        self.undo.entries(before, count_max).blame(&RemotePath::root())
    }

    fn entry(&self, id: UndoId) -> Result<UndoEntry> {
        let root = RemotePath::root();
        self.undo.entry(id).blame(&root)?.ok_or_else(|| Error::new(ErrorKind::NotKept, &root))
    }

    fn bring_back(
        &self,
        id: UndoId,
        to: &RemotePath,
        if_exists: IfExists,
        by: &Author,
    ) -> Result<()> {
        let (folder, name) = namespace::place_of(&self.root, to, ErrorKind::AlreadyExists)?;
        let place = (folder.handle.as_fd(), name.as_bytes());
        let deed = Deed { path: to, by };
        kept(self.undo.bring_back(id, place, if_exists, &deed).blame(to)?)?;
        // It may be a folder. Undo makes folders of its own meanwhile, so it is noted afterwards.
        self.root.change_folders(&[&folder], || Ok(())).blame(to)
    }

    fn forget(&self, id: UndoId) -> Result<()> {
        kept(self.undo.forget(id).blame(&RemotePath::root())?)
    }

    fn sweep(&self) -> Result<u64> {
        self.undo.sweep().blame(&RemotePath::root())
    }
}

impl LocalFolder {
    fn place(&self, target: &RemotePath, transfer: TransferId) -> Result<upload::Place> {
        upload::Place::take(self, target, transfer)
    }
}

impl fmt::Debug for LocalFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalFolder").finish_non_exhaustive()
    }
}

/// An error unless the thing that was asked for was kept.
fn kept(was_kept: bool) -> Result<()> {
    let not_kept = || Error::new(ErrorKind::NotKept, &RemotePath::root());
    was_kept.then_some(()).ok_or_else(not_kept)
}

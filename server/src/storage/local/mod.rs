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

mod fault;
mod file_systems;
mod folder;
mod listing;
mod name;
mod namespace;
mod reader;
mod sweep;
#[cfg(test)]
mod tests;
mod transfers;
mod upload;
mod written;

use super::{Listing, Reader, Result, Space, Storage, Upload};
use crate::sys;
use fault::Blame as _;
use ferry_protocol::{Attributes, Entry, IfExists, RemotePath, TransferId};
use folder::Root;
use std::path::Path;
use std::sync::Arc;
use std::{fmt, io};
use transfers::Transfers;

/// A folder of this computer, and all below it.
pub struct LocalFolder {
    root: Arc<Root>,
    transfers: Arc<Transfers>,
    /// Permission bits of a file whose sender named none.
    default_mode: u32,
}

impl LocalFolder {
    /// Opens the folder at `path`; it must be readable and may be entered.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            root: Arc::new(Root::open(path)?),
            transfers: Arc::default(),
            default_mode: 0o666 & !sys::umask(),
        })
    }
}

impl Storage for LocalFolder {
    fn list(&self, path: &RemotePath) -> Result<Box<dyn Listing>> {
        Ok(Box::new(listing::LocalListing::open(&self.root, path)?))
    }

    fn stat(&self, path: &RemotePath) -> Result<Entry> {
        listing::entry_at(&self.root, path)
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

    fn rename(&self, from: &RemotePath, to: &RemotePath, if_exists: IfExists) -> Result<()> {
        namespace::rename(&self.root, from, to, if_exists)
    }

    fn remove_file(&self, path: &RemotePath) -> Result<()> {
        namespace::remove_file(&self.root, path)
    }

    fn remove_directory(&self, path: &RemotePath) -> Result<()> {
        namespace::remove_directory(&self.root, path)
    }

    fn set_attributes(&self, path: &RemotePath, attributes: Attributes) -> Result<()> {
        namespace::set_attributes(&self.root, path, attributes)
    }

    fn space(&self, path: &RemotePath) -> Result<Space> {
        let handle = self.root.handle(path).blame(path)?;
        let (total, available) = sys::space(&handle).blame(path)?;
        Ok(Space { total, available })
    }

    fn barrier(&self) -> Result<()> {
        self.root.sync().blame(&RemotePath::root())
    }

    fn sweep_parts(&self, idle_secs: u64) -> Result<u64> {
        sweep::sweep_parts(&self.root, &self.transfers, idle_secs)
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

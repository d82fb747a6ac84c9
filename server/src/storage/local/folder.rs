//! The root, and the folders below it. Whatever is opened by a path is opened here.

use super::disks::Disks;
use super::doubt::Doubt;
use super::file_systems::{self, FileSystems};
use super::name::system_path;
use crate::storage::FolderId;
use crate::sys;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt as _};
use ferry_protocol::RemotePath;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The root of what is shared, opened once.
pub(super) struct Root {
    /// For resolving paths.
    confined: Dir,
    /// The same folder, for what has no path.
    folder: Folder,
    file_systems: FileSystems,
    disks: Arc<Disks>,
    /// What failed syncs left behind.
    pub(super) doubt: Arc<Doubt>,
}

/// An open folder, and which one it is.
#[derive(Clone)]
pub(super) struct Folder {
    pub(super) handle: Arc<File>,
    pub(super) id: FolderId,
}

/// What a folder is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Only to resolve names in it, which needs no right to read it.
    Names,
    /// Also to sync it.
    Sync,
}

impl Root {
    pub(super) fn open(path: &Path, disks: &Arc<Disks>) -> io::Result<Self> {
        let handle = sys::open_root(path)?;
        // A folder that may be read but not entered would fail at every name; say so now.
        sys::stat_name(&handle, c".")?;
        let folder = Folder::new(handle)?;
        Ok(Self {
            confined: Dir::from_std_file(folder.handle.try_clone()?),
            file_systems: FileSystems::default(),
            disks: Arc::clone(disks),
            doubt: disks.doubts.on(folder.id.0),
            folder,
        })
    }

    /// Opens the folder at `path`.
    pub(super) fn folder(&self, path: &RemotePath, purpose: Purpose) -> io::Result<Folder> {
        if path.is_root() {
            return Ok(self.folder.clone());
        }
        let access = if purpose == Purpose::Sync { 0 } else { sys::HANDLE_ONLY };
        let folder = Folder::new(self.open_with(path, sys::FOLDER_ONLY | access)?)?;
        self.note_change(&folder)?;
        Ok(folder)
    }

    /// Has the next [`Root::sync`] reach the file system of `folder`.
    pub(super) fn note_change(&self, folder: &Folder) -> io::Result<()> {
        if folder.id.0 == self.folder.id.0 {
            return Ok(());
        }
        self.file_systems.note(folder, &self.doubt)
    }

    /// Opens the folder at `path` with a read position of its own.
    pub(super) fn folder_to_list(&self, path: &RemotePath) -> io::Result<File> {
        if path.is_root() {
            return sys::open_folder(&self.folder.handle, b".");
        }
        self.open_with(path, sys::FOLDER_ONLY)
    }

    /// Opens whatever lies at `path` for reading, without waiting for it.
    pub(super) fn content(&self, path: &RemotePath) -> io::Result<File> {
        self.open_with(path, sys::NEVER_WAIT)
    }

    /// A handle to whatever lies at `path`, links below the root followed.
    pub(super) fn handle(&self, path: &RemotePath) -> io::Result<File> {
        self.open_with(path, sys::HANDLE_ONLY)
    }

    /// The topmost folder on the way to `path`, links followed, that lies on `device`.
    pub(super) fn top_on(&self, device: u64, path: &RemotePath) -> io::Result<RemotePath> {
        let whole = self.confined.canonicalize(system_path(path)?)?;
        let whole = RemotePath::parse(whole.as_os_str().as_encoded_bytes());
        let whole = whole.map_err(|err| io::Error::new(io::ErrorKind::InvalidFilename, err))?;
        let mut at = RemotePath::root();
        for name in whole.names() {
            at = at
                .join_all(name)
                .map_err(|err| io::Error::new(io::ErrorKind::InvalidFilename, err))?;
            if self.folder(&at, Purpose::Names)?.id.0 == device {
                return Ok(at);
            }
        }
        Err(io::ErrorKind::NotFound.into())
    }

    /// Follows the link `name` in the folder `path`; an error if it leads out or nowhere.
    pub(super) fn follow(&self, folder: &RemotePath, name: &[u8]) -> io::Result<sys::Stat> {
        let path = folder
            .join_all(name)
            .map_err(|err| io::Error::new(io::ErrorKind::InvalidFilename, err))?;
        sys::stat_handle(&self.handle(&path)?)
    }

    /// Makes a folder in `parents`, which lie on one disk, or moves it from one to the other, and
    /// has the next sync reach its name.
    pub(super) fn change_folders<T>(
        &self,
        parents: &[&Folder],
        change: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        let changed = self.disks.new_folders.change(parents, change)?;
        // A barrier since they were opened has forgotten the file system.
        parents.iter().try_for_each(|parent| self.note_change(parent))?;
        Ok(changed)
    }

    /// Returns once the names of all folders on the disk of `folder` are on stable storage.
    pub(super) fn sync_new_folders(&self, folder: &Folder) -> io::Result<()> {
        let unsynced = self.disks.new_folders.take(folder.id.0);
        let synced = unsynced.sync(|| sys::sync_file_system(&folder.handle));
        self.disks.doubts.count_everywhere(synced)
    }

    /// Returns once all that was changed below the root is on stable storage.
    pub(super) fn sync(&self) -> io::Result<()> {
        let touched = self.file_systems.take();
        let devices = touched.keys().chain([&self.folder.id.0]);
        let unsynced = devices.map(|device| self.disks.new_folders.take(*device));
        let is_of_others = unsynced.fold(false, |any, unsynced| any | !unsynced.is_empty());
        let own = sys::sync_file_system(&self.folder.handle);
        let others = file_systems::sync_all(&touched);
        let synced = own.and(others);
        if is_of_others {
            return self.disks.doubts.count_everywhere(synced);
        }
        self.doubt.count(synced)
    }

    fn open_with(&self, path: &RemotePath, flags: i32) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(flags);
        Ok(self.confined.open_with(system_path(path)?, &options)?.into_std())
    }
}

impl Folder {
    fn new(handle: File) -> io::Result<Self> {
        let stat = sys::stat_handle(&handle)?;
        Ok(Self { handle: Arc::new(handle), id: FolderId(stat.device, stat.inode) })
    }
}

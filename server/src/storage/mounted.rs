//! Several storages as one: each mounted under a name in the root of the first.
//!
//! A mounted storage hides what its name would be in the root. Nothing is renamed from one
//! storage into another.

use super::{
    Author, Error, ErrorKind, FileId, Identified, Listing, PartState, Reader, Result, Space,
    Storage, Undo, Upload,
};
use ferry_protocol::{
    Attributes, Entry, IfExists, Name, RemotePath, TransferId, UndoEntry, UndoId,
};
use std::sync::Arc;

/// A root with other storages in it.
#[derive(Debug)]
pub(crate) struct Mounted {
    root: Arc<dyn Storage>,
    mounts: Vec<Mount>,
}

#[derive(Debug)]
struct Mount {
    at: RemotePath,
    storage: Arc<dyn Storage>,
}

/// A path, and the storage that knows it by another.
struct Place<'m> {
    storage: &'m Arc<dyn Storage>,
    path: RemotePath,
    /// Where the storage is mounted; the root itself for the root.
    at: RemotePath,
}

impl Mounted {
    /// Mounts each storage under its name.
    pub(crate) fn new(root: Arc<dyn Storage>, mounts: Vec<(Name, Arc<dyn Storage>)>) -> Self {
        let mounts = mounts.into_iter().filter_map(|(name, storage)| {
            Some(Mount { at: RemotePath::root().join(&name).ok()?, storage })
        });
        Self { root, mounts: mounts.collect() }
    }

    fn place(&self, path: &RemotePath) -> Place<'_> {
        for mount in &self.mounts {
            if path.starts_with(&mount.at) {
                let below = path.as_relative_bytes().get(mount.at.as_relative_bytes().len()..);
                // Without its first name a path is a path.
                let path = RemotePath::parse(below.unwrap_or_default());
                let path = path.unwrap_or_else(|_| RemotePath::root());
                return Place { storage: &mount.storage, path, at: mount.at.clone() };
            }
        }
        Place { storage: &self.root, path: path.clone(), at: RemotePath::root() }
    }

    /// The same, where the name itself is to be made, changed or removed: a mount's cannot be.
    fn changeable(&self, path: &RemotePath) -> Result<Place<'_>> {
        let place = self.place(path);
        if place.path.is_root() && !path.is_root() {
            return Err(Error::new(ErrorKind::NoPermission, path));
        }
        Ok(place)
    }
}

impl Place<'_> {
    fn on<T>(&self, act: impl FnOnce(&Arc<dyn Storage>, &RemotePath) -> Result<T>) -> Result<T> {
        act(self.storage, &self.path).map_err(|err| err.below(&self.at))
    }
}

impl Storage for Mounted {
    fn list(&self, path: &RemotePath) -> Result<Box<dyn Listing>> {
        let listing = self.place(path).on(|storage, path| storage.list(path))?;
        if !path.is_root() {
            return Ok(listing);
        }
        let mounts = self.mounts.iter().map(|mount| mount.at.clone()).collect();
        let entries = self.mounts.iter().filter_map(Mount::entry).collect();
        Ok(Box::new(RootListing { mounts, entries, listing }))
    }

    fn stat(&self, path: &RemotePath) -> Result<Entry> {
        let mut entry = self.place(path).on(|storage, path| storage.stat(path))?;
        entry.name = path.name().map(|name| name.as_bytes().to_vec()).unwrap_or_default();
        Ok(entry)
    }

    fn file_id(&self, path: &RemotePath) -> Result<Option<FileId>> {
        self.place(path).on(|storage, path| storage.file_id(path))
    }

    fn open(&self, path: &RemotePath) -> Result<Box<dyn Reader>> {
        self.place(path).on(|storage, path| storage.open(path))
    }

    fn begin_upload(
        &self,
        target: &RemotePath,
        transfer: TransferId,
        size: u64,
    ) -> Result<Box<dyn Upload>> {
        self.changeable(target)?.on(|storage, path| storage.begin_upload(path, transfer, size))
    }

    fn continue_upload(
        &self,
        target: &RemotePath,
        transfer: TransferId,
    ) -> Result<Box<dyn Upload>> {
        self.changeable(target)?.on(|storage, path| storage.continue_upload(path, transfer))
    }

    fn make_directory(&self, path: &RemotePath) -> Result<()> {
        let place = self.place(path);
        if place.path.is_root() {
            return Err(Error::new(ErrorKind::AlreadyExists, path));
        }
        place.on(|storage, path| storage.make_directory(path))
    }

    fn rename(
        &self,
        from: &RemotePath,
        to: &RemotePath,
        if_exists: IfExists,
        by: &Author,
    ) -> Result<()> {
        let (source, target) = (self.changeable(from)?, self.changeable(to)?);
        if source.at != target.at {
            return Err(Error::new(ErrorKind::Unsupported, from));
        }
        source.on(|storage, from| storage.rename(from, &target.path, if_exists, by))
    }

    fn remove_file(&self, path: &RemotePath, by: &Author) -> Result<()> {
        self.changeable(path)?.on(|storage, path| storage.remove_file(path, by))
    }

    fn remove_tree(&self, path: &RemotePath, by: &Author) -> Result<bool> {
        self.changeable(path)?.on(|storage, path| storage.remove_tree(path, by))
    }

    fn remove_directory(&self, path: &RemotePath) -> Result<()> {
        self.changeable(path)?.on(|storage, path| storage.remove_directory(path))
    }

    fn set_attributes(&self, path: &RemotePath, attributes: Attributes) -> Result<()> {
        self.changeable(path)?.on(|storage, path| storage.set_attributes(path, attributes))
    }

    fn space(&self, path: &RemotePath) -> Result<Space> {
        self.place(path).on(|storage, path| storage.space(path))
    }

    fn check_writable(&self, folder: &RemotePath) -> Result<()> {
        self.place(folder).on(|storage, path| storage.check_writable(path))
    }

    fn barrier(&self) -> Result<()> {
        let barrier = |mount: &Mount| mount.storage.barrier().map_err(|err| err.below(&mount.at));
        self.mounts.iter().map(barrier).fold(self.root.barrier(), Result::and)
    }

    fn failed_syncs(&self) -> u64 {
        let mounts = self.mounts.iter().map(|mount| mount.storage.failed_syncs());
        mounts.fold(self.root.failed_syncs(), u64::saturating_add)
    }

    fn sweep_parts(&self, idle_secs: u64) -> Result<u64> {
        let mut count = self.root.sweep_parts(idle_secs)?;
        for mount in &self.mounts {
            let swept = mount.storage.sweep_parts(idle_secs);
            count += swept.map_err(|err| err.below(&mount.at))?;
        }
        Ok(count)
    }

    fn part(&self, target: &RemotePath, transfer: TransferId) -> Result<PartState> {
        self.place(target).on(|storage, path| storage.part(path, transfer))
    }

    fn remove_part(&self, target: &RemotePath, transfer: TransferId) -> Result<()> {
        self.place(target).on(|storage, path| storage.remove_part(path, transfer))
    }

    fn undo(&self) -> &dyn Undo {
        self
    }
}

/// What is kept in all of the storages, put together in the order of time.
impl Undo for Mounted {
    fn entries(&self, before: Option<UndoId>, count_max: usize) -> Result<Vec<UndoEntry>> {
        let mut entries = self.root.undo().entries(before, count_max)?;
        for mount in &self.mounts {
            let kept = mount.storage.undo().entries(before, count_max);
            let kept = kept.map_err(|err| err.below(&mount.at))?;
            entries.extend(kept.into_iter().filter_map(|entry| mount.below(entry)));
        }
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.id));
        entries.truncate(count_max);
        Ok(entries)
    }

    fn entry(&self, id: UndoId) -> Result<UndoEntry> {
        let kept = self.mounts.iter().find_map(|mount| {
            mount.storage.undo().entry(id).ok().and_then(|entry| mount.below(entry))
        });
        kept.map_or_else(|| self.root.undo().entry(id), Ok)
    }

    fn bring_back(
        &self,
        id: UndoId,
        to: &RemotePath,
        if_exists: IfExists,
        by: &Author,
    ) -> Result<()> {
        let target = self.changeable(to)?;
        match target.on(|storage, to| storage.undo().bring_back(id, to, if_exists, by)) {
            // It is kept, but elsewhere: nothing is renamed from one storage into another.
            Err(err) if err.kind() == ErrorKind::NotKept && self.entry(id).is_ok() => {
                Err(Error::new(ErrorKind::Unsupported, to))
            }
            brought => brought,
        }
    }

    fn forget(&self, id: UndoId) -> Result<()> {
        for mount in &self.mounts {
            match mount.storage.undo().forget(id) {
                Err(err) if err.kind() == ErrorKind::NotKept => {}
                done => return done.map_err(|err| err.below(&mount.at)),
            }
        }
        self.root.undo().forget(id)
    }

    fn sweep(&self) -> Result<u64> {
        let mut count = self.root.undo().sweep()?;
        for mount in &self.mounts {
            count += mount.storage.undo().sweep().map_err(|err| err.below(&mount.at))?;
        }
        Ok(count)
    }
}

impl Mount {
    /// The mounted folder's entry in the root; none while it cannot be reached.
    fn entry(&self) -> Option<Identified> {
        let root = RemotePath::root();
        let entry = self.storage.stat(&root).ok()?;
        let id = self.storage.file_id(&root).ok()?;
        Some((Entry { name: self.at.as_relative_bytes().to_vec(), ..entry }, id))
    }

    /// A kept thing as the root's path names it; none if that path cannot be.
    fn below(&self, entry: UndoEntry) -> Option<UndoEntry> {
        let path = self.at.join_all(&entry.entry.name).ok()?;
        let name = path.as_relative_bytes().to_vec();
        Some(UndoEntry { entry: Entry { name, ..entry.entry }, ..entry })
    }
}

/// The listing of the root: mounts first, then what they do not hide.
struct RootListing {
    mounts: Vec<RemotePath>,
    entries: Vec<Identified>,
    listing: Box<dyn Listing>,
}

impl Listing for RootListing {
    fn next_entries(&mut self, count_max: usize) -> Result<Vec<Entry>> {
        Ok(self.next_identified(count_max)?.into_iter().map(|(entry, _)| entry).collect())
    }

    fn next_identified(&mut self, count_max: usize) -> Result<Vec<Identified>> {
        if !self.entries.is_empty() {
            let count = self.entries.len().min(count_max);
            return Ok(self.entries.drain(..count).collect());
        }
        loop {
            let mut entries = self.listing.next_identified(count_max)?;
            if entries.is_empty() {
                return Ok(entries);
            }
            let is_hidden = |entry: &Entry| {
                self.mounts.iter().any(|mount| mount.as_relative_bytes() == entry.name)
            };
            entries.retain(|(entry, _)| !is_hidden(entry));
            if !entries.is_empty() {
                return Ok(entries);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::memory::Memory;

    fn path(text: &str) -> RemotePath {
        RemotePath::parse(text.as_bytes()).unwrap()
    }

    fn by() -> Author {
        Author { account: String::new(), group: ferry_protocol::UndoGroup([1; 16]) }
    }

    fn mounted() -> Mounted {
        let (root, inner) = (Memory::new(), Memory::new());
        root.make_directory(&path("/own")).unwrap();
        root.make_directory(&path("/photos")).unwrap();
        root.make_directory(&path("/photos/hidden")).unwrap();
        inner.make_directory(&path("/summer")).unwrap();
        let name = Name::parse(b"photos").unwrap();
        Mounted::new(Arc::new(root), vec![(name, Arc::new(inner))])
    }

    #[test]
    fn a_mount_is_listed_once_and_hides_what_it_covers() {
        let storage = mounted();
        let mut listing = storage.list(&path("/")).unwrap();
        let mut names = Vec::new();
        loop {
            let entries = listing.next_entries(1).unwrap();
            if entries.is_empty() {
                break;
            }
            names.extend(entries.into_iter().map(|entry| entry.name));
        }
        names.sort();
        assert_eq!(names, [b"own".to_vec(), b"photos".to_vec()]);
        assert!(storage.stat(&path("/photos/hidden")).is_err());
        assert_eq!(storage.stat(&path("/photos/summer")).unwrap().name, b"summer");
        assert_eq!(storage.stat(&path("/photos")).unwrap().name, b"photos");
    }

    #[test]
    fn a_mount_cannot_be_changed_nor_crossed_and_failures_name_the_whole_path() {
        let storage = mounted();
        let kind = |result: Result<()>| result.unwrap_err().kind();
        assert_eq!(kind(storage.remove_directory(&path("/photos"))), ErrorKind::NoPermission);
        assert_eq!(kind(storage.make_directory(&path("/photos"))), ErrorKind::AlreadyExists);
        let across = storage.rename(&path("/own"), &path("/photos/own"), IfExists::Refuse, &by());
        assert_eq!(kind(across), ErrorKind::Unsupported);
        storage.make_directory(&path("/photos/winter")).unwrap();
        storage
            .rename(&path("/photos/winter"), &path("/photos/spring"), IfExists::Refuse, &by())
            .unwrap();
        let missing = storage.stat(&path("/photos/no")).unwrap_err().to_string();
        assert!(missing.starts_with("/photos/no: "), "{missing}");
    }

    #[test]
    fn what_is_kept_in_a_mount_comes_back_there_and_nowhere_else() {
        let storage = mounted();
        assert!(storage.remove_tree(&path("/photos/summer"), &by()).unwrap());
        assert!(storage.remove_tree(&path("/own"), &by()).unwrap());
        let kept = storage.undo().entries(None, 9).unwrap();
        let mut names: Vec<_> = kept.iter().map(|kept| kept.entry.name.clone()).collect();
        names.sort();
        assert_eq!(names, [b"own".to_vec(), b"photos/summer".to_vec()]);
        let summer = storage.remove_tree(&path("/photos/none"), &by());
        assert_eq!(summer.unwrap_err().kind(), ErrorKind::NotFound);
    }
}

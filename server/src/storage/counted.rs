//! A storage that holds no more bytes than its account's quota, which may have other storages too.
//! [`Allowance`] says what is left of it.

use super::allowance::Allowance;
use super::{
    Author, Error, ErrorKind, FileId, FolderId, Listing, PartState, Published, Reader, Result,
    Space, Storage, Undo, Upload,
};
use ferry_protocol::{
    Attributes, Entry, EntryKind, IfExists, RemotePath, TransferId, UndoEntry, UndoId,
};
use std::sync::Arc;

/// A storage with a quota.
#[derive(Debug)]
pub(crate) struct Counted {
    inner: Arc<dyn Storage>,
    allowance: Allowance,
}

impl Counted {
    /// Lets `inner` hold no more than `allowance` leaves it.
    pub(crate) fn new(inner: Arc<dyn Storage>, allowance: Allowance) -> Self {
        Self { inner, allowance }
    }

    /// Bytes of the file at `path` itself.
    fn file_len(&self, path: &RemotePath) -> u64 {
        match self.inner.stat(path) {
            Ok(entry) if entry.kind == EntryKind::File && !entry.flags.linked => entry.size,
            _ => 0,
        }
    }

    fn wrap(
        &self,
        inner: Box<dyn Upload>,
        target: &RemotePath,
        transfer: TransferId,
    ) -> Box<dyn Upload> {
        let (allowance, target) = (self.allowance.clone(), target.clone());
        let aside = Aside { allowance, target, transfer };
        Box::new(CountedUpload { inner, storage: Arc::clone(&self.inner), aside })
    }
}

impl Storage for Counted {
    fn list(&self, path: &RemotePath) -> Result<Box<dyn Listing>> {
        self.inner.list(path)
    }

    fn stat(&self, path: &RemotePath) -> Result<Entry> {
        self.inner.stat(path)
    }

    fn file_id(&self, path: &RemotePath) -> Result<Option<FileId>> {
        self.inner.file_id(path)
    }

    fn open(&self, path: &RemotePath) -> Result<Box<dyn Reader>> {
        self.inner.open(path)
    }

    fn begin_upload(
        &self,
        target: &RemotePath,
        transfer: TransferId,
        size: u64,
    ) -> Result<Box<dyn Upload>> {
        let before = self.allowance.set_aside(target, transfer, size, self.file_len(target));
        let Some(before) = before else {
            return Err(Error::new(ErrorKind::Quota, target));
        };
        match self.inner.begin_upload(target, transfer, size) {
            Ok(upload) => Ok(self.wrap(upload, target, transfer)),
            Err(err) => {
                // A part of it that lies there still does, or is being written.
                match err.kind() {
                    _ if before == 0 => self.allowance.give_back(target, transfer),
                    ErrorKind::InUse => {}
                    _ => self.allowance.left_idle(target, transfer),
                }
                Err(err)
            }
        }
    }

    fn continue_upload(
        &self,
        target: &RemotePath,
        transfer: TransferId,
    ) -> Result<Box<dyn Upload>> {
        let upload = self.inner.continue_upload(target, transfer).inspect_err(|err| {
            if err.kind() == ErrorKind::NoPart {
                // It was swept, or made way.
                self.allowance.give_back(target, transfer);
            }
        })?;
        // After a restart of the server this part is not counted yet.
        let replaced = self.file_len(target);
        if self.allowance.set_aside(target, transfer, upload.held(), replaced).is_none() {
            return Err(Error::new(ErrorKind::Quota, target));
        }
        Ok(self.wrap(upload, target, transfer))
    }

    fn make_directory(&self, path: &RemotePath) -> Result<()> {
        self.inner.make_directory(path)
    }

    fn rename(
        &self,
        from: &RemotePath,
        to: &RemotePath,
        if_exists: IfExists,
        by: &Author,
    ) -> Result<()> {
        let replaced =
            if if_exists == IfExists::Replace && from != to { self.file_len(to) } else { 0 };
        self.inner.rename(from, to, if_exists, by)?;
        self.allowance.removed(replaced);
        self.allowance.renamed(from, to);
        Ok(())
    }

    fn remove_file(&self, path: &RemotePath, by: &Author) -> Result<()> {
        let len = self.file_len(path);
        self.inner.remove_file(path, by)?;
        self.allowance.removed(len);
        Ok(())
    }

    /// A tree goes name by name here, so that each file is taken off the count.
    fn remove_tree(&self, path: &RemotePath, _: &Author) -> Result<bool> {
        let entry = self.inner.stat(path)?;
        if path.is_root() {
            return Err(Error::new(ErrorKind::Unsupported, path));
        }
        if entry.kind != EntryKind::Folder || entry.flags.linked {
            return Err(Error::new(ErrorKind::NotAFolder, path));
        }
        Ok(false)
    }

    fn remove_directory(&self, path: &RemotePath) -> Result<()> {
        self.inner.remove_directory(path)
    }

    fn set_attributes(&self, path: &RemotePath, attributes: Attributes) -> Result<()> {
        self.inner.set_attributes(path, attributes)
    }

    fn space(&self, path: &RemotePath) -> Result<Space> {
        let space = self.inner.space(path)?;
        let (quota, left) = (self.allowance.quota(), self.allowance.left());
        let (total, available) = (space.total.min(quota), space.available.min(left));
        Ok(Space { total, available, disk: space.disk })
    }

    fn check_writable(&self, folder: &RemotePath) -> Result<()> {
        self.inner.check_writable(folder)
    }

    fn barrier(&self) -> Result<()> {
        self.inner.barrier()
    }

    fn failed_syncs(&self) -> u64 {
        self.inner.failed_syncs()
    }

    fn sweep_parts(&self, idle_secs: u64) -> Result<u64> {
        self.inner.sweep_parts(idle_secs)
    }

    fn part(&self, target: &RemotePath, transfer: TransferId) -> Result<PartState> {
        self.inner.part(target, transfer)
    }

    fn remove_part(&self, target: &RemotePath, transfer: TransferId) -> Result<()> {
        self.inner.remove_part(target, transfer)?;
        self.allowance.give_back(target, transfer);
        Ok(())
    }

    fn undo(&self) -> &dyn Undo {
        self
    }
}

/// What is kept is the server's and counts for nobody; what comes back counts again.
impl Undo for Counted {
    fn entries(&self, before: Option<UndoId>, count_max: usize) -> Result<Vec<UndoEntry>> {
        self.inner.undo().entries(before, count_max)
    }

    fn entry(&self, id: UndoId) -> Result<UndoEntry> {
        self.inner.undo().entry(id)
    }

    fn bring_back(
        &self,
        id: UndoId,
        to: &RemotePath,
        if_exists: IfExists,
        by: &Author,
    ) -> Result<()> {
        let bytes = self.inner.undo().entry(id)?.entry.size;
        let replaced = if if_exists == IfExists::Replace { self.file_len(to) } else { 0 };
        // Set aside under the thing's own id, so that nobody else takes the room meanwhile.
        let aside = TransferId(id.0);
        if self.allowance.set_aside(to, aside, bytes, replaced).is_none() {
            return Err(Error::new(ErrorKind::Quota, to));
        }
        match self.inner.undo().bring_back(id, to, if_exists, by) {
            Ok(()) => {
                self.allowance.stored(to, aside, bytes, replaced);
                Ok(())
            }
            Err(err) => {
                self.allowance.give_back(to, aside);
                Err(err)
            }
        }
    }

    fn forget(&self, id: UndoId) -> Result<()> {
        self.inner.undo().forget(id)
    }

    fn sweep(&self) -> Result<u64> {
        self.inner.undo().sweep()
    }
}

struct CountedUpload {
    // Dropped first: what is told of as idle can make way.
    inner: Box<dyn Upload>,
    storage: Arc<dyn Storage>,
    aside: Aside,
}

/// What is set aside for an open upload. What is left of it when this is dropped is idle.
struct Aside {
    allowance: Allowance,
    target: RemotePath,
    transfer: TransferId,
}

impl Aside {
    fn reaches(&self, bytes: u64, replaced: u64) -> bool {
        let Self { allowance, target, transfer } = self;
        allowance.set_aside(target, *transfer, bytes, replaced).is_some()
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        self.allowance.left_idle(&self.target, self.transfer);
    }
}

impl CountedUpload {
    fn replaced(&self) -> u64 {
        match self.storage.stat(&self.aside.target) {
            Ok(entry) if entry.kind == EntryKind::File && !entry.flags.linked => entry.size,
            _ => 0,
        }
    }
}

impl Upload for CountedUpload {
    fn chunk_len(&self) -> u64 {
        self.inner.chunk_len()
    }

    fn held(&self) -> u64 {
        self.inner.held()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        self.inner.read_at(offset, buffer)
    }

    fn holds(&self, start: u64, end: u64) -> bool {
        self.inner.holds(start, end)
    }

    fn write(&self, offset: u64, content: &[u8]) -> Result<()> {
        let end = offset.saturating_add(content.len() as u64);
        if !self.aside.reaches(end, 0) && !self.aside.reaches(end, self.replaced()) {
            return Err(Error::new(ErrorKind::Quota, &self.aside.target));
        }
        self.inner.write(offset, content)
    }

    fn forget_chunk(&self, start: u64) -> Result<()> {
        self.inner.forget_chunk(start)
    }

    fn seal(&mut self, attributes: Attributes) -> Result<()> {
        self.inner.seal(attributes)
    }

    fn sync(&self) -> Result<()> {
        self.inner.sync()
    }

    fn publish(
        self: Box<Self>,
        if_exists: IfExists,
        by: &Author,
    ) -> std::result::Result<Box<dyn Published>, (Error, Box<dyn Upload>)> {
        let replaced = if if_exists == IfExists::Replace { self.replaced() } else { 0 };
        let len = self.inner.held();
        let Self { inner, storage, aside } = *self;
        match inner.publish(if_exists, by) {
            Ok(inner) => {
                let allowance = aside.allowance.clone();
                allowance.stored(&aside.target, aside.transfer, len, replaced);
                Ok(Box::new(CountedPublished { inner, allowance, len, replaced }))
            }
            Err((err, inner)) => Err((err, Box::new(Self { inner, storage, aside }))),
        }
    }

    fn abandon(self: Box<Self>) -> Result<()> {
        let Self { inner, aside, .. } = *self;
        inner.abandon()?;
        aside.allowance.give_back(&aside.target, aside.transfer);
        Ok(())
    }
}

struct CountedPublished {
    inner: Box<dyn Published>,
    allowance: Allowance,
    len: u64,
    replaced: u64,
}

impl Published for CountedPublished {
    fn folder_id(&self) -> FolderId {
        self.inner.folder_id()
    }

    fn sync_folder(&self) -> Result<()> {
        self.inner.sync_folder()
    }

    fn take_back(self: Box<Self>) -> Result<()> {
        self.inner.take_back()?;
        self.allowance.came_back(self.replaced, self.len);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Usage;
    use crate::storage::allowance::Bounded;
    use crate::storage::memory::Memory;
    use std::time::Duration;

    fn by() -> Author {
        Author { account: String::new(), group: ferry_protocol::UndoGroup([1; 16]) }
    }

    fn path(text: &str) -> RemotePath {
        RemotePath::parse(text.as_bytes()).unwrap()
    }

    /// Folders of an account, and what lies in them.
    fn folders(count: usize) -> Vec<Bounded> {
        (0..count).map(|_| (Arc::default(), Arc::new(Memory::new()) as Arc<dyn Storage>)).collect()
    }

    /// What an account sees of folders.
    fn seen_by(account: &str, folders: &[Bounded], quota: u64) -> Vec<Counted> {
        let allowances = Allowance::shared(account, folders, quota).into_iter();
        let each = allowances.zip(folders);
        each.map(|(allowance, (_, inner))| Counted::new(Arc::clone(inner), allowance)).collect()
    }

    /// A storage of an account that has another beside it.
    fn counted(quota: u64) -> (Counted, Arc<Usage>) {
        let folders = folders(2);
        (seen_by("ann", &folders, quota).remove(0), Arc::clone(&folders[0].0))
    }

    fn put(storage: &Counted, name: &str, id: u8, len: usize) -> Result<()> {
        let mut upload = storage.begin_upload(&path(name), TransferId([id; 16]), len as u64)?;
        upload.write(0, &vec![7; len])?;
        upload.seal(Attributes::default())?;
        upload.publish(IfExists::Replace, &by()).map(drop).map_err(|(err, _)| err)
    }

    #[test]
    fn what_is_stored_replaced_and_removed_is_counted() {
        let (storage, usage) = counted(100);
        put(&storage, "/a", 1, 60).unwrap();
        assert_eq!(put(&storage, "/b", 2, 41).unwrap_err().kind(), ErrorKind::Quota);
        put(&storage, "/b", 3, 40).unwrap();
        put(&storage, "/a", 4, 50).unwrap();
        assert_eq!(usage.bytes(), 90);
        storage.rename(&path("/b"), &path("/a"), IfExists::Replace, &by()).unwrap();
        assert_eq!(usage.bytes(), 40);
        assert_eq!(storage.space(&path("/")).unwrap().available, 60);
        storage.remove_file(&path("/a"), &by()).unwrap();
        assert_eq!(usage.bytes(), 0);
    }

    #[test]
    fn uploads_under_way_take_their_room_until_they_are_given_up() {
        let (storage, usage) = counted(100);
        let upload = storage.begin_upload(&path("/a"), TransferId([1; 16]), 80).unwrap();
        assert!(storage.begin_upload(&path("/b"), TransferId([2; 16]), 30).is_err());
        upload.abandon().unwrap();
        assert_eq!(usage.bytes(), 0);
        let upload = storage.begin_upload(&path("/b"), TransferId([3; 16]), 10).unwrap();
        assert_eq!(upload.write(0, &[0; 101]).unwrap_err().kind(), ErrorKind::Quota);
        drop(upload);
        assert_eq!(usage.bytes(), 10, "its part is kept");
    }

    /// An upload that was asked for at another place once took its own part off the count, so that
    /// one connection could fill the disk part by part.
    #[test]
    fn a_part_counts_until_it_is_gone_whatever_is_asked_for_by_its_id() {
        let (storage, usage) = counted(100);
        storage.make_directory(&path("/in")).unwrap();
        storage.make_directory(&path("/d")).unwrap();
        let id = TransferId([1; 16]);
        let kind = |result: Result<Box<dyn Upload>>| result.err().unwrap().kind();
        let upload = storage.begin_upload(&path("/in/a"), id, 80).unwrap();
        upload.write(0, &[7; 80]).unwrap();
        assert_eq!(kind(storage.begin_upload(&path("/in/a"), id, 80)), ErrorKind::InUse);
        drop(upload);
        assert_eq!(kind(storage.continue_upload(&path("/d/b"), id)), ErrorKind::NoPart);
        assert_eq!(kind(storage.begin_upload(&path("/none/b"), id, 9)), ErrorKind::NotFound);
        assert!(storage.remove_part(&path("/d/b"), id).is_err());
        assert_eq!(usage.bytes(), 80);
        storage.rename(&path("/in"), &path("/d/out"), IfExists::Refuse, &by()).unwrap();
        storage.make_directory(&path("/in")).unwrap();
        assert_eq!(kind(storage.continue_upload(&path("/in/a"), id)), ErrorKind::NoPart);
        assert_eq!(usage.bytes(), 80, "it moved with its folder");
        storage.remove_part(&path("/d/out/a"), id).unwrap();
        assert_eq!(usage.bytes(), 0);
    }

    #[test]
    fn a_count_finds_what_was_there() {
        let inner: Arc<dyn Storage> = Arc::new(Memory::new());
        let folders = [(Arc::default(), Arc::clone(&inner))];
        let unlimited = seen_by("ann", &folders, u64::MAX).remove(0);
        unlimited.make_directory(&path("/in")).unwrap();
        put(&unlimited, "/a", 1, 30).unwrap();
        put(&unlimited, "/in/b", 2, 12).unwrap();
        let usage = Usage::default();
        assert_eq!(usage.count(inner.as_ref(), Duration::ZERO).unwrap(), 42);
        assert_eq!(usage.bytes(), 42);
    }

    /// A quota bound the root alone; a mounted folder could be filled without end.
    #[test]
    fn all_storages_of_an_account_share_its_quota() {
        let folders = folders(2);
        let storages = seen_by("ann", &folders, 100);
        put(&storages[0], "/a", 1, 60).unwrap();
        assert_eq!(put(&storages[1], "/b", 2, 41).unwrap_err().kind(), ErrorKind::Quota);
        put(&storages[1], "/b", 3, 40).unwrap();
        assert_eq!(put(&storages[0], "/c", 4, 1).unwrap_err().kind(), ErrorKind::Quota);
        for storage in &storages {
            assert_eq!(storage.space(&path("/")).unwrap().available, 0);
        }
        storages[1].remove_file(&path("/b"), &by()).unwrap();
        assert_eq!(storages[0].space(&path("/")).unwrap().available, 40);
        assert_eq!([folders[0].0.bytes(), folders[1].0.bytes()], [60, 0]);
    }

    /// What was left unfinished took its room until it was swept after days, and what its account
    /// sent instead was refused.
    #[test]
    fn what_an_account_left_unfinished_makes_way_the_oldest_first_and_not_in_vain() {
        let folders = folders(2);
        let storages = seen_by("ann", &folders, 100);
        let left = |storage: &Counted, name: &str, id: u8, len: usize| {
            let upload = storage.begin_upload(&path(name), TransferId([id; 16]), len as u64);
            upload.and_then(|upload| upload.write(0, &vec![7; len])).unwrap();
        };
        let is_there = |storage: &Counted, name: &str, id: u8| {
            storage.part(&path(name), TransferId([id; 16])).is_ok()
        };
        left(&storages[0], "/oldest", 1, 30);
        left(&storages[1], "/older", 2, 30);
        let open = storages[0].begin_upload(&path("/open"), TransferId([3; 16]), 20).unwrap();
        let kind = |result: Result<Box<dyn Upload>>| result.err().unwrap().kind();
        let too_large = storages[0].begin_upload(&path("/huge"), TransferId([4; 16]), 81);
        assert_eq!(kind(too_large), ErrorKind::Quota);
        assert!(is_there(&storages[0], "/oldest", 1), "nothing goes in vain");
        assert_eq!(storages[0].space(&path("/")).unwrap().available, 80);
        put(&storages[1], "/new", 5, 40).unwrap();
        assert!(!is_there(&storages[0], "/oldest", 1) && is_there(&storages[1], "/older", 2));
        put(&storages[0], "/newer", 6, 30).unwrap();
        assert!(!is_there(&storages[1], "/older", 2));
        assert_eq!(put(&storages[0], "/more", 7, 11).unwrap_err().kind(), ErrorKind::Quota);
        drop(open);
        put(&storages[0], "/more", 8, 11).unwrap();
        assert_eq!(storages[0].space(&path("/")).unwrap().available, 19);
    }

    #[test]
    fn what_others_left_unfinished_in_the_same_folder_stays() {
        let folders = folders(1);
        let (ann, ben) = (seen_by("ann", &folders, 100), seen_by("ben", &folders, 100));
        drop(ann[0].begin_upload(&path("/a"), TransferId([1; 16]), 60).unwrap());
        assert_eq!(put(&ben[0], "/b", 2, 50).unwrap_err().kind(), ErrorKind::Quota);
        put(&ann[0], "/b", 3, 50).unwrap();
    }

    /// Its own part is no reason to refuse an upload that is begun anew or gone on with.
    #[test]
    fn a_part_does_not_make_way_for_itself() {
        let (storage, usage) = counted(100);
        drop(storage.begin_upload(&path("/a"), TransferId([1; 16]), 80).unwrap());
        let again = storage.continue_upload(&path("/a"), TransferId([1; 16])).unwrap();
        assert_eq!(put(&storage, "/b", 2, 30).unwrap_err().kind(), ErrorKind::Quota);
        drop(again);
        drop(storage.begin_upload(&path("/a"), TransferId([1; 16]), 90).unwrap());
        assert_eq!(usage.bytes(), 90);
    }
}

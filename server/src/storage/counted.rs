//! A storage that holds no more bytes than its quota.
//!
//! [`Usage`] counts what lies there, and what uploads under way have announced or written; parts
//! that an upload left behind stay counted until they are gone on with or swept. What others do
//! to the same folder past this storage is seen by the next count.

use super::{
    Author, Error, ErrorKind, FileId, FolderId, Listing, PartState, Published, Reader, Result,
    Space, Storage, Undo, Upload,
};
use ferry_protocol::{
    Attributes, Entry, EntryKind, IfExists, RemotePath, TransferId, UndoEntry, UndoId,
};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes that lie in a storage, known to all who share it.
#[derive(Debug, Default)]
pub(crate) struct Usage(Mutex<Count>);

#[derive(Debug, Default)]
struct Count {
    stored: u64,
    /// Bytes set aside for uploads, by transfer, and since when.
    uploads: HashMap<[u8; 16], (u64, Instant)>,
}

impl Usage {
    /// Bytes stored and set aside.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.lock().total()
    }

    /// Counts anew, by walking all of `storage`. What changes meanwhile may be missed.
    pub(crate) fn count(&self, storage: &dyn Storage, part_lifetime: Duration) -> Result<u64> {
        let stored = bytes_below(storage)?;
        let mut count = self.0.lock();
        count.stored = stored;
        count.uploads.retain(|_, (_, since)| since.elapsed() < part_lifetime);
        Ok(stored)
    }

    /// Sets `bytes` aside for an upload in all, if they fit. `replaced` bytes will be free again.
    fn set_aside(&self, transfer: TransferId, bytes: u64, replaced: u64, quota: u64) -> bool {
        let mut count = self.0.lock();
        let present = count.uploads.get(&transfer.0).map_or(0, |(bytes, _)| *bytes);
        if bytes > present {
            let wanted = count.total().saturating_add(bytes - present).saturating_sub(replaced);
            if wanted > quota {
                return false;
            }
            count.uploads.insert(transfer.0, (bytes, Instant::now()));
        }
        true
    }

    fn give_back(&self, transfer: TransferId) {
        self.0.lock().uploads.remove(&transfer.0);
    }

    fn stored(&self, transfer: TransferId, bytes: u64, replaced: u64) {
        let mut count = self.0.lock();
        count.uploads.remove(&transfer.0);
        count.stored = count.stored.saturating_add(bytes).saturating_sub(replaced);
    }

    fn came_back(&self, bytes: u64, removed: u64) {
        let mut count = self.0.lock();
        count.stored = count.stored.saturating_add(bytes).saturating_sub(removed);
    }

    fn removed(&self, bytes: u64) {
        let mut count = self.0.lock();
        count.stored = count.stored.saturating_sub(bytes);
    }
}

impl Count {
    fn total(&self) -> u64 {
        let aside = self.uploads.values().map(|(bytes, _)| *bytes);
        aside.fold(self.stored, u64::saturating_add)
    }
}

/// Bytes of all files, without following links.
fn bytes_below(storage: &dyn Storage) -> Result<u64> {
    let mut bytes = 0_u64;
    let mut folders = vec![RemotePath::root()];
    while let Some(folder) = folders.pop() {
        let mut listing = match storage.list(&folder) {
            Ok(listing) => listing,
            // Removed since it was named, or closed to the server's user.
            Err(err) if matches!(err.kind(), ErrorKind::NotFound | ErrorKind::NoPermission) => {
                continue;
            }
            Err(err) => return Err(err),
        };
        loop {
            let entries = listing.next_entries(ENTRIES_AT_ONCE)?;
            if entries.is_empty() {
                break;
            }
            for entry in entries.iter().filter(|entry| !entry.flags.linked) {
                match entry.kind {
                    EntryKind::File => bytes = bytes.saturating_add(entry.size),
                    EntryKind::Folder => folders.extend(folder.join_all(&entry.name)),
                    _ => {}
                }
            }
        }
    }
    Ok(bytes)
}

/// A storage with a quota.
#[derive(Debug)]
pub(crate) struct Counted {
    inner: Arc<dyn Storage>,
    usage: Arc<Usage>,
    quota: u64,
}

impl Counted {
    /// Lets `inner` hold no more than `quota` bytes.
    pub(crate) fn new(inner: Arc<dyn Storage>, usage: Arc<Usage>, quota: u64) -> Self {
        Self { inner, usage, quota }
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
        Box::new(CountedUpload {
            inner,
            storage: Arc::clone(&self.inner),
            usage: Arc::clone(&self.usage),
            quota: self.quota,
            target: target.clone(),
            transfer,
        })
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
        if !self.usage.set_aside(transfer, size, self.file_len(target), self.quota) {
            return Err(Error::new(ErrorKind::Quota, target));
        }
        match self.inner.begin_upload(target, transfer, size) {
            Ok(upload) => Ok(self.wrap(upload, target, transfer)),
            Err(err) => {
                self.usage.give_back(transfer);
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
                self.usage.give_back(transfer);
            }
        })?;
        // After a restart of the server this part is not counted yet.
        let replaced = self.file_len(target);
        if !self.usage.set_aside(transfer, upload.held(), replaced, self.quota) {
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
        self.usage.removed(replaced);
        Ok(())
    }

    fn remove_file(&self, path: &RemotePath, by: &Author) -> Result<()> {
        let len = self.file_len(path);
        self.inner.remove_file(path, by)?;
        self.usage.removed(len);
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
        let left = self.quota.saturating_sub(self.usage.bytes());
        let (total, available) = (space.total.min(self.quota), space.available.min(left));
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
        self.usage.give_back(transfer);
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
        if !self.usage.set_aside(aside, bytes, replaced, self.quota) {
            return Err(Error::new(ErrorKind::Quota, to));
        }
        match self.inner.undo().bring_back(id, to, if_exists, by) {
            Ok(()) => {
                self.usage.stored(aside, bytes, replaced);
                Ok(())
            }
            Err(err) => {
                self.usage.give_back(aside);
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
    inner: Box<dyn Upload>,
    storage: Arc<dyn Storage>,
    usage: Arc<Usage>,
    quota: u64,
    target: RemotePath,
    transfer: TransferId,
}

impl CountedUpload {
    fn replaced(&self) -> u64 {
        match self.storage.stat(&self.target) {
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
        if !self.usage.set_aside(self.transfer, end, 0, self.quota)
            && !self.usage.set_aside(self.transfer, end, self.replaced(), self.quota)
        {
            return Err(Error::new(ErrorKind::Quota, &self.target));
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
        let Self { inner, storage, usage, quota, target, transfer } = *self;
        match inner.publish(if_exists, by) {
            Ok(inner) => {
                usage.stored(transfer, len, replaced);
                Ok(Box::new(CountedPublished { inner, usage, len, replaced }))
            }
            Err((err, inner)) => {
                let upload = Self { inner, storage, usage, quota, target, transfer };
                Err((err, Box::new(upload)))
            }
        }
    }

    fn abandon(self: Box<Self>) -> Result<()> {
        self.inner.abandon()?;
        self.usage.give_back(self.transfer);
        Ok(())
    }
}

struct CountedPublished {
    inner: Box<dyn Published>,
    usage: Arc<Usage>,
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
        self.usage.came_back(self.replaced, self.len);
        Ok(())
    }
}

/// Entries taken from a listing at once while counting.
const ENTRIES_AT_ONCE: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::memory::Memory;

    fn by() -> Author {
        Author { account: String::new(), group: ferry_protocol::UndoGroup([1; 16]) }
    }

    fn path(text: &str) -> RemotePath {
        RemotePath::parse(text.as_bytes()).unwrap()
    }

    fn counted(quota: u64) -> (Counted, Arc<Usage>) {
        let usage = Arc::<Usage>::default();
        (Counted::new(Arc::new(Memory::new()), Arc::clone(&usage), quota), usage)
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

    #[test]
    fn a_count_finds_what_was_there() {
        let inner: Arc<dyn Storage> = Arc::new(Memory::new());
        let unlimited = Counted::new(Arc::clone(&inner), Arc::default(), u64::MAX);
        unlimited.make_directory(&path("/in")).unwrap();
        put(&unlimited, "/a", 1, 30).unwrap();
        put(&unlimited, "/in/b", 2, 12).unwrap();
        let usage = Usage::default();
        assert_eq!(usage.count(inner.as_ref(), Duration::ZERO).unwrap(), 42);
        assert_eq!(usage.bytes(), 42);
    }
}

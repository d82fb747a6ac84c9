//! A storage that holds no more bytes than its account's quota, which may have other storages too.
//! [`Allowance`] says what is left of it.

#[cfg(test)]
mod tests;
mod upload;

use super::allowance::Allowance;
use super::{
    Author, Error, ErrorKind, FileId, Listing, PartState, Reader, Result, Space, Storage, Undo,
    Upload,
};
use ferry_protocol::{
    Attributes, Entry, EntryKind, IfExists, RemotePath, TransferId, UndoEntry, UndoId,
};
use std::sync::Arc;
use upload::CountedUpload;

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

    fn file_len(&self, path: &RemotePath) -> u64 {
        file_len(self.inner.as_ref(), path)
    }

    fn wrap(
        &self,
        inner: Box<dyn Upload>,
        target: &RemotePath,
        transfer: TransferId,
    ) -> Box<dyn Upload> {
        let storage = Arc::clone(&self.inner);
        Box::new(CountedUpload::new(inner, storage, &self.allowance, (target, transfer)))
    }
}

/// Bytes of the file at `path` itself.
fn file_len(storage: &dyn Storage, path: &RemotePath) -> u64 {
    match storage.stat(path) {
        Ok(entry) if entry.kind == EntryKind::File && !entry.flags.linked => entry.size,
        _ => 0,
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

//! A storage whose calls do what a test says before they are made: fail, hang, or panic.

use ferry_protocol::{Attributes, Entry, IfExists, RemotePath, TransferId};
use ferry_server::storage::memory::Memory;
use ferry_server::storage::{
    Author, Error, Listing, Metadata, PartState, Published, Reader, Result, Space, Storage, Undo,
    Upload,
};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is asked before each call, with its name and path.
pub(crate) type Fault = dyn Fn(&'static str, &RemotePath) -> Result<()> + Send + Sync;

/// Files in memory behind a fault.
#[derive(Clone)]
pub(crate) struct Faulty {
    inner: Arc<Memory>,
    fault: Arc<Fault>,
    failed_barriers: Arc<AtomicU64>,
}

impl Faulty {
    pub(crate) fn new(
        fault: impl Fn(&'static str, &RemotePath) -> Result<()> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let inner = Arc::new(Memory::new());
        Arc::new(Self { inner, fault: Arc::new(fault), failed_barriers: Arc::default() })
    }

    /// What lies behind the fault.
    pub(crate) fn inner(&self) -> &Memory {
        &self.inner
    }

    fn wrap(&self, inner: Box<dyn Upload>, path: &RemotePath) -> Box<dyn Upload> {
        Box::new(FaultyUpload { inner, path: path.clone(), fault: Arc::clone(&self.fault) })
    }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

impl Storage for Faulty {
    fn list(&self, path: &RemotePath) -> Result<Box<dyn Listing>> {
        (self.fault)("list", path)?;
        let inner = self.inner.list(path)?;
        Ok(Box::new(FaultyListing { inner, path: path.clone(), fault: Arc::clone(&self.fault) }))
    }

    fn stat(&self, path: &RemotePath) -> Result<Entry> {
        (self.fault)("stat", path)?;
        self.inner.stat(path)
    }

    fn open(&self, path: &RemotePath) -> Result<Box<dyn Reader>> {
        (self.fault)("open", path)?;
        let inner = self.inner.open(path)?;
        Ok(Box::new(FaultyReader { inner, path: path.clone(), fault: Arc::clone(&self.fault) }))
    }

    fn begin_upload(
        &self,
        target: &RemotePath,
        transfer: TransferId,
        size: u64,
    ) -> Result<Box<dyn Upload>> {
        (self.fault)("begin_upload", target)?;
        Ok(self.wrap(self.inner.begin_upload(target, transfer, size)?, target))
    }

    fn continue_upload(
        &self,
        target: &RemotePath,
        transfer: TransferId,
    ) -> Result<Box<dyn Upload>> {
        (self.fault)("continue_upload", target)?;
        Ok(self.wrap(self.inner.continue_upload(target, transfer)?, target))
    }

    fn make_directory(&self, path: &RemotePath) -> Result<()> {
        (self.fault)("make_directory", path)?;
        self.inner.make_directory(path)
    }

    fn rename(
        &self,
        from: &RemotePath,
        to: &RemotePath,
        if_exists: IfExists,
        by: &Author,
    ) -> Result<()> {
        (self.fault)("rename", from)?;
        self.inner.rename(from, to, if_exists, by)
    }

    fn remove_file(&self, path: &RemotePath, by: &Author) -> Result<()> {
        (self.fault)("remove_file", path)?;
        self.inner.remove_file(path, by)
    }

    fn remove_tree(&self, path: &RemotePath, by: &Author) -> Result<bool> {
        (self.fault)("remove_tree", path)?;
        self.inner.remove_tree(path, by)
    }

    fn remove_directory(&self, path: &RemotePath) -> Result<()> {
        (self.fault)("remove_directory", path)?;
        self.inner.remove_directory(path)
    }

    fn set_attributes(&self, path: &RemotePath, attributes: Attributes) -> Result<()> {
        (self.fault)("set_attributes", path)?;
        self.inner.set_attributes(path, attributes)
    }

    fn space(&self, path: &RemotePath) -> Result<Space> {
        (self.fault)("space", path)?;
        self.inner.space(path)
    }

    fn check_writable(&self, folder: &RemotePath) -> Result<()> {
        (self.fault)("check_writable", folder)?;
        self.inner.check_writable(folder)
    }

    fn barrier(&self) -> Result<()> {
        let failed = (self.fault)("barrier", &RemotePath::root());
        self.failed_barriers.fetch_add(u64::from(failed.is_err()), Ordering::SeqCst);
        failed?;
        self.inner.barrier()
    }

    fn failed_syncs(&self) -> u64 {
        self.failed_barriers.load(Ordering::SeqCst)
    }

    fn sweep_parts(&self, idle_secs: u64) -> Result<u64> {
        self.inner.sweep_parts(idle_secs)
    }

    fn part(&self, target: &RemotePath, transfer: TransferId) -> Result<PartState> {
        self.inner.part(target, transfer)
    }

    fn remove_part(&self, target: &RemotePath, transfer: TransferId) -> Result<()> {
        self.inner.remove_part(target, transfer)
    }

    fn undo(&self) -> &dyn Undo {
        self.inner.undo()
    }
}

struct FaultyListing {
    inner: Box<dyn Listing>,
    path: RemotePath,
    fault: Arc<Fault>,
}

impl Listing for FaultyListing {
    fn next_entries(&mut self, count_max: usize) -> Result<Vec<Entry>> {
        (self.fault)("next_entries", &self.path)?;
        self.inner.next_entries(count_max)
    }
}

struct FaultyReader {
    inner: Box<dyn Reader>,
    path: RemotePath,
    fault: Arc<Fault>,
}

impl Reader for FaultyReader {
    fn metadata(&self) -> Metadata {
        self.inner.metadata()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        (self.fault)("read_at", &self.path)?;
        self.inner.read_at(offset, buffer)
    }

    fn is_unchanged(&self) -> Result<bool> {
        self.inner.is_unchanged()
    }
}

struct FaultyUpload {
    inner: Box<dyn Upload>,
    path: RemotePath,
    fault: Arc<Fault>,
}

impl Upload for FaultyUpload {
    fn chunk_len(&self) -> u64 {
        self.inner.chunk_len()
    }

    fn held(&self) -> u64 {
        self.inner.held()
    }

    fn holds(&self, start: u64, end: u64) -> bool {
        self.inner.holds(start, end)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        (self.fault)("part_read_at", &self.path)?;
        self.inner.read_at(offset, buffer)
    }

    fn write(&self, offset: u64, content: &[u8]) -> Result<()> {
        (self.fault)("write", &self.path)?;
        self.inner.write(offset, content)
    }

    fn forget_chunk(&self, start: u64) -> Result<()> {
        self.inner.forget_chunk(start)
    }

    fn seal(&mut self, attributes: Attributes) -> Result<()> {
        (self.fault)("seal", &self.path)?;
        self.inner.seal(attributes)
    }

    fn sync(&self) -> Result<()> {
        (self.fault)("sync", &self.path)?;
        self.inner.sync()
    }

    fn publish(
        self: Box<Self>,
        if_exists: IfExists,
        by: &Author,
    ) -> std::result::Result<Box<dyn Published>, (Error, Box<dyn Upload>)> {
        let Self { inner, path, fault } = *self;
        if let Err(err) = fault("publish", &path) {
            return Err((err, Box::new(Self { inner, path, fault })));
        }
        match inner.publish(if_exists, by) {
            Ok(inner) => Ok(Box::new(FaultyPublished { inner, path, fault })),
            Err((err, inner)) => Err((err, Box::new(Self { inner, path, fault }))),
        }
    }

    fn abandon(self: Box<Self>) -> Result<()> {
        self.inner.abandon()
    }
}

struct FaultyPublished {
    inner: Box<dyn Published>,
    path: RemotePath,
    fault: Arc<Fault>,
}

impl Published for FaultyPublished {
    fn folder_id(&self) -> ferry_server::storage::FolderId {
        self.inner.folder_id()
    }

    fn sync_folder(&self) -> Result<()> {
        (self.fault)("sync_folder", &self.path)?;
        self.inner.sync_folder()
    }

    fn take_back(self: Box<Self>) -> Result<()> {
        self.inner.take_back()
    }
}

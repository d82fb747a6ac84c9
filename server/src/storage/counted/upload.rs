//! Uploads into a storage with a quota, and what becomes of their room.

use super::file_len;
use crate::storage::allowance::Allowance;
use crate::storage::{
    Author, Error, ErrorKind, FileState, FolderId, Published, Result, Storage, Upload,
};
use ferry_protocol::{Attributes, IfExists, RemotePath, TransferId};
use std::sync::Arc;

/// An upload that takes room of its account's as it comes.
pub(super) struct CountedUpload {
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
    /// `inner` goes into `storage`, for what is known by its target and its id.
    pub(super) fn new(
        inner: Box<dyn Upload>,
        storage: Arc<dyn Storage>,
        allowance: &Allowance,
        (target, transfer): (&RemotePath, TransferId),
    ) -> Self {
        let (allowance, target) = (allowance.clone(), target.clone());
        Self { inner, storage, aside: Aside { allowance, target, transfer } }
    }

    fn replaced(&self) -> u64 {
        file_len(self.storage.as_ref(), &self.aside.target)
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

/// A file that has its name, and what it takes of its account's room.
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

    fn state(&self) -> Option<FileState> {
        self.inner.state()
    }

    fn take_back(self: Box<Self>) -> Result<()> {
        self.inner.take_back()?;
        self.allowance.came_back(self.replaced, self.len);
        Ok(())
    }
}

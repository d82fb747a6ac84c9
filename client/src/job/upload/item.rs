//! What an upload's queue carries.

use crate::job::conflict::{Ruled, Ruling};
use crate::job::noted::FileState;
use crate::{Error, random};
use ferry_protocol::limits::SMALL_PUT_MAX;
use ferry_protocol::{
    IfExists, OperationId, Permissions, Put, RemotePath, SegmentValues, Timestamp, TransferId,
};
use std::path::PathBuf;

/// What the planner hands to the lanes.
pub(super) enum Work {
    File(Item),
    /// A folder with nothing in it to make it by the way.
    EmptyFolder(RemotePath, PathBuf),
}

/// One file on its way up.
pub(super) struct Item {
    pub(super) local: PathBuf,
    /// The name that was asked for.
    pub(super) wanted: RemotePath,
    /// The name it will get: another one after a conflict.
    pub(super) target: RemotePath,
    pub(super) size: u64,
    pub(super) modified: Timestamp,
    pub(super) permissions: Permissions,
    pub(super) if_exists: IfExists,
    pub(super) operation: OperationId,
    pub(super) transfer: TransferId,
    /// Other names tried so far.
    pub(super) names_tried: u32,
    /// Failures on the way so far that trying again may mend.
    pub(super) failures: u32,
    /// Bytes that were sent of it in the best attempt so far.
    pub(super) reached: u64,
    /// Whether the server may hold a part of it.
    pub(super) may_resume: bool,
    /// What was decided about its conflict meanwhile.
    pub(super) ruling: Option<Ruling>,
    /// Values of its segments that are known from an earlier attempt.
    pub(super) values: SegmentValues,
    /// What was begun of the file before it changed; the server need not keep it.
    pub(super) stale: Option<TransferId>,
    /// Whether the server has it, and does not say that it is on stable storage.
    pub(super) is_unsynced: bool,
}

impl From<Item> for Work {
    fn from(item: Item) -> Self {
        Self::File(item)
    }
}

impl Ruled for Work {
    fn ruled(self, ruling: Ruling) -> Self {
        match self {
            Self::File(item) => Self::File(Item { ruling: Some(ruling), ..item }),
            folder @ Self::EmptyFolder(..) => folder,
        }
    }

    /// What came of it is the server's.
    fn leave(self) {}
}

impl Item {
    pub(super) fn source(&self) -> &[u8] {
        self.local.as_os_str().as_encoded_bytes()
    }

    /// Gets new ids: what follows is another upload to the server. What it holds of a big file is
    /// stale then; of a small one it is overwritten under the id that is the same in every run.
    pub(super) fn renew(&mut self) -> Result<(), Error> {
        self.operation = random::operation_id()?;
        if self.may_resume {
            self.stale = Some(self.transfer);
        }
        if self.may_resume || self.size > SMALL_PUT_MAX {
            self.transfer = random::transfer_id()?;
        }
        self.may_resume = false;
        // A file that changed has other values; otherwise they are computed again.
        self.values = SegmentValues::new();
        Ok(())
    }

    pub(super) fn state<'a>(&'a self, wanted: &'a [u8], target: &'a [u8]) -> FileState<'a> {
        let Self { size, modified, is_unsynced, .. } = *self;
        FileState { source: self.source(), wanted, target, size, modified, is_unsynced }
    }

    pub(super) fn put(&self) -> Put {
        Put {
            operation: self.operation,
            transfer: self.transfer,
            path: self.target.clone().into(),
            size: self.size,
            modified: self.modified,
            permissions: self.permissions,
            if_exists: self.if_exists,
            resume: self.may_resume,
            with_parents: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(size: u64, may_resume: bool) -> Item {
        Item {
            local: PathBuf::from("here"),
            wanted: RemotePath::root(),
            target: RemotePath::root(),
            size,
            modified: Timestamp(0),
            permissions: Permissions::from_mode(0o644),
            if_exists: IfExists::Refuse,
            operation: random::operation_id().unwrap(),
            transfer: random::transfer_id().unwrap(),
            names_tried: 0,
            failures: 0,
            reached: 0,
            may_resume,
            ruling: None,
            values: SegmentValues::new(),
            stale: None,
            is_unsynced: false,
        }
    }

    #[test]
    fn what_the_server_may_hold_is_overwritten_or_given_up() {
        for (size, may_resume) in [(5, false), (SMALL_PUT_MAX + 1, true), (5, true)] {
            let mut item = item(size, may_resume);
            let (operation, transfer) = (item.operation, item.transfer);
            item.renew().unwrap();
            assert_ne!(item.operation, operation);
            assert_eq!(item.stale, may_resume.then_some(transfer));
            assert_eq!(item.transfer == transfer, !may_resume);
        }
    }
}

//! The uploads that connections have open now, so that a further connection can join one.

use super::SharedUpload;
use crate::service::write::Plan;
use crate::storage::{self, ErrorKind};
use ferry_protocol::TransferId;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Weak};

/// Shared uploads by their ids.
#[derive(Default)]
pub(in crate::service) struct OpenUploads {
    by_id: Mutex<HashMap<[u8; 16], Weak<SharedUpload>>>,
}

impl OpenUploads {
    /// The open upload of this id, if the plan is the one that it was opened with.
    pub(in crate::service) fn find(
        &self,
        transfer: TransferId,
        plan: &Plan,
    ) -> storage::Result<Option<Arc<SharedUpload>>> {
        let Some(found) = self.by_id.lock().get(&transfer.0).and_then(Weak::upgrade) else {
            return Ok(None);
        };
        let kind = if !found.announced.plan.is_same_file(plan) {
            ErrorKind::NoPart
        } else if found.upload.read().is_none() {
            ErrorKind::InUse
        } else {
            return Ok(Some(found));
        };
        Err(storage::Error::new(kind, &plan.target))
    }

    /// Lets others find an upload.
    pub(in crate::service) fn add(&self, upload: SharedUpload) -> Arc<SharedUpload> {
        let transfer = upload.announced.transfer.0;
        let upload = Arc::new(upload);
        self.by_id.lock().insert(transfer, Arc::downgrade(&upload));
        upload
    }

    /// Forgets an upload that is over, unless another of its id was opened meanwhile.
    pub(super) fn forget(&self, transfer: TransferId) {
        let mut by_id = self.by_id.lock();
        if by_id.get(&transfer.0).is_some_and(|upload| upload.strong_count() == 0) {
            by_id.remove(&transfer.0);
        }
    }
}

impl fmt::Debug for OpenUploads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenUploads({})", self.by_id.lock().len())
    }
}

//! Which uploads are being written now, so that two connections never write one part.

use crate::sync::Mutex;
use ferry_protocol::TransferId;
use std::collections::HashSet;
use std::sync::Arc;

/// The uploads being written by this process. Another process has no business with them: an id
/// is random, and known to its sender alone.
#[derive(Default)]
pub(super) struct Transfers {
    in_use: Mutex<HashSet<[u8; 16]>>,
}

/// The right to write one upload, given back when dropped.
pub(super) struct Claim {
    transfers: Arc<Transfers>,
    transfer: TransferId,
}

impl Transfers {
    /// Takes the upload; `None` while somebody else has it.
    pub(super) fn claim(self: &Arc<Self>, transfer: TransferId) -> Option<Claim> {
        let is_free = self.in_use.lock().insert(transfer.0);
        is_free.then(|| Claim { transfers: Arc::clone(self), transfer })
    }

    /// Whether somebody has the upload.
    pub(super) fn is_in_use(&self, transfer: TransferId) -> bool {
        self.in_use.lock().contains(&transfer.0)
    }
}

impl Claim {
    /// Whose right this is.
    pub(super) fn transfer(&self) -> TransferId {
        self.transfer
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.transfers.in_use.lock().remove(&self.transfer.0);
    }
}

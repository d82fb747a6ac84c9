//! How much lies in a folder, and how much more an account may put into its folders.
//!
//! [`Usage`] counts what lies there, and what uploads under way have announced or written; parts
//! that an upload left behind stay counted until they are gone on with or swept. What others do
//! to the same folder past the server is seen by the next count.

use super::{ErrorKind, Result, Storage};
use ferry_protocol::{EntryKind, RemotePath, TransferId};
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

/// What an account may put into one of its folders: its quota, less what lies in all of them.
#[derive(Clone, Debug)]
pub(crate) struct Allowance {
    usage: Arc<Usage>,
    /// Of its other folders.
    beside: Vec<Arc<Usage>>,
    quota: u64,
    /// Held from the look at all folders to the change of one.
    gate: Arc<Mutex<()>>,
}

impl Allowance {
    /// One for each folder of an account, where all together may hold `quota` bytes.
    pub(crate) fn shared(usages: &[Arc<Usage>], quota: u64) -> Vec<Self> {
        let gate = Arc::<Mutex<()>>::default();
        let of = |usage: &Arc<Usage>| {
            let mut beside: Vec<Arc<Usage>> = Vec::new();
            for other in usages {
                // One folder under two names lies on the disk once.
                if !beside.iter().chain([usage]).any(|known| Arc::ptr_eq(known, other)) {
                    beside.push(Arc::clone(other));
                }
            }
            Self { usage: Arc::clone(usage), beside, quota, gate: Arc::clone(&gate) }
        };
        usages.iter().map(of).collect()
    }

    /// Bytes that all folders may hold.
    pub(super) fn quota(&self) -> u64 {
        self.quota
    }

    /// Bytes that may still come.
    pub(super) fn left(&self) -> u64 {
        self.for_this_folder().saturating_sub(self.usage.bytes())
    }

    /// Sets `bytes` aside for an upload in all, if they fit. `replaced` bytes will be free again.
    pub(super) fn set_aside(&self, transfer: TransferId, bytes: u64, replaced: u64) -> bool {
        let _gate = self.gate.lock();
        self.usage.set_aside(transfer, bytes, replaced, self.for_this_folder())
    }

    /// The upload is given up.
    pub(super) fn give_back(&self, transfer: TransferId) {
        self.usage.give_back(transfer);
    }

    /// The upload is stored, in place of what was `replaced`.
    pub(super) fn stored(&self, transfer: TransferId, bytes: u64, replaced: u64) {
        self.usage.stored(transfer, bytes, replaced);
    }

    /// What was stored is taken back, and what it replaced has come back.
    pub(super) fn came_back(&self, bytes: u64, removed: u64) {
        self.usage.came_back(bytes, removed);
    }

    /// Something is gone.
    pub(super) fn removed(&self, bytes: u64) {
        self.usage.removed(bytes);
    }

    fn for_this_folder(&self) -> u64 {
        let elsewhere = self.beside.iter().map(|usage| usage.bytes());
        elsewhere.fold(self.quota, u64::saturating_sub)
    }
}

/// Entries taken from a listing at once while counting.
const ENTRIES_AT_ONCE: usize = 256;

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
    /// Bytes set aside for uploads, and since when.
    uploads: HashMap<Place, (u64, Instant)>,
}

/// Where an upload's part lies. The same upload may lie in two folders: whoever sends it says
/// where it goes, and one that is not found there takes nothing off the count of the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Place {
    folder: RemotePath,
    transfer: [u8; 16],
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

    fn set_aside(&self, place: Place, bytes: u64, replaced: u64, quota: u64) -> Option<u64> {
        let mut count = self.0.lock();
        let present = count.uploads.get(&place).map_or(0, |(bytes, _)| *bytes);
        if bytes > present {
            let wanted = count.total().saturating_add(bytes - present).saturating_sub(replaced);
            if wanted > quota {
                return None;
            }
            count.uploads.insert(place, (bytes, Instant::now()));
        }
        Some(present)
    }

    fn give_back(&self, place: &Place) {
        self.0.lock().uploads.remove(place);
    }

    fn stored(&self, place: &Place, bytes: u64, replaced: u64) {
        let mut count = self.0.lock();
        count.uploads.remove(place);
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

    /// The parts in a folder move with it.
    fn renamed(&self, from: &RemotePath, to: &RemotePath) {
        let mut count = self.0.lock();
        let inside = count.uploads.extract_if(|place, _| place.folder.starts_with(from));
        let inside: Vec<_> = inside.collect();
        for (place, (bytes, since)) in inside {
            let place = place.moved(from, to);
            let held = count.uploads.entry(place).or_insert((0, since));
            held.0 = held.0.saturating_add(bytes);
        }
    }
}

impl Place {
    fn of(target: &RemotePath, transfer: TransferId) -> Self {
        let folder = target.parent().unwrap_or_else(RemotePath::root);
        Self { folder, transfer: transfer.0 }
    }

    /// Where it lies once the folder `from`, which it lies in or below, is `to`.
    fn moved(self, from: &RemotePath, to: &RemotePath) -> Self {
        let names = self.folder.as_relative_bytes();
        let below = names.get(from.as_relative_bytes().len()..).unwrap_or_default();
        let below = below.strip_prefix(b"/").unwrap_or(below);
        // A path that grew too long: the part is reached by no request any more.
        Self { folder: to.join_all(below).unwrap_or_else(|_| to.clone()), ..self }
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

    /// Sets `bytes` aside for an upload in all. `replaced` bytes will be free again. Returns how
    /// many were set aside before; `None` if they do not fit.
    pub(super) fn set_aside(
        &self,
        target: &RemotePath,
        transfer: TransferId,
        bytes: u64,
        replaced: u64,
    ) -> Option<u64> {
        let _gate = self.gate.lock();
        self.usage.set_aside(Place::of(target, transfer), bytes, replaced, self.for_this_folder())
    }

    /// The upload is given up.
    pub(super) fn give_back(&self, target: &RemotePath, transfer: TransferId) {
        self.usage.give_back(&Place::of(target, transfer));
    }

    /// The upload is stored, in place of what was `replaced`.
    pub(super) fn stored(
        &self,
        target: &RemotePath,
        transfer: TransferId,
        bytes: u64,
        replaced: u64,
    ) {
        self.usage.stored(&Place::of(target, transfer), bytes, replaced);
    }

    /// Something has another name.
    pub(super) fn renamed(&self, from: &RemotePath, to: &RemotePath) {
        self.usage.renamed(from, to);
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

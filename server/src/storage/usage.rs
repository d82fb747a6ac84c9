//! How much lies in a folder: what is stored, and what uploads under way have announced or written.
//! Parts that an upload left behind stay counted until they are gone on with, swept, or make way for
//! what the same account sends. What others do past the server is seen by the next count.

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
    uploads: HashMap<Place, Aside>,
}

/// What is set aside for an upload.
#[derive(Clone, Debug)]
struct Aside {
    bytes: u64,
    since: Instant,
    /// Name of the account that sends it.
    account: Arc<str>,
    /// Whether it is open. If not, it makes way for what its account sends now.
    is_open: bool,
}

/// Where an upload's part lies. The same upload may lie in two folders: whoever sends it says
/// where it goes, and one that is not found there takes nothing off the count of the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) folder: RemotePath,
    pub(super) transfer: [u8; 16],
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
        count.uploads.retain(|_, aside| aside.since.elapsed() < part_lifetime);
        Ok(stored)
    }

    pub(super) fn set_aside(
        &self,
        place: Place,
        account: &Arc<str>,
        (bytes, replaced): (u64, u64),
        quota: u64,
    ) -> Option<u64> {
        let mut count = self.0.lock();
        let present = count.uploads.get(&place).map_or(0, |aside| aside.bytes);
        if bytes > present {
            let wanted = count.total().saturating_add(bytes - present).saturating_sub(replaced);
            if wanted > quota {
                return None;
            }
            let (account, since) = (Arc::clone(account), Instant::now());
            count.uploads.insert(place, Aside { bytes, since, account, is_open: true });
        } else if let Some(aside) = count.uploads.get_mut(&place) {
            aside.is_open = true;
        }
        Some(present)
    }

    /// Bytes set aside for an upload.
    pub(super) fn at(&self, place: &Place) -> u64 {
        self.0.lock().uploads.get(place).map_or(0, |aside| aside.bytes)
    }

    /// Nobody writes the upload any more.
    pub(super) fn left(&self, place: &Place) {
        if let Some(aside) = self.0.lock().uploads.get_mut(place) {
            (aside.is_open, aside.since) = (false, Instant::now());
        }
    }

    /// What an account has left unfinished: since when, where, and how much is set aside for it.
    pub(super) fn idle(&self, account: &str) -> Vec<(Instant, Place, u64)> {
        let count = self.0.lock();
        let is_idle = |aside: &Aside| !aside.is_open && *aside.account == *account;
        let idle = count.uploads.iter().filter(|(_, aside)| is_idle(aside));
        idle.map(|(place, aside)| (aside.since, place.clone(), aside.bytes)).collect()
    }

    pub(super) fn give_back(&self, place: &Place) {
        self.0.lock().uploads.remove(place);
    }

    pub(super) fn stored(&self, place: &Place, bytes: u64, replaced: u64) {
        let mut count = self.0.lock();
        count.uploads.remove(place);
        count.stored = count.stored.saturating_add(bytes).saturating_sub(replaced);
    }

    pub(super) fn came_back(&self, bytes: u64, removed: u64) {
        let mut count = self.0.lock();
        count.stored = count.stored.saturating_add(bytes).saturating_sub(removed);
    }

    pub(super) fn removed(&self, bytes: u64) {
        let mut count = self.0.lock();
        count.stored = count.stored.saturating_sub(bytes);
    }

    /// The parts in a folder move with it.
    pub(super) fn renamed(&self, from: &RemotePath, to: &RemotePath) {
        let mut count = self.0.lock();
        let inside = count.uploads.extract_if(|place, _| place.folder.starts_with(from));
        let inside: Vec<_> = inside.collect();
        for (place, aside) in inside {
            let place = place.moved(from, to);
            let none_yet = || Aside { bytes: 0, ..aside.clone() };
            let held = count.uploads.entry(place).or_insert_with(none_yet);
            held.bytes = held.bytes.saturating_add(aside.bytes);
        }
    }
}

impl Place {
    pub(super) fn of(target: &RemotePath, transfer: TransferId) -> Self {
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
        let aside = self.uploads.values().map(|aside| aside.bytes);
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

/// Entries taken from a listing at once while counting.
const ENTRIES_AT_ONCE: usize = 256;

//! How much more an account may put into its folders. What it has left unfinished in them makes way
//! for what it sends.

use super::usage::{Place, Usage};
use super::{ErrorKind, Storage};
use ferry_protocol::{RemotePath, TransferId};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Instant;

/// One of the folders that a quota is over.
pub(crate) type Bounded = (Arc<Usage>, Arc<dyn Storage>);

/// What an account may put into one of its folders: its quota, less what lies in all of them.
#[derive(Clone, Debug)]
pub(crate) struct Allowance {
    account: Arc<str>,
    usage: Arc<Usage>,
    /// All of its folders.
    folders: Arc<[Bounded]>,
    quota: u64,
    /// Held from the look at all folders to the change of one.
    gate: Arc<Mutex<()>>,
}

impl Allowance {
    /// One for each folder of an account, where all together may hold `quota` bytes.
    pub(crate) fn shared(account: &str, folders: &[Bounded], quota: u64) -> Vec<Self> {
        let (account, gate) = (Arc::<str>::from(account), Arc::<Mutex<()>>::default());
        let mut distinct: Vec<Bounded> = Vec::new();
        for folder in folders {
            // One folder under two names lies on the disk once.
            if !distinct.iter().any(|(known, _)| Arc::ptr_eq(known, &folder.0)) {
                distinct.push(folder.clone());
            }
        }
        let distinct = Arc::<[Bounded]>::from(distinct);
        let of = |(usage, _): &Bounded| Self {
            account: Arc::clone(&account),
            usage: Arc::clone(usage),
            folders: Arc::clone(&distinct),
            quota,
            gate: Arc::clone(&gate),
        };
        folders.iter().map(of).collect()
    }

    /// Bytes that all folders may hold.
    pub(super) fn quota(&self) -> u64 {
        self.quota
    }

    /// Bytes that may still come, where what the account has left unfinished makes way.
    pub(super) fn left(&self) -> u64 {
        let unfinished = self.idle().iter().map(|idle| idle.bytes).fold(0, u64::saturating_add);
        let lies = self.folders.iter().map(|(usage, _)| usage.bytes());
        let lies = lies.fold(0, u64::saturating_add).saturating_sub(unfinished);
        self.quota.saturating_sub(lies)
    }

    /// Sets `bytes` aside for an upload in all. `replaced` bytes will be free again. Returns how
    /// many were set aside before; `None` if they do not fit, even once the account's own parts
    /// that nobody writes have made way.
    pub(super) fn set_aside(
        &self,
        target: &RemotePath,
        transfer: TransferId,
        bytes: u64,
        replaced: u64,
    ) -> Option<u64> {
        let place = Place::of(target, transfer);
        let attempt = || {
            let _gate = self.gate.lock();
            let quota = self.for_this_folder();
            self.usage.set_aside(place.clone(), &self.account, (bytes, replaced), quota)
        };
        attempt().or_else(|| self.make_way(&place, bytes, replaced).then(&attempt).flatten())
    }

    /// The upload is kept, and nobody writes it.
    pub(super) fn left_idle(&self, target: &RemotePath, transfer: TransferId) {
        self.usage.left(&Place::of(target, transfer));
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
        let others = self.folders.iter().filter(|(usage, _)| !Arc::ptr_eq(usage, &self.usage));
        let elsewhere = others.map(|(usage, _)| usage.bytes());
        elsewhere.fold(self.quota, u64::saturating_sub)
    }

    /// Removes what the account has left unfinished, the oldest first, until `bytes` fit at
    /// `place`. Returns whether they do; where they would not all the same, nothing is removed.
    fn make_way(&self, place: &Place, bytes: u64, replaced: u64) -> bool {
        let mut idle = self.idle();
        idle.retain(|idle| !(idle.is_in(&self.usage) && idle.place == *place));
        let freed = idle.iter().map(|idle| idle.bytes).fold(0, u64::saturating_add);
        if self.missing(place, bytes, replaced) > freed {
            return false;
        }
        idle.sort_by_key(|idle| idle.since);
        for Idle { folder: (usage, storage), place: left, .. } in idle {
            if self.missing(place, bytes, replaced) == 0 {
                break;
            }
            // Its own name plays no part: it is found by its folder and id.
            let Ok(target) = left.folder.join_all(b"part") else { continue };
            match storage.remove_part(&target, TransferId(left.transfer)) {
                Err(err) if !matches!(err.kind(), ErrorKind::NoPart | ErrorKind::NotFound) => {}
                _ => usage.give_back(&left),
            }
        }
        self.missing(place, bytes, replaced) == 0
    }

    /// Bytes that lack for `bytes` at a place.
    fn missing(&self, place: &Place, bytes: u64, replaced: u64) -> u64 {
        let present = self.usage.at(place);
        let wanted = self.usage.bytes().saturating_add(bytes.saturating_sub(present));
        wanted.saturating_sub(replaced).saturating_sub(self.for_this_folder())
    }

    fn idle(&self) -> Vec<Idle<'_>> {
        let of = |folder| {
            let (usage, _): &Bounded = folder;
            let idle = usage.idle(&self.account).into_iter();
            idle.map(move |(since, place, bytes)| Idle { folder, since, place, bytes })
        };
        self.folders.iter().flat_map(of).collect()
    }
}

/// A part that nobody writes.
struct Idle<'a> {
    folder: &'a Bounded,
    since: Instant,
    place: Place,
    bytes: u64,
}

impl Idle<'_> {
    fn is_in(&self, usage: &Arc<Usage>) -> bool {
        Arc::ptr_eq(&self.folder.0, usage)
    }
}

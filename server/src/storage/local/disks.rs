//! The disks that the roots of one server lie on, several of them perhaps on one: what can make
//! way where it is full, the oldest first, wherever that is, and what there is to sync, and what
//! could not be.

use super::doubt::Doubts;
use super::idle_parts::IdleParts;
use super::new_folders::NewFolders;
use super::undo::Undo;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

/// The disks that a server's roots lie on.
#[derive(Default)]
pub struct Disks {
    roots: Mutex<Vec<Past>>,
    totals: Mutex<BTreeMap<u64, Arc<Total>>>,
    pub(super) new_folders: NewFolders,
    pub(super) doubts: Doubts,
}

/// What makes way in one root.
#[derive(Clone)]
struct Past {
    undo: Weak<Undo>,
    idle: Weak<IdleParts>,
}

/// What undo keeps on one disk, in all roots.
#[derive(Debug, Default)]
pub(super) struct Total {
    bytes: AtomicU64,
    count: AtomicUsize,
}

impl Disks {
    /// Adds a root; it goes by itself.
    pub(super) fn add(&self, undo: &Arc<Undo>, idle: &Arc<IdleParts>) {
        let mut roots = self.roots.lock();
        roots.retain(|past| past.undo.strong_count() > 0);
        roots.push(Past { undo: Arc::downgrade(undo), idle: Arc::downgrade(idle) });
    }

    /// What undo keeps on a disk.
    pub(super) fn total(&self, device: u64) -> Arc<Total> {
        Arc::clone(self.totals.lock().entry(device).or_default())
    }

    /// Bytes that could be had on a disk by giving up all that makes way.
    pub(super) fn reclaimable(&self, device: u64) -> u64 {
        let idle = self.past().into_iter().filter_map(|past| past.idle.upgrade());
        let idle = idle.map(|idle| idle.bytes(device)).fold(0, u64::saturating_add);
        self.total(device).bytes().saturating_add(idle)
    }

    /// Whether giving up all that makes way would free `wanted` bytes on a disk, which is asked
    /// once what was given up before is gone for good. Trees that were not measured yet may hold
    /// anything.
    pub(super) fn can_free(&self, device: u64, wanted: impl Fn() -> u64) -> bool {
        let mut undos = Vec::new();
        for past in self.past() {
            undos.extend(past.undo.upgrade());
            if let Some(idle) = past.idle.upgrade() {
                idle.look_once();
            }
        }
        while wanted() > 0 && undos.iter().any(|undo| told(undo.clear_some(device)) == Some(true)) {
        }
        let wanted = wanted();
        let is_measured = |undo: &Arc<Undo>| told(undo.is_measured(device)).unwrap_or(false);
        wanted <= self.reclaimable(device) || !undos.iter().all(is_measured)
    }

    /// Frees a little space on a disk: the oldest of what undo keeps goes, and where nothing is
    /// kept any more, the oldest part that nobody writes. `false` if nothing is left.
    pub(super) fn give_way(&self, device: u64) -> bool {
        let mut undos: Vec<_> = self.past().iter().filter_map(|past| past.undo.upgrade()).collect();
        if undos.iter().any(|undo| told(undo.clear_some(device)) == Some(true)) {
            return true;
        }
        undos.sort_by_cached_key(|undo| told(undo.oldest(device)).flatten());
        let has_any = |undo: &Arc<Undo>| told(undo.give_way(device)).unwrap_or(false);
        undos.iter().any(has_any) || self.idle_part_gives_way(device)
    }

    /// Gives up the oldest things that undo keeps on a disk while they are more than `bytes_max`
    /// or `count_max`. Returns how many.
    pub(super) fn trim(&self, device: u64, bytes_max: u64, count_max: usize) -> u64 {
        let total = self.total(device);
        let mut count = 0;
        while total.bytes() > bytes_max || total.count.load(Ordering::Relaxed) > count_max {
            let undos = self.past().into_iter().filter_map(|past| past.undo.upgrade());
            let dated = undos.filter_map(|undo| Some((told(undo.oldest(device))??, undo)));
            let Some((_, oldest)) = dated.min_by_key(|(id, _)| *id) else { break };
            if !told(oldest.give_way(device)).unwrap_or(false) {
                break;
            }
            count += 1;
        }
        count
    }

    fn idle_part_gives_way(&self, device: u64) -> bool {
        let mut idle: Vec<_> = self.past().iter().filter_map(|past| past.idle.upgrade()).collect();
        idle.sort_by_cached_key(|idle| idle.oldest(device));
        let mut dated = idle.iter().filter(|idle| idle.oldest(device).is_some());
        dated.any(|idle| idle.give_way(device))
    }

    /// Looked at without the lock: what follows waits for locks of its own.
    fn past(&self) -> Vec<Past> {
        self.roots.lock().clone()
    }
}

impl Total {
    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn take_off(&self, bytes: u64) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Disks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Disks({} roots)", self.roots.lock().len())
    }
}

fn told<T>(outcome: io::Result<T>) -> Option<T> {
    outcome.inspect_err(|err| tracing::warn!("what undo keeps could not make way: {err}")).ok()
}

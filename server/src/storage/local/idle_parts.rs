//! Parts that nobody writes, the oldest first: they make way when a disk is full.

use super::folder::{Purpose, Root};
use super::name::part_name;
use super::sweep;
use super::transfers::Transfers;
use crate::sys::{self, Kind, Stat};
use ferry_protocol::{RemotePath, TransferId};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The idle parts of one root, as far as they are known: those that were left since the start, and
/// those that a sweep met.
pub(super) struct IdleParts {
    root: Arc<Root>,
    transfers: Arc<Transfers>,
    known: Mutex<Known>,
    /// Whether all folders were looked through.
    has_looked: AtomicBool,
}

#[derive(Default)]
struct Known {
    by_age: BTreeMap<Age, Idle>,
    by_id: HashMap<[u8; 16], Age>,
}

/// The disk, when something of the part came last, and its transfer.
type Age = (u64, (i64, u32), [u8; 16]);

#[derive(Clone)]
struct Idle {
    /// Where the part lies.
    folder: RemotePath,
    bytes: u64,
}

impl IdleParts {
    pub(super) fn new(root: &Arc<Root>, transfers: &Arc<Transfers>) -> Self {
        Self {
            root: Arc::clone(root),
            transfers: Arc::clone(transfers),
            known: Mutex::default(),
            has_looked: AtomicBool::new(false),
        }
    }

    /// Notes a part that lies in `folder` and that nobody writes any more.
    pub(super) fn add(&self, transfer: TransferId, folder: RemotePath, stat: &Stat) {
        let age = (stat.device, stat.changed, transfer.0);
        let mut known = self.known.lock();
        known.remove(transfer);
        if known.by_age.len() < KNOWN_MAX {
            known.by_id.insert(transfer.0, age);
            known.by_age.insert(age, Idle { folder, bytes: stat.allocated });
        }
    }

    /// Forgets a part: it is being written, or gone.
    pub(super) fn remove(&self, transfer: TransferId) {
        self.known.lock().remove(transfer);
    }

    /// Bytes that idle parts take on a disk.
    pub(super) fn bytes(&self, device: u64) -> u64 {
        let known = self.known.lock();
        known.on(device).map(|(_, idle)| idle.bytes).fold(0, u64::saturating_add)
    }

    /// When something of the oldest idle part on a disk came last.
    pub(super) fn oldest(&self, device: u64) -> Option<(i64, u32)> {
        let known = self.known.lock();
        let oldest = known.on(device).next();
        oldest.map(|((_, changed, _), _)| *changed)
    }

    /// Looks for parts that an earlier process left, if no sweep has done so yet.
    pub(super) fn look_once(&self) {
        if !self.has_looked.load(Ordering::Relaxed)
            && let Err(err) = sweep::sweep_parts(&self.root, &self.transfers, self, u64::MAX)
        {
            tracing::warn!("unfinished uploads could not be looked for: {err}");
        }
    }

    /// A sweep has met every part.
    pub(super) fn has_met_all(&self) {
        self.has_looked.store(true, Ordering::Relaxed);
    }

    /// Removes the oldest idle part on a disk. `false` if there is none.
    pub(super) fn give_way(&self, device: u64) -> bool {
        let all: Vec<(Age, Idle)> = {
            let known = self.known.lock();
            known.on(device).map(|(age, idle)| (*age, idle.clone())).collect()
        };
        all.into_iter().any(|((_, _, id), idle)| {
            self.part_gives_way(TransferId(id), &idle.folder, device).unwrap_or_else(|err| {
                tracing::warn!("an unfinished upload could not make way: {err}");
                false
            })
        })
    }

    fn part_gives_way(
        &self,
        transfer: TransferId,
        folder: &RemotePath,
        device: u64,
    ) -> io::Result<bool> {
        // While somebody writes it, it stays.
        let Some(_claim) = self.transfers.claim(transfer) else { return Ok(false) };
        let name = part_name(transfer);
        self.known.lock().remove(transfer);
        let handle = match self.root.folder(folder, Purpose::Names) {
            // Renamed or removed since: the next sweep finds it, if it is there at all.
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(false),
            opened => opened?.handle,
        };
        match sys::stat_name(&handle, &name[..]) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(false),
            Ok(stat) if stat.kind != Kind::File || stat.device != device => return Ok(false),
            found => drop(found?),
        }
        sys::remove_file(&handle, &name[..])?;
        tracing::info!("the unfinished upload {transfer} in {folder} made way on a full disk");
        Ok(true)
    }
}

impl Known {
    fn remove(&mut self, transfer: TransferId) {
        if let Some(age) = self.by_id.remove(&transfer.0) {
            self.by_age.remove(&age);
        }
    }

    /// Those on a disk, the oldest first.
    fn on(&self, device: u64) -> impl Iterator<Item = (&Age, &Idle)> {
        let first = (device, (i64::MIN, 0), [0; 16]);
        self.by_age.range(first..).take_while(move |((of, ..), _)| *of == device)
    }
}

/// Most parts that are known, about 200 bytes each.
const KNOWN_MAX: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::UndoLimits;
    use crate::storage::local::LocalFolder;
    use crate::storage::{Author, ErrorKind, Storage as _, Undo as _, Upload};
    use ferry_protocol::UndoGroup;
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;
    use tempfile::TempDir;

    struct Share {
        folder: TempDir,
        storage: LocalFolder,
        device: u64,
    }

    impl Share {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("a")).unwrap();
            let storage = LocalFolder::open(folder.path(), UndoLimits::default()).unwrap();
            let device = fs::metadata(folder.path()).unwrap().dev();
            Self { folder, storage, device }
        }

        /// As the next process finds it.
        fn opened_again(self) -> Self {
            let storage = LocalFolder::open(self.folder.path(), UndoLimits::default()).unwrap();
            Self { storage, ..self }
        }

        fn begin(&self, name: &str, number: u8) -> Box<dyn Upload> {
            let upload = self.storage.begin_upload(&path(name), TransferId([number; 16]), 0);
            upload.map(|upload| upload.write(0, &[number; 9000]).map(|()| upload)).unwrap().unwrap()
        }

        fn is_there(&self, name: &str, number: u8) -> bool {
            self.storage.part(&path(name), TransferId([number; 16])).is_ok()
        }

        fn gives_way(&self) -> bool {
            self.storage.disks.give_way(self.device)
        }
    }

    fn path(name: &str) -> RemotePath {
        RemotePath::parse(name.as_bytes()).unwrap()
    }

    #[test]
    fn the_past_goes_first_then_idle_parts_the_oldest_first_and_never_one_in_use() {
        let share = Share::new();
        let in_use = share.begin("oldest", 1);
        drop(share.begin("a/second", 2));
        drop(share.begin("third", 3));
        fs::write(share.folder.path().join("file"), "kept").unwrap();
        let by = Author { account: String::new(), group: UndoGroup([1; 16]) };
        share.storage.remove_file(&path("file"), &by).unwrap();
        let there = |share: &Share| {
            [("a/second", 2), ("third", 3)].map(|(name, number)| share.is_there(name, number))
        };
        assert!(share.storage.disks.reclaimable(share.device) >= 2 * 9000);
        assert!(share.gives_way());
        assert!(share.storage.entries(None, 1).unwrap().is_empty());
        assert_eq!(there(&share), [true, true]);
        assert!(share.gives_way());
        assert_eq!(there(&share), [false, true]);
        assert!(share.gives_way());
        assert_eq!(there(&share), [false, false]);
        assert!(!share.gives_way());
        assert!(share.is_there("oldest", 1));
        // Left, it is one of them; gone on with, it is none.
        drop(in_use);
        let again = share.storage.continue_upload(&path("oldest"), TransferId([1; 16])).unwrap();
        assert!(!share.gives_way());
        drop(again);
        assert!(share.gives_way() && !share.is_there("oldest", 1));
        assert_eq!(share.storage.disks.reclaimable(share.device), 0);
    }

    #[test]
    fn parts_that_an_earlier_process_left_are_found_when_room_runs_out() {
        let share = Share::new();
        drop(share.begin("a/left", 1));
        let share = share.opened_again();
        assert!(share.storage.disks.can_free(share.device, || 5000));
        assert!(share.gives_way());
        assert!(!share.is_there("a/left", 1) && !share.gives_way());
    }

    #[test]
    fn nothing_is_given_up_for_what_would_not_fit_all_the_same() {
        let share = Share::new();
        drop(share.begin("left", 1));
        let begun = share.storage.begin_upload(&path("huge"), TransferId([2; 16]), 1 << 60);
        assert!(matches!(begun.err().unwrap().kind(), ErrorKind::NoSpace | ErrorKind::TooLarge));
        assert!(share.is_there("left", 1));
    }

    /// Renamed with its folder, it is not where it was; the next sweep knows better.
    #[test]
    fn a_part_that_was_moved_is_found_by_the_next_sweep() {
        let share = Share::new();
        drop(share.begin("a/moved", 1));
        fs::rename(share.folder.path().join("a"), share.folder.path().join("b")).unwrap();
        share.storage.sweep_parts(3600).unwrap();
        assert!(share.gives_way());
        assert!(!share.is_there("b/moved", 1));
    }
}

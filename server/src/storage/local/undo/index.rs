//! What is kept, in order of time, with its size: so that the oldest is found at once.

use super::super::disks::Total;
use super::super::folder::{Purpose, Root};
use super::record::{NameOf, Record, id_name, meaning_of};
use crate::sys::{self, Kind, Names, Stat};
use ferry_protocol::{UndoId, UndoReason};
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io;
use std::sync::Arc;

/// Ids with sizes in bytes; a tree has none until it was measured.
pub(super) struct Index {
    sizes: BTreeMap<UndoId, Option<u64>>,
    /// What all the roots of a server keep on this disk.
    total: Arc<Total>,
}

impl Index {
    fn new(total: Arc<Total>) -> Self {
        Self { sizes: BTreeMap::new(), total }
    }

    pub(super) fn add(&mut self, id: UndoId, size: Option<u64>) {
        self.remove(id);
        self.total.add(size.unwrap_or(0));
        self.sizes.insert(id, size);
    }

    pub(super) fn remove(&mut self, id: UndoId) {
        if let Some(size) = self.sizes.remove(&id) {
            self.total.take_off(size.unwrap_or(0));
        }
    }

    pub(super) fn holds(&self, id: UndoId) -> bool {
        self.sizes.contains_key(&id)
    }

    pub(super) fn oldest(&self) -> Option<UndoId> {
        self.sizes.first_key_value().map(|(id, _)| *id)
    }

    pub(super) fn unmeasured(&self) -> Vec<UndoId> {
        self.sizes.iter().filter(|(_, size)| size.is_none()).map(|(id, _)| *id).collect()
    }

    /// The newest ids older than `before`.
    pub(super) fn newest(&self, before: Option<UndoId>, count_max: usize) -> Vec<UndoId> {
        let ids = self.sizes.keys().rev();
        ids.skip_while(|id| before.is_some_and(|before| **id >= before))
            .take(count_max)
            .copied()
            .collect()
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.sizes.values().for_each(|size| self.total.take_off(size.unwrap_or(0)));
    }
}

/// Reads the folder. What a killed process left half-way is removed: records without their
/// thing, and links to files that were not replaced after all.
pub(super) fn load(root: &Root, folder: &File, total: Arc<Total>) -> io::Result<Index> {
    let mut index = Index::new(total);
    let mut recorded = HashSet::new();
    let mut names = Names::new(sys::open_folder(folder, b".")?)?;
    while let Some((name, _)) = names.next()? {
        match meaning_of(name.to_bytes()) {
            Some(NameOf::Record(id)) => {
                recorded.insert(id);
            }
            Some(NameOf::Thing(id)) => {
                let stat = sys::stat_name(folder, name.as_c_str())?;
                index.add(id, (stat.kind != Kind::Folder).then_some(stat.size));
                if is_still_there(root, folder, id, &stat) {
                    index.remove(id);
                    sys::remove_file(folder, id_name(id).as_slice())?;
                }
            }
            None => {}
        }
    }
    for id in recorded.into_iter().filter(|id| !index.holds(*id)) {
        Record::remove(folder, id)?;
    }
    Ok(index)
}

/// Whether a file that was to be replaced still has its name: the process was killed in between.
fn is_still_there(root: &Root, folder: &File, id: UndoId, kept: &Stat) -> bool {
    let Ok(Some(record)) = Record::read(folder, id) else { return false };
    let (Some(parent), Some(name)) = (record.path.parent(), record.path.name()) else {
        return false;
    };
    record.reason == UndoReason::Replaced
        && root.folder(&parent, Purpose::Names).is_ok_and(|parent| {
            sys::stat_name(&parent.handle, name.as_bytes())
                .is_ok_and(|there| (there.device, there.inode) == (kept.device, kept.inode))
        })
}

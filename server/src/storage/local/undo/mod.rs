//! Undo: what was replaced or removed lies in the folder `.ferry-undo` below the root until its
//! time is over, the space runs out, or somebody brings it back.
//!
//! A thing that is kept has the name of its id, and a [`Record`] beside it. Its record is made
//! first, then the thing itself comes by one link or rename, so that a process killed at any
//! moment leaves either nothing or all of it: a record without its thing is removed at the next
//! start, and so is a link to a file that was never replaced after all.
//!
//! Other disks mounted below the root have such a folder of their own, in their topmost folder.

mod clear;
mod id;
mod index;
mod measure;
mod record;
mod shelves;
mod swap;
#[cfg(test)]
mod tests;

use super::disks::Disks;
use super::folder::{Purpose, Root};
use super::listing::entry_of;
use crate::config::UndoLimits;
use crate::storage::Author;
use crate::sync::Mutex;
use crate::sys::{self, Kind, Place, Stat};
use ferry_protocol::{IfExists, RemotePath, Timestamp, UndoEntry, UndoId, UndoReason};
use id::{nanos_of, new_id};
use record::{Record, id_name};
use shelves::{Shelf, Shelves};
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use swap::{has_no_room, is_another_place, is_held, swap_in};

/// What is kept below one root.
pub(super) struct Undo {
    root: Arc<Root>,
    disks: Arc<Disks>,
    limits: UndoLimits,
    /// Whoever replaces, removes or brings back holds the lock meanwhile, so that no two replace
    /// one file at once and the first one's is lost.
    shelves: Mutex<Shelves>,
    /// Disks whose shelves have names that are not on stable storage.
    unsynced: Mutex<BTreeSet<u64>>,
    /// Held by whoever removes for good what was given up: two would take names from each other.
    clearing: Mutex<()>,
}

/// What is done to a name: under which path it is known, and on whose behalf.
#[derive(Clone, Copy)]
pub(super) struct Deed<'a> {
    pub(super) path: &'a RemotePath,
    pub(super) by: &'a Author,
}

impl Undo {
    pub(super) fn new(root: &Arc<Root>, limits: UndoLimits, disks: &Arc<Disks>) -> Self {
        let (root, disks) = (Arc::clone(root), Arc::clone(disks));
        let (shelves, unsynced) = (Mutex::new(Shelves::default()), Mutex::default());
        Self { root, disks, limits, shelves, unsynced, clearing: Mutex::default() }
    }

    /// Renames `from` to `to`; a file that has that name is kept, and named by what is returned.
    /// The name is never absent.
    pub(super) fn replace(
        &self,
        from: Place<'_>,
        to: Place<'_>,
        deed: &Deed<'_>,
    ) -> io::Result<Option<UndoId>> {
        let kept = self.replace_locked(&mut self.shelves.lock(), from, to, deed)?;
        if kept.is_some() {
            told("trimmed", self.trim(to.0));
        }
        Ok(kept)
    }

    /// Removes the file or link `name` and keeps it.
    pub(super) fn remove_file(&self, name: Place<'_>, deed: &Deed<'_>) -> io::Result<()> {
        let mut shelves = self.shelves.lock();
        let there = sys::stat_name(name.0, name.1)?;
        if !self.is_worth_keeping(name, &there)? {
            return sys::remove_file(name.0, name.1);
        }
        let taken = self.take(&mut shelves, name, there, deed);
        drop(shelves);
        match taken {
            Ok(true) => {
                told("trimmed", self.trim(name.0));
                Ok(())
            }
            Ok(false) => sys::remove_file(name.0, name.1),
            Err(err) if has_no_room(&err) || is_another_place(&err) => {
                sys::remove_file(name.0, name.1)
            }
            Err(err) => Err(err),
        }
    }

    /// Removes the folder `name` with all below it in one step, and keeps it.
    /// `false` if it has to be removed name by name.
    pub(super) fn remove_tree(&self, name: Place<'_>, deed: &Deed<'_>) -> io::Result<bool> {
        let there = sys::stat_name(name.0, name.1)?;
        if there.kind != Kind::Folder {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        if !self.limits.is_on() || there.device != sys::stat_handle(name.0)?.device {
            return Ok(false);
        }
        match self.take(&mut self.shelves.lock(), name, there, deed) {
            // A mount point, or a folder whose owner does not let us move it.
            Err(err) if has_no_room(&err) || is_another_place(&err) || is_held(&err) => Ok(false),
            taken => taken,
        }
    }

    /// What is kept, the newest first, from behind `before` on. Fewer than `count_max` are all.
    pub(super) fn entries(
        &self,
        mut before: Option<UndoId>,
        count_max: usize,
    ) -> io::Result<Vec<UndoEntry>> {
        let mut entries = Vec::new();
        while entries.len() < count_max {
            let newest = self.newest(before, count_max - entries.len())?;
            let Some((last, _)) = newest.last() else { break };
            before = Some(*last);
            // What vanished, or has lost its record, is passed over.
            entries.extend(newest.iter().filter_map(|(id, folder)| entry_of_kept(folder, *id)));
        }
        Ok(entries)
    }

    /// The newest ids older than `before`, each with its folder.
    fn newest(
        &self,
        before: Option<UndoId>,
        count_max: usize,
    ) -> io::Result<Vec<(UndoId, Arc<File>)>> {
        let mut newest = Vec::new();
        let mut shelves = self.shelves.lock();
        shelves.load(&self.root, &self.disks)?;
        for shelf in shelves.all() {
            let Ok(folder) = shelf.folder(&self.root) else { continue };
            let ids = shelf.index.newest(before, count_max).into_iter();
            newest.extend(ids.map(|id| (id, Arc::clone(&folder))));
        }
        drop(shelves);
        newest.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
        newest.truncate(count_max);
        Ok(newest)
    }

    /// One thing that is kept; `None` if this one is not.
    pub(super) fn entry(&self, id: UndoId) -> io::Result<Option<UndoEntry>> {
        let mut shelves = self.shelves.lock();
        shelves.load(&self.root, &self.disks)?;
        let Some(shelf) = shelves.of(id) else { return Ok(None) };
        Ok(entry_of_kept(shelf.folder(&self.root)?.as_ref(), id))
    }

    /// Brings a thing back to `to`. `false` if it is not kept.
    pub(super) fn bring_back(
        &self,
        id: UndoId,
        to: Place<'_>,
        if_exists: IfExists,
        deed: &Deed<'_>,
    ) -> io::Result<bool> {
        let mut shelves = self.shelves.lock();
        shelves.load(&self.root, &self.disks)?;
        let Some(shelf) = shelves.of(id) else { return Ok(false) };
        let folder = shelf.folder(&self.root)?;
        let name = id_name(id);
        let from = (folder.as_fd(), name.as_slice());
        let is_folder = sys::stat_name(from.0, from.1)?.kind == Kind::Folder;
        match if_exists {
            IfExists::Replace if !is_folder => {
                self.replace_locked(&mut shelves, from, to, deed)?;
            }
            IfExists::Replace | IfExists::Refuse => sys::rename_to_new(from, to)?,
        }
        self.forget_taken(&mut shelves, id);
        drop(shelves);
        told("trimmed", self.trim(to.0));
        Ok(true)
    }

    /// Gives a thing its name again, in the place of what replaced it, of which nothing is kept.
    pub(super) fn put_back(&self, id: UndoId, to: Place<'_>) -> io::Result<()> {
        let mut shelves = self.shelves.lock();
        let Some(shelf) = shelves.of(id) else { return Err(io::ErrorKind::NotFound.into()) };
        let folder = shelf.folder(&self.root)?;
        sys::rename((folder.as_fd(), &id_name(id)), to)?;
        self.forget_taken(&mut shelves, id);
        Ok(())
    }

    /// Gives a thing up. `false` if it is not kept.
    pub(super) fn forget(&self, id: UndoId) -> io::Result<bool> {
        let mut shelves = self.shelves.lock();
        shelves.load(&self.root, &self.disks)?;
        shelves.of(id).map_or(Ok(false), |shelf| shelf.discard(&self.root, id).map(|()| true))
    }

    /// Makes the names of what is kept durable, if they are not. Called before the folder of what
    /// was replaced is synced: then the old file is never lost first.
    pub(super) fn sync(&self) -> io::Result<()> {
        let unsynced = std::mem::take(&mut *self.unsynced.lock());
        let sync_one = |device: u64| {
            let folder = self.shelves.lock().on(device).map(|shelf| shelf.folder(&self.root));
            folder.transpose()?.map_or(Ok(()), |folder| sys::sync_folder(&folder))
        };
        unsynced.into_iter().map(sync_one).fold(Ok(()), io::Result::and)
    }

    /// Gives up what is too old or too much, and measures what came in one step. Returns how many
    /// things were given up. What fails on one disk is logged, and keeps no other from its turn.
    pub(super) fn sweep(&self) -> io::Result<u64> {
        let mut count = 0;
        let mut shelves = self.shelves.lock();
        shelves.load(&self.root, &self.disks)?;
        shelves.look_elsewhere(&self.root, &self.disks);
        let mut folders = Vec::new();
        for shelf in shelves.all() {
            // One whose disk is not mounted waits until it is.
            let Ok(folder) = shelf.folder(&self.root) else { continue };
            count += shelf.discard_older_than(&self.root, self.limits.lifetime);
            folders.push((shelf.device(), folder, shelf.index.unmeasured()));
        }
        drop(shelves);
        for (device, folder, unmeasured) in folders {
            count += told("measured", self.measure(device, &folder, unmeasured)).unwrap_or(0);
            count += told("trimmed", self.trim(folder.as_fd())).unwrap_or(0);
            while told("removed for good", self.clear_step(&folder)) == Some(true) {}
        }
        Ok(count)
    }

    /// Takes the sizes of trees. One that is larger than all that may be kept goes itself, as a
    /// file of that size would have: otherwise all that is older went first. Returns how many did.
    fn measure(&self, device: u64, folder: &File, unmeasured: Vec<UndoId>) -> io::Result<u64> {
        let bytes_max = self.bytes_max(folder)?;
        let mut count = 0;
        for id in unmeasured {
            let bytes = measure::bytes_below(folder, &id_name(id));
            let mut shelves = self.shelves.lock();
            let Some(shelf) = shelves.on(device).filter(|shelf| shelf.index.holds(id)) else {
                continue;
            };
            if bytes > bytes_max {
                tracing::info!("a tree of {bytes} bytes that was removed is too large to be kept");
                count += u64::from(told("given up", shelf.discard(&self.root, id)).is_some());
            } else {
                shelf.index.add(id, Some(bytes));
            }
        }
        Ok(count)
    }

    fn clear_step(&self, folder: &File) -> io::Result<bool> {
        let _alone = self.clearing.lock();
        clear::step(folder)
    }

    /// The oldest thing on a disk.
    pub(super) fn oldest(&self, device: u64) -> io::Result<Option<UndoId>> {
        self.on(device, |shelf| Ok(shelf.index.oldest())).map(Option::flatten)
    }

    /// Whether the size of everything on a disk is known.
    pub(super) fn is_measured(&self, device: u64) -> io::Result<bool> {
        let unmeasured = self.on(device, |shelf| Ok(shelf.index.unmeasured()))?;
        Ok(unmeasured.is_none_or(|unmeasured| unmeasured.is_empty()))
    }

    /// Removes some names on a disk of trees that were given up already; `false` if none is left.
    pub(super) fn clear_some(&self, device: u64) -> io::Result<bool> {
        let folder = self.on(device, |shelf| shelf.folder(&self.root))?;
        folder.map_or(Ok(false), |folder| self.clear_step(&folder))
    }

    /// Gives up the oldest thing on a disk; `false` if nothing is left.
    pub(super) fn give_way(&self, device: u64) -> io::Result<bool> {
        let given_up = self.on(device, |shelf| shelf.give_way(&self.root))?;
        Ok(given_up.unwrap_or(false))
    }

    fn on<T>(
        &self,
        device: u64,
        look: impl FnOnce(&mut Shelf) -> io::Result<T>,
    ) -> io::Result<Option<T>> {
        let mut shelves = self.shelves.lock();
        shelves.load(&self.root, &self.disks)?;
        shelves.on(device).map(look).transpose()
    }

    fn replace_locked(
        &self,
        shelves: &mut Shelves,
        from: Place<'_>,
        to: Place<'_>,
        deed: &Deed<'_>,
    ) -> io::Result<Option<UndoId>> {
        if !self.limits.is_on() {
            return sys::rename(from, to).map(|()| None);
        }
        let Some(there) = stat_if_there(to)? else {
            return match sys::rename_to_new(from, to) {
                // Somebody took the name since it was looked at: that file is kept as well.
                Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {
                    self.replace_locked(shelves, from, to, deed)
                }
                renamed => renamed.map(|()| None),
            };
        };
        // Two names of one file: nothing is replaced.
        let is_same = sys::stat_name(from.0, from.1)?.inode == there.inode;
        if is_same || !self.is_worth_keeping(to, &there)? {
            return sys::rename(from, to).map(|()| None);
        }
        let Some(shelf) = self.shelf_for(shelves, there.device, deed)? else {
            return sys::rename(from, to).map(|()| None);
        };
        let folder = shelf.folder(&self.root)?;
        let id = new_id()?;
        match self.record(shelf, (&folder, id), UndoReason::Replaced, deed) {
            Err(err) if has_no_room(&err) => return sys::rename(from, to).map(|()| None),
            recorded => recorded?,
        }
        let replaced = swap_in(from, to, (folder.as_fd(), &id_name(id)));
        if replaced.as_ref().is_ok_and(|is_kept| *is_kept) {
            self.unsynced.lock().insert(shelf.device());
            shelf.index.add(id, Some(there.size));
        } else {
            told("tidied", Record::remove(&folder, id));
        }
        replaced.map(|is_kept| is_kept.then_some(id))
    }

    /// Records what is about to be kept. Where there is no room for that, the oldest on this shelf
    /// makes way; the oldest of all disks' undo would be looked for under a lock that is held here.
    fn record(
        &self,
        shelf: &mut Shelf,
        (folder, id): (&File, UndoId),
        reason: UndoReason,
        deed: &Deed<'_>,
    ) -> io::Result<()> {
        match write_record(folder, id, reason, deed) {
            Err(err) if has_no_room(&err) => match told("given up", shelf.give_way(&self.root)) {
                Some(true) => write_record(folder, id, reason, deed),
                _ => Err(err),
            },
            recorded => recorded,
        }
    }

    /// Moves `name` away to be kept; `false` if its disk keeps nothing.
    fn take(
        &self,
        shelves: &mut Shelves,
        name: Place<'_>,
        there: Stat,
        deed: &Deed<'_>,
    ) -> io::Result<bool> {
        let Some(shelf) = self.shelf_for(shelves, there.device, deed)? else {
            return Ok(false);
        };
        let folder = shelf.folder(&self.root)?;
        let id = new_id()?;
        self.record(shelf, (&folder, id), UndoReason::Removed, deed)?;
        if let Err(err) = sys::rename(name, (folder.as_fd(), &id_name(id))) {
            told("tidied", Record::remove(&folder, id));
            return Err(err);
        }
        self.unsynced.lock().insert(shelf.device());
        shelf.index.add(id, (there.kind != Kind::Folder).then_some(there.size));
        Ok(true)
    }

    /// The shelf for what lies on `device`. `None` where another disk below the root takes none,
    /// as one that is not the server's to write in.
    fn shelf_for<'a>(
        &self,
        shelves: &'a mut Shelves,
        device: u64,
        deed: &Deed<'_>,
    ) -> io::Result<Option<&'a mut Shelf>> {
        let path = deed.path.parent().unwrap_or_else(RemotePath::root);
        let is_own = device == self.root.folder(&RemotePath::root(), Purpose::Names)?.id.0;
        match shelves.make(&self.root, &self.disks, (device, &path)) {
            Err(err) if !is_own && !has_no_room(&err) => {
                tracing::warn!("nothing is kept of what is replaced in {path}: {err}");
                Ok(None)
            }
            made => made.map(Some),
        }
    }

    /// A thing was taken from where it was kept.
    fn forget_taken(&self, shelves: &mut Shelves, id: UndoId) {
        let Some(shelf) = shelves.of(id) else { return };
        shelf.index.remove(id);
        self.unsynced.lock().insert(shelf.device());
        let tidied = shelf.folder(&self.root).and_then(|folder| Record::remove(&folder, id));
        told("tidied", tidied);
    }

    /// Whether this is something to keep: a file or link of no more than all that may be kept.
    fn is_worth_keeping(&self, name: Place<'_>, there: &Stat) -> io::Result<bool> {
        let is_file = matches!(there.kind, Kind::File | Kind::Link);
        Ok(self.limits.is_on()
            && is_file
            && there.device == sys::stat_handle(name.0)?.device
            && there.size <= self.bytes_max(name.0)?)
    }

    fn bytes_max(&self, place: impl AsFd) -> io::Result<u64> {
        let (total, ..) = sys::space(place)?;
        Ok(total / 100 * u64::from(self.limits.disk_percent))
    }

    /// Gives up the oldest things on the disk of `place` while there are too many or too much, in
    /// whichever root they are. The lock must not be held.
    fn trim(&self, place: impl AsFd + Copy) -> io::Result<u64> {
        let device = sys::stat_handle(place)?.device;
        Ok(self.disks.trim(device, self.bytes_max(place)?, COUNT_MAX))
    }
}

/// Makes the record of a thing that is about to be kept. No cut may leave the thing without it.
fn write_record(folder: &File, id: UndoId, reason: UndoReason, deed: &Deed<'_>) -> io::Result<()> {
    let is_ordered = sys::keeps_order_of_names(folder)?;
    Record::new(reason, deed.path, deed.by).write(folder, id)?;
    if is_ordered {
        return Ok(());
    }
    sys::sync_folder(folder).or_else(|err| Record::remove(folder, id).and(Err(err)))
}

fn stat_if_there(name: Place<'_>) -> io::Result<Option<Stat>> {
    match sys::stat_name(name.0, name.1) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        there => there.map(Some),
    }
}

/// The entry of a kept thing; `None` if it vanished, or if nobody knows where it was.
fn entry_of_kept(folder: &File, id: UndoId) -> Option<UndoEntry> {
    let record = Record::read(folder, id).ok()??;
    let stat = sys::stat_name(folder, id_name(id).as_slice()).ok()?;
    Some(UndoEntry {
        id,
        group: record.group,
        reason: record.reason,
        kept_at: Timestamp(i64::try_from(nanos_of(id)).unwrap_or(i64::MAX)),
        account: record.account,
        entry: entry_of(record.path.as_relative_bytes(), &stat),
    })
}

/// Logs the failure of tidying up after what was done: that it was done is what counts.
fn told<T>(what: &str, outcome: io::Result<T>) -> Option<T> {
    outcome.inspect_err(|err| tracing::warn!("undo could not be {what}: {err}")).ok()
}

/// Most things kept on a disk, about 100 bytes of memory each.
const COUNT_MAX: usize = 100_000;

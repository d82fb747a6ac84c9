//! Undo: what was replaced or removed lies in the folder `.ferry-undo` below the root until its
//! time is over, the space runs out, or somebody brings it back.
//!
//! A thing that is kept has the name of its id, and a [`Record`] beside it. Its record is made
//! first, then the thing itself comes by one link or rename, so that a process killed at any
//! moment leaves either nothing or all of it: a record without its thing is removed at the next
//! start, and so is a link to a file that was never replaced after all.
//!
//! Only what lies on the root's own file system is kept: nothing can be linked into another.

mod clear;
mod id;
mod index;
mod measure;
mod record;
mod swap;
#[cfg(test)]
mod tests;

use super::folder::{Purpose, Root};
use super::listing::entry_of;
use crate::config::UndoLimits;
use crate::storage::Author;
use crate::sync::{AtomicBool, Mutex};
use crate::sys::{self, Kind, Place, Stat};
use ferry_protocol::{IfExists, RemotePath, Timestamp, UndoEntry, UndoId, UndoReason};
use id::{nanos_of, new_id, now_nanos};
use index::Index;
use record::{Record, id_name};
use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use swap::{has_no_room, is_another_place, is_held, swap_in};

/// What is kept below one root.
pub(super) struct Undo {
    root: Arc<Root>,
    limits: UndoLimits,
    /// Opened at the first use. Whoever replaces, removes or brings back holds the lock meanwhile,
    /// so that no two replace one file at once and the first one's is lost.
    kept: Mutex<Option<Kept>>,
    /// Whether the folder has names that are not on stable storage.
    is_unsynced: AtomicBool,
}

/// What is done to a name: under which path it is known, and on whose behalf.
#[derive(Clone, Copy)]
pub(super) struct Deed<'a> {
    pub(super) path: &'a RemotePath,
    pub(super) by: &'a Author,
}

/// The open folder, and what is in it.
struct Kept {
    folder: Arc<File>,
    index: Index,
}

impl Undo {
    pub(super) fn new(root: &Arc<Root>, limits: UndoLimits) -> Self {
        let is_unsynced = AtomicBool::new(false);
        Self { root: Arc::clone(root), limits, kept: Mutex::new(None), is_unsynced }
    }

    /// Renames `from` to `to`; a file that has that name is kept. The name is never
    /// absent.
    pub(super) fn replace(
        &self,
        from: Place<'_>,
        to: Place<'_>,
        deed: &Deed<'_>,
    ) -> io::Result<()> {
        self.replace_locked(&mut self.kept.lock(), from, to, deed)
    }

    /// Removes the file or link `name` and keeps it.
    pub(super) fn remove_file(&self, name: Place<'_>, deed: &Deed<'_>) -> io::Result<()> {
        let mut slot = self.kept.lock();
        let there = sys::stat_name(name.0, name.1)?;
        if !self.is_worth_keeping(&there)? {
            return sys::remove_file(name.0, name.1);
        }
        match self.take(&mut slot, name, there, deed) {
            Err(err) if has_no_room(&err) || is_another_place(&err) => {
                sys::remove_file(name.0, name.1)
            }
            taken => taken,
        }
    }

    /// Removes the folder `name` with all below it in one step, and keeps it.
    /// `false` if it has to be removed name by name.
    pub(super) fn remove_tree(&self, name: Place<'_>, deed: &Deed<'_>) -> io::Result<bool> {
        let there = sys::stat_name(name.0, name.1)?;
        if there.kind != Kind::Folder {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        if !self.limits.is_on() || !self.is_here(&there)? {
            return Ok(false);
        }
        match self.take(&mut self.kept.lock(), name, there, deed) {
            Ok(()) => Ok(true),
            // A mount point, or a folder whose owner does not let us move it.
            Err(err) if has_no_room(&err) || is_another_place(&err) || is_held(&err) => Ok(false),
            Err(err) => Err(err),
        }
    }

    /// What is kept, the newest first, from behind `before` on.
    pub(super) fn entries(
        &self,
        before: Option<UndoId>,
        count_max: usize,
    ) -> io::Result<Vec<UndoEntry>> {
        let (folder, ids) = {
            let mut slot = self.kept.lock();
            let Some(kept) = self.open_if_there(&mut slot)? else { return Ok(Vec::new()) };
            (Arc::clone(&kept.folder), kept.index.newest(before, count_max))
        };
        Ok(ids.into_iter().filter_map(|id| entry_of_kept(&folder, id)).collect())
    }

    /// One thing that is kept; `None` if this one is not.
    pub(super) fn entry(&self, id: UndoId) -> io::Result<Option<UndoEntry>> {
        let mut slot = self.kept.lock();
        let kept = self.open_if_there(&mut slot)?;
        Ok(kept
            .filter(|kept| kept.index.holds(id))
            .and_then(|kept| entry_of_kept(&kept.folder, id)))
    }

    /// Brings a thing back to `to`. `false` if it is not kept.
    pub(super) fn bring_back(
        &self,
        id: UndoId,
        to: Place<'_>,
        if_exists: IfExists,
        deed: &Deed<'_>,
    ) -> io::Result<bool> {
        let mut slot = self.kept.lock();
        let Some(kept) = self.open_if_there(&mut slot)?.filter(|kept| kept.index.holds(id)) else {
            return Ok(false);
        };
        let folder = Arc::clone(&kept.folder);
        let name = id_name(id);
        let from = (folder.as_fd(), name.as_slice());
        let is_folder = sys::stat_name(from.0, from.1)?.kind == Kind::Folder;
        match if_exists {
            IfExists::Replace if !is_folder => {
                self.replace_locked(&mut slot, from, to, deed)?;
            }
            IfExists::Replace | IfExists::Refuse => sys::rename_to_new(from, to)?,
        }
        if let Some(kept) = slot.as_mut() {
            kept.index.remove(id);
        }
        self.is_unsynced.store(true, Ordering::Relaxed);
        told("tidied", Record::remove(&folder, id));
        Ok(true)
    }

    /// Gives a thing up. `false` if it is not kept.
    pub(super) fn forget(&self, id: UndoId) -> io::Result<bool> {
        let mut slot = self.kept.lock();
        let Some(kept) = self.open_if_there(&mut slot)?.filter(|kept| kept.index.holds(id)) else {
            return Ok(false);
        };
        kept.discard(id)?;
        Ok(true)
    }

    /// Bytes that could be had by giving up all that is kept.
    pub(super) fn reclaimable(&self) -> u64 {
        self.kept.lock().as_ref().map_or(0, |kept| kept.index.bytes())
    }

    /// Makes the names in the folder durable, if they are not. Called before the folder of what
    /// was replaced is synced: then the old file is never lost first.
    pub(super) fn sync(&self) -> io::Result<()> {
        if !self.is_unsynced.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let folder = self.kept.lock().as_ref().map(|kept| Arc::clone(&kept.folder));
        folder.map_or(Ok(()), |folder| folder.sync_all())
    }

    /// Gives up what is too old or too much, and measures what came in one step. Returns how many
    /// things were given up.
    pub(super) fn sweep(&self) -> io::Result<u64> {
        let (folder, unmeasured, expired) = {
            let mut slot = self.kept.lock();
            let Some(kept) = self.open_if_there(&mut slot)? else { return Ok(0) };
            let expired = kept.discard_older_than(self.limits.lifetime)?;
            (Arc::clone(&kept.folder), kept.index.unmeasured(), expired)
        };
        for id in unmeasured {
            let bytes = measure::bytes_below(&folder, &id_name(id));
            if let Some(kept) = self.kept.lock().as_mut() {
                kept.index.measured(id, bytes);
            }
        }
        let trimmed = match self.kept.lock().as_mut() {
            Some(kept) => self.trim(kept)?,
            None => 0,
        };
        clear::all(&folder)?;
        Ok(expired + trimmed)
    }

    /// Frees a little space by giving up the oldest thing; `false` if nothing is left.
    pub(super) fn give_way(&self) -> io::Result<bool> {
        let folder = {
            let mut slot = self.kept.lock();
            let Some(kept) = self.open_if_there(&mut slot)? else { return Ok(false) };
            Arc::clone(&kept.folder)
        };
        // Trees that were given up already come first: their names go one after the other.
        if told("cleared", clear::step(&folder)).unwrap_or(false) {
            return Ok(true);
        }
        let mut slot = self.kept.lock();
        match slot.as_mut().and_then(|kept| kept.index.oldest().map(|id| (kept, id))) {
            Some((kept, id)) => kept.discard(id).map(|()| true),
            None => Ok(false),
        }
    }

    fn replace_locked(
        &self,
        slot: &mut Option<Kept>,
        from: Place<'_>,
        to: Place<'_>,
        deed: &Deed<'_>,
    ) -> io::Result<()> {
        if !self.limits.is_on() {
            return sys::rename(from, to);
        }
        let Some(there) = stat_if_there(to)? else {
            return match sys::rename_to_new(from, to) {
                // Somebody took the name since it was looked at: that file is kept as well.
                Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {
                    self.replace_locked(slot, from, to, deed)
                }
                renamed => renamed,
            };
        };
        // Two names of one file: nothing is replaced.
        let is_same = sys::stat_name(from.0, from.1)?.inode == there.inode;
        if is_same || !self.is_worth_keeping(&there)? {
            return sys::rename(from, to);
        }
        let kept = self.open(slot)?;
        let id = new_id()?;
        let record = Record::new(UndoReason::Replaced, deed.path, deed.by);
        match record.write(&kept.folder, id) {
            Err(err) if has_no_room(&err) => return sys::rename(from, to),
            written => written?,
        }
        let name = id_name(id);
        let replaced = swap_in(from, to, (kept.folder.as_fd(), &name));
        if replaced.as_ref().is_ok_and(|is_kept| *is_kept) {
            self.is_unsynced.store(true, Ordering::Relaxed);
            kept.index.add(id, Some(there.size));
            told("trimmed", self.trim(kept));
        } else {
            told("tidied", Record::remove(&kept.folder, id));
        }
        replaced.map(drop)
    }

    /// Moves `name` into the folder.
    fn take(
        &self,
        slot: &mut Option<Kept>,
        name: Place<'_>,
        there: Stat,
        deed: &Deed<'_>,
    ) -> io::Result<()> {
        let kept = self.open(slot)?;
        let id = new_id()?;
        Record::new(UndoReason::Removed, deed.path, deed.by).write(&kept.folder, id)?;
        if let Err(err) = sys::rename(name, (kept.folder.as_fd(), &id_name(id))) {
            told("tidied", Record::remove(&kept.folder, id));
            return Err(err);
        }
        self.is_unsynced.store(true, Ordering::Relaxed);
        kept.index.add(id, (there.kind != Kind::Folder).then_some(there.size));
        told("trimmed", self.trim(kept));
        Ok(())
    }

    /// Whether this is something to keep: a file or link of no more than all that may be kept.
    fn is_worth_keeping(&self, there: &Stat) -> io::Result<bool> {
        let is_file = matches!(there.kind, Kind::File | Kind::Link);
        Ok(self.limits.is_on()
            && is_file
            && self.is_here(there)?
            && there.size <= self.bytes_max()?)
    }

    /// Whether giving up what is kept frees space where `file` lies.
    pub(super) fn shares_space_with(&self, file: &File) -> bool {
        sys::stat_handle(file).and_then(|stat| self.is_here(&stat)).unwrap_or(false)
    }

    fn is_here(&self, there: &Stat) -> io::Result<bool> {
        Ok(there.device == self.root.folder(&RemotePath::root(), Purpose::Names)?.id.0)
    }

    fn bytes_max(&self) -> io::Result<u64> {
        let root = self.root.folder(&RemotePath::root(), Purpose::Names)?;
        let (total, ..) = sys::space(&root.handle)?;
        Ok(total / 100 * u64::from(self.limits.disk_percent))
    }

    /// Gives up the oldest things while there are too many or too much.
    fn trim(&self, kept: &mut Kept) -> io::Result<u64> {
        let bytes_max = self.bytes_max()?;
        let mut count = 0;
        while kept.index.bytes() > bytes_max || kept.index.count() > COUNT_MAX {
            let Some(oldest) = kept.index.oldest() else { break };
            kept.discard(oldest)?;
            count += 1;
        }
        Ok(count)
    }

    fn open<'a>(&self, slot: &'a mut Option<Kept>) -> io::Result<&'a mut Kept> {
        if slot.is_none() {
            let root = self.root.folder(&RemotePath::root(), Purpose::Names)?;
            match sys::make_private_folder(&root.handle, FOLDER) {
                Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
                made => made?,
            }
        }
        self.open_if_there(slot)?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn open_if_there<'a>(&self, slot: &'a mut Option<Kept>) -> io::Result<Option<&'a mut Kept>> {
        if slot.is_none() {
            let root = self.root.folder(&RemotePath::root(), Purpose::Names)?;
            *slot = match sys::open_folder(&root.handle, FOLDER) {
                Err(err) if err.kind() == io::ErrorKind::NotFound => None,
                folder => Some(Kept::load(&self.root, folder?)?),
            };
        }
        Ok(slot.as_mut())
    }
}

impl Kept {
    /// Reads what an earlier process kept, and removes what it left behind half-way.
    fn load(root: &Root, folder: File) -> io::Result<Self> {
        let index = index::load(root, &folder)?;
        Ok(Self { folder: Arc::new(folder), index })
    }

    fn discard(&mut self, id: UndoId) -> io::Result<()> {
        self.index.remove(id);
        clear::discard(&self.folder, id)
    }

    fn discard_older_than(&mut self, lifetime: Duration) -> io::Result<u64> {
        let now = now_nanos();
        let mut count = 0;
        while let Some(id) = self.index.oldest() {
            if u128::from(now.saturating_sub(nanos_of(id))) < lifetime.as_nanos() {
                break;
            }
            self.discard(id)?;
            count += 1;
        }
        Ok(count)
    }
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

/// Where all of it lies.
const FOLDER: &[u8] = b".ferry-undo";

/// Most things kept, about 100 bytes of memory each.
const COUNT_MAX: usize = 100_000;

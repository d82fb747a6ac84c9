//! Uploads: a hidden part in the target's folder, which takes the target's name when it is whole.

use super::LocalFolder;
use super::disks::Disks;
use super::fault::Blame as _;
use super::folder::{Folder, Purpose, Root};
use super::idle_parts::IdleParts;
use super::name::{PART_NAME_LEN, part_name};
use super::published::{Before, LocalPublished};
use super::reader::{read_full_at, stamp_of};
use super::room::with_room;
use super::transfers::Claim;
use super::undo::{Deed, Undo};
use super::written::Written;
use crate::storage::{Author, Error, ErrorKind, FileState, PartState, Published, Result, Upload};
use crate::sys::{self, Kind, Stat};
use crate::values::KeptValues;
use ferry_protocol::limits::SEGMENT_LEN;
use ferry_protocol::{Attributes, IfExists, Name, Permissions, RemotePath, Timestamp, TransferId};
use parking_lot::Mutex;
use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

/// Where an upload lies, and the right to write it.
pub(super) struct Place {
    root: Arc<Root>,
    undo: Arc<Undo>,
    disks: Arc<Disks>,
    idle: Arc<IdleParts>,
    folder: Folder,
    target: RemotePath,
    name: Name,
    claim: Claim,
    default_mode: u32,
}

impl Place {
    /// Claims the upload and opens the target's folder.
    pub(super) fn take(
        storage: &LocalFolder,
        target: &RemotePath,
        transfer: TransferId,
    ) -> Result<Self> {
        let (Some(parent), Some(name)) = (target.parent(), target.name()) else {
            return Err(Error::new(ErrorKind::IsAFolder, target));
        };
        let claim = storage
            .transfers
            .claim(transfer)
            .ok_or_else(|| Error::new(ErrorKind::InUse, target))?;
        let folder = storage.root.folder(&parent, Purpose::Sync).blame(target)?;
        Ok(Self {
            root: Arc::clone(&storage.root),
            undo: Arc::clone(&storage.undo),
            disks: Arc::clone(&storage.disks),
            idle: Arc::clone(&storage.idle),
            folder,
            target: target.clone(),
            name,
            claim,
            default_mode: storage.default_mode,
        })
    }

    /// Removes the part of an upload that nobody writes.
    pub(super) fn clear(&self) -> Result<()> {
        match self.remove_part() {
            Err(err) if err.kind() == io::ErrorKind::NotFound => {
                Err(Error::with_source(ErrorKind::NoPart, err, &self.target))
            }
            removed => removed.blame(&self.target),
        }
    }

    fn part(&self) -> [u8; PART_NAME_LEN] {
        part_name(self.claim.transfer())
    }

    fn remove_part(&self) -> io::Result<()> {
        let remove = || sys::remove_file(&self.folder.handle, &self.part()[..]);
        match remove() {
            // Nobody comes back for it before the sweep, days later.
            Err(err) if err.kind() != io::ErrorKind::NotFound => match remove() {
                Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(()),
                removed => removed,
            },
            removed => removed,
        }
    }

    /// Creates the part, in place of one that an earlier upload of this id left.
    fn create_part(&self) -> io::Result<File> {
        match sys::create_file(&self.folder.handle, &self.part(), PART_MODE) {
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {
                self.remove_part()?;
                sys::create_file(&self.folder.handle, &self.part(), PART_MODE)
            }
            created => created,
        }
    }

    /// Opens the part that is there. A sealed one may have bits that keep its owner out.
    fn open_part(&self) -> io::Result<File> {
        match sys::open_file(&self.folder.handle, &self.part()) {
            Err(err) if err.kind() == io::ErrorKind::PermissionDenied => {
                sys::unlock_file(&self.folder.handle, &self.part())
            }
            opened => opened,
        }
    }

    /// Does `attempt`, and once more when room was made for `wanted` bytes.
    fn with_room<T>(&self, wanted: u64, attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
        with_room(&self.disks, &self.folder.handle, wanted, attempt)
    }

    /// An error if the folder has moved since the upload began: into undo, or to another name. A
    /// file that is stored lies where its sender said.
    fn check_folder(&self) -> io::Result<()> {
        let parent = self.target.parent().unwrap_or_else(RemotePath::root);
        let is_there = self.root.folder(&parent, Purpose::Names)?.id == self.folder.id;
        if is_there { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    /// Gives the part the target's name, and tells what had it before.
    fn publish(&self, if_exists: IfExists, by: &Author) -> io::Result<Before> {
        self.check_folder()?;
        let part = self.part();
        let from = (self.folder.handle.as_fd(), &part[..]);
        let to = (self.folder.handle.as_fd(), self.name.as_bytes());
        match if_exists {
            IfExists::Refuse => sys::rename_to_new(from, to).map(|()| Before::Nothing),
            IfExists::Replace => {
                let was_there = sys::stat_name(to.0, to.1).is_ok();
                let kept = self.undo.replace(from, to, &Deed { path: &self.target, by })?;
                let gone = if was_there { Before::Gone } else { Before::Nothing };
                Ok(kept.map_or(gone, Before::Kept))
            }
        }
    }
}

/// What is known of a part, open or not.
pub(super) fn part_state(
    storage: &LocalFolder,
    target: &RemotePath,
    transfer: TransferId,
) -> Result<PartState> {
    let no_part = || Error::new(ErrorKind::NoPart, target);
    let parent = target.parent().ok_or_else(no_part)?;
    let folder = storage.root.folder(&parent, Purpose::Names).blame(target)?;
    match sys::stat_name(&folder.handle, &part_name(transfer)[..]) {
        Ok(stat) if stat.kind == Kind::File => Ok(PartState {
            held: stat.size,
            touched: Timestamp::from_parts(stat.changed.0, stat.changed.1),
            is_open: storage.transfers.is_in_use(transfer),
        }),
        Ok(_) => Err(no_part()),
        Err(err) if err.kind() == io::ErrorKind::NotFound => {
            Err(Error::with_source(ErrorKind::NoPart, err, target))
        }
        Err(err) => Err(err).blame(target),
    }
}

/// An upload into a part.
pub(super) struct LocalUpload {
    place: Place,
    file: File,
    extent: Mutex<Extent>,
    /// Room set aside for it.
    reserved: u64,
    mode: u32,
    /// Syncs that had failed when it was begun.
    failed_syncs: u64,
    /// Whether the part has its name, or is gone.
    is_over: bool,
    /// The modification that it was sealed with.
    modified: Option<Timestamp>,
}

/// What of the part is there.
struct Extent {
    written: Written,
    /// Where the file ends.
    end: u64,
}

impl LocalUpload {
    /// Creates the part and sets room for `size` bytes aside, so that a full disk is known now.
    pub(super) fn begin(place: Place, size: u64) -> Result<Self> {
        let file = place.with_room(size, || place.create_part()).blame(&place.target)?;
        let reserved = if size < RESERVE_MIN { 0 } else { size };
        if let Err(err) = place.with_room(reserved, || reserve(&file, reserved)) {
            // The part is empty; if it stays, the sweep finds it.
            drop(place.remove_part());
            return Err(err).blame(&place.target);
        }
        Ok(Self::new(place, file, Extent { written: Written::default(), end: 0 }, reserved))
    }

    /// Opens the part that is there.
    pub(super) fn resume(place: Place) -> Result<Self> {
        let file = match place.open_part() {
            Err(err) if err.kind() == io::ErrorKind::NotFound => {
                return Err(Error::with_source(ErrorKind::NoPart, err, &place.target));
            }
            opened => opened.blame(&place.target)?,
        };
        let stat = sys::stat_handle(&file).blame(&place.target)?;
        if stat.kind != Kind::File {
            return Err(Error::new(ErrorKind::NoPart, &place.target));
        }
        place.root.doubt.distrust(&file);
        let written = seemingly_written(&file, stat.size);
        let mut upload = Self::new(place, file, Extent { written, end: stat.size }, 0);
        upload.mode = stat.mode & 0o777;
        Ok(upload)
    }

    fn new(place: Place, file: File, extent: Extent, reserved: u64) -> Self {
        place.idle.remove(place.claim.transfer());
        let failed_syncs = place.root.doubt.failures();
        let (extent, mode) = (Mutex::new(extent), PART_MODE);
        let modified = None;
        Self { place, file, extent, reserved, mode, failed_syncs, is_over: false, modified }
    }

    /// What the part is, unless a sync failed since it was begun and may have lost some of it.
    fn check_syncs(&self) -> io::Result<Stat> {
        self.place.root.doubt.check_since(self.failed_syncs)?;
        sys::stat_handle(&self.file)
    }

    /// Cuts off what was left or set aside behind `len`.
    fn trim(&mut self, len: u64) -> io::Result<()> {
        let extent = self.extent.get_mut();
        if extent.end > len || self.reserved > len {
            self.file.set_len(len)?;
        }
        extent.end = len;
        self.reserved = 0;
        Ok(())
    }

    /// What tells the published file from every other, where that is worth asking the system.
    fn state(&self) -> Option<FileState> {
        let (modified, held) = (self.modified?, self.held());
        if !KeptValues::is_worth_it(held) {
            return None;
        }
        let stat = sys::stat_handle(&self.file).ok()?;
        (stat.size == held).then(|| FileState::stored(stamp_of(&stat), modified))
    }
}

impl Drop for LocalUpload {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        // A part that waits for its sender keeps what it holds, and no room besides.
        let end = self.extent.get_mut().end;
        if self.reserved > end {
            drop(self.file.set_len(end));
        }
        if let (Ok(stat), Some(folder)) = (sys::stat_handle(&self.file), self.place.target.parent())
        {
            self.place.idle.add(self.place.claim.transfer(), folder, &stat);
        }
    }
}

impl Upload for LocalUpload {
    fn chunk_len(&self) -> u64 {
        SEGMENT_LEN.into()
    }

    fn held(&self) -> u64 {
        self.extent.lock().written.held()
    }

    fn holds(&self, start: u64, end: u64) -> bool {
        self.extent.lock().written.covers(start, end)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        read_full_at(&self.file, offset, buffer).blame(&self.place.target)
    }

    fn write(&self, offset: u64, content: &[u8]) -> Result<()> {
        let Some(end) = offset.checked_add(content.len() as u64) else {
            return Err(Error::new(ErrorKind::TooLarge, &self.place.target));
        };
        let wanted = content.len() as u64;
        self.place
            .with_room(wanted, || self.file.write_all_at(content, offset))
            .blame(&self.place.target)?;
        let mut extent = self.extent.lock();
        extent.written.add(offset, end);
        extent.end = extent.end.max(end);
        Ok(())
    }

    fn forget_chunk(&self, start: u64) -> Result<()> {
        // The bytes stay until others take their place; nobody vouches for them meanwhile.
        self.extent.lock().written.remove(start, start.saturating_add(self.chunk_len()));
        Ok(())
    }

    fn seal(&mut self, attributes: Attributes) -> Result<()> {
        let written = &self.extent.get_mut().written;
        let held = written.held();
        if written.has_gap() {
            return Err(Error::new(ErrorKind::Unsupported, &self.place.target));
        }
        self.trim(held).blame(&self.place.target)?;
        let mode = attributes.permissions.map_or(self.place.default_mode, Permissions::mode);
        if mode != self.mode {
            sys::set_file_mode(&self.file, mode).blame(&self.place.target)?;
            self.mode = mode;
        }
        if let Some(modified) = attributes.modified {
            let (secs, nanos) = modified.to_parts();
            sys::set_modified(&self.file, secs, nanos).blame(&self.place.target)?;
        }
        self.modified = attributes.modified;
        // A barrier since the beginning has forgotten the file system; the next must reach it.
        self.place.root.note_change(&self.place.folder).blame(&self.place.target)
    }

    fn sync(&self) -> Result<()> {
        sys::sync_file(&self.file).blame(&self.place.target)
    }

    fn publish(
        mut self: Box<Self>,
        if_exists: IfExists,
        by: &Author,
    ) -> std::result::Result<Box<dyn Published>, (Error, Box<dyn Upload>)> {
        let published = self.check_syncs().and_then(|stat| {
            let publish = || self.place.publish(if_exists, by);
            Ok((stat.inode, self.place.with_room(0, publish)?))
        });
        match published.blame(&self.place.target) {
            Ok((inode, before)) => {
                self.is_over = true;
                let place = &self.place;
                Ok(Box::new(LocalPublished {
                    root: Arc::clone(&place.root),
                    undo: Arc::clone(&place.undo),
                    folder: place.folder.clone(),
                    target: place.target.clone(),
                    name: place.name.clone(),
                    failed_syncs: self.failed_syncs,
                    inode,
                    before,
                    state: self.state(),
                }))
            }
            Err(err) => Err((err, self)),
        }
    }

    fn abandon(mut self: Box<Self>) -> Result<()> {
        match self.place.remove_part() {
            // Its folder was removed, and the part with it.
            Err(err) if err.kind() == io::ErrorKind::NotFound => {}
            removed => removed.blame(&self.place.target)?,
        }
        self.is_over = true;
        Ok(())
    }
}

/// Sets room aside. The space left is asked first: a file system that runs out half-way may hold
/// all that it had for a moment, and others would find it full.
fn reserve(file: &File, len: u64) -> io::Result<()> {
    if len == 0 {
        return Ok(());
    }
    if i64::try_from(len).is_err() {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    if sys::space(file)?.1 < len {
        return Err(io::ErrorKind::StorageFull.into());
    }
    sys::reserve(file, len)
}

/// The segments that a part of `size` bytes seems to hold. Holes begin at the end of a page, so
/// the last one before a hole may lack some bytes: its content tells.
fn seemingly_written(file: &File, size: u64) -> Written {
    let segment = u64::from(SEGMENT_LEN);
    let mut written = Written::default();
    let mut from = 0;
    while let Some((start, end)) = sys::next_data(file, from, size) {
        let first = start.div_ceil(segment) * segment;
        let last = if end >= size { size } else { end / segment * segment };
        if first < last {
            written.add(first, last);
        }
        from = end;
    }
    written
}

/// Permission bits of a part, until it is sealed.
const PART_MODE: u32 = 0o600;

/// Smaller files fit or fail while they are written; the system calls are saved.
const RESERVE_MIN: u64 = 1024 * 1024;

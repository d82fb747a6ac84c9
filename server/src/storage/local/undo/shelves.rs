//! The folders `.ferry-undo` of one root: one on each disk that lies below it, since nothing can
//! be linked or renamed from one disk to another. Where the others are is noted below the root's
//! own, in links, so that the next process finds them.

use super::clear;
use super::id::{nanos_of, now_nanos};
use super::index::{self, Index};
use super::told;
use crate::storage::local::disks::Disks;
use crate::storage::local::folder::{Folder, Purpose, Root};
use crate::sys::{self, Names};
use ferry_protocol::{Digest, RemotePath, UndoId};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::time::Duration;

/// What one root has kept, by the device of each disk. Looked for at the first use.
#[derive(Default)]
pub(super) struct Shelves {
    by_device: BTreeMap<u64, Shelf>,
    is_loaded: bool,
}

/// One folder, and what is in it.
pub(super) struct Shelf {
    /// The folder that it lies in.
    at: RemotePath,
    device: u64,
    /// Held open on the root's own disk; any other one can be unmounted.
    held: Option<Arc<File>>,
    pub(super) index: Index,
}

impl Shelves {
    /// Finds what earlier processes left, and what they left half-way is removed.
    pub(super) fn load(&mut self, root: &Root, disks: &Disks) -> io::Result<()> {
        if self.is_loaded {
            return Ok(());
        }
        let top = RemotePath::root();
        self.load_one(root, disks, &top)?;
        self.is_loaded = true;
        self.look_elsewhere(root, disks);
        Ok(())
    }

    /// Finds shelves on disks that were mounted since.
    pub(super) fn look_elsewhere(&mut self, root: &Root, disks: &Disks) {
        for at in self.noted(root).unwrap_or_default() {
            if let Err(err) = self.load_one(root, disks, &at) {
                tracing::debug!("what undo keeps in {at} is not to be had now: {err}");
            }
        }
    }

    /// The shelf on a disk.
    pub(super) fn on(&mut self, device: u64) -> Option<&mut Shelf> {
        self.by_device.get_mut(&device)
    }

    pub(super) fn all(&mut self) -> impl Iterator<Item = &mut Shelf> {
        self.by_device.values_mut()
    }

    /// The shelf that holds a thing.
    pub(super) fn of(&mut self, id: UndoId) -> Option<&mut Shelf> {
        self.all().find(|shelf| shelf.index.holds(id))
    }

    /// The shelf for things in the folder `path`, which lies on `device`; made if it is not there.
    pub(super) fn make(
        &mut self,
        root: &Root,
        disks: &Disks,
        (device, path): (u64, &RemotePath),
    ) -> io::Result<&mut Shelf> {
        self.load(root, disks)?;
        if !self.by_device.contains_key(&device) {
            let top = root.folder(&RemotePath::root(), Purpose::Names)?;
            make_folder(root, &top)?;
            self.load_one(root, disks, &RemotePath::root())?;
            if device != top.id.0 {
                let at = root.top_on(device, path)?;
                make_folder(root, &root.folder(&at, Purpose::Names)?)?;
                self.note(&at)?;
                self.load_one(root, disks, &at)?;
            }
        }
        self.on(device).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn load_one(&mut self, root: &Root, disks: &Disks, at: &RemotePath) -> io::Result<()> {
        let above = root.folder(at, Purpose::Names)?;
        let device = above.id.0;
        if self.by_device.contains_key(&device) {
            return Ok(());
        }
        let folder = match sys::open_folder(&above.handle, FOLDER) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(()),
            folder => folder?,
        };
        let index = index::load(root, &folder, disks.total(device))?;
        let held = at.is_root().then(|| Arc::new(folder));
        self.by_device.insert(device, Shelf { at: at.clone(), device, held, index });
        Ok(())
    }

    /// The root's own shelf.
    fn own(&self) -> Option<&Arc<File>> {
        self.by_device.values().find_map(|shelf| shelf.held.as_ref())
    }

    /// Notes where another shelf is.
    fn note(&self, at: &RemotePath) -> io::Result<()> {
        let Some(own) = self.own() else { return Ok(()) };
        match sys::make_private_folder(own, ELSEWHERE) {
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
            made => made?,
        }
        let path = at.as_relative_bytes();
        let name = Digest::of(path).to_string();
        match sys::make_link(sys::open_folder(own, ELSEWHERE)?, name.as_bytes(), path) {
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            made => made,
        }
    }

    /// Where other shelves are.
    fn noted(&self, root: &Root) -> io::Result<Vec<RemotePath>> {
        let Some(own) = self.own() else { return Ok(Vec::new()) };
        let folder = match sys::open_folder(own, ELSEWHERE) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            folder => folder?,
        };
        let here = root.folder(&RemotePath::root(), Purpose::Names)?.id.0;
        let mut names = Names::new(folder)?;
        let mut noted = Vec::new();
        while let Some((name, _)) = names.next()? {
            let path = sys::read_link(names.folder()?, name.to_bytes())?;
            let is_elsewhere = |at: &RemotePath| {
                root.folder(at, Purpose::Names).is_ok_and(|folder| folder.id.0 != here)
            };
            noted.extend(RemotePath::parse(&path).ok().filter(is_elsewhere));
        }
        Ok(noted)
    }
}

impl Shelf {
    /// The device of its disk.
    pub(super) fn device(&self) -> u64 {
        self.device
    }

    /// The open folder; an error where its disk is not mounted any more.
    pub(super) fn folder(&self, root: &Root) -> io::Result<Arc<File>> {
        if let Some(held) = &self.held {
            return Ok(Arc::clone(held));
        }
        let above = root.folder(&self.at, Purpose::Names)?;
        if above.id.0 != self.device {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(Arc::new(sys::open_folder(&above.handle, FOLDER)?))
    }

    /// Gives up the oldest thing; `false` if nothing is left.
    pub(super) fn give_way(&mut self, root: &Root) -> io::Result<bool> {
        let Some(oldest) = self.index.oldest() else { return Ok(false) };
        self.discard(root, oldest).map(|()| true)
    }

    /// Gives a thing up.
    pub(super) fn discard(&mut self, root: &Root, id: UndoId) -> io::Result<()> {
        let folder = self.folder(root)?;
        self.index.remove(id);
        clear::discard(&folder, id)
    }

    /// Gives up what is older than `lifetime`, and returns how much that was.
    pub(super) fn discard_older_than(&mut self, root: &Root, lifetime: Duration) -> u64 {
        let now = now_nanos();
        let mut count = 0;
        while let Some(id) = self.index.oldest() {
            if u128::from(now.saturating_sub(nanos_of(id))) < lifetime.as_nanos() {
                break;
            }
            if told("given up", self.discard(root, id)).is_some() {
                count += 1;
            } else if self.index.holds(id) {
                break;
            }
        }
        count
    }
}

fn make_folder(root: &Root, above: &Folder) -> io::Result<()> {
    match root.change_folders(&[above], || sys::make_private_folder(above.handle.as_fd(), FOLDER)) {
        Err(err) if err.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Where all of it lies.
const FOLDER: &[u8] = b".ferry-undo";

/// Links to the folders that have a shelf of their own, by the digests of their paths.
const ELSEWHERE: &[u8] = b"elsewhere";

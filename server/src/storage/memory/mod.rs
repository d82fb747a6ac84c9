//! Files in memory, for tests, within the limits of an object store: content is written in
//! chunks, each from its first byte to its last and never twice, and only whole chunks outlive
//! the upload that wrote them.

mod tree;
mod undo;
mod upload;

use super::{
    Author, Error, ErrorKind, Listing, Metadata, PartState, Reader, Result, Space, Storage, Undo,
    Upload,
};
use ferry_protocol::{Attributes, Entry, IfExists, Name, RemotePath, TransferId, UndoReason};
use parking_lot::Mutex;
use std::fmt;
use std::sync::Arc;
use tree::{File, Folder, Node};
use undo::Kept;
use upload::{MemoryUpload, Place};

/// A tree of files in memory.
#[derive(Clone, Default)]
pub struct Memory {
    root: Arc<Mutex<Folder>>,
    /// Locked after the tree, where both are.
    kept: Arc<Mutex<Kept>>,
}

impl Memory {
    /// An empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Storage for Memory {
    fn list(&self, path: &RemotePath) -> Result<Box<dyn Listing>> {
        self.root.lock().folder(path)?;
        Ok(Box::new(MemoryListing { storage: self.clone(), path: path.clone(), last: None }))
    }

    fn stat(&self, path: &RemotePath) -> Result<Entry> {
        let root = self.root.lock();
        match path.name() {
            None => Ok(root.entry(b"")),
            Some(name) => Ok(root.node(path)?.entry(name.as_bytes())),
        }
    }

    fn open(&self, path: &RemotePath) -> Result<Box<dyn Reader>> {
        let root = self.root.lock();
        match path.name().map(|_| root.node(path)).transpose()? {
            Some(Node::File(file)) => Ok(Box::new(MemoryReader(file.clone()))),
            Some(Node::Folder(_)) | None => Err(Error::new(ErrorKind::IsAFolder, path)),
        }
    }

    fn begin_upload(
        &self,
        target: &RemotePath,
        transfer: TransferId,
        _size: u64,
    ) -> Result<Box<dyn Upload>> {
        Ok(Box::new(MemoryUpload::begin(Place::of(self, target, transfer)?)?))
    }

    fn continue_upload(
        &self,
        target: &RemotePath,
        transfer: TransferId,
    ) -> Result<Box<dyn Upload>> {
        Ok(Box::new(MemoryUpload::resume(Place::of(self, target, transfer)?)?))
    }

    fn make_directory(&self, path: &RemotePath) -> Result<()> {
        let mut root = self.root.lock();
        let (folder, name) = root.place_mut(path, ErrorKind::AlreadyExists)?;
        if folder.children.contains_key(name.as_bytes()) {
            return Err(Error::new(ErrorKind::AlreadyExists, path));
        }
        folder.children.insert(name.as_bytes().into(), Node::Folder(Folder::default()));
        Ok(())
    }

    fn rename(
        &self,
        from: &RemotePath,
        to: &RemotePath,
        if_exists: IfExists,
        by: &Author,
    ) -> Result<()> {
        let mut root = self.root.lock();
        let (_, from_name) = root.place_mut(from, ErrorKind::Unsupported)?;
        let is_folder = matches!(root.node(from)?, Node::Folder(_));
        if is_folder && to != from && to.starts_with(from) {
            return Err(Error::new(ErrorKind::IntoItself, from));
        }
        let if_exists = if is_folder { IfExists::Refuse } else { if_exists };
        let (to_folder, to_name) = root.place_mut(to, ErrorKind::AlreadyExists)?;
        to_folder.check_free(&to_name, if_exists, to)?;
        let (from_folder, _) = root.place_mut(from, ErrorKind::Unsupported)?;
        if let Some(node) = from_folder.children.remove(from_name.as_bytes()) {
            let (to_folder, _) = root.place_mut(to, ErrorKind::AlreadyExists)?;
            if let Some(old) = to_folder.children.insert(to_name.as_bytes().into(), node) {
                self.kept.lock().add(UndoReason::Replaced, to, old, by);
            }
        }
        Ok(())
    }

    fn remove_file(&self, path: &RemotePath, by: &Author) -> Result<()> {
        let removed = self.remove(path, ErrorKind::IsAFolder, |node| match node {
            Node::File(_) => Ok(()),
            Node::Folder(_) => Err(ErrorKind::IsAFolder),
        })?;
        self.kept.lock().add(UndoReason::Removed, path, removed, by);
        Ok(())
    }

    fn remove_tree(&self, path: &RemotePath, by: &Author) -> Result<bool> {
        let removed = self.remove(path, ErrorKind::Unsupported, |node| match node {
            Node::Folder(_) => Ok(()),
            Node::File(_) => Err(ErrorKind::NotAFolder),
        })?;
        self.kept.lock().add(UndoReason::Removed, path, removed, by);
        Ok(true)
    }

    fn remove_directory(&self, path: &RemotePath) -> Result<()> {
        let removed = self.remove(path, ErrorKind::Unsupported, |node| match node {
            Node::Folder(folder) if folder.children.is_empty() => Ok(()),
            Node::Folder(_) => Err(ErrorKind::NotEmpty),
            Node::File(_) => Err(ErrorKind::NotAFolder),
        });
        removed.map(drop)
    }

    fn set_attributes(&self, path: &RemotePath, attributes: Attributes) -> Result<()> {
        let mut root = self.root.lock();
        match path.name() {
            None => root.attributes.set(attributes),
            Some(_) => root.node_mut(path)?.attributes_mut().set(attributes),
        }
        Ok(())
    }

    fn space(&self, path: &RemotePath) -> Result<Space> {
        self.stat(path)?;
        Ok(Space { total: SPACE, available: SPACE, disk: 0 })
    }

    fn check_writable(&self, _folder: &RemotePath) -> Result<()> {
        Ok(())
    }

    fn barrier(&self) -> Result<()> {
        Ok(())
    }

    fn failed_syncs(&self) -> u64 {
        0
    }

    fn sweep_parts(&self, idle_secs: u64) -> Result<u64> {
        Ok(self.root.lock().sweep_parts(idle_secs))
    }

    fn part(&self, target: &RemotePath, transfer: TransferId) -> Result<PartState> {
        self.root.lock().part(target, transfer)
    }

    fn remove_part(&self, target: &RemotePath, transfer: TransferId) -> Result<()> {
        self.root.lock().remove_part(target, transfer)
    }

    fn undo(&self) -> &dyn Undo {
        self
    }
}

impl Memory {
    fn remove(
        &self,
        path: &RemotePath,
        if_root: ErrorKind,
        check: impl FnOnce(&Node) -> std::result::Result<(), ErrorKind>,
    ) -> Result<Node> {
        let mut root = self.root.lock();
        root.place_mut(path, if_root)?;
        check(root.node(path)?).map_err(|kind| Error::new(kind, path))?;
        let (folder, name) = root.place_mut(path, if_root)?;
        let removed = folder.children.remove(name.as_bytes());
        removed.ok_or_else(|| Error::new(ErrorKind::NotFound, path))
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

/// A listing in order of names; it remembers the last one, as an object store does.
struct MemoryListing {
    storage: Memory,
    path: RemotePath,
    last: Option<Name>,
}

impl Listing for MemoryListing {
    fn next_entries(&mut self, count_max: usize) -> Result<Vec<Entry>> {
        let root = self.storage.root.lock();
        let last = self.last.as_ref().map(Name::as_bytes);
        let entries = root.folder(&self.path)?.entries_after(last, count_max);
        if let Some(last) = entries.last() {
            self.last = Name::parse(&last.name).ok();
        }
        Ok(entries)
    }
}

/// An open file: what it held when it was opened.
struct MemoryReader(File);

impl Reader for MemoryReader {
    fn metadata(&self) -> Metadata {
        Metadata {
            size: self.0.content.len() as u64,
            modified: self.0.attributes.modified,
            permissions: self.0.attributes.permissions,
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        Ok(upload::copy_from(&self.0.content, offset, buffer))
    }

    fn is_unchanged(&self) -> Result<bool> {
        Ok(true)
    }
}

/// Space that memory claims to have, in bytes.
const SPACE: u64 = 1 << 40;

//! The tree of folders and files in memory.

use crate::storage::{Error, ErrorKind, PartState, Result};
use ferry_protocol::{
    Attributes, Entry, EntryFlags, EntryKind, IfExists, Name, Permissions, RemotePath, Timestamp,
    TransferId,
};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A folder, and the unfinished uploads into it.
pub(super) struct Folder {
    pub(super) children: BTreeMap<Box<[u8]>, Node>,
    pub(super) parts: BTreeMap<[u8; 16], Part>,
    pub(super) attributes: KeptAttributes,
}

/// What a name stands for.
pub(super) enum Node {
    File(File),
    Folder(Folder),
}

/// A file. A reader shares its content.
#[derive(Clone)]
pub(super) struct File {
    pub(super) content: Arc<[u8]>,
    pub(super) attributes: KeptAttributes,
}

/// What an upload left behind, or a mark that one is at work.
pub(super) enum Part {
    InUse,
    Left { chunks: BTreeMap<u64, Vec<u8>>, since: Instant },
}

/// Time and permission bits.
#[derive(Clone, Copy)]
pub(super) struct KeptAttributes {
    pub(super) modified: Timestamp,
    pub(super) permissions: Permissions,
}

impl Folder {
    /// The folder at `path` below this one.
    pub(super) fn folder(&self, path: &RemotePath) -> Result<&Self> {
        path.names().try_fold(self, |folder, name| match folder.children.get(name) {
            Some(Node::Folder(child)) => Ok(child),
            Some(Node::File(_)) => Err(Error::new(ErrorKind::NotAFolder, path)),
            None => Err(Error::new(ErrorKind::NotFound, path)),
        })
    }

    pub(super) fn folder_mut(&mut self, path: &RemotePath) -> Result<&mut Self> {
        path.names().try_fold(self, |folder, name| match folder.children.get_mut(name) {
            Some(Node::Folder(child)) => Ok(child),
            Some(Node::File(_)) => Err(Error::new(ErrorKind::NotAFolder, path)),
            None => Err(Error::new(ErrorKind::NotFound, path)),
        })
    }

    /// The folder that holds the last name of `path`, and that name; the root has none, and
    /// fails as `if_root`.
    pub(super) fn place_mut(
        &mut self,
        path: &RemotePath,
        if_root: ErrorKind,
    ) -> Result<(&mut Self, Name)> {
        let (Some(parent), Some(name)) = (path.parent(), path.name()) else {
            return Err(Error::new(if_root, path));
        };
        Ok((self.folder_mut(&parent)?, name))
    }

    /// The part of an upload to `target`.
    pub(super) fn part(&self, target: &RemotePath, transfer: TransferId) -> Result<PartState> {
        let no_part = || Error::new(ErrorKind::NoPart, target);
        let folder = self.folder(&target.parent().ok_or_else(no_part)?)?;
        let (held, age, is_open) = match folder.parts.get(&transfer.0).ok_or_else(no_part)? {
            Part::InUse => (0, Duration::ZERO, true),
            Part::Left { chunks, since } => {
                (chunks.values().map(|chunk| chunk.len() as u64).sum(), since.elapsed(), false)
            }
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let touched = now.saturating_sub(age);
        let secs = i64::try_from(touched.as_secs()).unwrap_or(i64::MAX);
        let touched = Timestamp::from_parts(secs, touched.subsec_nanos());
        Ok(PartState { held, touched, is_open })
    }

    pub(super) fn remove_part(&mut self, target: &RemotePath, transfer: TransferId) -> Result<()> {
        if self.part(target, transfer)?.is_open {
            return Err(Error::new(ErrorKind::InUse, target));
        }
        let (folder, _) = self.place_mut(target, ErrorKind::NoPart)?;
        folder.parts.remove(&transfer.0);
        Ok(())
    }

    /// What lies at `path`, which is not the root.
    pub(super) fn node(&self, path: &RemotePath) -> Result<&Node> {
        let not_found = || Error::new(ErrorKind::NotFound, path);
        let (parent, name) = path.parent().zip(path.name()).ok_or_else(not_found)?;
        self.folder(&parent)?.children.get(name.as_bytes()).ok_or_else(not_found)
    }

    pub(super) fn node_mut(&mut self, path: &RemotePath) -> Result<&mut Node> {
        let (folder, name) = self.place_mut(path, ErrorKind::NotFound)?;
        let node = folder.children.get_mut(name.as_bytes());
        node.ok_or_else(|| Error::new(ErrorKind::NotFound, path))
    }

    /// Whether `name` may be given to a file that is called `path`.
    pub(super) fn check_free(
        &self,
        name: &Name,
        if_exists: IfExists,
        path: &RemotePath,
    ) -> Result<()> {
        match (self.children.get(name.as_bytes()), if_exists) {
            (None, _) | (Some(Node::File(_)), IfExists::Replace) => Ok(()),
            (Some(_), IfExists::Refuse) => Err(Error::new(ErrorKind::AlreadyExists, path)),
            (Some(Node::Folder(_)), _) => Err(Error::new(ErrorKind::IsAFolder, path)),
        }
    }

    /// The entries behind the name `last`.
    pub(super) fn entries_after(&self, last: Option<&[u8]>, count_max: usize) -> Vec<Entry> {
        let start = last.map_or(Bound::Unbounded, Bound::Excluded);
        self.children
            .range::<[u8], _>((start, Bound::Unbounded))
            .take(count_max)
            .map(|(name, node)| node.entry(name))
            .collect()
    }

    pub(super) fn entry(&self, name: &[u8]) -> Entry {
        entry_of(name, EntryKind::Folder, 0, self.attributes)
    }

    /// Removes the parts left for `idle_secs` here and below, and counts them.
    pub(super) fn sweep_parts(&mut self, idle_secs: u64) -> u64 {
        let before = self.parts.len();
        self.parts.retain(|_, part| match part {
            Part::InUse => true,
            Part::Left { since, .. } => since.elapsed().as_secs() < idle_secs,
        });
        let removed = (before - self.parts.len()) as u64;
        let below = self.children.values_mut().map(|node| match node {
            Node::Folder(folder) => folder.sweep_parts(idle_secs),
            Node::File(_) => 0,
        });
        removed + below.sum::<u64>()
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self {
            children: BTreeMap::new(),
            parts: BTreeMap::new(),
            attributes: KeptAttributes::now(0o755),
        }
    }
}

impl Node {
    pub(super) fn entry(&self, name: &[u8]) -> Entry {
        match self {
            Self::Folder(folder) => folder.entry(name),
            Self::File(file) => {
                entry_of(name, EntryKind::File, file.content.len() as u64, file.attributes)
            }
        }
    }

    pub(super) fn attributes_mut(&mut self) -> &mut KeptAttributes {
        match self {
            Self::File(file) => &mut file.attributes,
            Self::Folder(folder) => &mut folder.attributes,
        }
    }
}

impl KeptAttributes {
    /// Made at this moment.
    pub(super) fn now(mode: u32) -> Self {
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_nanos());
        Self {
            modified: Timestamp(i64::try_from(nanos).unwrap_or(i64::MAX)),
            permissions: Permissions::from_mode(mode),
        }
    }

    pub(super) fn set(&mut self, attributes: Attributes) {
        self.modified = attributes.modified.unwrap_or(self.modified);
        self.permissions = attributes.permissions.unwrap_or(self.permissions);
    }
}

fn entry_of(name: &[u8], kind: EntryKind, size: u64, attributes: KeptAttributes) -> Entry {
    Entry {
        name: name.to_vec(),
        kind,
        flags: EntryFlags::default(),
        size,
        modified: attributes.modified,
        permissions: attributes.permissions,
    }
}

//! Listings and single entries. A listing streams: it holds one buffer of names, whatever the
//! folder's length.

use super::fault::Blame as _;
use super::folder::{Purpose, Root};
use super::name::is_reserved;
use crate::storage::{FileId, Identified, Listing, Result};
use crate::sys::{self, Kind, Names, Stat};
use ferry_protocol::{Entry, EntryFlags, EntryKind, Permissions, RemotePath, Timestamp};
use std::ffi::CStr;
use std::io;
use std::sync::Arc;

/// An open listing of one folder.
pub(super) struct LocalListing {
    root: Arc<Root>,
    path: RemotePath,
    names: Names,
}

impl LocalListing {
    pub(super) fn open(root: &Arc<Root>, path: &RemotePath) -> Result<Self> {
        let names = root.folder_to_list(path).and_then(Names::new).blame(path)?;
        Ok(Self { root: Arc::clone(root), path: path.clone(), names })
    }

    fn next_entry(&mut self) -> io::Result<Option<Identified>> {
        while let Some((name, kind)) = self.names.next()? {
            if is_reserved(name.to_bytes()) {
                continue;
            }
            if let Some(entry) = self.entry(&name, kind)? {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// The entry of one name; `None` if it vanished.
    fn entry(&self, name: &CStr, kind: Kind) -> io::Result<Option<Identified>> {
        let entry = match sys::stat_name(self.names.folder()?, name) {
            Ok(stat) if stat.kind == Kind::Link => {
                entry_of_link(&self.root, &self.path, name.to_bytes(), &stat)
            }
            Ok(stat) => (entry_of(name.to_bytes(), &stat), Some(id_of(&stat))),
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
            // A folder that may be read but not entered: the name is all there is.
            Err(_) => (entry_by_name(name.to_bytes(), kind), None),
        };
        Ok(Some(entry))
    }
}

impl Listing for LocalListing {
    fn next_entries(&mut self, count_max: usize) -> Result<Vec<Entry>> {
        Ok(self.next_identified(count_max)?.into_iter().map(|(entry, _)| entry).collect())
    }

    fn next_identified(&mut self, count_max: usize) -> Result<Vec<Identified>> {
        let mut entries = Vec::with_capacity(count_max.min(ENTRIES_AT_ONCE));
        while entries.len() < count_max {
            match self.next_entry().blame(&self.path)? {
                Some(entry) => entries.push(entry),
                None => break,
            }
        }
        Ok(entries)
    }
}

/// The entry at `path`; a link that leads out or nowhere is an entry too.
pub(super) fn entry_at(root: &Root, path: &RemotePath) -> Result<Entry> {
    let (Some(parent), Some(name)) = (path.parent(), path.name()) else {
        let stat = root.handle(path).and_then(sys::stat_handle).blame(path)?;
        return Ok(entry_of(b"", &stat));
    };
    let folder = root.folder(&parent, Purpose::Names).blame(path)?;
    let stat = sys::stat_name(&folder.handle, name.as_bytes()).blame(path)?;
    Ok(match stat.kind {
        Kind::Link => entry_of_link(root, &parent, name.as_bytes(), &stat).0,
        _ => entry_of(name.as_bytes(), &stat),
    })
}

/// The permission bits and time of a file that was looked at.
pub(super) fn permissions_of(stat: &Stat) -> Permissions {
    Permissions::from_mode(stat.mode)
}

/// When its content was modified.
pub(super) fn modified_of(stat: &Stat) -> Timestamp {
    Timestamp::from_parts(stat.modified.0, stat.modified.1)
}

fn entry_of_link(root: &Root, folder: &RemotePath, name: &[u8], link: &Stat) -> Identified {
    match root.follow(folder, name) {
        Ok(target) => {
            let flags = EntryFlags { linked: true, ..EntryFlags::default() };
            (Entry { flags, ..entry_of(name, &target) }, Some(id_of(&target)))
        }
        Err(_) => (entry_of(name, link), Some(id_of(link))),
    }
}

/// Which file was looked at.
pub(super) fn id_of(stat: &Stat) -> FileId {
    FileId { device: stat.device, number: stat.inode }
}

/// The entry of what was looked at.
pub(super) fn entry_of(name: &[u8], stat: &Stat) -> Entry {
    Entry {
        name: name.to_vec(),
        kind: kind_of(stat.kind),
        flags: EntryFlags::default(),
        size: if stat.kind == Kind::File { stat.size } else { 0 },
        modified: modified_of(stat),
        permissions: permissions_of(stat),
    }
}

fn entry_by_name(name: &[u8], kind: Kind) -> Entry {
    Entry {
        name: name.to_vec(),
        kind: kind_of(kind),
        flags: EntryFlags { unreadable: kind == Kind::Folder, ..EntryFlags::default() },
        size: 0,
        modified: Timestamp::default(),
        permissions: Permissions::from_mode(0),
    }
}

fn kind_of(kind: Kind) -> EntryKind {
    match kind {
        Kind::File => EntryKind::File,
        Kind::Folder => EntryKind::Folder,
        Kind::Link => EntryKind::Link,
        Kind::Other => EntryKind::Other,
    }
}

/// Room made for a page before its length is known.
const ENTRIES_AT_ONCE: usize = 1000;

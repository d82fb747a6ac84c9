//! Local folders as sources of an upload: what lies under each of their names, looked at once.

use crate::sys;
use ferry_protocol::{Attributes, Permissions, Timestamp};
use std::ffi::OsStr;
use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::path::Path;

/// One name of a folder.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: Box<OsStr>,
    pub(crate) kind: SourceKind,
}

/// What lies under a name.
#[derive(Debug)]
pub(crate) enum SourceKind {
    /// A file, or a link to one.
    File(FileFacts),
    /// A folder, with the attributes that its copy is to get.
    Folder(Attributes),
    /// What is never sent, and why.
    Unfit(&'static str),
    /// It could not be looked at.
    Unreadable(io::Error),
}

/// What is known of a file that was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileFacts {
    pub(crate) size: u64,
    pub(crate) modified: Timestamp,
    pub(crate) permissions: Permissions,
}

impl FileFacts {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            modified: sys::modified(metadata),
            permissions: sys::permissions(metadata),
        }
    }
}

/// The attributes that a folder's copy is to get.
pub(crate) fn folder_attributes(metadata: &Metadata) -> Attributes {
    Attributes {
        modified: Some(sys::modified(metadata)),
        permissions: Some(sys::permissions(metadata)),
    }
}

/// What lies in a folder, in the order of the names.
pub(crate) fn read_folder(folder: &Path) -> io::Result<Vec<Source>> {
    let entries = fs::read_dir(folder)?;
    let mut sources =
        entries.map(|entry| Ok(source(&entry?))).collect::<io::Result<Vec<Source>>>()?;
    sources.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(sources)
}

fn source(entry: &DirEntry) -> Source {
    let kind = kind(entry).unwrap_or_else(SourceKind::Unreadable);
    Source { name: entry.file_name().into_boxed_os_str(), kind }
}

fn kind(entry: &DirEntry) -> io::Result<SourceKind> {
    let metadata = entry.metadata()?;
    if metadata.is_dir() {
        return Ok(SourceKind::Folder(folder_attributes(&metadata)));
    }
    if !metadata.is_symlink() {
        return Ok(file(&metadata));
    }
    Ok(match fs::metadata(entry.path()) {
        Ok(target) if target.is_dir() => {
            SourceKind::Unfit("a link to a folder, which is not followed")
        }
        Ok(target) => file(&target),
        Err(_) => SourceKind::Unfit("a link that leads nowhere"),
    })
}

fn file(metadata: &Metadata) -> SourceKind {
    if metadata.is_file() {
        SourceKind::File(FileFacts::of(metadata))
    } else {
        SourceKind::Unfit(NEVER_OPENED)
    }
}

/// Why what is neither a file nor a folder is not sent.
pub(crate) const NEVER_OPENED: &str = "a pipe, socket or device, which is never opened";

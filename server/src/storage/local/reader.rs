//! Files open for reading.

use super::fault::Blame as _;
use super::folder::Root;
use super::listing::{id_of, modified_of, permissions_of};
use crate::storage::{Error, ErrorKind, FileId, FileState, Metadata, Reader, Result, Stamp};
use crate::sys::{self, Kind, Stat};
use ferry_protocol::RemotePath;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::time::SystemTime;

/// A file open for reading, and what it was like when it was opened.
pub(super) struct LocalReader {
    file: File,
    path: RemotePath,
    opened: Stat,
    /// `None` where a failed sync may have lost what nobody changed.
    state: Option<FileState>,
}

impl LocalReader {
    pub(super) fn open(root: &Root, path: &RemotePath) -> Result<Self> {
        let file = root.content(path).blame(path)?;
        let now = SystemTime::now();
        let opened = sys::stat_handle(&file).blame(path)?;
        let is_sure = root.doubt.failures() == 0;
        let state = is_sure.then(|| FileState::seen(stamp_of(&opened), now));
        match opened.kind {
            Kind::File => {
                root.doubt.distrust(&file);
                Ok(Self { file, path: path.clone(), opened, state })
            }
            Kind::Folder => Err(Error::new(ErrorKind::IsAFolder, path)),
            Kind::Link | Kind::Other => Err(Error::new(ErrorKind::NotAFile, path)),
        }
    }
}

impl Reader for LocalReader {
    fn metadata(&self) -> Metadata {
        Metadata {
            size: self.opened.size,
            modified: modified_of(&self.opened),
            permissions: permissions_of(&self.opened),
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        read_full_at(&self.file, offset, buffer).blame(&self.path)
    }

    fn file(&self) -> Option<&File> {
        Some(&self.file)
    }

    fn file_id(&self) -> Option<FileId> {
        Some(id_of(&self.opened))
    }

    fn is_unchanged(&self) -> Result<bool> {
        Ok(sys::stat_handle(&self.file).blame(&self.path)? == self.opened)
    }

    fn state(&self) -> Option<FileState> {
        self.state
    }
}

/// What tells a file in this state from every other.
pub(super) fn stamp_of(stat: &Stat) -> Stamp {
    let Stat { device, inode, size, modified, changed, .. } = *stat;
    Stamp { device, inode, size, modified, changed }
}

/// Reads until `buffer` is full or the file ends.
pub(super) fn read_full_at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset.saturating_add(filled as u64)) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
    Ok(filled)
}

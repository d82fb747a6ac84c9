//! Making, renaming and removing names, and setting attributes.

use super::fault::Blame as _;
use super::folder::{Folder, Purpose, Root};
use super::name::transfer_of;
use super::undo::{Deed, Undo};
use crate::storage::{Author, Error, ErrorKind, Result};
use crate::sys::{self, Kind, Names};
use ferry_protocol::{Attributes, IfExists, Name, RemotePath};
use std::io;
use std::os::fd::AsFd as _;

pub(super) fn make_directory(root: &Root, path: &RemotePath) -> Result<()> {
    let (folder, name) = place_of(root, path, ErrorKind::AlreadyExists)?;
    let make = || sys::make_folder(&folder.handle, name.as_bytes());
    root.change_folders(&[&folder], make).blame(path)
}

pub(super) fn remove_file(root: &Root, undo: &Undo, path: &RemotePath, by: &Author) -> Result<()> {
    let (folder, name) = place_of(root, path, ErrorKind::IsAFolder)?;
    undo.remove_file((folder.handle.as_fd(), name.as_bytes()), &Deed { path, by }).blame(path)
}

pub(super) fn remove_tree(
    root: &Root,
    undo: &Undo,
    path: &RemotePath,
    by: &Author,
) -> Result<bool> {
    let (folder, name) = place_of(root, path, ErrorKind::Unsupported)?;
    undo.remove_tree((folder.handle.as_fd(), name.as_bytes()), &Deed { path, by }).blame(path)
}

pub(super) fn remove_directory(root: &Root, path: &RemotePath) -> Result<()> {
    let (folder, name) = place_of(root, path, ErrorKind::Unsupported)?;
    match sys::remove_folder(&folder.handle, name.as_bytes()) {
        Err(err) if err.kind() == io::ErrorKind::DirectoryNotEmpty => {
            remove_leftovers(&folder, &name).blame(path)?;
            sys::remove_folder(&folder.handle, name.as_bytes()).blame(path)
        }
        removed => removed.blame(path),
    }
}

/// Renames. A folder never takes the place of anything: the system would let it replace an empty
/// one.
pub(super) fn rename(
    root: &Root,
    undo: &Undo,
    (from, to): (&RemotePath, &RemotePath),
    if_exists: IfExists,
    by: &Author,
) -> Result<()> {
    let (from_folder, from_name) = place_of(root, from, ErrorKind::Unsupported)?;
    let kind = sys::stat_name(from_folder.handle.as_fd(), from_name.as_bytes()).blame(from)?.kind;
    if kind == Kind::Folder && to != from && to.starts_with(from) {
        return Err(Error::new(ErrorKind::IntoItself, from));
    }
    let (to_folder, to_name) = place_of(root, to, ErrorKind::AlreadyExists)?;
    let is_ordered =
        from_folder.id == to_folder.id || sys::keeps_order_of_names(&to_folder.handle).blame(to)?;
    let old = (from_folder.handle.as_fd(), from_name.as_bytes());
    let new = (to_folder.handle.as_fd(), to_name.as_bytes());
    let renamed = match if_exists {
        IfExists::Replace if kind != Kind::Folder => {
            undo.replace(old, new, &Deed { path: to, by }).map(drop)
        }
        _ if kind == Kind::Folder => {
            let folders = [&from_folder, &to_folder];
            root.change_folders(&folders, || sys::rename_to_new(old, new))
        }
        IfExists::Replace | IfExists::Refuse => sys::rename_to_new(old, new),
    };
    match renamed {
        // By way of a link, the new name may lie below the old one.
        Err(err) if kind == Kind::Folder && sys::is_invalid(&err) => {
            Err(Error::with_source(ErrorKind::IntoItself, err, from))
        }
        renamed => renamed.blame(to),
    }?;
    if !is_ordered {
        // A sync of the new folder would take the new name along, and leave the old one there. Where
        // this one fails the file is renamed all the same, and every barrier hears of it.
        let synced = root.doubt.count(sys::sync_file_system(&to_folder.handle));
        synced
            .unwrap_or_else(|err| tracing::error!("{to}: the new name could not be synced: {err}"));
    }
    Ok(())
}

pub(super) fn set_attributes(root: &Root, path: &RemotePath, attributes: Attributes) -> Result<()> {
    let handle = root.handle(path).blame(path)?;
    let stat = sys::stat_handle(&handle).blame(path)?;
    if !matches!(stat.kind, Kind::File | Kind::Folder) {
        return Err(Error::new(ErrorKind::NotAFile, path));
    }
    if let Some(permissions) = attributes.permissions {
        sys::set_mode(&handle, permissions.mode()).blame(path)?;
    }
    if let Some(modified) = attributes.modified {
        let (secs, nanos) = modified.to_parts();
        sys::set_modified(&handle, secs, nanos).blame(path)?;
    }
    Ok(())
}

/// The folder and last name of `path`; the root has none, and fails as `if_root`.
pub(super) fn place_of(
    root: &Root,
    path: &RemotePath,
    if_root: ErrorKind,
) -> Result<(Folder, Name)> {
    let (Some(parent), Some(name)) = (path.parent(), path.name()) else {
        return Err(Error::new(if_root, path));
    };
    Ok((root.folder(&parent, Purpose::Names).blame(path)?, name))
}

/// Removes what a client cannot see, if there is nothing else: unfinished uploads.
fn remove_leftovers(folder: &Folder, name: &Name) -> io::Result<()> {
    let inner = sys::open_folder(&folder.handle, name.as_bytes())?;
    let mut names = Names::new(inner.try_clone()?)?;
    let mut parts = Vec::new();
    while let Some((name, _)) = names.next()? {
        if transfer_of(name.to_bytes()).is_none() || parts.len() == LEFTOVERS_MAX {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        parts.push(name);
    }
    parts.iter().try_for_each(|part| sys::remove_file(&inner, part.as_c_str()))
}

/// Most unfinished uploads that go with a folder; more are left to the sweep.
const LEFTOVERS_MAX: usize = 10_000;

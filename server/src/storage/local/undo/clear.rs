//! Removing for good what was given up. A tree goes name by name, in steps, and as often as it
//! takes: each folder in it is first moved up beside the others, so that no depth matters and
//! nothing but one folder is open.

use super::record::{Record, id_name};
use crate::sys::{self, Kind, Names, Place};
use ferry_protocol::UndoId;
use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;

/// Gives a thing up: a file at once, a tree by moving it out of the way.
pub(super) fn discard(folder: &File, id: UndoId) -> io::Result<()> {
    let name = id_name(id);
    match sys::stat_name(folder, name.as_slice()) {
        Ok(stat) if stat.kind == Kind::Folder => {
            let gone = open_gone(folder)?;
            sys::rename((folder.as_fd(), &name), (gone.as_fd(), &name))?;
        }
        Ok(_) => sys::remove_file(folder, name.as_slice())?,
        Err(err) if err.kind() == io::ErrorKind::NotFound => {}
        Err(err) => return Err(err),
    }
    Record::remove(folder, id)
}

/// Removes some names of what was given up; `false` if nothing is left. What cannot be removed is
/// passed over, and is an error only where nothing else is left.
pub(super) fn step(folder: &File) -> io::Result<bool> {
    let gone = match sys::open_folder(folder, GONE) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(false),
        gone => gone?,
    };
    let mut names = Names::new(sys::open_folder(&gone, b".")?)?;
    let mut failed = None;
    while let Some((name, _)) = names.next()? {
        match clear_some(&gone, (gone.as_fd(), name.to_bytes())) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => drop(failed.get_or_insert(err)),
            // What vanished was removed by another.
            _ => return Ok(true),
        }
    }
    failed.map_or(Ok(false), Err)
}

/// Removes some names in the tree `place`, and the folder itself when it is empty. An error if
/// nothing could be removed.
fn clear_some(gone: &File, place: Place<'_>) -> io::Result<()> {
    // Its bits may keep its owner out. Where this fails, so does what follows, and says why.
    drop(sys::unlock_folder(place.0, place.1));
    let tree = sys::open_folder(place.0, place.1)?;
    let mut names = Names::new(tree.try_clone()?)?;
    let (mut count, mut failed) = (0, None);
    while let Some((name, _)) = names.next()? {
        match clear_one(gone, (tree.as_fd(), name.to_bytes())) {
            Ok(()) => count += 1,
            Err(err) => failed = Some(err),
        }
        if count == NAMES_AT_ONCE {
            break;
        }
    }
    match sys::remove_folder(place.0, place.1) {
        Err(err) if err.kind() == io::ErrorKind::DirectoryNotEmpty && count > 0 => Ok(()),
        removed => removed.map_err(|err| failed.unwrap_or(err)),
    }
}

/// Removes a file, or moves a folder up, to be removed in its turn.
fn clear_one(gone: &File, inner: Place<'_>) -> io::Result<()> {
    let stat = sys::stat_name(inner.0, inner.1)?;
    if stat.kind != Kind::Folder {
        return sys::remove_file(inner.0, inner.1);
    }
    drop(sys::unlock_folder(inner.0, inner.1));
    let aside = format!("{:016x}", stat.inode);
    sys::rename(inner, (gone.as_fd(), aside.as_bytes()))
}

fn open_gone(folder: &File) -> io::Result<File> {
    match sys::make_private_folder(folder, GONE) {
        Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
        made => made?,
    }
    sys::open_folder(folder, GONE)
}

/// Where trees lie that are being removed.
const GONE: &[u8] = b"gone";

/// Names removed in one step.
const NAMES_AT_ONCE: usize = 256;

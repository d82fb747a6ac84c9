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

/// Removes everything that was given up.
pub(super) fn all(folder: &File) -> io::Result<()> {
    while step(folder)? {}
    Ok(())
}

/// Removes some names of what was given up; `false` if nothing is left.
pub(super) fn step(folder: &File) -> io::Result<bool> {
    let gone = match sys::open_folder(folder, GONE) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(false),
        gone => gone?,
    };
    let Some((name, _)) = Names::new(sys::open_folder(&gone, b".")?)?.next()? else {
        return Ok(false);
    };
    let place = (gone.as_fd(), name.to_bytes());
    // Its bits may keep its owner out. Where this fails, so does what follows, and says why.
    drop(sys::unlock_folder(place.0, place.1));
    clear_some(&gone, &sys::open_folder(place.0, place.1)?, place)?;
    Ok(true)
}

/// Removes some names in `tree`, and the folder itself when it is empty.
fn clear_some(gone: &File, tree: &File, place: Place<'_>) -> io::Result<()> {
    let mut names = Names::new(tree.try_clone()?)?;
    for _ in 0..NAMES_AT_ONCE {
        let Some((name, _)) = names.next()? else { break };
        let inner = (tree.as_fd(), name.to_bytes());
        let stat = sys::stat_name(inner.0, inner.1)?;
        if stat.kind == Kind::Folder {
            drop(sys::unlock_folder(inner.0, inner.1));
            let aside = format!("{:016x}", stat.inode);
            sys::rename(inner, (gone.as_fd(), aside.as_bytes()))?;
        } else {
            sys::remove_file(inner.0, inner.1)?;
        }
    }
    match sys::remove_folder(place.0, place.1) {
        Err(err) if err.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        removed => removed,
    }
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

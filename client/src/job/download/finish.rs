//! The end of a download: the folders' way to stable storage, and their times and permission bits,
//! deepest first.

use crate::job::lanes::Job;
use crate::job::report::FinalOutcome;
use crate::{Error, sys};
use ferry_protocol::Attributes;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The local folders of a job.
#[derive(Default)]
pub(super) struct Folders {
    /// What they are to get, parents first.
    pub(super) attributes: Vec<(PathBuf, Attributes)>,
    /// All of the trees, whoever made them: an earlier run may have been killed before its end.
    pub(super) all: BTreeSet<PathBuf>,
}

pub(super) fn finish(job: &Job<'_>, folders: Folders) -> Result<(), Error> {
    let is_whole = job.check().is_ok();
    // First: afterwards it may be forbidden to open one.
    let synced = if is_whole { sys::sync_folders(&folders.all) } else { Ok(()) };
    set_all(job, folders.attributes, is_whole);
    synced.map_err(|source| {
        let top = folders.all.first().cloned().unwrap_or_default();
        Error::local("bring to stable storage what is below", &top, source)
    })
}

fn set_all(job: &Job<'_>, folders: Vec<(PathBuf, Attributes)>, is_whole: bool) {
    for (folder, attributes) in folders.into_iter().rev() {
        // The time of a folder that still lacks files would be a lie.
        let set = if is_whole { set(&folder, attributes) } else { Ok(()) };
        match set {
            Ok(()) => job.add_folders(1),
            Err(source) => {
                let name = folder.as_os_str().as_encoded_bytes();
                let err = Error::local("set time and permissions of", &folder, source);
                job.options.progress.add_planned(1, 0);
                job.finish(name, name, 0, FinalOutcome::Failed(err));
            }
        }
    }
}

#[cfg(unix)]
fn set(folder: &Path, attributes: Attributes) -> io::Result<()> {
    if !fs::symlink_metadata(folder)?.is_dir() {
        return Ok(());
    }
    let handle = File::open(folder)?;
    if let Some(modified) = attributes.modified {
        handle.set_modified(sys::system_time(modified))?;
    }
    match attributes.permissions {
        Some(permissions) => sys::set_permissions(&handle, permissions),
        None => Ok(()),
    }
}

#[cfg(not(unix))]
fn set(_folder: &Path, _attributes: Attributes) -> io::Result<()> {
    Ok(())
}

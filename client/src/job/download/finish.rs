//! The end of a download: times and permission bits of the folders, deepest first.

use crate::job::lanes::Job;
use crate::job::report::FinalOutcome;
use crate::{Error, sys};
use ferry_protocol::Attributes;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

pub(super) fn finish(job: &Job<'_>, folders: Vec<(PathBuf, Attributes)>) {
    let is_whole = job.check().is_ok();
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

//! Folders of this computer that are made for what comes down, and how they get to stable storage:
//! a file is there after a power cut only if the folders above it are.

use crate::sys;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Makes a folder and what is missing above it, and brings the names of all that it made to stable
/// storage. Nothing is synced where nothing was missing.
pub(crate) fn make_durable(folder: &Path) -> io::Result<()> {
    let mut parents = BTreeSet::new();
    make(folder, &mut parents)?;
    sys::sync_folders(&parents)
}

/// Makes a folder and what is missing above it, and notes the parents of what it made.
fn make(folder: &Path, parents: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or(folder);
    make(parent, parents)?;
    match fs::create_dir(folder) {
        Ok(()) => drop(parents.insert(parent.to_path_buf())),
        // Somebody else was faster, or the path ends in `..`.
        Err(_) if folder.is_dir() => {}
        Err(err) => return Err(err),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::synced;

    #[test]
    fn each_new_folder_is_synced_where_it_was_made() {
        let there = tempfile::tempdir().unwrap();
        synced::take();
        make_durable(&there.path().join("new/deep/er")).unwrap();
        let at = |name: &str| there.path().join(name);
        assert_eq!(synced::take(), [there.path().to_path_buf(), at("new"), at("new/deep")]);
        make_durable(&at("new/deep/er")).unwrap();
        assert!(synced::take().is_empty(), "nothing was missing");
        make_durable(&at("other/../new/more")).unwrap();
        assert!(at("new/more").is_dir());
    }

    #[test]
    fn a_name_that_is_taken_by_a_file_is_told() {
        let there = tempfile::tempdir().unwrap();
        fs::write(there.path().join("file"), "").unwrap();
        assert!(make_durable(&there.path().join("file/below")).is_err());
    }
}

//! Removing what a job that was given up has only begun.

use crate::job::Transfer;
use crate::journal::{self, Held, JobId};
use std::fs;
use std::path::Path;

/// Removes the staged files of a job below its targets, those of killed processes included. What
/// cannot be removed stays, hidden by its name.
pub(super) fn remove_parts(journal: &Path, id: &JobId, transfers: &[Transfer]) {
    for begun in journal::begun(journal).unwrap_or_default() {
        if let Held::InPart(part) = begun.held
            && is_part_of(id, &part)
        {
            drop(fs::remove_file(part));
        }
    }
    let prefix = format!(".ferry-part-{id}");
    for transfer in transfers {
        if let Some(folder) = transfer.local.parent() {
            remove_in(folder, &prefix, Depth::This);
        }
        remove_in(&transfer.local, &prefix, Depth::All);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    This,
    All,
}

fn remove_in(folder: &Path, prefix: &str, depth: Depth) {
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder && depth == Depth::All {
                folders.push(entry.path());
            } else if entry.file_name().as_encoded_bytes().starts_with(prefix.as_bytes()) {
                drop(fs::remove_file(entry.path()));
            }
        }
    }
}

fn is_part_of(id: &JobId, part: &Path) -> bool {
    let name = part.file_name().unwrap_or_default().as_encoded_bytes();
    name.starts_with(format!(".ferry-part-{id}").as_bytes())
}

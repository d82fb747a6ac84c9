//! The look through the sources of an upload: their count, their bytes, names that cannot be and
//! names that are twins. Memory grows with one folder, not with the tree.

use super::check;
use super::finding::{Findings, Trouble};
use crate::Cancel;
use crate::{Error, sys};
use ferry_protocol::{Name, twin_key};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Counts what lies at `source`, which may be a file or a tree. What cannot be read is left to
/// the job to tell: it stops nothing else.
pub(super) fn count(source: &Path, cancel: &Cancel, findings: &mut Findings) -> Result<(), Error> {
    match fs::metadata(source) {
        Ok(metadata) if metadata.is_dir() => count_tree(source, cancel, findings),
        Ok(metadata) => {
            (findings.files, findings.bytes) =
                (findings.files + 1, findings.bytes + metadata.len());
            Ok(())
        }
        Err(_) => Ok(()),
    }
}

fn count_tree(root: &Path, cancel: &Cancel, findings: &mut Findings) -> Result<(), Error> {
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        check(cancel)?;
        let mut twins: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let bytes = sys::name_bytes(&name);
            let Ok(kind) = entry.file_type() else { continue };
            if Name::parse(bytes).is_err() {
                // Such a name is skipped with a word when the job comes to it.
                continue;
            }
            if let Some(other) = twins.insert(twin_key(bytes), bytes.to_vec()) {
                let path = entry.path();
                let path = path.as_os_str().as_encoded_bytes();
                findings.add(path, Trouble::Twin { other }, false);
            }
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                findings.files += 1;
                findings.bytes += entry.metadata().map_or(0, |metadata| metadata.len());
            }
        }
    }
    Ok(())
}

//! How much space a tree takes.

use crate::sys::{self, Kind, Names};
use std::fs::File;

/// Bytes of all files below the folder `name`. What cannot be read is not counted.
pub(super) fn bytes_below(folder: &File, name: &[u8]) -> u64 {
    let Ok(top) = sys::open_folder(folder, name).and_then(Names::new) else { return 0 };
    let mut bytes = 0_u64;
    let mut open = vec![top];
    while let Some(names) = open.last_mut() {
        match next_folder(names, &mut bytes) {
            Some(below) if open.len() < DEPTH_MAX => open.push(below),
            Some(_) => {}
            None => drop(open.pop()),
        }
    }
    bytes
}

/// Counts files until a folder is found, which is handed back; `None` at the end.
fn next_folder(names: &mut Names, bytes: &mut u64) -> Option<Names> {
    while let Ok(Some((name, _))) = names.next() {
        let folder = names.folder().ok()?;
        let Ok(stat) = sys::stat_name(folder, name.as_c_str()) else { continue };
        if stat.kind != Kind::Folder {
            *bytes = bytes.saturating_add(stat.size);
        } else if let Ok(below) = sys::open_folder(folder, name.to_bytes()).and_then(Names::new) {
            return Some(below);
        }
    }
    None
}

/// Folders held open at once; clients reach no deeper.
const DEPTH_MAX: usize = ferry_protocol::limits::PATH_DEPTH_MAX + 1;

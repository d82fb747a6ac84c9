//! A tree of hard names, and what two trees must have in common.

use crate::failure::{During as _, Failure};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, FileTimes, Permissions};
use std::io::ErrorKind;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Names that some program somewhere gets wrong.
pub(crate) const HARD_NAMES: &[&[u8]] = &[
    b"with spaces  two",
    b" leading and trailing ",
    b"quo\"te's `and` $dollar",
    b"back\\slash",
    b"line\nend",
    b"carriage\rreturn\ttab",
    b"\x1b[31mred",
    b"-rf",
    b"--help",
    b"star*?[x]{y}",
    b"percent%20%2F%00",
    b"hash#question?amp&",
    b"colon:semi;pipe|less<more>",
    b"~tilde",
    b"...",
    b".hidden",
    "中文文件.txt".as_bytes(),
    "ملف عربي".as_bytes(),
    "emoji 🚢⚓".as_bytes(),
    "e\u{301} and \u{e9}".as_bytes(),
    b"latin-1 \xe9\xff",
    b"\x80\x81\xfe",
];

/// Fills a folder: every hard name as a file and as a folder, files of telling sizes, empty files
/// and folders, deep folders, a program.
pub(crate) fn build(root: &Path) -> Result<(), Failure> {
    for (index, name) in HARD_NAMES.iter().enumerate() {
        let name = OsString::from_vec(name.to_vec());
        write(&root.join("files").join(&name), name.as_bytes())?;
        write(&root.join("folders").join(&name).join(&name), &[0; 3][..index % 4 % 3])?;
    }
    for size in [0, 1, 262_143, 262_144, 262_145, 1_048_576, 1_048_577, 9_000_000] {
        write(&root.join(format!("sizes/{size}")), &content(size))?;
    }
    let long = "n".repeat(255);
    write(&root.join("long").join(&long), b"long")?;
    write(&root.join("a/b/c/d/e/f/g/h/deep"), b"deep")?;
    fs::create_dir_all(root.join("empty folder/in an empty folder")).during("folder")?;
    let program = root.join("program");
    write(&program, b"#!/bin/sh\n")?;
    fs::set_permissions(&program, Permissions::from_mode(0o755)).during("permissions")?;
    date_folders(root)
}

/// Content of which no two segments are equal.
pub(crate) fn content(len: usize) -> Vec<u8> {
    let mut content = vec![0; len];
    blake3::Hasher::new().update(&len.to_le_bytes()).finalize_xof().fill(&mut content);
    content
}

/// What is compared of one entry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    File { digest: String, modified: SystemTime, is_program: bool },
    Folder { modified: SystemTime },
}

/// Everything below a folder by its path.
pub(crate) fn read(root: &Path) -> Result<BTreeMap<PathBuf, Kept>, Failure> {
    let mut kept = BTreeMap::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).during(folder.display())? {
            let path = entry.during(folder.display())?.path();
            let below = path.strip_prefix(root).during("path")?.to_path_buf();
            let metadata = fs::symlink_metadata(&path).during(path.display())?;
            let modified = metadata.modified().during("time")?;
            if metadata.is_dir() {
                kept.insert(below, Kept::Folder { modified });
                open.push(path);
            } else {
                let content = fs::read(&path).during(path.display())?;
                let digest = blake3::hash(&content).to_hex().to_string();
                let is_program = metadata.permissions().mode() & 0o100 != 0;
                kept.insert(below, Kept::File { digest, modified, is_program });
            }
        }
    }
    Ok(kept)
}

/// Fails with the first difference of two trees.
pub(crate) fn compare(expected: &Path, found: &Path) -> Result<(), Failure> {
    let (expected, found) = (read(expected)?, read(found)?);
    for (path, kept) in &expected {
        if found.get(path) != Some(kept) {
            let other = found.get(path);
            return Err(Failure::new(format!("{}: {kept:?} became {other:?}", path.display())));
        }
    }
    match found.keys().find(|path| !expected.contains_key(*path)) {
        Some(path) => Err(Failure::new(format!("{} came from nowhere", path.display()))),
        None => Ok(()),
    }
}

/// Whether anything below the folder is an unfinished upload.
pub(crate) fn has_parts(root: &Path) -> Result<bool, Failure> {
    Ok(parts(root)? > 0)
}

/// How many unfinished uploads are below the folder.
pub(crate) fn parts(root: &Path) -> Result<usize, Failure> {
    let mut parts = 0;
    walk(root, |path| parts += usize::from(has_prefix(path, b".ferry-part-")))?;
    Ok(parts)
}

/// Every file below a folder, but for what begins with `.ferry-` and so is nobody's.
pub(crate) fn files(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    walk(root, |path| {
        if !has_prefix(path, b".ferry-") {
            files.push(path.to_path_buf());
        }
    })?;
    Ok(files)
}

/// Shows every name below a folder that is no folder, without what undo keeps. What vanishes
/// meanwhile is left out.
fn walk(root: &Path, mut show: impl FnMut(&Path)) -> Result<(), Failure> {
    let mut open = vec![root.to_path_buf()];
    while let Some(folder) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(err) if err.kind() == ErrorKind::NotFound => continue,
            entries => entries.during(folder.display())?,
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            match fs::symlink_metadata(&path) {
                Ok(metadata) if !metadata.is_dir() => show(&path),
                Ok(_) if !has_prefix(&path, b".ferry-") => open.push(path),
                _ => {}
            }
        }
    }
    Ok(())
}

fn has_prefix(path: &Path, prefix: &[u8]) -> bool {
    path.file_name().is_some_and(|name| name.as_bytes().starts_with(prefix))
}

fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().during("no folder")?;
    fs::create_dir_all(folder).during(folder.display())?;
    fs::write(path, content).during(path.display())?;
    let secs = u64::try_from(content.len()).unwrap_or(0);
    set_time(path, 1_000_000_000 + secs)
}

/// Folders last, and the lowest first: what is made in a folder changes its time.
fn date_folders(folder: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).during(folder.display())? {
        let path = entry.during(folder.display())?.path();
        if path.is_dir() {
            date_folders(&path)?;
        }
    }
    set_time(folder, 86_400)
}

fn set_time(path: &Path, secs: u64) -> Result<(), Failure> {
    // Nanoseconds that no coarser clock would keep.
    let time = SystemTime::UNIX_EPOCH + Duration::new(secs, 123_456_700);
    let file = File::open(path).during(path.display())?;
    file.set_times(FileTimes::new().set_modified(time)).during(path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_are_compared_by_content_time_and_program_bit() {
        let room = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| room.path().join(name));
        build(&a).unwrap();
        build(&b).unwrap();
        compare(&a, &b).unwrap();
        fs::set_permissions(b.join("program"), Permissions::from_mode(0o644)).unwrap();
        assert!(compare(&a, &b).is_err());
        fs::set_permissions(b.join("program"), Permissions::from_mode(0o755)).unwrap();
        set_time(&b.join("program"), 5).unwrap();
        assert!(compare(&a, &b).is_err());
        fs::remove_file(b.join("program")).unwrap();
        assert!(compare(&a, &b).is_err() && compare(&b, &a).is_err());
        assert!(!has_parts(&a).unwrap());
    }
}

//! Verbs of the prompt that look at this computer: `lcd`, `lls`, `lpwd`.

use crate::Error;
use crate::terminal::entry_lines::{EntryLines, Form};
use crate::terminal::failure::Result;
use crate::terminal::screen::{Screen, insert_name};
use crate::terminal::session::Session;
use ferry_protocol::{Entry, EntryFlags, EntryKind, Permissions, Timestamp, escape};
use serde_json::{Map, Value};
use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Changes the current folder on this computer.
pub(crate) fn change(session: &mut Session, typed: &OsStr) -> Result {
    let wanted = session.local.join(typed);
    let failed = |source| Error::local("change to", &wanted, source);
    let found = fs::canonicalize(&wanted).map_err(failed)?;
    // Proves that it is a folder that can be read.
    fs::read_dir(&found).map_err(failed)?;
    session.local = found;
    Ok(())
}

/// Shows the current folder on this computer.
pub(crate) fn print(session: &Session) -> Result {
    let path = session.local.as_os_str().as_encoded_bytes();
    let mut fields = Map::new();
    insert_name(&mut fields, "local_folder", path);
    Ok(session.screen.result(&Value::Object(fields), &escape(path))?)
}

/// Lists a folder of this computer.
pub(crate) fn list(session: &Session, typed: &OsStr) -> Result {
    let folder = session.local.join(typed);
    let failed = |source| Error::local("list", &folder, source);
    let mut entries = Vec::new();
    for found in fs::read_dir(&folder).map_err(failed)? {
        entries.push(entry(&found.map_err(failed)?));
    }
    entries.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(show(&session.screen, &entries)?)
}

fn show(screen: &Screen, entries: &[Entry]) -> io::Result<()> {
    let form = match (screen.json, screen.is_terminal) {
        (true, _) => Form::Json,
        (_, true) => Form::Person,
        _ => Form::Exact,
    };
    let lines = EntryLines::new(form, screen.clock.clone());
    let mut out = Screen::buffered();
    let mut text = String::new();
    for entry in entries {
        text.clear();
        lines.push(entry, &mut text);
        out.write_all(text.as_bytes())?;
    }
    out.flush()
}

/// What cannot be read is shown as nothing but its name.
fn entry(found: &DirEntry) -> Entry {
    let own = found.metadata().ok();
    let kind = own.as_ref().map_or(EntryKind::Other, |own| match own.file_type() {
        kind if kind.is_file() => EntryKind::File,
        kind if kind.is_dir() => EntryKind::Folder,
        kind if kind.is_symlink() => EntryKind::Link,
        _ => EntryKind::Other,
    });
    let modified = own.as_ref().and_then(|own| own.modified().ok());
    let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Entry {
        name: found.file_name().as_encoded_bytes().to_vec(),
        kind,
        flags: EntryFlags::default(),
        size: own.as_ref().filter(|own| own.is_file()).map_or(0, fs::Metadata::len),
        modified: since.map_or(Timestamp(0), |since| {
            Timestamp::from_parts(
                since.as_secs().try_into().unwrap_or(i64::MAX),
                since.subsec_nanos(),
            )
        }),
        permissions: own.as_ref().map_or_else(|| Permissions::from_mode(0), permissions),
    }
}

#[cfg(unix)]
fn permissions(own: &fs::Metadata) -> Permissions {
    Permissions::from_mode(std::os::unix::fs::PermissionsExt::mode(&own.permissions()))
}

#[cfg(not(unix))]
fn permissions(own: &fs::Metadata) -> Permissions {
    Permissions::from_mode(if own.permissions().readonly() { 0o444 } else { 0o644 })
}

/// Names in a folder of this computer, for completion; folders end in a slash.
pub(crate) fn names(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(found) = fs::read_dir(folder) else {
        return Vec::new();
    };
    found
        .filter_map(std::result::Result::ok)
        .map(|found| {
            let mut name = found.file_name().as_encoded_bytes().to_vec();
            if found.path().is_dir() {
                name.push(b'/');
            }
            name
        })
        .collect()
}

//! The preflight of a download: the server's trees are walked, and this computer is looked at.
//! The walk of a tree that is not too large is kept, so that the job need not walk it again.

use super::check;
use super::finding::{Findings, Trouble};
use crate::client::Client;
use crate::job::{Transfer, Walked};
use crate::{Error, sys};
use ferry_protocol::{Entry, EntryKind, twin_key};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Entries of a walk that are kept.
const KEPT_MAX: usize = 50_000;

/// Entries that are looked at; what a server says beyond them is found out by the job.
const LOOKED_AT_MAX: u64 = 50_000_000;

pub(super) fn look(client: &mut Client, transfers: &[Transfer]) -> Result<Findings, Error> {
    let mut findings = Findings::default();
    let (mut walked, mut kept_count) = (Walked::default(), 0);
    for transfer in transfers {
        let entry = match client.stat(&transfer.remote) {
            Ok(entry) => entry,
            // The job says so, and goes on with the rest.
            Err(Error::Remote { .. }) => continue,
            Err(err) => return Err(err),
        };
        if entry.kind == EntryKind::Folder {
            if let Some(kept) = walk(client, transfer, &mut kept_count, &mut findings)? {
                walked.insert(&transfer.remote, kept);
            }
        } else {
            (findings.files, findings.bytes) = (findings.files + 1, findings.bytes + entry.size);
        }
        look_here(&transfer.local, &mut findings);
    }
    look_at_room(transfers, &mut findings);
    findings.walked = Some(walked);
    Ok(findings)
}

/// Walks a tree. Returns its entries if they are not too many.
fn walk(
    client: &mut Client,
    transfer: &Transfer,
    kept_count: &mut usize,
    findings: &mut Findings,
) -> Result<Option<Vec<Entry>>, Error> {
    let cancel = client.cancel().clone();
    let (mut kept, mut twins, mut looked_at) = (Some(Vec::new()), HashMap::new(), 0);
    let target = transfer.local.as_os_str().as_encoded_bytes();
    for page in client.walk(&transfer.remote)? {
        check(&cancel)?;
        let page = page?;
        looked_at += page.len() as u64;
        for entry in &page {
            if entry.kind == EntryKind::File {
                findings.files += 1;
                findings.bytes = findings.bytes.saturating_add(entry.size);
            }
            let path = || [target, b"/", &entry.name].concat();
            // Twins are looked for as long as the names are kept anyway.
            let twin = kept.is_some().then(|| twins.insert(key(&entry.name), entry.name.clone()));
            if let Some(other) = twin.flatten() {
                findings.add(&path(), Trouble::Twin { other }, false);
            }
            if entry.name.split(|byte| *byte == b'/').any(|name| sys::local_name(name).is_none()) {
                let why = "this system has no such names".to_owned();
                findings.add(&path(), Trouble::BadName(why), true);
            }
        }
        *kept_count += page.len();
        if *kept_count > KEPT_MAX || looked_at > LOOKED_AT_MAX {
            kept = None;
            twins.clear();
        }
        if let Some(kept) = &mut kept {
            kept.extend(page);
        }
        if looked_at > LOOKED_AT_MAX {
            break;
        }
    }
    Ok(kept)
}

/// What twins in one folder share: the folder's path, and the key of the name.
fn key(path: &[u8]) -> Vec<u8> {
    let at = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let (folder, name) = path.split_at(at);
    [folder, &twin_key(name)].concat()
}

/// Whether what comes can be written. Where the target is there already, the job may need nothing.
fn look_here(target: &Path, findings: &mut Findings) {
    let folder = written_first(target);
    if let Err(err) = sys::check_writable(folder) {
        let path = folder.as_os_str().as_encoded_bytes();
        findings.add(path, Trouble::NotWritable(err.to_string()), !target.exists());
    }
    let is_special = fs::metadata(target).is_ok_and(|there| !there.is_dir() && !there.is_file());
    if is_special {
        let path = target.as_os_str().as_encoded_bytes();
        findings.add(path, Trouble::InTheWay("a pipe, socket or device has this name"), true);
    }
}

/// The folder in which the first thing is made: the target, where that is a folder to put things
/// into, else the nearest above it.
fn written_first(target: &Path) -> &Path {
    if target.is_dir() { target } else { nearest(target.parent().unwrap_or(target)) }
}

fn look_at_room(transfers: &[Transfer], findings: &mut Findings) {
    let Some(first) = transfers.first() else { return };
    let folder = nearest(&first.local);
    // Where it cannot be known, the job finds out.
    let Ok(available) = sys::space_left(folder) else { return };
    findings.available = Some(available);
    if findings.bytes > available {
        // Of what is there already the job may need no bytes at all.
        let is_blocking = !transfers.iter().any(|transfer| transfer.local.exists());
        let path = folder.as_os_str().as_encoded_bytes();
        findings.add(path, Trouble::NoRoom { needed: findings.bytes, available }, is_blocking);
    }
}

/// The nearest folder at or above a path.
fn nearest(path: &Path) -> &Path {
    let is_folder = |path: &&Path| fs::metadata(path).is_ok_and(|there| there.is_dir());
    path.ancestors().find(is_folder).unwrap_or_else(|| Path::new("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The home of a user lies in a folder that is not theirs.
    #[test]
    fn a_folder_that_is_there_is_judged_itself_and_not_the_one_it_lies_in() {
        let room = tempfile::tempdir().unwrap();
        let home = room.path().join("home");
        fs::create_dir(&home).unwrap();
        assert_eq!(written_first(&home), home);
        assert_eq!(written_first(&home.join("new")), home);
        assert_eq!(written_first(&home.join("new/newer")), home);
        fs::write(home.join("file"), "").unwrap();
        assert_eq!(written_first(&home.join("file")), home);
    }
}

//! Removing parts that nobody came back for, and noting the others.

use super::fault::Blame as _;
use super::folder::Root;
use super::idle_parts::IdleParts;
use super::name::transfer_of;
use super::transfers::Transfers;
use crate::storage::Result;
use crate::sys::{self, Kind, Names};
use ferry_protocol::{RemotePath, TransferId};
use std::ffi::CStr;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Walks all folders, following no link, and removes the parts that did not change for
/// `idle_secs`; the others are noted in `idle`. Age is told by the time that nobody can set: a
/// sealed part already has its sender's date.
pub(super) fn sweep_parts(
    root: &Root,
    transfers: &Arc<Transfers>,
    idle: &IdleParts,
    idle_secs: u64,
) -> Result<u64> {
    let top = RemotePath::root();
    let names = root.folder_to_list(&top).and_then(Names::new).blame(&top)?;
    let mut sweep = Sweep { transfers, idle, oldest_kept: moment_before(idle_secs), removed: 0 };
    let mut open = vec![Folder { names, path: Some(top) }];
    while let Some(folder) = open.last_mut() {
        match sweep.step(folder) {
            Some(below) if open.len() < DEPTH_MAX => open.push(below),
            Some(_) => {}
            None => drop(open.pop()),
        }
    }
    idle.has_met_all();
    Ok(sweep.removed)
}

struct Sweep<'a> {
    transfers: &'a Arc<Transfers>,
    idle: &'a IdleParts,
    /// Seconds since 1970.
    oldest_kept: i64,
    removed: u64,
}

/// A folder that is being read, and its path where a path can name it.
struct Folder {
    names: Names,
    path: Option<RemotePath>,
}

impl Sweep<'_> {
    /// Reads on until a folder below is found, which is handed back; `None` at the end. What
    /// cannot be read is left alone.
    fn step(&mut self, at: &mut Folder) -> Option<Folder> {
        while let Ok(Some((name, kind))) = at.names.next() {
            let folder = at.names.folder().ok()?;
            if let Some(transfer) = transfer_of(name.to_bytes()) {
                let is_removed = self.meet(transfer, (folder, &name), at.path.as_ref());
                self.removed += u64::from(is_removed.unwrap_or(false));
            } else if matches!(kind, Kind::Folder | Kind::Other)
                && let Ok(names) = sys::open_folder(folder, name.to_bytes()).and_then(Names::new)
            {
                // Some file systems do not tell the kind with the name: opening tells.
                let path = at.path.as_ref().and_then(|path| path.join_all(name.to_bytes()).ok());
                return Some(Folder { names, path });
            }
        }
        None
    }

    /// Removes a part that is old enough, or notes it. Returns whether it was removed.
    fn meet(
        &self,
        transfer: TransferId,
        (folder, name): (BorrowedFd<'_>, &CStr),
        path: Option<&RemotePath>,
    ) -> io::Result<bool> {
        // Claimed before its age is looked at: whoever comes back now finds it whole or gone.
        let Some(_claim) = self.transfers.claim(transfer) else {
            return Ok(false);
        };
        let stat = sys::stat_name(folder, name)?;
        if stat.kind != Kind::File {
            return Ok(false);
        }
        if stat.changed.0 > self.oldest_kept {
            if let Some(path) = path {
                self.idle.add(transfer, path.clone(), &stat);
            }
            return Ok(false);
        }
        self.idle.remove(transfer);
        sys::remove_file(folder, name)?;
        Ok(true)
    }
}

fn moment_before(secs: u64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(now.as_secs().saturating_sub(secs)).unwrap_or(i64::MAX)
}

/// Folders held open at once. Clients reach no deeper.
const DEPTH_MAX: usize = ferry_protocol::limits::PATH_DEPTH_MAX + 1;

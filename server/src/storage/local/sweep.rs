//! Removing parts that nobody came back for.

use super::fault::Blame as _;
use super::folder::Root;
use super::name::transfer_of;
use super::transfers::Transfers;
use crate::storage::Result;
use crate::sys::{self, Kind, Names};
use ferry_protocol::RemotePath;
use std::ffi::CStr;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Walks all folders, following no link, and removes the parts that did not change for
/// `idle_secs`. Age is told by the time that nobody can set: a sealed part already has its
/// sender's date.
pub(super) fn sweep_parts(root: &Root, transfers: &Arc<Transfers>, idle_secs: u64) -> Result<u64> {
    let top = RemotePath::root();
    let names = root.folder_to_list(&top).and_then(Names::new).blame(&top)?;
    let mut sweep = Sweep { transfers, oldest_kept: moment_before(idle_secs), removed: 0 };
    let mut open = vec![names];
    while let Some(names) = open.last_mut() {
        match sweep.step(names) {
            Some(below) if open.len() < DEPTH_MAX => open.push(below),
            Some(_) => {}
            None => drop(open.pop()),
        }
    }
    Ok(sweep.removed)
}

struct Sweep<'a> {
    transfers: &'a Arc<Transfers>,
    /// Seconds since 1970.
    oldest_kept: i64,
    removed: u64,
}

impl Sweep<'_> {
    /// Reads on until a folder below is found, which is handed back; `None` at the end. What
    /// cannot be read is left alone.
    fn step(&mut self, names: &mut Names) -> Option<Names> {
        while let Ok(Some((name, kind))) = names.next() {
            let folder = names.folder().ok()?;
            if transfer_of(name.to_bytes()).is_some() {
                self.removed += u64::from(self.remove(folder, &name).unwrap_or(false));
            } else if matches!(kind, Kind::Folder | Kind::Other)
                && let Ok(below) = sys::open_folder(folder, name.to_bytes()).and_then(Names::new)
            {
                // Some file systems do not tell the kind with the name: opening tells.
                return Some(below);
            }
        }
        None
    }

    fn remove(&self, folder: impl AsFd, name: &CStr) -> io::Result<bool> {
        // Claimed before its age is looked at: whoever comes back now finds it whole or gone.
        let Some(_claim) = transfer_of(name.to_bytes()).and_then(|id| self.transfers.claim(id))
        else {
            return Ok(false);
        };
        let stat = sys::stat_name(&folder, name)?;
        if stat.kind != Kind::File || stat.changed.0 > self.oldest_kept {
            return Ok(false);
        }
        sys::remove_file(&folder, name)?;
        Ok(true)
    }
}

fn moment_before(secs: u64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(now.as_secs().saturating_sub(secs)).unwrap_or(i64::MAX)
}

/// Folders held open at once. Clients reach no deeper.
const DEPTH_MAX: usize = ferry_protocol::limits::PATH_DEPTH_MAX + 1;

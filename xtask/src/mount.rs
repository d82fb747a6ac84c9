//! File systems that are mounted for a run and never left behind.

use crate::failure::Failure;
use crate::process::{self, Finished};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A mounted file system, unmounted when dropped.
#[derive(Debug)]
pub(crate) struct Mounted(PathBuf);

impl Mounted {
    /// Mounts by these arguments of mount(8) at `place`.
    pub(crate) fn mount(arguments: &[&OsStr], place: &Path) -> Result<Self, Failure> {
        Self::run_mount(arguments, place)?.succeeded("mount")?;
        Ok(Self(place.to_owned()))
    }

    /// A file system in memory of so many KiB; `None` where mounting is not allowed.
    pub(crate) fn in_memory(kib: u64, place: &Path) -> Result<Option<Self>, Failure> {
        Self::in_memory_with(&format!("size={kib}k"), place)
    }

    /// The same with room for so many files, folders and links.
    pub(crate) fn in_memory_for(names: u64, place: &Path) -> Result<Option<Self>, Failure> {
        Self::in_memory_with(&format!("nr_inodes={names}"), place)
    }

    fn in_memory_with(options: &str, place: &Path) -> Result<Option<Self>, Failure> {
        let arguments = ["-t", "tmpfs", "-o", options, "tmpfs"].map(OsStr::new);
        let is_done = Self::run_mount(&arguments, place)?.status.success();
        Ok(is_done.then(|| Self(place.to_owned())))
    }

    /// Gives a file system in memory another size, in KiB.
    pub(crate) fn resize(&self, kib: u64) -> Result<(), Failure> {
        let options = format!("remount,size={kib}k");
        Self::run_mount(&["-o", &options].map(OsStr::new), &self.0)?.succeeded("mount").map(drop)
    }

    /// Gives a file system in memory room for another number of files, folders and links.
    pub(crate) fn resize_for(&self, names: u64) -> Result<(), Failure> {
        let options = format!("remount,nr_inodes={names}");
        Self::run_mount(&["-o", &options].map(OsStr::new), &self.0)?.succeeded("mount").map(drop)
    }

    /// Unmounts, once all is written.
    pub(crate) fn unmount(self) -> Result<(), Failure> {
        let place = self.0.clone();
        std::mem::forget(self);
        process::run(Command::new("umount").arg(place), DEADLINE)?.succeeded("umount").map(drop)
    }

    fn run_mount(arguments: &[&OsStr], place: &Path) -> Result<Finished, Failure> {
        process::run(Command::new("mount").args(arguments).arg(place), DEADLINE)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(process::run(Command::new("umount").arg("--lazy").arg(&self.0), DEADLINE));
    }
}

/// Longest time that mounting and unmounting may take.
const DEADLINE: Duration = Duration::from_mins(1);

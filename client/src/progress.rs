//! How far a job is: numbers that its threads write and whoever draws reads, without waiting.

use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Progress of one job. Totals grow while the job is still being planned.
#[derive(Debug, Default)]
pub struct Progress {
    files_done: AtomicU64,
    files_total: AtomicU64,
    bytes_done: AtomicU64,
    bytes_total: AtomicU64,
    is_planned: AtomicBool,
    current: Mutex<Vec<FileProgress>>,
}

/// A [`Progress`] at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Files finished, in whatever way.
    pub files_done: u64,
    /// Files found so far.
    pub files_total: u64,
    /// Bytes moved or found to be there already.
    pub bytes_done: u64,
    /// Bytes of the files found so far.
    pub bytes_total: u64,
    /// Whether the totals are final.
    pub is_planned: bool,
    /// The big files under way.
    pub current: Vec<FileProgress>,
}

/// How far one big file is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileProgress {
    /// Its source's path as bytes.
    pub name: Vec<u8>,
    /// Bytes moved or found to be there already.
    pub bytes_done: u64,
    /// Its length.
    pub bytes_total: u64,
}

impl Progress {
    /// Nothing done, nothing known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The numbers now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            files_done: self.files_done.load(Ordering::Relaxed),
            files_total: self.files_total.load(Ordering::Relaxed),
            bytes_done: self.bytes_done.load(Ordering::Relaxed),
            bytes_total: self.bytes_total.load(Ordering::Relaxed),
            is_planned: self.is_planned.load(Ordering::Relaxed),
            current: self.current.lock().clone(),
        }
    }

    pub(crate) fn add_planned(&self, files: u64, bytes: u64) {
        self.files_total.fetch_add(files, Ordering::Relaxed);
        self.bytes_total.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn planned(&self) {
        self.is_planned.store(true, Ordering::Relaxed);
    }

    pub(crate) fn add_file(&self) {
        self.files_done.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_bytes(&self, bytes: u64) {
        self.bytes_done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Takes bytes back that have to be moved again.
    pub(crate) fn take_bytes_back(&self, bytes: u64) {
        self.bytes_done.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(crate) fn begin(&self, name: &[u8], bytes_total: u64) {
        self.current.lock().push(FileProgress { name: name.to_vec(), bytes_done: 0, bytes_total });
    }

    /// Bytes of a big file that was begun.
    pub(crate) fn add_bytes_of(&self, name: &[u8], bytes: u64) {
        self.add_bytes(bytes);
        if let Some(file) = self.current.lock().iter_mut().find(|file| file.name == name) {
            file.bytes_done += bytes;
        }
    }

    /// Bytes of a big file that was begun have to be moved again.
    pub(crate) fn take_bytes_back_of(&self, name: &[u8], bytes: u64) {
        self.take_bytes_back(bytes);
        if let Some(file) = self.current.lock().iter_mut().find(|file| file.name == name) {
            file.bytes_done = file.bytes_done.saturating_sub(bytes);
        }
    }

    pub(crate) fn end(&self, name: &[u8]) {
        let mut current = self.current.lock();
        if let Some(index) = current.iter().position(|known| known.name == name) {
            current.swap_remove(index);
        }
    }
}

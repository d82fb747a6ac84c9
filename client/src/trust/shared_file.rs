//! A small file of lines in the client's state folder that several processes may use at once: read
//! anew for each question, changed under a lock, and replaced as a whole.

use crate::random;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Such a file.
#[derive(Clone, Debug)]
pub(super) struct SharedFile {
    folder: PathBuf,
    name: &'static str,
}

impl SharedFile {
    /// Nothing is read or made yet.
    pub(super) fn new(folder: &Path, name: &'static str) -> Self {
        Self { folder: folder.to_path_buf(), name }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.join(self.name)
    }

    /// Its text; a file that does not exist is empty.
    pub(super) fn read(&self) -> io::Result<String> {
        match fs::read_to_string(self.path()) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            other => other,
        }
    }

    /// Waits for the right to change it, which ends when the file is dropped.
    pub(super) fn lock(&self) -> io::Result<File> {
        fs::create_dir_all(&self.folder)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.folder.join(format!("{}.lock", self.name)))?;
        lock.lock()?;
        Ok(lock)
    }

    /// Puts a text, readable by its owner alone, in place of what was there.
    pub(super) fn replace(&self, text: &str) -> io::Result<()> {
        let new = self.folder.join(format!("{}.{}", self.name, random::hex_name()?));
        let written = write_new(&new, text).and_then(|()| fs::rename(&new, self.path()));
        if written.is_err() {
            // The first failure is the one to tell.
            drop(fs::remove_file(&new));
        }
        written
    }
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

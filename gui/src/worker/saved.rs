//! The file `servers.json` in the client's state folder: recent and bookmarked servers, without
//! passwords. It is replaced as a whole, at once.

use crate::state::problem::{Fault, Problem};
use crate::state::servers::SavedServer;
use crate::text::problems as text;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// All saved servers. A file that is not there holds none; a damaged one is left as it is.
fn read(folder: &Path) -> Result<Vec<SavedServer>, Problem> {
    let file = file_in(folder);
    let problem = |why: &str| Problem {
        summary: text::CANNOT_READ_SAVED.to_owned(),
        details: text::saved_damaged(&file.display().to_string(), why),
        fault: Fault::Here,
    };
    match fs::read(&file) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(err) => Err(problem(&err.to_string())),
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|err| problem(&err.to_string())),
    }
}

/// The file as this window knows it. Other windows write it too: what they changed stays.
#[derive(Debug)]
pub(super) struct Saved {
    folder: PathBuf,
    /// What the file held when it was read or written here last.
    known: Vec<SavedServer>,
}

impl Saved {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), known: Vec::new() }
    }

    /// All saved servers. A file that is not there holds none.
    pub(super) fn read(&mut self) -> Result<Vec<SavedServer>, Problem> {
        self.known = read(&self.folder)?;
        Ok(self.known.clone())
    }

    /// Writes what this window changed, and returns all that the file holds now.
    pub(super) fn write(&mut self, own: Vec<SavedServer>) -> io::Result<Vec<SavedServer>> {
        fs::create_dir_all(&self.folder)?;
        let _alone = lock(&self.folder)?;
        // A damaged file may hold what somebody wants back.
        let Ok(found) = read(&self.folder) else { return Ok(own) };
        let merged = merged(&self.known, own, &found);
        replace(&self.folder, &merged)?;
        self.known.clone_from(&merged);
        Ok(merged)
    }
}

/// What this window changed since `known`, on top of what is `found`.
fn merged(known: &[SavedServer], own: Vec<SavedServer>, found: &[SavedServer]) -> Vec<SavedServer> {
    let at = |list: &[SavedServer], address: &str| {
        list.iter().find(|saved| saved.address == address).cloned()
    };
    let is_new = |saved: &&SavedServer| {
        at(&own, &saved.address).is_none() && at(known, &saved.address).is_none()
    };
    let theirs: Vec<SavedServer> = found.iter().filter(is_new).cloned().collect();
    let ours = own.into_iter().filter_map(|saved| {
        let before = at(known, &saved.address);
        if before.as_ref() == Some(&saved) { at(found, &saved.address) } else { Some(saved) }
    });
    ours.chain(theirs).collect()
}

/// Locks the file against other windows, each of which holds it for a moment.
fn lock(folder: &Path) -> io::Result<File> {
    let file = File::create(folder.join("servers.lock"))?;
    let until = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(LOOK),
            Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::TimedOut.into()),
            Err(TryLockError::Error(err)) => return Err(err),
        }
    }
}

/// How long it is waited for another window.
const PATIENCE: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(10);

fn replace(folder: &Path, servers: &[SavedServer]) -> io::Result<()> {
    let new = folder.join("servers.json.new");
    let written = write_new(&new, servers).and_then(|()| fs::rename(&new, file_in(folder)));
    if written.is_err() {
        // The first failure is the one to tell.
        drop(fs::remove_file(&new));
    }
    written
}

fn write_new(path: &Path, servers: &[SavedServer]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    serde_json::to_writer_pretty(&mut file, servers)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn file_in(folder: &Path) -> PathBuf {
    folder.join("servers.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(address: &str, title: &str) -> SavedServer {
        let (address, title) = (format!("ferry://{address}/"), title.to_owned());
        SavedServer { address, title, is_bookmarked: true, used_unix_secs: 7 }
    }

    fn titles(servers: &[SavedServer]) -> Vec<&str> {
        let mut titles: Vec<&str> = servers.iter().map(|saved| saved.title.as_str()).collect();
        titles.sort_unstable();
        titles
    }

    #[test]
    fn what_was_written_is_read_again_and_a_damaged_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("client");
        let mut saved = Saved::new(&deep);
        let servers = vec![server("ana@host", "日本")];
        assert_eq!(saved.read(), Ok(Vec::new()));
        assert_eq!(saved.write(servers.clone()).unwrap(), servers);
        assert_eq!(saved.read(), Ok(servers.clone()));
        fs::write(file_in(&deep), "[{").unwrap();
        assert!(saved.read().unwrap_err().details.contains("servers.json"));
        saved.write(servers).unwrap();
        assert_eq!(fs::read(file_in(&deep)).unwrap(), b"[{");
    }

    #[test]
    fn two_windows_do_not_undo_what_the_other_did() {
        let folder = tempfile::tempdir().unwrap();
        let mut one = Saved::new(folder.path());
        one.write(vec![server("a", "a"), server("b", "b"), server("c", "c")]).unwrap();
        let mut other = Saved::new(folder.path());
        other.read().unwrap();
        // The one gives a name and forgets; the other adds and gives another name.
        one.write(vec![server("a", "one"), server("b", "b")]).unwrap();
        let all = vec![server("a", "a"), server("b", "other"), server("c", "c"), server("d", "d")];
        let merged = other.write(all).unwrap();
        assert_eq!(titles(&merged), ["d", "one", "other"]);
        assert_eq!(titles(&one.read().unwrap()), ["d", "one", "other"]);
    }
}

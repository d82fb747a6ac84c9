//! The file `servers.json` in the client's state folder: recent and bookmarked servers, without
//! passwords. It is replaced as a whole, at once.

use crate::state::problem::{Fault, Problem};
use crate::state::servers::SavedServer;
use crate::text::problems as text;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// All saved servers. A file that is not there holds none; a damaged one is left as it is.
pub(super) fn read(folder: &Path) -> Result<Vec<SavedServer>, Problem> {
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

/// Writes all saved servers.
pub(super) fn write(folder: &Path, servers: &[SavedServer]) -> io::Result<()> {
    // A damaged file may hold what somebody wants back.
    if read(folder).is_err() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    let new = folder.join(format!("servers.json.{}", std::process::id()));
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

    #[test]
    fn what_was_written_is_read_again_and_a_damaged_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("client");
        let servers = vec![SavedServer {
            address: "ferry://ana@host/".to_owned(),
            title: "日本".to_owned(),
            is_bookmarked: true,
            used_unix_secs: 7,
        }];
        assert_eq!(read(&deep), Ok(Vec::new()));
        write(&deep, &servers).unwrap();
        assert_eq!(read(&deep), Ok(servers.clone()));
        assert_eq!(fs::read_dir(&deep).unwrap().count(), 1);
        fs::write(file_in(&deep), "[{").unwrap();
        assert!(read(&deep).unwrap_err().details.contains("servers.json"));
        write(&deep, &servers).unwrap();
        assert_eq!(fs::read(file_in(&deep)).unwrap(), b"[{");
    }
}

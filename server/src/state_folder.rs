//! The server's state folder: small files of one owner, each written whole or not at all.
//!
//! Knows paths, modes and durability; what the files mean is the business of those who keep them
//! here (accounts, identity, control channel).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fmt};

/// Environment variable that moves all state of Ferry.
pub const STATE_DIR_VARIABLE: &str = "FERRY_STATE_DIR";

/// A state folder that may not be there yet.
#[derive(Clone, Debug)]
pub(crate) struct StateFolder(PathBuf);

impl StateFolder {
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The server's folder below `FERRY_STATE_DIR`, else below the user's state folder. `None`
    /// where neither is known.
    pub(crate) fn default_path() -> Option<PathBuf> {
        let named = env::var_os(STATE_DIR_VARIABLE).filter(|value| !value.is_empty());
        let root = named.map(PathBuf::from).or_else(user_state_folder)?;
        Some(root.join("server"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Makes the folder, for its owner alone, if it is not there.
    pub(crate) fn create(&self) -> Result<(), Error> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.0).map_err(Error::on("make the state folder", &self.0))
    }

    /// Content of a file, `None` if there is none.
    pub(crate) fn read(&self, name: &str) -> Result<Option<String>, Error> {
        let path = self.file(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(err) => Err(Error::on("read", &path)(err)),
        }
    }

    /// Puts a file, readable by its owner alone, in place of what was there. Durable on return.
    /// Writers of the same name exclude each other by a lock of theirs.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<(), Error> {
        self.create()?;
        let path = self.file(name);
        self.write_through(&self.file(&format!("{name}.new")), &path, content)
            .map_err(Error::on("write", &path))
    }

    fn write_through(&self, temporary: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
        // One that a killed process left would keep its own mode.
        match fs::remove_file(temporary) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
            _ => {}
        }
        let mut file = self.make(private().write(true), temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(temporary, path)?;
        #[cfg(unix)]
        File::open(&self.0)?.sync_all()?;
        Ok(())
    }

    /// Opens a file for appending, made for its owner alone.
    pub(crate) fn append(&self, name: &str) -> Result<File, Error> {
        let path = self.file(name);
        self.open_or_make(private().append(true), &path).map_err(Error::on("open", &path))
    }

    /// Opens a lock file, made if it is not there. Its content stays.
    pub(crate) fn lock_file(&self, name: &str) -> Result<File, Error> {
        self.create()?;
        let path = self.file(name);
        let options = private().read(true).write(true).truncate(false).to_owned();
        self.open_or_make(&options, &path).map_err(Error::on("open", &path))
    }

    fn open_or_make(&self, options: &OpenOptions, path: &Path) -> io::Result<File> {
        match self.make(options, path) {
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {
                options.clone().create(true).open(path)
            }
            made => made,
        }
    }

    /// Makes a file that is not there, for the folder's owner. Only what was made here is given
    /// away: a link that the owner laid there could lead to anything.
    fn make(&self, options: &OpenOptions, path: &Path) -> io::Result<File> {
        let file = options.clone().create_new(true).open(path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt as _, fchown};
            let (folder, made) = (fs::metadata(&self.0)?, file.metadata()?);
            if let Some((user, group)) = new_owner(made.uid(), (folder.uid(), folder.gid())) {
                fchown(&file, Some(user), Some(group))?;
            }
        }
        Ok(file)
    }

    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.file(name);
        match fs::remove_file(&path) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => {
                Err(Error::on("remove", &path)(err))
            }
            _ => Ok(()),
        }
    }

    /// Whether users other than the owner may read or write a file.
    pub(crate) fn is_open_to_others(&self, name: &str) -> bool {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::metadata(self.file(name))
                .is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
        }
        #[cfg(not(unix))]
        {
            let _ = name;
            false
        }
    }
}

fn user_state_folder() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "ferry")?;
    Some(folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).to_owned())
}

/// Whom a file is given to that `maker` made in a folder of this user and group: what an
/// administrator does must not shut the server out of its own state.
#[cfg(unix)]
fn new_owner(maker: u32, folder: (u32, u32)) -> Option<(u32, u32)> {
    const ROOT: u32 = 0;
    (maker == ROOT && folder.0 != ROOT).then_some(folder)
}

/// Options for files that nobody but the owner may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A file of the state folder that could not be used.
#[derive(Debug)]
pub struct Error {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl Error {
    pub(crate) fn on(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { doing, path, source }
    }

    fn remedy(&self) -> &'static str {
        match self.source.kind() {
            io::ErrorKind::PermissionDenied => {
                "; run as the user who owns it, or name another folder with --state-dir"
            }
            io::ErrorKind::StorageFull => "; make room on that disk",
            io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::AlreadyExists => "; name another folder with --state-dir",
            io::ErrorKind::InvalidData => "; the file is damaged: restore it from a backup",
            _ => "",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { doing, path, source } = self;
        write!(formatter, "cannot {doing} {}: {source}{}", path.display(), self.remedy())
    }
}

// The cause is in the text already, before the remedy; a chain would say it twice.
impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_file_is_whole_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::at(&folder.path().join("a/b"));
        assert!(state.read("x").unwrap().is_none());
        state.write("x", b"one").unwrap();
        state.write("x", b"two").unwrap();
        assert_eq!(state.read("x").unwrap().as_deref(), Some("two"));
        assert!(!state.is_open_to_others("x"));
        assert_eq!(fs::read_dir(folder.path().join("a/b")).unwrap().count(), 1);
        state.remove("x").unwrap();
        state.remove("x").unwrap();
    }

    #[test]
    fn a_file_that_a_killed_writer_left_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::at(folder.path());
        fs::write(state.file("x.new"), "half").unwrap();
        state.write("x", b"whole").unwrap();
        assert_eq!(state.read("x").unwrap().as_deref(), Some("whole"));
    }

    /// `sudo ferry-server user add`, beside a server that runs as a user of its own.
    #[cfg(unix)]
    #[test]
    fn what_root_writes_belongs_to_the_folders_owner() {
        assert_eq!(new_owner(0, (990, 991)), Some((990, 991)));
        assert_eq!(new_owner(0, (0, 991)), None);
        assert_eq!(new_owner(990, (990, 991)), None);
        assert_eq!(new_owner(1000, (990, 991)), None, "it could not, and need not");
    }

    #[test]
    fn a_failure_names_path_cause_and_remedy() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let text = StateFolder::at(&folder.path().join("file/sub")).create().unwrap_err();
        assert!(text.to_string().contains("--state-dir"), "{text}");
    }
}

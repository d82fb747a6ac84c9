//! The wall around the server's process: what it is put up around, and what is said of it.

use super::folders;
use crate::accounts::Accounts;
use crate::config::{Config, Findings, ServeArguments, TlsFiles};
use crate::sys::sandbox::{Gates, Sandbox, confine};
use ferry_protocol::escape;
use std::fmt;
use std::path::{Path, PathBuf};

/// What keeps this process where it belongs.
#[derive(Debug)]
pub(super) struct Wall {
    sandbox: Sandbox,
    files: FileGates,
}

impl Wall {
    /// There is none, for this reason.
    pub(super) fn none(why: &str) -> Self {
        Self { sandbox: Sandbox::None(why.to_owned()), files: FileGates::default() }
    }

    /// Shuts this process into its folders. What the configuration file says is read again on a
    /// reload, to see whether it has changed, and so are certificate and key of the owner's own.
    pub(super) fn put_up(config: &Config, accounts: &Accounts, arguments: &ServeArguments) -> Self {
        let folders = folders::of(config, accounts);
        let read = Findings::read(arguments, Some(&config.state_dir));
        let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
        let mut files = FileGates::of(read.file.as_deref(), read.tls.as_ref(), home.as_deref());
        files.folders.retain(|folder| !folders.iter().any(|open| folder.starts_with(open)));
        let folders: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
        let readable = files.folders.iter().chain(&files.alone).map(PathBuf::as_path);
        let readable: Vec<&Path> = readable.chain([Path::new("/dev/null")]).collect();
        // FTP clients may have the server connect to them where the configuration lets them.
        let may_connect = config.ftp.as_ref().is_some_and(|ftp| ftp.active);
        let gates = Gates { folders: &folders, files: &readable, may_connect };
        Self { sandbox: confine(gates), files }
    }

    /// Whether folders that come later are beyond it.
    pub(super) fn is_up(&self) -> bool {
        !matches!(self.sandbox, Sandbox::None(_))
    }
}

impl fmt::Display for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sandbox.fmt(f)?;
        if !self.is_up() {
            return Ok(());
        }
        if !self.files.folders.is_empty() {
            write!(f, "; to read, all in {}", shown(&self.files.folders))?;
        }
        if !self.files.alone.is_empty() {
            let files = shown(&self.files.alone);
            write!(
                f,
                "; {files} as it is: a reload cannot read what is put in its place, since its \
                 folder holds too much to be opened; give it a folder of its own"
            )?;
        }
        Ok(())
    }
}

fn shown(paths: &[PathBuf]) -> String {
    let paths = paths.iter().map(|path| escape(path.as_os_str().as_encoded_bytes()));
    paths.collect::<Vec<_>>().join(", ")
}

/// What may be read of the configuration file and the owner's certificate and key.
#[derive(Debug, Default, PartialEq, Eq)]
struct FileGates {
    /// Folders in which they lie, or to which links lead: an editor or a renewal puts new files
    /// there.
    folders: Vec<PathBuf>,
    /// Those whose folder holds too much else: nothing but the file that is there now.
    alone: Vec<PathBuf>,
}

impl FileGates {
    fn of(config_file: Option<&Path>, tls: Option<&TlsFiles>, home: Option<&Path>) -> Self {
        let pair = tls.map(|files| [files.certificate.as_path(), &files.key]);
        let named = config_file.into_iter().chain(pair.into_iter().flatten());
        let mut gates = Self::default();
        for path in named {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            for path in [path.canonicalize().ok(), Some(path)].into_iter().flatten() {
                gates.add(path, home);
            }
        }
        for list in [&mut gates.folders, &mut gates.alone] {
            list.sort();
            list.dedup();
        }
        gates
    }

    fn add(&mut self, path: PathBuf, home: Option<&Path>) {
        let Some(folder) = path.parent() else { return };
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        if is_wide(&folder, home) { self.alone.push(path) } else { self.folders.push(folder) }
    }
}

/// Whether far more lies below a folder than what a server has to read: `/` and those in it, such
/// as `/etc`, and homes.
fn is_wide(folder: &Path, home: Option<&Path>) -> bool {
    const IN_ROOT: usize = 2;
    folder.components().count() <= IN_ROOT
        || folder.parent() == Some(Path::new("/home"))
        || home == Some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn homes_and_the_systems_own_folders_are_too_wide() {
        let homes = Path::new("/home");
        let (ann, ben) = (Path::new("/var/people/ann"), homes.join("ben"));
        for wide in ["/", "/etc", "/usr", "/root"].map(Path::new) {
            assert!(is_wide(wide, Some(ann)), "{}", wide.display());
        }
        assert!(is_wide(ann, Some(ann)) && is_wide(&ben, None));
        for narrow in [Path::new("/etc/ferry"), ben.join("ferry").as_path()] {
            assert!(!is_wide(narrow, Some(ann)), "{}", narrow.display());
        }
    }

    /// A configuration file in the home folder opened the home folder, keys and all.
    #[test]
    fn a_file_in_a_wide_folder_is_opened_alone() {
        let base = tempfile::tempdir().unwrap();
        let home = base.path().canonicalize().unwrap();
        let tls = home.join("tls");
        fs::create_dir(&tls).unwrap();
        for name in ["ferry.toml", "tls/key.pem", "moved.pem"] {
            fs::write(home.join(name), "").unwrap();
        }
        std::os::unix::fs::symlink("../moved.pem", tls.join("certificate.pem")).unwrap();
        let config = home.join("ferry.toml");
        let files = TlsFiles { certificate: tls.join("certificate.pem"), key: tls.join("key.pem") };
        let gates = FileGates::of(Some(&config), Some(&files), Some(&home));
        let alone = vec![config, home.join("moved.pem")];
        assert_eq!(gates, FileGates { folders: vec![tls], alone });
    }
}

//! Where things go: a target that ends in a slash is a folder to put things into by their own
//! names, any other target is the new name. So the same command again never nests anything.

use crate::address::{AddressError, names_a_folder, resolve};
use crate::{Error, local_folders};
use ferry_protocol::RemotePath;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A place on the server, and whether it was typed as a folder to put things into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemoteTarget {
    pub(crate) path: RemotePath,
    pub(crate) is_folder: bool,
}

/// Several sources were given one new name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NeedsFolder;

impl RemoteTarget {
    /// What is typed at the prompt when the session's folder is `current`.
    pub(crate) fn typed(current: &RemotePath, typed: &[u8]) -> Result<Self, AddressError> {
        let path = resolve(current, typed)?;
        let is_folder = path.is_root() || names_a_folder(typed);
        Ok(Self { path, is_folder })
    }

    /// A folder to put things into.
    pub(crate) fn folder(path: RemotePath) -> Self {
        Self { path, is_folder: true }
    }

    /// Refuses several sources for one new name.
    pub(crate) fn check_count(&self, count: usize) -> Result<(), NeedsFolder> {
        if count > 1 && !self.is_folder { Err(NeedsFolder) } else { Ok(()) }
    }

    /// The new path of a source with this name. A source without one, as the root or `.`, is
    /// merged into the folder itself.
    pub(crate) fn of(&self, name: Option<&[u8]>) -> Result<RemotePath, AddressError> {
        match name {
            Some(name) if self.is_folder => self.path.join_all(name).map_err(AddressError::BadPath),
            _ => Ok(self.path.clone()),
        }
    }
}

/// A local place to fetch things to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LocalTarget {
    path: PathBuf,
    is_folder: bool,
}

impl LocalTarget {
    /// What is typed, from the local folder `current`.
    pub(crate) fn typed(current: &Path, typed: &OsStr) -> Self {
        Self { path: current.join(typed), is_folder: is_local_folder(typed) }
    }

    /// A folder to put things into.
    pub(crate) fn folder(path: &Path) -> Self {
        Self { path: path.to_path_buf(), is_folder: true }
    }

    /// Refuses several sources for one new name.
    pub(crate) fn check_count(&self, count: usize) -> Result<(), NeedsFolder> {
        if count > 1 && !self.is_folder { Err(NeedsFolder) } else { Ok(()) }
    }

    /// Makes the folder to put things into; a new name needs none.
    pub(crate) fn make_folder(&self) -> Result<(), Error> {
        if !self.is_folder {
            return Ok(());
        }
        local_folders::make_durable(&self.path)
            .map_err(|err| Error::local("create", &self.path, err))
    }

    /// The new path of a source with this name; the root, without one, is merged into the folder.
    pub(crate) fn of(&self, name: Option<&OsStr>) -> PathBuf {
        match name {
            Some(name) if self.is_folder => self.path.join(name),
            _ => self.path.clone(),
        }
    }
}

fn is_local_folder(typed: &OsStr) -> bool {
    let bytes = typed.as_encoded_bytes();
    let last = bytes.rsplit(|byte| std::path::is_separator(char::from(*byte))).next();
    matches!(last, None | Some(b"" | b"." | b".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(bytes: &[u8]) -> RemotePath {
        RemotePath::parse(bytes).unwrap()
    }

    fn remote(typed: &[u8]) -> RemoteTarget {
        RemoteTarget::typed(&path(b"/now"), typed).unwrap()
    }

    #[test]
    fn a_slash_at_the_end_keeps_the_own_name() {
        assert_eq!(remote(b"x/").of(Some(b"DIR")), Ok(path(b"/now/x/DIR")));
        assert_eq!(remote(b"x").of(Some(b"DIR")), Ok(path(b"/now/x")));
        assert_eq!(remote(b"/").of(Some(b"DIR")), Ok(path(b"/DIR")));
        assert_eq!(remote(b".").of(Some(b"DIR")), Ok(path(b"/now/DIR")));
        assert_eq!(remote(b"..").of(Some(b"DIR")), Ok(path(b"/DIR")));
        assert_eq!(remote(b"x/").of(None), Ok(path(b"/now/x")), "contents of a nameless source");
    }

    #[test]
    fn local_targets_follow_the_same_rule() {
        let here = Path::new("/now");
        let target =
            |typed: &str| LocalTarget::typed(here, OsStr::new(typed)).of(Some(OsStr::new("a")));
        assert_eq!(target("x/"), Path::new("/now/x/a"));
        assert_eq!(target("x"), Path::new("/now/x"));
        assert_eq!(target("/tmp/"), Path::new("/tmp/a"));
        assert_eq!(target("."), Path::new("/now/a"));
        assert_eq!(target(".."), Path::new("/now/../a"));
        assert_eq!(LocalTarget::folder(here).of(None), here);
    }

    #[test]
    fn only_a_folder_target_is_made() {
        let here = tempfile::tempdir().unwrap();
        LocalTarget::typed(here.path(), OsStr::new("a/b/")).make_folder().unwrap();
        LocalTarget::typed(here.path(), OsStr::new("c")).make_folder().unwrap();
        assert!(here.path().join("a/b").is_dir() && !here.path().join("c").exists());
    }

    #[test]
    fn several_sources_need_a_folder() {
        assert_eq!(remote(b"x").check_count(2), Err(NeedsFolder));
        assert_eq!(remote(b"x").check_count(1), Ok(()));
        assert_eq!(remote(b"x/").check_count(2), Ok(()));
        let local = LocalTarget::typed(Path::new("/"), OsStr::new("x"));
        assert_eq!(local.check_count(2), Err(NeedsFolder));
    }
}

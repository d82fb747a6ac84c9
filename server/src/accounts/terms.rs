//! On what terms an account is let in: where it is, what it may do there, how much and how fast,
//! from where and until when.

use super::{Error, Expiry};
use crate::config::Network;
use ferry_protocol::{Name, RemotePath, Rights};
use jiff::Timestamp;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The terms of one account. Paths of folders are the account's own, as it sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What it may do where no folder says otherwise.
    pub rights: Rights,
    /// Its root folder: absolute, or below the shared folder; `None` is the shared folder.
    pub root: Option<PathBuf>,
    /// Folders with rights of their own, or that lie elsewhere.
    pub folders: Vec<Folder>,
    /// Bytes that may lie in its root and in the mounted folders that it may put something into.
    pub quota: Option<u64>,
    /// Bytes a second that it may send, over all its connections.
    pub up_rate: Option<u64>,
    /// Bytes a second that it may fetch, over all its connections.
    pub down_rate: Option<u64>,
    /// Connections that it may have at once.
    pub connections: Option<usize>,
    /// Networks from which it may log in; empty means all.
    pub networks: Vec<Network>,
    /// When it ends.
    pub expires: Option<Expiry>,
    /// Since when it is there, as the command noted that added it, or since a server saw it first.
    /// What was done before by one of its name was another's doing.
    pub added: Option<Timestamp>,
}

/// A folder of an account that differs from what is around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Where the account sees it.
    pub path: RemotePath,
    /// What the account may do there; `None` means as in its root.
    pub rights: Option<Rights>,
    /// The folder of this computer that is mounted there, absolute or below the shared folder.
    /// Only folders just below the root are mounted.
    pub mount: Option<PathBuf>,
}

/// Slowest rate that can be set, in bytes a second: a transfer must not look like a stalled one.
pub const RATE_MIN: u64 = 16 * 1024;

impl Folder {
    /// The folder, if it can be.
    ///
    /// # Errors
    /// What is wrong with it, for the owner.
    pub fn checked(self) -> Result<Self, String> {
        let depth = self.path.names().count();
        match (&self.mount, self.rights) {
            _ if depth == 0 => {
                Err("the root has the rights of its account; a folder lies below it".to_owned())
            }
            (Some(_), _) if depth > 1 => {
                Err(format!("{} lies too deep: folders are mounted just below the root", self.path))
            }
            (None, None) => Err(format!("the folder {} has neither rights nor a mount", self.path)),
            _ => Ok(self),
        }
    }
}

impl Terms {
    /// These rights in the whole shared folder, and nothing else.
    pub fn new(rights: Rights) -> Self {
        Self {
            rights,
            root: None,
            folders: Vec::new(),
            quota: None,
            up_rate: None,
            down_rate: None,
            connections: None,
            networks: Vec::new(),
            expires: None,
            added: None,
        }
    }

    /// What may be done at `path`: as the deepest folder above it says.
    pub fn rights_at(&self, path: &RemotePath) -> Rights {
        let above = self.folders.iter().filter(|folder| path.starts_with(&folder.path));
        let deepest = above
            .filter_map(|folder| Some((folder.path.names().count(), folder.rights?)))
            .max_by_key(|(depth, _)| *depth);
        deepest.map_or(self.rights, |(_, rights)| rights)
    }

    /// Everything that may be done somewhere.
    pub fn rights_anywhere(&self) -> Rights {
        let folders = self.folders.iter().filter_map(|folder| folder.rights);
        folders.fold(self.rights, Rights::and)
    }

    /// Whether `right` holds in all folders below `path`.
    pub fn holds_below(&self, path: &RemotePath, right: Rights) -> bool {
        self.below(path).all(|folder| folder.rights.is_none_or(|rights| rights.includes(right)))
    }

    /// Whether a folder with its own rights or place lies at `path` or below it, so that the
    /// name cannot move.
    pub fn is_fixed(&self, path: &RemotePath) -> bool {
        self.folders.iter().any(|folder| folder.path == *path) || self.below(path).next().is_some()
    }

    /// Whether a folder below `path` may be seen, so that `path` is at least a way to it.
    pub fn is_way(&self, path: &RemotePath) -> bool {
        self.below(path).any(|folder| self.rights_at(&folder.path) != Rights::none())
    }

    /// Names just below `path` that lead to folders that may be seen.
    pub fn names_on_the_way(&self, path: &RemotePath) -> Vec<Name> {
        let depth = path.names().count();
        let seen = self.below(path).filter(|folder| self.rights_at(&folder.path) != Rights::none());
        let mut names: Vec<Name> =
            seen.filter_map(|folder| Name::parse(folder.path.names().nth(depth)?).ok()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Names of mounted folders with their places.
    pub fn mounts(&self) -> impl Iterator<Item = (Name, &Path)> {
        self.folders
            .iter()
            .filter_map(|folder| Some((folder.path.name()?, folder.mount.as_deref()?)))
    }

    /// Whether something can be put into a mounted folder.
    pub fn may_fill(&self, mount: &Name) -> bool {
        let Ok(path) = RemotePath::root().join(mount) else { return false };
        let below = self.below(&path).filter_map(|folder| folder.rights);
        below.fold(self.rights_at(&path), Rights::and).includes(Rights::WRITE)
    }

    /// Whether a login from `address` is allowed.
    pub fn admits(&self, address: IpAddr) -> bool {
        self.networks.is_empty() || self.networks.iter().any(|network| network.contains(address))
    }

    /// Says why a login from `address` at `now` is not allowed.
    ///
    /// # Errors
    /// [`Error::NotFromHere`] and [`Error::AccountEnded`].
    pub fn expect_admitted(&self, address: IpAddr, now: SystemTime) -> Result<(), Error> {
        if !self.admits(address) {
            return Err(Error::NotFromHere);
        }
        if self.expires.is_some_and(|expiry| expiry.is_over(now)) {
            return Err(Error::AccountEnded);
        }
        Ok(())
    }

    fn below(&self, path: &RemotePath) -> impl Iterator<Item = &Folder> {
        let path = path.clone();
        self.folders
            .iter()
            .filter(move |folder| folder.path != path && folder.path.starts_with(&path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RemotePath {
        RemotePath::parse(text.as_bytes()).unwrap()
    }

    fn folder(at: &str, rights: Rights) -> Folder {
        Folder { path: path(at), rights: Some(rights), mount: None }
    }

    fn terms() -> Terms {
        let mut terms = Terms::new(Rights::read_only());
        terms.folders = vec![
            folder("/in", Rights::read_write()),
            folder("/in/old", Rights::none()),
            folder("/deep/er/box", Rights::WRITE),
        ];
        terms
    }

    #[test]
    fn the_deepest_folder_decides() {
        let terms = terms();
        for (at, rights) in [
            ("/", Rights::read_only()),
            ("/inside", Rights::read_only()),
            ("/in", Rights::read_write()),
            ("/in/new/x", Rights::read_write()),
            ("/in/old/x", Rights::none()),
            ("/deep/er", Rights::read_only()),
            ("/deep/er/box/x", Rights::WRITE),
        ] {
            assert_eq!(terms.rights_at(&path(at)), rights, "{at}");
        }
        assert_eq!(terms.rights_anywhere(), Rights::read_write());
    }

    #[test]
    fn what_lies_below_a_folder_is_heeded() {
        let mut terms = terms();
        assert!(!terms.holds_below(&path("/in"), Rights::DELETE));
        assert!(terms.holds_below(&path("/other"), Rights::DELETE));
        assert!(terms.is_fixed(&path("/in")) && terms.is_fixed(&path("/deep")));
        assert!(!terms.is_fixed(&path("/in/new")));
        terms.rights = Rights::none();
        let names: Vec<_> =
            terms.names_on_the_way(&path("/")).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["deep", "in"]);
        assert!(terms.is_way(&path("/deep/er")) && !terms.is_way(&path("/in")));
    }

    #[test]
    fn networks_admit_their_own_only() {
        let mut terms = Terms::new(Rights::none());
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(terms.admits(ip("203.0.113.9")));
        terms.networks = vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        assert!(terms.admits(ip("10.1.2.3")) && terms.admits(ip("::ffff:10.1.2.3")));
        assert!(terms.admits(ip("fd12::1")));
        assert!(!terms.admits(ip("11.0.0.1")) && !terms.admits(ip("::1")));
    }
}

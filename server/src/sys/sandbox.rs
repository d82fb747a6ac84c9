//! The second wall: the kernel's Landlock keeps this process inside a few folders, whatever its
//! code does. Once up it holds for every thread begun later and cannot be widened or taken down.

use std::path::Path;

/// What stays open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gates<'a> {
    /// Folders in which everything may be done but running programs.
    pub(crate) folders: &'a [&'a Path],
    /// Files that may be read, and folders whose files may be.
    pub(crate) files: &'a [&'a Path],
    /// Whether TCP connections may be opened from here.
    pub(crate) may_connect: bool,
}

/// How far the wall goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sandbox {
    /// Files, outgoing connections and signals.
    Whole,
    /// Files for certain, the rest as far as this kernel knows it.
    Partly,
    /// There is none, for this reason.
    None(String),
}

impl std::fmt::Display for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole => f.write_str("landlock: the shared folders and the state folder"),
            Self::Partly => f.write_str("landlock: files only, as far as this kernel knows it"),
            Self::None(why) => write!(f, "none: {why}"),
        }
    }
}

/// Puts the wall up around this thread and all that it begins from now on. Call it before any
/// other thread runs. Where the kernel cannot, everything stays as it was.
#[cfg(target_os = "linux")]
pub(crate) fn confine(gates: Gates<'_>) -> Sandbox {
    linux::confine(gates).unwrap_or_else(|err| Sandbox::None(format!("this kernel: {err}")))
}

/// There is no such wall here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn confine(_: Gates<'_>) -> Sandbox {
    Sandbox::None("this system has no Landlock".to_owned())
}

#[cfg(target_os = "linux")]
mod linux {
    use super::{Gates, Sandbox};
    use landlock::{
        ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, PathBeneath,
        PathFd, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetError, RulesetStatus,
        Scope,
    };

    /// Moving files between folders, which uploads and renames do, needs this much.
    const NEEDED: ABI = ABI::V2;
    /// Newest version whose rights are named here.
    const KNOWN: ABI = ABI::V6;

    pub(super) fn confine(gates: Gates<'_>) -> Result<Sandbox, RulesetError> {
        let mut rules = Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessFs::from_all(NEEDED))?
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(KNOWN))?
            .scope(Scope::from_all(KNOWN))?;
        if !gates.may_connect {
            rules = rules.handle_access(AccessNet::ConnectTcp)?;
        }
        let folders = gates.folders.iter().map(|path| (path, folder_rights()));
        let files = gates.files.iter().map(|path| (path, AccessFs::ReadFile.into()));
        let mut rules = rules.create()?;
        for (path, rights) in folders.chain(files) {
            // What is not there, as a configuration file that was removed, needs no gate.
            if let Ok(handle) = PathFd::new(path) {
                rules = rules.add_rule(PathBeneath::new(handle, rights))?;
            }
        }
        Ok(match rules.restrict_self()?.ruleset {
            RulesetStatus::FullyEnforced => Sandbox::Whole,
            RulesetStatus::PartiallyEnforced => Sandbox::Partly,
            RulesetStatus::NotEnforced => Sandbox::None("this kernel has no Landlock".to_owned()),
        })
    }

    /// All but running what clients uploaded.
    fn folder_rights() -> BitFlags<AccessFs> {
        AccessFs::from_all(KNOWN) & !BitFlags::from(AccessFs::Execute)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use std::fs;
    use std::net::{TcpListener, TcpStream};

    /// On a thread of its own: the wall stays up for as long as the thread lives.
    fn behind_the_wall<T: Send>(
        gates: Gates<'_>,
        act: impl FnOnce() -> T + Send,
    ) -> Option<(Sandbox, T)> {
        std::thread::scope(|scope| {
            let walled = scope.spawn(|| match confine(gates) {
                Sandbox::None(_) => None,
                wall => Some((wall, act())),
            });
            walled.join().unwrap()
        })
    }

    #[test]
    fn nothing_outside_the_folders_can_be_reached() {
        let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("secret"), "x").unwrap();
        fs::write(inside.path().join("a"), "x").unwrap();
        fs::create_dir(inside.path().join("sub")).unwrap();
        std::os::unix::fs::symlink(outside.path(), inside.path().join("link")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let gates = Gates { folders: &[inside.path()], files: &[], may_connect: false };
        let done = behind_the_wall(gates, || {
            assert!(fs::read(outside.path().join("secret")).is_err());
            assert!(fs::read(inside.path().join("link/secret")).is_err());
            assert!(fs::write(outside.path().join("new"), "x").is_err());
            assert!(fs::read_dir(outside.path()).is_err());
            assert!(fs::remove_file(outside.path().join("secret")).is_err());
            assert!(fs::read("/etc/passwd").is_err());
            fs::rename(inside.path().join("a"), inside.path().join("sub/b")).unwrap();
            fs::write(inside.path().join("sub/c"), "x").unwrap();
            TcpStream::connect(address).is_err()
        });
        assert!(done.is_none_or(|(wall, is_refused)| is_refused || wall == Sandbox::Partly));
        assert!(outside.path().join("secret").exists());
    }
}

//! A file on its way down: what is wanted, and the part that holds what has come so far.

use crate::job::conflict::{NUMBERED_MAX, Ruled, Ruling, numbered};
use crate::job::noted::FileState;
use crate::{Error, local_file, random, sys};
use ferry_protocol::{Content, Entry, Hasher, Permissions, RemotePath, Timestamp};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// One file to download.
pub(super) struct Item {
    pub(super) remote: RemotePath,
    pub(super) local: PathBuf,
    pub(super) size: u64,
    pub(super) modified: Timestamp,
    pub(super) placing: Placing,
    pub(super) failures: u32,
    /// Bytes that came of it in the best attempt so far.
    pub(super) reached: u64,
    /// What came before the connection was lost.
    pub(super) part: Option<Part>,
    /// What was decided about its conflict meanwhile.
    pub(super) ruling: Option<Ruling>,
}

impl Ruled for Item {
    fn ruled(self, ruling: Ruling) -> Self {
        Self { ruling: Some(ruling), ..self }
    }
}

/// How the finished file gets its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placing {
    /// The name must be free.
    New,
    /// What has the name is replaced.
    Replace,
    /// A free name beside it is taken.
    KeepBoth,
}

impl Item {
    pub(super) fn new(remote: RemotePath, local: PathBuf, entry: &Entry) -> Self {
        Self {
            remote,
            local,
            size: entry.size,
            modified: entry.modified,
            placing: Placing::New,
            failures: 0,
            reached: 0,
            part: None,
            ruling: None,
        }
    }

    pub(super) fn state<'a>(&'a self, source: &'a [u8]) -> FileState<'a> {
        let (wanted, target) = (self.target(), self.target());
        FileState {
            source,
            wanted,
            target,
            size: self.size,
            modified: self.modified,
            is_unsynced: false,
        }
    }

    pub(super) fn target(&self) -> &[u8] {
        self.local.as_os_str().as_encoded_bytes()
    }
}

/// A staged file beside its target. Dropped before it is placed or kept, it is removed.
pub(super) struct Part {
    path: PathBuf,
    pub(super) file: File,
    /// What the server said of the file.
    pub(super) content: Content,
    /// Digest of all that was written so far.
    pub(super) hasher: Hasher,
    is_left: bool,
}

impl Part {
    /// Stages a file that is to become `target`. Its name is `prefix`, filled up with random
    /// digits.
    pub(super) fn create(target: &Path, prefix: &str, content: Content) -> Result<Self, Error> {
        let named = random::hex_name().map(|hex| {
            let folder = target.parent().unwrap_or_else(|| Path::new(""));
            let digits = hex.get(..NAME_LEN.saturating_sub(prefix.len())).unwrap_or(&hex);
            folder.join(format!("{prefix}{digits}"))
        });
        let path = named.map_err(|source| Error::local("name a part of", target, source))?;
        let file =
            sys::create_private(&path).map_err(|source| Error::local("create", &path, source))?;
        Ok(Self { path, file, content, hasher: Hasher::new(), is_left: false })
    }

    /// Takes up the part that an earlier run left of a file. What it holds is hashed, and has to
    /// be proved yet. A part that is none, or holds nothing, is removed.
    pub(super) fn take_up(path: PathBuf, item: &Item) -> Option<Self> {
        let is_beside = path.parent() == item.local.parent();
        let opened = is_beside.then(|| sys::open_private(&path)).and_then(Result::ok)?;
        let (file_size, modified) = (item.size, item.modified);
        let permissions = Permissions::from_mode(0o600);
        let content = Content { file_size, len: file_size, modified, permissions };
        let mut part = Self { path, file: opened, content, hasher: Hasher::new(), is_left: false };
        let held = part.file.metadata().ok()?.len();
        let hashed = local_file::hash_front(&mut part.file, held, &mut part.hasher);
        (held > 0 && held <= file_size && hashed.is_ok()).then_some(part)
    }

    /// Leaves the part where it is, for another process to go on with.
    pub(super) fn keep(mut self) {
        self.is_left = true;
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn held(&self) -> u64 {
        self.hasher.len()
    }

    pub(super) fn write(&mut self, content: &[u8]) -> Result<(), Error> {
        self.hasher.update(content);
        self.file.write_all(content).map_err(|source| Error::local("write", &self.path, source))
    }

    /// Sets time and permission bits; the content is complete.
    pub(super) fn dress(&self) -> Result<(), Error> {
        let failed = |source| Error::local("set the time of", &self.path, source);
        self.file.set_modified(sys::system_time(self.content.modified)).map_err(failed)?;
        sys::set_permissions(&self.file, self.content.permissions)
            .map_err(|source| Error::local("set the permissions of", &self.path, source))
    }

    /// Gives the file its name. Its content is on stable storage.
    pub(super) fn place(&mut self, target: &Path, placing: Placing) -> Result<PathBuf, Error> {
        match placing {
            Placing::Replace => self.replace(target).map(|()| target.to_path_buf()),
            Placing::New => self.place_new(target, target).map(|()| target.to_path_buf()),
            Placing::KeepBoth => (1..=NUMBERED_MAX)
                .map(|count| beside(target, count))
                .find_map(|other| match self.place_new(&other, target) {
                    Ok(()) => Some(Ok(other)),
                    Err(Error::TargetExists { .. }) => None,
                    Err(err) => Some(Err(err)),
                })
                .unwrap_or_else(|| Err(exists(target))),
        }
    }

    fn replace(&mut self, target: &Path) -> Result<(), Error> {
        fs::rename(&self.path, target).map_err(|source| Error::local("replace", target, source))?;
        self.is_left = true;
        Ok(())
    }

    fn place_new(&mut self, name: &Path, target: &Path) -> Result<(), Error> {
        match sys::rename_new(&self.path, name) {
            Ok(()) => {
                self.is_left = true;
                Ok(())
            }
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => Err(exists(target)),
            Err(source) => Err(Error::local("create", name, source)),
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_left {
            // There is nobody to tell; a part that cannot be removed is told by its name.
            drop(fs::remove_file(&self.path));
        }
    }
}

/// Length of a part's name: `.ferry-part-` and 32 digits.
const NAME_LEN: usize = 44;

fn exists(target: &Path) -> Error {
    Error::TargetExists { path: ferry_protocol::escape(target.as_os_str().as_encoded_bytes()) }
}

/// The `count`-th other name for a file.
pub(super) fn beside(target: &Path, count: u32) -> PathBuf {
    let name = target.file_name().unwrap_or_default();
    target.with_file_name(sys::name_from_bytes(&numbered(sys::name_bytes(name), count)))
}

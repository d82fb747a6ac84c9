//! A file on its way down: what is wanted, and the part that holds what has come so far.

use crate::job::conflict::{NUMBERED_MAX, Ruled, Ruling, numbered};
use crate::job::lanes::Job;
use crate::job::noted::{BegunPart, FileState};
use crate::job::report::FinalOutcome;
use crate::{Error, random, sys};
use ferry_protocol::limits::{SEGMENT_LEN, SMALL_PUT_MAX};
use ferry_protocol::{
    Content, Entry, Permissions, RemotePath, SegmentValues, Timestamp, segment_count,
};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One file to download.
pub(super) struct Item {
    pub(super) remote: RemotePath,
    pub(super) local: PathBuf,
    pub(super) size: u64,
    pub(super) modified: Timestamp,
    pub(super) permissions: Permissions,
    pub(super) placing: Placing,
    pub(super) failures: u32,
    /// Bytes that came of it in the best attempt so far.
    pub(super) reached: u64,
    /// What came of a big file before.
    pub(super) part: Option<Part>,
    /// Segments from its start that a part of an earlier run seems to hold; they are to be proved.
    pub(super) found: u32,
    /// Values of segments that are in the part, proved.
    pub(super) values: SegmentValues,
    /// What was decided about its conflict meanwhile.
    pub(super) ruling: Option<Ruling>,
}

impl Ruled for Item {
    fn ruled(self, ruling: Ruling) -> Self {
        Self { ruling: Some(ruling), ..self }
    }

    /// Of a small file nothing is noted, so nobody would find its part.
    fn leave(self) {
        if self.size > SMALL_PUT_MAX
            && let Some(part) = self.part
        {
            part.keep();
        }
    }
}

/// How the finished file gets its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placing {
    /// The name must be free.
    New,
    /// What has the name is replaced, as long as it is what was seen when that was decided.
    Replace(Option<Seen>),
    /// A free name beside it is taken.
    KeepBoth,
}

/// Length and time of a file here.
pub(super) type Seen = (u64, Timestamp);

/// What has a name now.
pub(super) fn seen(name: &Path) -> Option<Seen> {
    fs::symlink_metadata(name).ok().map(|metadata| (metadata.len(), sys::modified(&metadata)))
}

impl Item {
    pub(super) fn new(remote: RemotePath, local: PathBuf, entry: &Entry) -> Self {
        Self {
            remote,
            local,
            size: entry.size,
            modified: entry.modified,
            permissions: entry.permissions,
            placing: Placing::New,
            failures: 0,
            reached: 0,
            part: None,
            found: 0,
            values: SegmentValues::new(),
            ruling: None,
        }
    }

    /// The server's file is another one by now, of which nothing has come yet.
    pub(super) fn renew(&mut self, entry: &Entry) {
        (self.size, self.modified) = (entry.size, entry.modified);
        self.permissions = entry.permissions;
        self.forget();
    }

    /// Takes up the part that an earlier run left. Of a file that changed since it is removed.
    pub(super) fn take_up(&mut self, begun: BegunPart) {
        let taken = Part::take_up(begun.path, self);
        let is_same = (begun.size, begun.modified) == (self.size, self.modified);
        if let Some((part, found)) = taken.filter(|_| is_same) {
            (self.part, self.found) = (Some(part), found);
        }
    }

    /// Forgets what came of it.
    pub(super) fn forget(&mut self) {
        self.part = None;
        self.found = 0;
        self.values = SegmentValues::new();
    }

    /// What the server's listing says of the file.
    pub(super) fn content(&self) -> Content {
        let (file_size, modified, permissions) = (self.size, self.modified, self.permissions);
        Content { file_size, len: file_size, modified, permissions }
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

    /// Tells how it ended.
    pub(super) fn end(&self, job: &Job<'_>, outcome: FinalOutcome) {
        let source = self.remote.to_wire();
        job.finish_file(self.state(&source), outcome);
    }

    pub(super) fn target(&self) -> &[u8] {
        self.local.as_os_str().as_encoded_bytes()
    }
}

/// A staged file beside its target. Dropped before it is placed or kept, it is removed.
pub(super) struct Part {
    path: PathBuf,
    pub(super) file: Arc<File>,
    /// What the server said of the file.
    content: Content,
    /// Whether its content is complete and verified: it only lacks its name.
    pub(super) is_whole: bool,
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
        Ok(Self { path, file: Arc::new(file), content, is_whole: false, is_left: false })
    }

    /// Takes up the part that an earlier run left of a file, and tells how many segments from its
    /// start it seems to hold, which are to be proved. A part that is none, holds nothing or cannot
    /// be opened is removed: the file gets another, and nobody would know of this one any more.
    fn take_up(path: PathBuf, item: &Item) -> Option<(Self, u32)> {
        let is_beside = path.parent() == item.local.parent();
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        if !is_beside || !name.starts_with(PREFIX) {
            return None;
        }
        let Ok(file) = sys::open_private(&path) else {
            drop(fs::remove_file(&path));
            return None;
        };
        let (file, content) = (Arc::new(file), item.content());
        let part = Self { path, file, content, is_whole: false, is_left: false };
        let held = part.file.metadata().ok()?.len();
        let found = if held == item.size {
            segment_count(held)?
        } else {
            u32::try_from(held / u64::from(SEGMENT_LEN)).ok()?
        };
        (found > 0 && held <= item.size).then_some((part, found))
    }

    /// Leaves the part where it is, for another process to go on with.
    pub(super) fn keep(mut self) {
        self.is_left = true;
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what comes next.
    pub(super) fn write(&self, content: &[u8]) -> Result<(), Error> {
        let written = (&*self.file).write_all(content);
        written.map_err(|source| Error::local("write", &self.path, source))
    }

    /// Sets time and permission bits; the content is complete and verified.
    pub(super) fn dress(&mut self) -> Result<(), Error> {
        let failed = |source| Error::local("set the time of", &self.path, source);
        self.file.set_modified(sys::system_time(self.content.modified)).map_err(failed)?;
        sys::set_permissions(&self.file, self.content.permissions)
            .map_err(|source| Error::local("set the permissions of", &self.path, source))?;
        self.is_whole = true;
        Ok(())
    }

    /// Gives the file its name. Its content is on stable storage.
    pub(super) fn place(&mut self, target: &Path, placing: Placing) -> Result<PathBuf, Error> {
        match placing {
            Placing::Replace(seen) => self.replace(target, seen).map(|()| target.to_path_buf()),
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

    /// Takes the name back that a file got, and removes the file: nobody knows whether the name
    /// would outlive a power cut, and the same command again must not find it done. What replaced
    /// another file stays, or neither would be there.
    pub(super) fn take_back(mut self, name: &Path, placing: Placing) {
        if !matches!(placing, Placing::Replace(_)) {
            self.is_left = fs::rename(name, &self.path).is_err();
        }
    }

    fn replace(&mut self, target: &Path, decided_on: Option<Seen>) -> Result<(), Error> {
        let there = seen(target);
        if there.is_some() && there != decided_on {
            return Err(exists(target));
        }
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

/// How the name of every part begins.
const PREFIX: &[u8] = b".ferry-part-";

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

#[cfg(test)]
mod tests {
    use super::*;
    use ferry_protocol::{EntryFlags, EntryKind};

    /// One whose metadata could not be read once was left for ever beside the one that took its
    /// place.
    #[test]
    #[cfg(unix)]
    fn a_part_that_cannot_be_taken_up_is_removed_and_what_is_no_part_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let entry = Entry {
            kind: EntryKind::File,
            size: 5_000_000,
            modified: Timestamp(7),
            permissions: Permissions::from_mode(0o644),
            flags: EntryFlags::default(),
            name: b"file".to_vec(),
        };
        let remote = RemotePath::parse(b"/file").unwrap();
        let mut item = Item::new(remote, folder.path().join("file"), &entry);
        for (name, is_removed) in [(".ferry-part-1", true), ("mine", false)] {
            let path = folder.path().join(name);
            std::os::unix::fs::symlink("nowhere", &path).unwrap();
            let (size, modified) = (item.size, item.modified);
            item.take_up(BegunPart { path: path.clone(), size, modified });
            assert_eq!(path.symlink_metadata().is_err(), is_removed, "{name}");
            assert!(item.part.is_none());
        }
    }
}

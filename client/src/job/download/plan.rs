//! The walk of the server's trees, ahead of the lanes. It makes the local folders, so that the
//! lanes find them.

use super::finish::Folders;
use super::incoming::Incoming;
use super::part::Item;
use crate::client::Backoff;
use crate::job::Transfer;
use crate::job::lanes::Job;
use crate::job::queue::Feed;
use crate::job::report::FinalOutcome;
use crate::{Error, local_folders, sys};
use ferry_protocol::{
    Answer, Attributes, Entry, EntryKind, PathError, PeerMisbehaved, RemotePath, Request,
};
use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

pub(super) struct Planner<'a> {
    job: &'a Job<'a>,
    queue: Feed<'a, Item, Arc<Incoming>>,
    folders: Vec<(PathBuf, Attributes)>,
    /// Folders of this job that are known to be there and no links.
    made: HashSet<PathBuf>,
    /// Hashes of the entries seen, so that a walk that has to start again plans none twice.
    seen: HashSet<u64>,
    hashing: RandomState,
}

/// Entries of one walk, after which the server is taken for a hostile one.
const ENTRIES_MAX: usize = 50_000_000;

impl<'a> Planner<'a> {
    pub(super) fn new(job: &'a Job<'a>, queue: Feed<'a, Item, Arc<Incoming>>) -> Self {
        Self {
            job,
            queue,
            folders: Vec::new(),
            made: HashSet::new(),
            seen: HashSet::new(),
            hashing: RandomState::new(),
        }
    }

    /// What there is to do about the folders that were made or found.
    pub(super) fn into_folders(self) -> Folders {
        Folders { attributes: self.folders, all: self.made.into_iter().collect() }
    }

    pub(super) fn plan(&mut self, transfers: &[Transfer]) -> Result<(), Error> {
        for transfer in transfers {
            self.seen.clear();
            let mut backoff = Backoff::new(&self.job.site, &self.job.cancel);
            loop {
                let seen_before = self.seen.len();
                let planned = self.source(transfer);
                if self.seen.len() > seen_before {
                    // It goes on: a walk that waits for slow lanes may be cut often.
                    backoff.succeeded();
                }
                match planned {
                    Err(err) if err.is_retryable() => backoff.wait(err)?,
                    Err(
                        err @ (Error::Remote { .. }
                        | Error::Local { .. }
                        | Error::LocalRefused { .. }
                        | Error::Untrustworthy { .. }),
                    ) => {
                        self.fail(&transfer.remote, err);
                        break;
                    }
                    other => {
                        other?;
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn source(&mut self, transfer: &Transfer) -> Result<(), Error> {
        let Transfer { local, remote } = transfer;
        let mut connection = self.job.open()?;
        let stat = Request::Stat(remote.clone().into());
        let Answer::Entry(entry) = connection.ask(&stat, &remote.to_wire())? else {
            return Err(PeerMisbehaved::UnexpectedAnswer.into());
        };
        if entry.kind != EntryKind::Folder {
            self.job.give_back(connection);
            // What was named is asked for, be it a link or a pipe: the server says why not, and
            // that is a failure. Only what lies in a tree is skipped.
            if entry.kind == EntryKind::File
                && let Some(folder) = local.parent()
            {
                local_folders::make_durable(folder)
                    .map_err(|source| Error::local("make", folder, source))?;
                self.job.sweep(folder);
            }
            return self.file(remote.clone(), local.clone(), &entry);
        }
        // The target itself may be a link that its owner made; below it none is followed.
        local_folders::make_durable(local).map_err(|source| Error::local("make", local, source))?;
        if self.made.insert(local.clone()) {
            self.job.sweep(local);
            self.note_folder(local, &entry);
        }
        if let Some(entries) = self.job.walked(remote) {
            self.job.give_back(connection);
            return entries.iter().try_for_each(|entry| self.entry(remote, local, entry));
        }
        let mut request = Request::Walk(remote.clone().into());
        loop {
            self.job.check()?;
            let answer = connection.ask(&request, &remote.to_wire())?;
            let Answer::Page(page) = answer else {
                return Err(PeerMisbehaved::UnexpectedAnswer.into());
            };
            let is_endless = page.entries.is_empty() && !page.is_last;
            if self.seen.len() > ENTRIES_MAX || is_endless {
                return Err(Error::Untrustworthy {
                    subject: remote.to_string(),
                    what: "the walk never ends",
                });
            }
            if page.is_last {
                // First, so that the lane that takes what comes here need not open another.
                self.job.give_back(connection);
                return page.entries.iter().try_for_each(|entry| self.entry(remote, local, entry));
            }
            for entry in &page.entries {
                self.entry(remote, local, entry)?;
            }
            request = Request::NextPage;
        }
    }

    fn entry(&mut self, root: &RemotePath, local: &Path, entry: &Entry) -> Result<(), Error> {
        if !self.seen.insert(self.hashing.hash_one(&entry.name)) {
            return Ok(());
        }
        let (remote, path) = match placed(root, local, &entry.name) {
            Ok(placed) => placed,
            Err(err) => {
                self.end(&entry.name, FinalOutcome::Failed(err));
                return Ok(());
            }
        };
        match entry.kind {
            EntryKind::Folder if entry.flags.linked => {
                self.skip(&remote.to_wire(), "a link to a folder, which is not followed");
            }
            EntryKind::Folder => match self.ensure_folder(local, &path) {
                Ok(()) => {
                    self.note_folder(&path, entry);
                    if entry.flags.unreadable {
                        self.skip(&remote.to_wire(), "the server cannot read this folder");
                    }
                }
                Err(err) => self.fail(&remote, err),
            },
            EntryKind::File => {
                let folder = path.parent().unwrap_or(local).to_path_buf();
                match self.ensure_folder(local, &folder) {
                    Ok(()) => self.file(remote, path, entry)?,
                    Err(err) => self.fail(&remote, err),
                }
            }
            EntryKind::Link => {
                self.skip(&remote.to_wire(), "a link that leads outside the shared folder");
            }
            EntryKind::Other => self.skip(&remote.to_wire(), "a pipe, socket or device"),
        }
        Ok(())
    }

    /// Makes a folder and what is missing above it, down from `root`, and goes through no link.
    fn ensure_folder(&mut self, root: &Path, folder: &Path) -> Result<(), Error> {
        if self.made.contains(folder) {
            return Ok(());
        }
        if folder != root
            && let Some(parent) = folder.parent()
        {
            self.ensure_folder(root, parent)?;
        }
        match fs::create_dir(folder) {
            Ok(()) => {}
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {
                let metadata = fs::symlink_metadata(folder)
                    .map_err(|source| Error::local("read", folder, source))?;
                if !metadata.is_dir() {
                    return Err(Error::LocalRefused {
                        path: folder.to_path_buf(),
                        what: "a folder is needed here, and something else has its name; links \
                               are not followed",
                    });
                }
                self.job.sweep(folder);
            }
            Err(source) => return Err(Error::local("make", folder, source)),
        }
        self.made.insert(folder.to_path_buf());
        Ok(())
    }

    fn note_folder(&mut self, local: &Path, entry: &Entry) {
        self.folders.push((
            local.to_path_buf(),
            Attributes { modified: Some(entry.modified), permissions: Some(entry.permissions) },
        ));
    }

    fn file(&self, remote: RemotePath, local: PathBuf, entry: &Entry) -> Result<(), Error> {
        let item = Item::new(remote, local, entry);
        let source = item.remote.to_wire();
        let is_there = || {
            fs::symlink_metadata(&item.local)
                .is_ok_and(|there| there.is_file() && there.len() == item.size)
        };
        if self.job.has_done() && is_there() && self.job.was_done(item.state(&source)) {
            return Ok(());
        }
        self.job.add_file(entry.size);
        self.queue.plan(self.job, item)
    }

    fn skip(&self, name: &[u8], reason: &str) {
        self.end(name, FinalOutcome::Skipped(reason.to_owned()));
    }

    fn fail(&self, remote: &RemotePath, err: Error) {
        self.end(&remote.to_wire(), FinalOutcome::Failed(err));
    }

    fn end(&self, name: &[u8], outcome: FinalOutcome) {
        self.job.options.progress.add_planned(1, 0);
        self.job.finish(name, b"", 0, outcome);
    }
}

/// Where an entry of a walk lies on the server and here. The name is the server's word.
fn placed(root: &RemotePath, local: &Path, name: &[u8]) -> Result<(RemotePath, PathBuf), Error> {
    let refused = |what| Error::Untrustworthy { subject: ferry_protocol::escape(name), what };
    // Parsed alone as well: an absolute name would otherwise pass for one below the root.
    if name.is_empty() || name.starts_with(b"/") {
        return Err(refused("it is no path below the folder that was asked for"));
    }
    let below = RemotePath::parse(name).map_err(|err| refused(path_refusal(err)))?;
    let remote = root.join_all(name).map_err(|err| refused(path_refusal(err)))?;
    let mut path = local.to_path_buf();
    for name in below.names() {
        let name = sys::local_name(name).ok_or_else(|| refused("this system has no such names"))?;
        path.push(name);
    }
    Ok((remote, path))
}

fn path_refusal(err: PathError) -> &'static str {
    match err {
        PathError::DotName => "its name leads elsewhere",
        PathError::Reserved => "its name belongs to Ferry itself",
        _ => "its name cannot be",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_the_server_stays_below_the_target() {
        let root = RemotePath::parse(b"/share").unwrap();
        let local = Path::new("/target");
        let (remote, path) = placed(&root, local, b"a/b c").unwrap();
        assert_eq!(remote.to_wire(), b"/share/a/b c");
        assert_eq!(path, Path::new("/target/a/b c"));
        for name in [
            &b"../x"[..],
            b"/etc/passwd",
            b"a/../../x",
            b"",
            b"a//b",
            b"a\0b",
            b".",
            b"x/.ferry-part-1",
        ] {
            assert!(placed(&root, local, name).is_err(), "{name:?}");
        }
    }
}

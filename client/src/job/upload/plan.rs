//! The plan of an upload: the local trees in the order of their names, ahead of the lanes. What
//! was walked before is not walked again.

use super::item::{Item, Work};
use super::outgoing::Outgoing;
use crate::job::lanes::Job;
use crate::job::noted::FileState;
use crate::job::queue::Feed;
use crate::job::report::FinalOutcome;
use crate::job::{Rule, Transfer};
use crate::sources::{self, FileFacts, NEVER_OPENED, Source, SourceKind};
use crate::{Error, random, sys};
use ferry_protocol::limits::SMALL_PUT_MAX;
use ferry_protocol::{Attributes, IfExists, Name, RemotePath, SegmentValues};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

pub(super) struct Planner<'a> {
    job: &'a Job<'a>,
    queue: Feed<'a, Work, Arc<Outgoing>>,
    folders: Vec<(RemotePath, Attributes)>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(job: &'a Job<'a>, queue: Feed<'a, Work, Arc<Outgoing>>) -> Self {
        Self { job, queue, folders: Vec::new() }
    }

    /// Folders found, parents first, with the attributes they are to get.
    pub(super) fn into_folders(self) -> Vec<(RemotePath, Attributes)> {
        self.folders
    }

    pub(super) fn plan(&mut self, transfers: &[Transfer]) -> Result<(), Error> {
        for Transfer { local, remote } in transfers {
            match fs::metadata(local) {
                Ok(metadata) if metadata.is_dir() => {
                    self.folder(local, remote, sources::folder_attributes(&metadata))?;
                }
                Ok(metadata) if metadata.is_file() => {
                    self.file(local, remote, FileFacts::of(&metadata))?;
                }
                // What was named and cannot be sent is a failure; in a tree it is skipped.
                Ok(_) => {
                    let err = Error::LocalRefused { path: local.clone(), what: NEVER_OPENED };
                    self.end(local, FinalOutcome::Failed(err));
                }
                Err(source) => self.fail(local, "read", source),
            }
        }
        Ok(())
    }

    fn folder(
        &mut self,
        local: &Path,
        remote: &RemotePath,
        attributes: Attributes,
    ) -> Result<(), Error> {
        self.job.check()?;
        let kept = self.job.walked_folder(local);
        let sources = match kept.map_or_else(|| sources::read_folder(local), Ok) {
            Ok(sources) => sources,
            Err(source) => {
                self.fail(local, "list", source);
                return Ok(());
            }
        };
        self.folders.push((remote.clone(), attributes));
        let mut makes_it = false;
        for source in sources {
            makes_it |= self.entry(&local.join(&*source.name), source, remote)?;
        }
        if !makes_it && !remote.is_root() {
            self.queue(Work::EmptyFolder(remote.clone(), local.to_path_buf()))?;
        }
        Ok(())
    }

    /// Plans one entry of a folder. Returns whether its upload makes the folder by the way.
    fn entry(&mut self, local: &Path, source: Source, folder: &RemotePath) -> Result<bool, Error> {
        let name = Name::parse(sys::name_bytes(&source.name));
        let remote = match name.and_then(|name| folder.join(&name)) {
            Ok(remote) => remote,
            Err(err) => {
                self.skip(local, &err.to_string());
                return Ok(false);
            }
        };
        match source.kind {
            SourceKind::File(facts) => self.file(local, &remote, facts)?,
            SourceKind::Folder(attributes) => self.folder(local, &remote, attributes)?,
            SourceKind::Unfit(why) => {
                self.skip(local, why);
                return Ok(false);
            }
            SourceKind::Unreadable(source) => {
                self.fail(local, "read", source);
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn file(&self, local: &Path, remote: &RemotePath, facts: FileFacts) -> Result<(), Error> {
        let wire = remote.to_wire();
        let FileFacts { size, modified, permissions } = facts;
        let source = local.as_os_str().as_encoded_bytes();
        let file =
            FileState { source, wanted: &wire, target: &wire, size, modified, is_unsynced: false };
        if self.job.passes_over(file) || self.job.was_done(file) {
            return Ok(());
        }
        let is_proving = self.job.is_proving();
        self.job.add_file(size);
        let begun = self.job.begun_upload(&wire);
        let (begun, stale) = match begun {
            Some(begun) if begun.size == size && begun.modified == modified => (Some(begun), None),
            changed => (None, changed.map(|begun| begun.transfer)),
        };
        // What is there may be what was sent before, and is not replaced by itself: while all is
        // proved that is most likely. A small file is compared by the server; a big one is looked
        // at before its content travels, unless that was done when it was begun.
        let is_still_compared = size > SMALL_PUT_MAX && begun.is_none();
        let if_exists = match self.job.conflicts.rule() {
            Rule::Replace if !is_proving && !is_still_compared => IfExists::Replace,
            _ => IfExists::Refuse,
        };
        self.queue(Work::File(Item {
            local: local.to_path_buf(),
            wanted: remote.clone(),
            target: remote.clone(),
            size,
            modified,
            permissions,
            if_exists,
            operation: random::operation_id()?,
            transfer: begun
                .map_or_else(|| self.job.new_transfer(file), |begun| Ok(begun.transfer))?,
            names_tried: 0,
            failures: 0,
            reached: 0,
            may_resume: begun.is_some(),
            ruling: None,
            values: SegmentValues::new(),
            stale,
            is_unsynced: false,
        }))
    }

    fn queue(&self, work: Work) -> Result<(), Error> {
        self.queue.plan(self.job, work)
    }

    fn skip(&self, local: &Path, reason: &str) {
        self.end(local, FinalOutcome::Skipped(reason.to_owned()));
    }

    fn fail(&self, local: &Path, action: &'static str, source: io::Error) {
        let err = Error::local(action, local, source);
        self.end(local, FinalOutcome::Failed(err));
    }

    /// Tells of a source that is not sent; each is told of once.
    fn end(&self, local: &Path, outcome: FinalOutcome) {
        if self.job.is_proving() {
            return;
        }
        self.job.options.progress.add_planned(1, 0);
        let source = local.as_os_str().as_encoded_bytes();
        self.job.finish(source, b"", 0, outcome);
    }
}

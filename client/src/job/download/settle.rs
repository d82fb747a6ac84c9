//! Files whose target exists: what is there is looked at, and what was ruled is done.

use super::finished::Whole;
use super::lane::Down;
use super::part::{Item, Placing, beside, seen};
use crate::job::conflict::{NUMBERED_MAX, Ruling};
use crate::job::lane::Lane;
use crate::job::report::FinalOutcome;
use crate::{Conflict, Error, local_file, sys};
use ferry_protocol::{Answer, PeerMisbehaved, Range, Request, StoredDigest};
use std::fs;
use std::path::PathBuf;

/// What a look at a target that exists shows.
enum Look {
    /// The file that has this name is equal.
    Equal(PathBuf),
    Ruled(Ruling),
    Undecided(Conflict),
}

impl Lane<'_, Down> {
    /// Looks at what is there already; nothing else is on its way.
    pub(super) fn settle(&mut self, item: Item) -> Result<(), Error> {
        match self.look(&item) {
            Ok(Look::Undecided(conflict)) => self.job.set_aside(self.parked, item, conflict),
            Ok(Look::Equal(name)) => {
                self.is_there(item, name);
                Ok(())
            }
            Ok(Look::Ruled(ruling)) => {
                self.apply(item, ruling);
                Ok(())
            }
            Err(
                err @ (Error::Remote { .. } | Error::Local { .. } | Error::LocalRefused { .. }),
            ) if !err.is_retryable() => {
                item.end(self.job, FinalOutcome::Failed(err));
                Ok(())
            }
            Err(err) => {
                self.unsettled.push(item);
                Err(err)
            }
        }
    }

    /// A file that is there already is done once it is sure to be on stable storage.
    fn is_there(&mut self, item: Item, name: PathBuf) {
        match sys::open_to_sync(&name) {
            Ok(file) => {
                self.job.options.progress.add_bytes(item.size);
                self.finish(item, Whole::There(file, name));
            }
            Err(source) => {
                let err = Error::local("open", &name, source);
                item.end(self.job, FinalOutcome::Failed(err));
            }
        }
    }

    fn apply(&mut self, mut item: Item, ruling: Ruling) {
        item.ruling = None;
        match ruling {
            Ruling::Skip => {
                let reason = "the target exists with other content".to_owned();
                item.end(self.job, FinalOutcome::Skipped(reason));
                return;
            }
            Ruling::Refuse => {
                let path = ferry_protocol::escape(item.target());
                item.end(self.job, FinalOutcome::Failed(Error::TargetExists { path }));
                return;
            }
            Ruling::Replace => item.placing = Placing::Replace(seen(&item.local)),
            Ruling::KeepBoth => item.placing = Placing::KeepBoth,
        }
        self.again.push_back(item);
    }

    /// Looks at a target that exists.
    fn look(&mut self, item: &Item) -> Result<Look, Error> {
        if let Some(ruling) = item.ruling {
            return self.ruled(item, ruling);
        }
        let metadata = fs::symlink_metadata(&item.local)
            .map_err(|source| Error::local("read", &item.local, source))?;
        if !metadata.is_file() {
            return Err(Error::LocalRefused {
                path: item.local.clone(),
                what: "a folder, link or special file has this name; end the target with / to put it \
                       into a folder, or move that away",
            });
        }
        if metadata.len() == item.size {
            let remote = self.digest(item, Range::ALL)?;
            let local = local_file::digest(&item.local, item.size)?;
            if remote.digest == local && remote.file_size == item.size {
                return Ok(Look::Equal(item.local.clone()));
            }
        }
        let conflict = Conflict {
            target: item.target().to_vec(),
            present: (metadata.len(), sys::modified(&metadata)),
            coming: (item.size, item.modified),
        };
        match self.job.rule_on(&conflict) {
            Some(ruling) => self.ruled(item, ruling),
            None => Ok(Look::Undecided(conflict)),
        }
    }

    fn ruled(&mut self, item: &Item, ruling: Ruling) -> Result<Look, Error> {
        let kept = if ruling == Ruling::KeepBoth { self.kept_beside(item)? } else { None };
        Ok(kept.map_or(Look::Ruled(ruling), Look::Equal))
    }

    /// What an earlier run has kept beside: the same command again makes no further copy.
    fn kept_beside(&mut self, item: &Item) -> Result<Option<PathBuf>, Error> {
        let mut remote = None;
        for count in 1..=NUMBERED_MAX {
            let other = beside(&item.local, count);
            let Ok(metadata) = fs::symlink_metadata(&other) else {
                return Ok(None);
            };
            if !metadata.is_file() || metadata.len() != item.size {
                continue;
            }
            let wanted = match remote {
                Some(known) => known,
                None => self.digest(item, Range::ALL)?.digest,
            };
            remote = Some(wanted);
            if local_file::digest(&other, item.size)? == wanted {
                return Ok(Some(other));
            }
        }
        Ok(None)
    }

    fn digest(&mut self, item: &Item, range: Range) -> Result<StoredDigest, Error> {
        let request = Request::Digest { path: item.remote.clone().into(), range };
        match self.connection()?.ask(&request, &item.remote.to_wire())? {
            Answer::DigestIs(digest) => Ok(digest),
            _ => Err(PeerMisbehaved::UnexpectedAnswer.into()),
        }
    }
}

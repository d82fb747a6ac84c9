//! What a lane does about a name that is taken: a look at both files, and what was decided.

use super::big;
use super::item::{Item, Work};
use super::lane::Up;
use crate::job::Rule;
use crate::job::conflict::{NUMBERED_MAX, Ruling, numbered};
use crate::job::lane::Lane;
use crate::job::report::FinalOutcome;
use crate::{Conflict, Error};
use ferry_protocol::limits::SMALL_PUT_MAX;
use ferry_protocol::{Answer, EntryKind, Fault, IfExists, Name, PeerMisbehaved, Request, Status};

impl Lane<'_, Up> {
    /// Does what was decided about a file whose name is taken.
    pub(super) fn apply(&mut self, mut item: Item, ruling: Ruling) -> Result<(), Error> {
        match ruling {
            Ruling::Skip => {
                let reason = "the target exists with other content".to_owned();
                self.end(&item, FinalOutcome::Skipped(reason));
            }
            Ruling::Refuse => {
                let path = item.target.to_string();
                self.end(&item, FinalOutcome::Failed(Error::TargetExists { path }));
            }
            Ruling::Replace => {
                item.if_exists = IfExists::Replace;
                item.renew()?;
                self.again.push_back(Work::File(item));
            }
            Ruling::KeepBoth => self.rename(item)?,
        }
        Ok(())
    }

    /// Tries the next free name beside the one that is taken.
    pub(super) fn rename(&mut self, mut item: Item) -> Result<(), Error> {
        item.names_tried += 1;
        let wanted = item.wanted.name().zip(item.wanted.parent());
        let target = wanted.and_then(|(name, folder)| {
            let name = Name::parse(&numbered(name.as_bytes(), item.names_tried)).ok()?;
            folder.join(&name).ok()
        });
        match target {
            Some(target) if item.names_tried <= NUMBERED_MAX => {
                item.target = target;
                item.renew()?;
                self.again.push_back(Work::File(item));
            }
            _ => {
                let path = item.wanted.to_string();
                self.end(&item, FinalOutcome::Failed(Error::TargetExists { path }));
            }
        }
        Ok(())
    }

    /// Decides a conflict with a look at the server's file; nothing else is on its way.
    pub(super) fn settle(&mut self, mut item: Item) -> Result<(), Error> {
        match self.look(&item) {
            Ok(Look::Ruled(ruling)) => self.apply(item, ruling),
            Ok(Look::Undecided(conflict)) => {
                self.job.set_aside(self.parked, Work::File(item), conflict)
            }
            Ok(Look::Equal) => {
                item.is_unsynced = true;
                self.job.options.progress.add_bytes(item.size);
                self.end(&item, FinalOutcome::AlreadyThere);
                Ok(())
            }
            Err(err) if err.is_retryable() => {
                self.unsettled.push(item);
                Err(err)
            }
            Err(Error::Cancelled) => Err(Error::Cancelled),
            Err(
                err @ (Error::Remote { .. } | Error::Local { .. } | Error::LocalRefused { .. }),
            ) => {
                self.end(&item, FinalOutcome::Failed(err));
                Ok(())
            }
            Err(err) => Err(err),
        }
    }

    /// Looks at both files of a conflict.
    fn look(&mut self, item: &Item) -> Result<Look, Error> {
        let wire = item.target.to_wire();
        let stat = Request::Stat(item.target.clone().into());
        let Answer::Entry(present) = self.connection()?.ask(&stat, &wire)? else {
            return Err(PeerMisbehaved::UnexpectedAnswer.into());
        };
        if present.kind != EntryKind::File && item.names_tried == 0 {
            let text = "a folder or special file has this name; to put it into a \
                        folder, end the target with /";
            return Err(Error::remote(&wire, Fault::new(Status::IS_A_FOLDER, text)));
        }
        // A file that is to be replaced anyway is worth reading where it is most likely the same.
        let is_likely_equal = present.size == item.size
            && (self.job.conflicts.rule() != Rule::Replace || present.modified == item.modified);
        if item.size > SMALL_PUT_MAX && is_likely_equal && big::is_equal(self.connection()?, item)?
        {
            return Ok(Look::Equal);
        }
        if item.names_tried > 0 {
            return Ok(Look::Ruled(Ruling::KeepBoth));
        }
        let conflict = Conflict {
            target: wire,
            present: (present.size, present.modified),
            coming: (item.size, item.modified),
        };
        Ok(match self.job.rule_on(&conflict) {
            Some(ruling) => Look::Ruled(ruling),
            None => Look::Undecided(conflict),
        })
    }
}

/// What a look at both files of a conflict shows.
enum Look {
    Equal,
    Ruled(Ruling),
    Undecided(Conflict),
}

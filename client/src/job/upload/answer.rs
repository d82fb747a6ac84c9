//! What becomes of a file by the server's answer.

use super::item::{Item, Work};
use super::lane::{Unanswered, Up};
use crate::connection::Received;
use crate::job::lane::Lane;
use crate::job::report::FinalOutcome;
use crate::job::verdict::Verdict;
use crate::{Error, Stage};
use ferry_protocol::limits::SMALL_PUT_MAX;
use ferry_protocol::{Answer, Digest, Fault, IfExists, PeerMisbehaved, RemotePath, Status, Stored};
use std::path::Path;

impl Lane<'_, Up> {
    /// Takes the next answer, which is to what was sent first.
    pub(super) fn take_answer(&mut self) -> Result<(), Error> {
        let connection = self.connection()?;
        let Received::Answer { is_final, answer } = connection.receive(Stage::Answer)? else {
            return Err(PeerMisbehaved::UnexpectedAnswer.into());
        };
        if !is_final {
            return Ok(());
        }
        let answer = match answer {
            Answer::Error(fault) if fault.status == Status::STOPPING => {
                return Err(Error::GoneAway(fault));
            }
            // Judged while the connection is there: without anything on its way it may be closed.
            Answer::Busy(_) => connection.judged(answer, b""),
            other => Ok(other),
        };
        let answered = self.unanswered.pop_front().ok_or(PeerMisbehaved::UnexpectedAnswer)?;
        match (answered, answer) {
            (answered, Err(busy)) => self.put_off(answered.into(), busy),
            (Unanswered::File(item, digest), Ok(Answer::Stored(stored))) => {
                self.backoff.succeeded();
                self.job.options.progress.add_bytes(item.size);
                self.stored(item, stored, digest);
                Ok(())
            }
            (Unanswered::File(item, _), Ok(Answer::Error(fault))) => self.refused(item, fault),
            (Unanswered::File(..), Ok(_)) => Err(PeerMisbehaved::UnexpectedAnswer.into()),
            (Unanswered::Folder(remote, local), Ok(Answer::Error(fault))) => {
                self.folder_failed(&remote, &local, fault);
                Ok(())
            }
            (Unanswered::Folder(..), Ok(_)) => {
                self.backoff.succeeded();
                Ok(())
            }
        }
    }

    fn folder_failed(&self, remote: &RemotePath, local: &Path, fault: Fault) {
        self.job.options.progress.add_planned(1, 0);
        let (source, wire) = (local.as_os_str().as_encoded_bytes(), remote.to_wire());
        let err = Error::remote(&wire, fault);
        self.job.finish(source, &wire, 0, FinalOutcome::Failed(err));
    }

    pub(super) fn stored(&self, mut item: Item, stored: Stored, digest: Digest) {
        item.is_unsynced = !stored.is_durable;
        let outcome = if stored.digest != digest {
            FinalOutcome::Failed(Error::Corrupt { path: item.target.to_string() })
        } else if stored.was_there {
            FinalOutcome::AlreadyThere
        } else {
            FinalOutcome::Done
        };
        self.end(&item, outcome);
    }

    /// The server refused a file: asks again, asks a person, or gives that file up.
    pub(super) fn refused(&mut self, mut item: Item, fault: Fault) -> Result<(), Error> {
        match fault.status {
            Status::EXISTS if item.if_exists == IfExists::Refuse => return self.exists(item),
            // It may have become the file, which is looked at before all of it travels again.
            Status::NO_PART if item.size > SMALL_PUT_MAX => item.if_exists = IfExists::Refuse,
            _ => {}
        }
        let verdict = Verdict::of(fault.status, item.failures);
        let err = Error::remote(&item.target.to_wire(), fault);
        match verdict {
            Verdict::Later => return self.put_off(Work::File(item), err),
            Verdict::Again => {
                item.failures += 1;
                item.renew()?;
                self.again.push_back(Work::File(item));
            }
            Verdict::Final => self.end(&item, FinalOutcome::Failed(err)),
        }
        Ok(())
    }

    fn exists(&mut self, item: Item) -> Result<(), Error> {
        // A small file was compared by the server; a big one still has to be.
        let is_compared = item.size <= SMALL_PUT_MAX;
        if is_compared && item.names_tried > 0 {
            return self.rename(item);
        }
        if let Some(ruling) = self.job.rule_at_once().filter(|_| is_compared) {
            return self.apply(item, ruling);
        }
        self.unsettled.push(item);
        Ok(())
    }

    pub(super) fn end(&self, item: &Item, outcome: FinalOutcome) {
        let (wanted, target) = (item.wanted.to_wire(), item.target.to_wire());
        self.job.finish_file(item.state(&wanted, &target), outcome);
    }
}

//! What becomes of a file by what the server sends.

use super::finished::Whole;
use super::lane::{Down, request_len};
use super::part::{Item, Part};
use super::receive::{self, Taken};
use crate::Error;
use crate::job::lane::Lane;
use crate::job::report::FinalOutcome;
use crate::job::verdict::Verdict;
use ferry_protocol::{Answer, EntryKind, PeerMisbehaved, Request, Status};

impl Lane<'_, Down> {
    /// Takes the whole answer to the oldest request.
    pub(super) fn take_file(&mut self) -> Result<(), Error> {
        let (job, way) = (self.job, &mut self.way);
        let Some(item) = self.unanswered.front_mut() else { return Ok(()) };
        // It stands among the unanswered until its answer is there: so its connection stays,
        // although the server may be about to close it.
        let connection = way.line.connection(false, || job.open())?;
        let taken = receive::file(connection, job, item, &mut way.buffer)?;
        let Some(item) = self.unanswered.pop_front() else { return Ok(()) };
        way.asked_bytes = way.asked_bytes.saturating_sub(request_len(&item));
        match taken {
            Taken::Whole(part) => self.whole(item, part),
            Taken::Failed(err) => return self.failed(item, err),
            Taken::Cut(err) => {
                self.take_back();
                item.end(self.job, FinalOutcome::Failed(err));
            }
            Taken::Busy(err) => return self.put_off(item, err),
        }
        Ok(())
    }

    /// Places what is finished. Where somebody took the name meanwhile, that is a conflict as any
    /// other.
    pub(super) fn place_finished(&mut self) {
        let taken = self.way.finished.place(self.job);
        self.unsettled.extend(taken);
    }

    pub(super) fn whole(&mut self, item: Item, part: Part) {
        self.backoff.succeeded();
        self.finish(item, Whole::Part(part));
    }

    pub(super) fn finish(&mut self, item: Item, whole: Whole) {
        if self.way.finished.add(item, whole) {
            self.place_finished();
        }
    }

    fn failed(&mut self, mut item: Item, err: Error) -> Result<(), Error> {
        if err.status() == Some(Status::STOPPING) {
            self.again.push_front(item);
            return Err(err);
        }
        match err.status().map(|status| Verdict::of(status, item.failures)) {
            Some(Verdict::Later) => return self.put_off(item, err),
            Some(Verdict::Again) => {
                item.failures += 1;
                self.again.push_back(item);
            }
            Some(Verdict::Final) | None => item.end(self.job, FinalOutcome::Failed(err)),
        }
        Ok(())
    }

    /// A file is to be fetched anew, as the server has it now.
    pub(super) fn renew(&mut self, mut item: Item, why: Error) -> Result<(), Error> {
        item.failures += 1;
        item.forget();
        let wire = item.remote.to_wire();
        let request = Request::Stat(item.remote.clone().into());
        let answer = self.connection().and_then(|connection| connection.ask(&request, &wire));
        match answer {
            Ok(Answer::Entry(entry)) if entry.kind == EntryKind::File => {
                item.renew(&entry);
                self.again.push_back(item);
            }
            Ok(Answer::Entry(_)) => item.end(self.job, FinalOutcome::Failed(why)),
            Ok(_) => return Err(PeerMisbehaved::UnexpectedAnswer.into()),
            Err(err @ Error::Remote { .. }) if !err.is_retryable() => {
                item.end(self.job, FinalOutcome::Failed(err));
            }
            Err(err) => {
                self.again.push_back(item);
                return Err(err);
            }
        }
        Ok(())
    }
}

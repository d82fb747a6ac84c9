//! A lane of an upload: one thread, one connection. Small files are put one after another
//! without waiting, up to the protocol's window; a big one is sent alone.

use super::big::{self, Sent};
use super::item::{FAILURES_MAX, Item, Work};
use super::outgoing::Outgoing;
use crate::client::Backoff;
use crate::connection::{Connection, Received};
use crate::job::conflict::Parked;
use crate::job::inbox::{Inbox, Next};
use crate::job::lanes::Job;
use crate::job::report::FinalOutcome;
use crate::local_file::{self, ReadError};
use crate::{Error, Stage, random};
use ferry_protocol::limits::{SEGMENT_LEN, SMALL_PUT_MAX, UNANSWERED_MAX};
use ferry_protocol::{
    Answer, Change, Digest, Fault, PeerMisbehaved, RemotePath, Request, Status, Stored,
};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

/// The window is filled again once it is this empty, so that files leave in batches.
const REFILL_AT: usize = UNANSWERED_MAX / 2;

pub(super) struct Lane<'a> {
    pub(super) job: &'a Job<'a>,
    inbox: Inbox<Work, Arc<Outgoing>>,
    pub(super) parked: &'a Parked<Work>,
    connection: Option<Connection>,
    backoff: Backoff,
    /// Sent, oldest first; each waits for its answer.
    unanswered: VecDeque<Unanswered>,
    /// To be sent again, before anything new.
    pub(super) again: VecDeque<Work>,
    /// Conflicts that need a look at the server's file.
    pub(super) unsettled: Vec<Item>,
    buffer: Vec<u8>,
}

enum Unanswered {
    File(Item, Digest),
    Folder(RemotePath, PathBuf),
}

impl<'a> Lane<'a> {
    pub(super) fn new(
        job: &'a Job<'a>,
        inbox: Inbox<Work, Arc<Outgoing>>,
        parked: &'a Parked<Work>,
    ) -> Self {
        Self {
            job,
            inbox,
            parked,
            connection: None,
            backoff: Backoff::new(&job.site, &job.cancel),
            unanswered: VecDeque::new(),
            again: VecDeque::new(),
            unsettled: Vec::new(),
            buffer: Vec::new(),
        }
    }

    /// Works until the queue is closed and empty and everything is answered.
    pub(super) fn run(mut self) -> Result<(), Error> {
        loop {
            match self.turn() {
                Ok(true) => {}
                Ok(false) => break,
                Err(err) if err.is_retryable() => {
                    self.take_back();
                    self.backoff.wait(err)?;
                }
                Err(err) => return Err(err),
            }
        }
        if let Some(connection) = self.connection.take() {
            self.job.give_back(connection);
        }
        Ok(())
    }

    /// Fills the window once and waits for answers. Returns whether there is more to do.
    fn turn(&mut self) -> Result<bool, Error> {
        self.job.check()?;
        while self.unanswered.len() < UNANSWERED_MAX && !self.must_drain() {
            let Some(work) = self.next_work() else { break };
            self.begin(work)?;
        }
        if self.unanswered.is_empty() {
            if let Some(item) = self.unsettled.pop() {
                self.settle(item)?;
                return Ok(true);
            }
            if !self.again.is_empty() {
                return Ok(true);
            }
            // Asked for only when nothing is left to do: whoever waits may have to help.
            return match self.inbox.wait() {
                Next::Work(work) => self.begin(work).map(|()| true),
                Next::Help(outgoing) => self.help(&outgoing).map(|()| true),
                Next::Over => Ok(false),
            };
        }
        self.connection()?.flush()?;
        self.take_answer()?;
        let is_full = self.unanswered.len() > REFILL_AT;
        while !self.unanswered.is_empty() && (is_full || self.inbox.is_empty()) {
            if self.unanswered.len() <= REFILL_AT && !self.connection()?.look()? {
                break;
            }
            self.take_answer()?;
        }
        Ok(true)
    }

    /// Whether the server is about to close, so that nothing new may follow what is on its way.
    fn must_drain(&self) -> bool {
        let is_going = self.connection.as_ref().is_some_and(Connection::is_going);
        is_going && !self.unanswered.is_empty()
    }

    fn next_work(&mut self) -> Option<Work> {
        self.again.pop_front().or_else(|| self.inbox.try_work())
    }

    pub(super) fn connection(&mut self) -> Result<&mut Connection, Error> {
        if self.connection.as_ref().is_some_and(Connection::is_going) && self.unanswered.is_empty()
        {
            self.connection = None;
        }
        if self.connection.is_none() {
            self.connection = Some(self.job.open_for_changes()?);
        }
        self.connection.as_mut().ok_or_else(|| PeerMisbehaved::UnexpectedAnswer.into())
    }

    /// The connection is lost: what it did not answer is sent again.
    fn take_back(&mut self) {
        self.connection = None;
        for unanswered in self.unanswered.drain(..).rev() {
            self.again.push_front(match unanswered {
                Unanswered::File(item, _) => Work::File(item),
                Unanswered::Folder(remote, local) => Work::EmptyFolder(remote, local),
            });
        }
    }

    fn begin(&mut self, work: Work) -> Result<(), Error> {
        if let Err(err) = self.make_way(&work) {
            // Its turn comes again, or it would be lost with the connection.
            self.again.push_front(work);
            return Err(err);
        }
        match work {
            Work::File(mut item) if item.ruling.is_some() => match item.ruling.take() {
                Some(ruling) => self.apply(item, ruling),
                None => Ok(()),
            },
            Work::File(item) if item.size <= SMALL_PUT_MAX => self.send_small(item),
            Work::File(item) => self.send_big(item),
            Work::EmptyFolder(remote, local) => {
                let request = Request::Change {
                    operation: random::operation_id()?,
                    change: Change::MakeDirectory {
                        path: remote.clone().into(),
                        with_parents: true,
                    },
                };
                self.unanswered.push_back(Unanswered::Folder(remote, local));
                self.connection()?.send(&request).map(drop)
            }
        }
    }

    /// Does what has to be done before a file can be begun: a big one is sent with nothing else on
    /// its way, and the server forgets what an earlier run began of a file that changed since.
    fn make_way(&mut self, work: &Work) -> Result<(), Error> {
        let Work::File(item) = work else { return Ok(()) };
        let is_alone = item.stale.is_some() || item.size > SMALL_PUT_MAX;
        while is_alone && !self.unanswered.is_empty() {
            self.connection()?.flush()?;
            self.take_answer()?;
        }
        item.stale.map_or(Ok(()), |stale| big::abandon(self.connection()?, stale))
    }

    fn send_small(&mut self, mut item: Item) -> Result<(), Error> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let read = local_file::read_small(&item.local, &mut buffer);
        let sent = match read {
            Err(ReadError::Grown) if item.size <= SMALL_PUT_MAX => {
                // It has become a big one since it was planned.
                item.size = SMALL_PUT_MAX + 1;
                item.renew()?;
                self.again.push_back(Work::File(item));
                Ok(())
            }
            Err(err) => {
                let err = err.into_error(&item.local);
                self.end(&item, FinalOutcome::Failed(err));
                Ok(())
            }
            Ok(metadata) => {
                if metadata.modified != item.modified || metadata.size != item.size {
                    item.renew()?;
                    item.modified = metadata.modified;
                    item.size = metadata.size;
                }
                self.put_small(item, &buffer)
            }
        };
        self.buffer = buffer;
        sent
    }

    fn put_small(&mut self, item: Item, content: &[u8]) -> Result<(), Error> {
        let digest = Digest::of(content);
        let put = Request::Put(item.put());
        // Noted first, so that it is sent again should the connection break right now.
        self.unanswered.push_back(Unanswered::File(item, digest));
        let connection = self.connection()?;
        let number = connection.send(&put)?;
        let mut offset = 0;
        for segment in content.chunks(SEGMENT_LEN as usize) {
            connection.send_data(number, offset, segment)?;
            offset += segment.len() as u64;
        }
        connection.send_part(number, &Request::PutEnd(digest))
    }

    fn take_answer(&mut self) -> Result<(), Error> {
        let Received::Answer { is_final, answer } = self.connection()?.receive(Stage::Answer)?
        else {
            return Err(PeerMisbehaved::UnexpectedAnswer.into());
        };
        if !is_final {
            return Ok(());
        }
        if let Answer::Error(fault) = &answer
            && matches!(fault.status, Status::STOPPING)
        {
            return Err(Error::GoneAway(fault.clone()));
        }
        match self.unanswered.pop_front() {
            Some(Unanswered::File(item, digest)) => self.file_answered(item, digest, answer),
            Some(Unanswered::Folder(remote, local)) => self.folder_answered(remote, local, answer),
            None => Err(PeerMisbehaved::UnexpectedAnswer.into()),
        }
    }

    fn folder_answered(
        &mut self,
        remote: RemotePath,
        local: PathBuf,
        answer: Answer,
    ) -> Result<(), Error> {
        let wire = remote.to_wire();
        match self.connection()?.judged(answer, &wire) {
            Ok(_) => self.backoff.succeeded(),
            Err(err @ Error::Busy { .. }) => {
                self.again.push_back(Work::EmptyFolder(remote, local));
                self.backoff.wait(err)?;
            }
            Err(err) => {
                self.job.options.progress.add_planned(1, 0);
                let source = local.as_os_str().as_encoded_bytes();
                self.job.finish(source, &wire, 0, FinalOutcome::Failed(err));
            }
        }
        Ok(())
    }

    fn file_answered(&mut self, item: Item, digest: Digest, answer: Answer) -> Result<(), Error> {
        match answer {
            Answer::Stored(stored) => {
                self.backoff.succeeded();
                self.job.options.progress.add_bytes(item.size);
                self.stored(item, stored, digest);
                Ok(())
            }
            Answer::Error(fault) => self.refused(item, fault),
            other => {
                let busy = self.connection()?.judged(other, b"");
                self.again.push_back(Work::File(item));
                match busy {
                    Err(err) => self.backoff.wait(err),
                    Ok(_) => Err(PeerMisbehaved::UnexpectedAnswer.into()),
                }
            }
        }
    }

    fn stored(&self, mut item: Item, stored: Stored, digest: Digest) {
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
    fn refused(&mut self, mut item: Item, fault: Fault) -> Result<(), Error> {
        let is_passing = matches!(
            fault.status,
            Status::DIGEST_MISMATCH | Status::CHANGED | Status::TRUNCATED | Status::TIMED_OUT
        );
        match fault.status {
            // A small file was compared by the server; a big one still has to be.
            Status::EXISTS if item.names_tried > 0 && item.size <= SMALL_PUT_MAX => {
                self.rename(item)
            }
            Status::EXISTS => {
                let is_compared = item.size <= SMALL_PUT_MAX;
                match self.job.rule_at_once().filter(|_| is_compared) {
                    Some(ruling) => return self.apply(item, ruling),
                    None => self.unsettled.push(item),
                }
                Ok(())
            }
            // As when the server has not yet noticed that an earlier connection is lost.
            Status::BUSY => {
                let err = Error::remote(&item.target.to_wire(), fault);
                self.again.push_back(Work::File(item));
                self.backoff.wait(err)
            }
            Status::NO_PART => {
                item.renew()?;
                self.again.push_back(Work::File(item));
                Ok(())
            }
            _ if is_passing && item.failures < FAILURES_MAX => {
                item.failures += 1;
                item.renew()?;
                self.again.push_back(Work::File(item));
                Ok(())
            }
            _ => {
                let err = Error::remote(&item.target.to_wire(), fault);
                self.end(&item, FinalOutcome::Failed(err));
                Ok(())
            }
        }
    }

    fn send_big(&mut self, mut item: Item) -> Result<(), Error> {
        let job = self.job;
        let reached = item.reached;
        // Opened first: an item that is not sent for want of a connection goes back whole.
        if let Err(err) = self.connection() {
            self.again.push_front(Work::File(item));
            return Err(err);
        }
        let Some(mut connection) = self.connection.take() else {
            return Err(PeerMisbehaved::UnexpectedAnswer.into());
        };
        self.job.options.progress.begin(item.source(), item.size);
        let invite = |outgoing: &Arc<Outgoing>| self.invite(outgoing);
        let sent = big::send(&mut connection, job, &mut item, invite);
        self.connection = Some(connection);
        self.job.options.progress.end(item.source());
        match sent {
            Ok(Sent::Stored(stored, digest)) => {
                self.backoff.succeeded();
                self.stored(item, stored, digest);
                Ok(())
            }
            Ok(Sent::Refused(fault)) => self.refused(item, fault),
            Ok(Sent::Again) => {
                self.again.push_back(Work::File(item));
                Ok(())
            }
            Ok(Sent::Failed(_)) if item.failures < FAILURES_MAX && big::has_changed(&item) => {
                item.failures += 1;
                self.again.push_back(Work::File(item));
                Ok(())
            }
            Ok(Sent::Failed(err)) => {
                self.end(&item, FinalOutcome::Failed(err));
                Ok(())
            }
            Err(err) if err.is_retryable() => {
                if item.reached > reached {
                    // It goes on, if only piece by piece.
                    self.backoff.succeeded();
                }
                self.again.push_front(Work::File(item));
                Err(err)
            }
            Err(err) => Err(err),
        }
    }

    fn invite(&self, outgoing: &Arc<Outgoing>) {
        let others = self.job.lane_count() - 1;
        self.inbox.invite(outgoing, others.min(outgoing.segments.lanes_wanted()));
    }

    /// Helps another lane with its big file. That lane goes on without this one, so a failure
    /// here is no failure of the file.
    fn help(&mut self, outgoing: &Arc<Outgoing>) -> Result<(), Error> {
        if !outgoing.segments.join() {
            return Ok(());
        }
        let job = self.job;
        let helped = self.connection().and_then(|connection| big::help(connection, job, outgoing));
        outgoing.segments.leave();
        match helped {
            Err(err) if err.is_retryable() => {
                self.connection = None;
                Ok(())
            }
            other => other,
        }
    }

    pub(super) fn end(&self, item: &Item, outcome: FinalOutcome) {
        let (wanted, target) = (item.wanted.to_wire(), item.target.to_wire());
        self.job.finish_file(item.state(&wanted, &target), outcome);
    }
}

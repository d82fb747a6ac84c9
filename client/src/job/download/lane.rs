//! A lane of a download: one thread, one connection. Gets of small files follow each other
//! without waiting; a big one is fetched alone, with the help of lanes that have nothing to do.

use super::big;
use super::finished::{Finished, Whole};
use super::incoming::Incoming;
use super::part::{Item, Part, Placing};
use super::receive::{self, Taken};
use super::segments::Fetched;
use crate::Error;
use crate::client::Backoff;
use crate::connection::Connection;
use crate::job::conflict::{Parked, Ruled as _};
use crate::job::inbox::{Inbox, Next};
use crate::job::lanes::Job;
use crate::job::report::FinalOutcome;
use ferry_protocol::limits::{SMALL_PUT_MAX, UNANSWERED_BYTES_MAX, UNANSWERED_MAX};
use ferry_protocol::{
    Answer, EntryKind, HEADER_LEN, PeerMisbehaved, Range, Request, Status, feature,
};
use std::collections::VecDeque;
use std::fs;
use std::sync::Arc;

const FAILURES_MAX: u32 = 3;

pub(super) struct Lane<'a> {
    pub(super) job: &'a Job<'a>,
    inbox: Inbox<Item, Arc<Incoming>>,
    pub(super) parked: &'a Parked<Item>,
    connection: Option<Connection>,
    backoff: Backoff,
    unanswered: VecDeque<Item>,
    unanswered_bytes: usize,
    again: VecDeque<Item>,
    /// Files whose target exists: they need a look before they are asked for.
    pub(super) unsettled: Vec<Item>,
    finished: Finished,
    buffer: Vec<u8>,
}

impl<'a> Lane<'a> {
    pub(super) fn new(
        job: &'a Job<'a>,
        inbox: Inbox<Item, Arc<Incoming>>,
        parked: &'a Parked<Item>,
    ) -> Self {
        Self {
            job,
            inbox,
            parked,
            connection: None,
            backoff: Backoff::new(&job.site, &job.cancel),
            unanswered: VecDeque::new(),
            unanswered_bytes: 0,
            again: VecDeque::new(),
            unsettled: Vec::new(),
            finished: Finished::default(),
            buffer: Vec::new(),
        }
    }

    /// Works until the queue is closed and empty and everything is placed.
    pub(super) fn run(mut self) -> Result<(), Error> {
        loop {
            match self.turn() {
                Ok(true) => {}
                Ok(false) => break,
                Err(err) if err.is_retryable() => {
                    self.take_back();
                    // What is whole and verified is kept, however long nobody answers.
                    self.place_finished();
                    if let Err(err) = self.backoff.wait(err) {
                        self.leave_parts();
                        return Err(err);
                    }
                }
                Err(err) => {
                    // What is whole and verified is kept.
                    self.place_finished();
                    self.leave_parts();
                    return Err(err);
                }
            }
        }
        if let Some(connection) = self.connection.take() {
            self.job.give_back(connection);
        }
        Ok(())
    }

    /// Leaves what came of big files for another process to go on with, if it can know of them.
    fn leave_parts(&mut self) {
        let items = self.unanswered.drain(..).chain(self.again.drain(..));
        let items = items.chain(self.unsettled.drain(..));
        if self.job.is_noted() {
            items.for_each(Item::leave);
        }
    }

    /// Fills the window once and takes the answers. Returns whether there is more to do.
    fn turn(&mut self) -> Result<bool, Error> {
        self.job.check()?;
        while self.has_room() {
            let Some(item) = self.next_item() else { break };
            let is_big = item.size > SMALL_PUT_MAX;
            self.begin(item)?;
            if is_big {
                break;
            }
        }
        if self.unanswered.is_empty() {
            if let Some(item) = self.unsettled.pop() {
                self.settle(item)?;
                return Ok(true);
            }
            if let Some(item) = self.next_item() {
                return self.begin(item).map(|()| true);
            }
            // Before any wait, whatever the queue looked like: its end may depend on these files.
            self.place_finished();
            if !self.unsettled.is_empty() {
                return Ok(true);
            }
            return match self.inbox.wait() {
                Next::Work(item) => self.begin(item).map(|()| true),
                Next::Help(incoming) => self.help(&incoming).map(|()| true),
                Next::Over => Ok(false),
            };
        }
        self.connection()?.flush()?;
        self.take_file()?;
        // Half the window is kept on its way, so that the server never runs dry.
        let is_full = !self.has_room();
        while is_full && self.unanswered.len() > UNANSWERED_MAX / 2 {
            self.take_file()?;
        }
        Ok(true)
    }

    fn has_room(&self) -> bool {
        let has_big = self.unanswered.back().is_some_and(|item| item.size > SMALL_PUT_MAX);
        let is_going = self.connection.as_ref().is_some_and(Connection::is_going);
        let is_draining = !self.unanswered.is_empty() && (has_big || is_going);
        self.unanswered.len() < UNANSWERED_MAX
            && self.unanswered_bytes + REQUEST_LEN_MAX <= UNANSWERED_BYTES_MAX
            && !is_draining
    }

    fn next_item(&mut self) -> Option<Item> {
        self.again.pop_front().or_else(|| self.inbox.try_work())
    }

    pub(super) fn connection(&mut self) -> Result<&mut Connection, Error> {
        if self.connection.as_ref().is_some_and(Connection::is_going) && self.unanswered.is_empty()
        {
            self.connection = None;
        }
        if self.connection.is_none() {
            self.connection = Some(self.job.open()?);
        }
        self.connection.as_mut().ok_or_else(|| PeerMisbehaved::UnexpectedAnswer.into())
    }

    /// The connection is lost: what it did not answer is asked for again.
    fn take_back(&mut self) {
        self.connection = None;
        self.unanswered_bytes = 0;
        for item in self.unanswered.drain(..).rev() {
            self.again.push_front(item);
        }
    }

    /// Asks for a file, unless something has to be looked at first.
    fn begin(&mut self, mut item: Item) -> Result<(), Error> {
        if item.size > SMALL_PUT_MAX
            && item.part.is_none()
            && let Some(begun) = self.job.begun_part(item.target())
        {
            item.take_up(begun);
        }
        let is_taken = || fs::symlink_metadata(&item.local).is_ok();
        if item.ruling.is_some() || (item.placing == Placing::New && is_taken()) {
            self.unsettled.push(item);
            return Ok(());
        }
        self.fetch(item)
    }

    /// Asks for a small file; fetches a big one. One that only lacks its name is not fetched again.
    pub(super) fn fetch(&mut self, mut item: Item) -> Result<(), Error> {
        if let Some(part) = item.part.take_if(|part| part.is_whole) {
            self.job.options.progress.add_bytes(item.size);
            self.finish(item, Whole::Part(part));
            return Ok(());
        }
        if item.size > SMALL_PUT_MAX {
            match self.be_alone() {
                Ok(true) => return self.fetch_big(item),
                Ok(false) => {}
                Err(err) => {
                    // Its turn comes again, or it would be lost with the connection.
                    self.again.push_front(item);
                    return Err(err);
                }
            }
        }
        self.ask(item)
    }

    /// Whether big files come by segments here; then nothing else is on its way any more.
    fn be_alone(&mut self) -> Result<bool, Error> {
        if !self.connection()?.uses(feature::SEGMENTS) {
            return Ok(false);
        }
        while !self.unanswered.is_empty() {
            self.connection()?.flush()?;
            self.take_file()?;
        }
        Ok(self.connection()?.uses(feature::SEGMENTS))
    }

    fn ask(&mut self, item: Item) -> Result<(), Error> {
        let request = Request::Get { path: item.remote.clone().into(), range: Range::ALL };
        self.unanswered_bytes += request_len(&item);
        // Noted first, so that it is asked for again should the connection break right now.
        self.unanswered.push_back(item);
        self.connection()?.send(&request).map(drop)
    }

    /// Takes the whole answer to the oldest request.
    fn take_file(&mut self) -> Result<(), Error> {
        let Some(mut item) = self.unanswered.pop_front() else {
            return Ok(());
        };
        self.unanswered_bytes = self.unanswered_bytes.saturating_sub(request_len(&item));
        let mut buffer = std::mem::take(&mut self.buffer);
        let job = self.job;
        let taken = self
            .connection()
            .and_then(|connection| receive::file(connection, job, &mut item, &mut buffer));
        self.buffer = buffer;
        match taken {
            Ok(Taken::Whole(part)) => {
                self.whole(item, part);
                Ok(())
            }
            Ok(Taken::Failed(err)) => self.failed(item, err),
            Ok(Taken::Cut(err)) => {
                self.take_back();
                item.end(self.job, FinalOutcome::Failed(err));
                Ok(())
            }
            Ok(Taken::Busy(err)) => {
                self.again.push_back(item);
                self.backoff.wait(err)
            }
            Err(err) => {
                self.unanswered.push_front(item);
                Err(err)
            }
        }
    }

    /// Places what is finished. Where somebody took the name meanwhile, that is a conflict as any
    /// other.
    fn place_finished(&mut self) {
        let taken = self.finished.place(self.job);
        self.unsettled.extend(taken);
    }

    fn whole(&mut self, item: Item, part: Part) {
        self.backoff.succeeded();
        self.finish(item, Whole::Part(part));
    }

    pub(super) fn finish(&mut self, item: Item, whole: Whole) {
        if self.finished.add(item, whole) {
            self.place_finished();
        }
    }

    fn failed(&mut self, mut item: Item, err: Error) -> Result<(), Error> {
        let is_passing =
            matches!(err.status(), Some(Status::CHANGED | Status::TRUNCATED | Status::TIMED_OUT));
        if err.status() == Some(Status::STOPPING) {
            self.again.push_front(item);
            return Err(err);
        }
        if err.status() == Some(Status::BUSY) {
            self.again.push_back(item);
            return self.backoff.wait(err);
        }
        if is_passing && item.failures < FAILURES_MAX {
            item.failures += 1;
            self.again.push_back(item);
        } else {
            item.end(self.job, FinalOutcome::Failed(err));
        }
        Ok(())
    }

    /// Fetches a big file by segments.
    fn fetch_big(&mut self, mut item: Item) -> Result<(), Error> {
        // What is finished need not wait for it.
        self.place_finished();
        let (job, reached) = (self.job, item.reached);
        let Some(mut connection) = self.connection.take() else {
            return Err(PeerMisbehaved::UnexpectedAnswer.into());
        };
        let name = item.remote.to_wire();
        job.options.progress.begin(&name, item.size);
        let invite = |incoming: &Arc<Incoming>| self.invite(incoming);
        let fetched = big::fetch(&mut connection, job, &mut item, invite);
        job.options.progress.end(&name);
        // Answers that nobody took any more are still on their way.
        self.connection = (connection.unanswered_count() == 0).then_some(connection);
        match fetched {
            Ok(Fetched::Whole) => {
                if let Some(part) = item.part.take() {
                    self.whole(item, part);
                }
                Ok(())
            }
            Ok(Fetched::Anew(err)) if item.failures < FAILURES_MAX => self.renew(item, err),
            Ok(Fetched::Anew(err) | Fetched::Failed(err)) => {
                item.forget();
                item.end(job, FinalOutcome::Failed(err));
                Ok(())
            }
            Err(err) => {
                if item.reached > reached {
                    // It goes on, if only piece by piece.
                    self.backoff.succeeded();
                }
                self.again.push_front(item);
                Err(err)
            }
        }
    }

    /// A file is to be fetched anew, as the server has it now.
    fn renew(&mut self, mut item: Item, why: Error) -> Result<(), Error> {
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

    fn invite(&self, incoming: &Arc<Incoming>) {
        let others = self.job.lane_count() - 1;
        self.inbox.invite(incoming, others.min(incoming.segments.lanes_wanted()));
    }

    /// Helps another lane with its big file. That lane goes on without this one, so a failure
    /// here is no failure of the file.
    fn help(&mut self, incoming: &Arc<Incoming>) -> Result<(), Error> {
        if !incoming.segments.join() {
            return Ok(());
        }
        let job = self.job;
        let helped = self.connection().and_then(|connection| big::help(connection, job, incoming));
        incoming.segments.leave();
        if self.connection.as_ref().is_some_and(|connection| connection.unanswered_count() > 0) {
            self.connection = None;
        }
        match helped {
            Err(err) if err.is_retryable() => {
                self.connection = None;
                Ok(())
            }
            other => other,
        }
    }
}

/// The longest get.
const REQUEST_LEN_MAX: usize = HEADER_LEN + 2 + ferry_protocol::limits::PATH_MAX + 16;

fn request_len(item: &Item) -> usize {
    HEADER_LEN + 2 + 1 + item.remote.as_relative_bytes().len() + 16
}

//! A lane: one thread, one connection. It keeps as much on its way as its connection takes,
//! begins again what was not answered, looks at names that are taken, and helps other lanes once
//! it has nothing else to do. What differs between up and down is its [`Way`].

use super::conflict::{Parked, Ruled};
use super::lanes::Job;
use super::queue::{Inbox, Next};
use super::striped::Striped;
use crate::Error;
use crate::client::Backoff;
use std::collections::VecDeque;

/// How files go: up or down.
pub(super) trait Way: Sized {
    /// What the queue carries.
    type Work: Ruled;
    /// A file of it.
    type Item: Into<Self::Work>;
    /// What was begun and waits for its answer.
    type Begun: Into<Self::Work>;
    /// A big file that several lanes move.
    type Shared: Clone;

    /// Whether more may be begun before an answer is taken.
    fn has_room(lane: &Lane<'_, Self>) -> bool;

    /// Begins a file; a big one ends in it, too. Where that fails by the connection, the file is
    /// among `again` or `unanswered`.
    fn begin(lane: &mut Lane<'_, Self>, work: Self::Work) -> Result<(), Error>;

    /// Waits for the answer to what was begun first, and takes some more.
    fn take_answers(lane: &mut Lane<'_, Self>) -> Result<(), Error>;

    /// Looks at a name that is taken, and does what was decided or has it decided. Nothing is on
    /// its way. An error that a new connection can mend leaves the file among `unsettled`.
    fn settle(lane: &mut Lane<'_, Self>, item: Self::Item) -> Result<(), Error>;

    /// How far a big file is.
    fn segments(shared: &Self::Shared) -> &Striped;

    /// Moves segments of another lane's file.
    fn help(lane: &mut Lane<'_, Self>, shared: &Self::Shared) -> Result<(), Error>;

    /// Ends what can be ended, before the lane waits for whatever it may be.
    fn rest(_lane: &mut Lane<'_, Self>) {}

    /// The connection is of no use any more.
    fn hang_up(&mut self);

    /// The lane has nothing more to do; its connection may serve another.
    fn part(self, job: &Job<'_>);
}

/// One lane of a job.
pub(super) struct Lane<'a, W: Way> {
    pub(super) job: &'a Job<'a>,
    pub(super) inbox: &'a Inbox<'a, W::Work, W::Shared>,
    pub(super) parked: &'a Parked<W::Work>,
    pub(super) backoff: Backoff,
    /// On its way, oldest first; each waits for its answer.
    pub(super) unanswered: VecDeque<W::Begun>,
    /// To be begun again, before anything new.
    pub(super) again: VecDeque<W::Work>,
    /// Files whose name is taken: both ends are to be looked at.
    pub(super) unsettled: Vec<W::Item>,
    pub(super) way: W,
}

/// Names that are taken, of which a lane looks at all before it begins anything else.
const UNSETTLED_MAX: usize = 256;

impl<'a, W: Way> Lane<'a, W> {
    pub(super) fn new(
        job: &'a Job<'a>,
        inbox: &'a Inbox<'a, W::Work, W::Shared>,
        parked: &'a Parked<W::Work>,
        way: W,
    ) -> Self {
        Self {
            job,
            inbox,
            parked,
            backoff: Backoff::new(&job.site, &job.cancel),
            unanswered: VecDeque::new(),
            again: VecDeque::new(),
            unsettled: Vec::new(),
            way,
        }
    }

    /// Works until nothing more comes and everything has ended.
    pub(super) fn run(mut self) -> Result<(), Error> {
        let worked = self.work();
        if worked.is_ok() {
            self.way.part(self.job);
        } else {
            W::rest(&mut self);
            self.leave();
        }
        worked
    }

    fn work(&mut self) -> Result<(), Error> {
        loop {
            match self.turn() {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(err) if err.is_retryable() => {
                    self.take_back();
                    W::rest(self);
                    self.backoff.wait(err)?;
                }
                Err(err) => return Err(err),
            }
        }
    }

    /// Begins as much as there is room for, and waits for answers. Returns whether there may be
    /// more to do.
    fn turn(&mut self) -> Result<bool, Error> {
        self.job.check()?;
        while self.may_begin() {
            let Some(work) = self.next_work() else { break };
            W::begin(self, work)?;
        }
        if !self.unanswered.is_empty() {
            return W::take_answers(self).map(|()| true);
        }
        while self.unanswered.is_empty()
            && let Some(item) = self.unsettled.pop()
        {
            W::settle(self, item)?;
        }
        if !(self.again.is_empty() && self.unanswered.is_empty()) {
            return Ok(true);
        }
        W::rest(self);
        if !self.unsettled.is_empty() {
            return Ok(true);
        }
        match self.inbox.wait(self.job)? {
            Next::Work(work) => W::begin(self, work).map(|()| true),
            Next::Help(shared) => self.help(&shared).map(|()| true),
            Next::Over => Ok(false),
        }
    }

    /// Whether a file may be begun now. Names that are taken come first where nothing is on its way,
    /// so that a person is asked soon, and where there are many, so that they take little memory.
    fn may_begin(&self) -> bool {
        let looks = self.unanswered.is_empty() || self.unsettled.len() >= UNSETTLED_MAX;
        let looks_first = looks && !self.unsettled.is_empty();
        !looks_first && W::has_room(self)
    }

    fn next_work(&mut self) -> Option<W::Work> {
        self.again.pop_front().or_else(|| self.inbox.try_work())
    }

    /// The connection is lost: what it did not answer is begun again.
    pub(super) fn take_back(&mut self) {
        self.way.hang_up();
        for begun in self.unanswered.drain(..).rev() {
            self.again.push_front(begun.into());
        }
    }

    /// The other side has too much to do for a file now.
    pub(super) fn put_off(&mut self, work: W::Work, why: Error) -> Result<(), Error> {
        self.again.push_back(work);
        self.backoff.wait(why)
    }

    /// A big file was cut off; it goes on with the next connection.
    pub(super) fn cut_off(
        &mut self,
        work: W::Work,
        why: Error,
        has_advanced: bool,
    ) -> Result<(), Error> {
        if has_advanced {
            // It goes on, if only piece by piece.
            self.backoff.succeeded();
        }
        self.again.push_front(work);
        Err(why)
    }

    /// How other lanes are told of a big file.
    pub(super) fn invitation(&self) -> impl FnOnce(&W::Shared) + use<'a, W> {
        let (job, inbox) = (self.job, self.inbox);
        move |shared| {
            let others = job.lane_count() - 1;
            inbox.invite(shared, others.min(W::segments(shared).lanes_wanted()));
        }
    }

    /// Helps another lane with its big file. That lane goes on without this one, so a connection
    /// that fails here is no failure of the file.
    fn help(&mut self, shared: &W::Shared) -> Result<(), Error> {
        if !W::segments(shared).join() {
            return Ok(());
        }
        let helped = W::help(self, shared);
        W::segments(shared).leave();
        match helped {
            Err(err) if err.is_retryable() => {
                self.way.hang_up();
                Ok(())
            }
            other => other,
        }
    }

    /// Leaves what came of its files for another process to go on with, if it can know of them.
    fn leave(self) {
        let Self { job, unanswered, again, unsettled, .. } = self;
        if job.is_noted() {
            let unanswered = unanswered.into_iter().map(Into::into);
            let unsettled = unsettled.into_iter().map(Into::into);
            unanswered.chain(again).chain(unsettled).for_each(W::Work::leave);
        }
    }
}

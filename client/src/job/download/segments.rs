//! Fetching segments: the part that a leading and a helping lane have in common, and the part of
//! each. A segment is written once it has the value that the server sends behind it.

use super::incoming::{Incoming, changed};
use super::part::Item;
use crate::connection::{Connection, Received};
use crate::job::lanes::Job;
use crate::job::striped::{Step, Waited};
use crate::{Error, Stage};
use ferry_protocol::limits::SEGMENT_LEN;
use ferry_protocol::{
    Answer, PeerMisbehaved, Range, Request, SegmentRange, SegmentValue, Status, StoredValues,
    segment_start,
};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// How the fetching of one file ended.
pub(super) enum Fetched {
    /// All of it is in the part, verified.
    Whole,
    /// It has to be fetched anew; the error is to be told if that happens too often.
    Anew(Error),
    /// It cannot be fetched.
    Failed(Error),
}

/// One lane at work on a file.
pub(super) struct Stripe<'a> {
    connection: &'a mut Connection,
    job: &'a Job<'a>,
    incoming: &'a Arc<Incoming>,
    /// Asked for and not answered yet, oldest first.
    asked: VecDeque<SegmentRange>,
    buffer: Vec<u8>,
}

impl<'a> Stripe<'a> {
    pub(super) fn new(
        connection: &'a mut Connection,
        job: &'a Job<'a>,
        incoming: &'a Arc<Incoming>,
    ) -> Self {
        let buffer = vec![0; SEGMENT_LEN as usize];
        Self { connection, job, incoming, asked: VecDeque::new(), buffer }
    }

    /// Leads: fetches until the file is whole.
    pub(super) fn lead(
        &mut self,
        item: &mut Item,
        invite: impl FnOnce(&Arc<Incoming>),
    ) -> Result<Fetched, Error> {
        let (segments, progress) = (&self.incoming.segments, &self.job.options.progress);
        let (to_prove, to_move) = split(segments.unknown(), item.found);
        segments.begin((&to_move, 1), &to_prove, progress);
        invite(self.incoming);
        let led = self.lead_on();
        // Helping lanes leave before the values are taken for another attempt.
        let counted = segments.end(None);
        if !matches!(led, Ok(Fetched::Whole)) {
            progress.take_bytes_back(counted);
            item.values = segments.take_values();
        }
        item.reached = item.reached.max(counted);
        led
    }

    fn lead_on(&mut self) -> Result<Fetched, Error> {
        loop {
            self.run()?;
            if self.incoming.has_changed() {
                return Ok(Fetched::Anew(changed(&self.incoming.remote)));
            }
            if self.incoming.segments.has_ended() {
                let reason = self.incoming.segments.reason();
                return Ok(Fetched::Failed(reason.unwrap_or(Error::Cancelled)));
            }
            match self.incoming.segments.wait_for_others(self.job, PATIENCE)? {
                Waited::Look | Waited::Long => {}
                Waited::Alone => return self.compare(),
            }
        }
    }

    /// Fetches and proves until there is nothing to take; what it does not come to is left to
    /// others.
    pub(super) fn run(&mut self) -> Result<(), Error> {
        let ran = self.work();
        for range in self.asked.drain(..) {
            self.incoming.segments.give_back(Step::Move(range));
        }
        ran
    }

    fn work(&mut self) -> Result<(), Error> {
        while !self.incoming.segments.has_ended() {
            self.job.check()?;
            let to_prove = self.ask()?;
            if let Some(range) = self.asked.pop_front() {
                self.take(range)?;
            } else if let Some(range) = to_prove {
                let proved = self.prove(range);
                proved.inspect_err(|_| {
                    self.incoming.segments.give_back(Step::Prove(range));
                })?;
            } else {
                break;
            }
        }
        Ok(())
    }

    /// Asks ahead, so that the server never runs dry. Returns what is to be proved, once nothing
    /// else is on its way.
    fn ask(&mut self) -> Result<Option<SegmentRange>, Error> {
        let mut to_prove = None;
        while self.asked.len() < ASKED_MAX && to_prove.is_none() {
            match self.incoming.segments.next() {
                Some(Step::Move(range)) => {
                    // Noted first, so that it is given back should the connection break right now.
                    self.asked.push_back(range);
                    let path = self.incoming.remote.clone().into();
                    self.connection.send(&Request::GetSegments { path, range })?;
                }
                Some(step @ Step::Prove(_)) if !self.asked.is_empty() => {
                    self.incoming.segments.give_back(step);
                    break;
                }
                Some(Step::Prove(range)) => to_prove = Some(range),
                None => break,
            }
        }
        self.connection.flush()?;
        Ok(to_prove)
    }

    /// Takes the answer to the oldest request.
    fn take(&mut self, range: SegmentRange) -> Result<(), Error> {
        let mut next = range.first;
        let taken = self.take_segments(range, &mut next);
        if next < range.end() {
            self.asked.push_front(SegmentRange { first: next, count: range.end() - next });
        }
        taken
    }

    fn take_segments(&mut self, range: SegmentRange, next: &mut u32) -> Result<(), Error> {
        let Some(answer) = self.answer()? else { return Ok(()) };
        let Answer::Content(content) = answer else {
            return Err(PeerMisbehaved::UnexpectedAnswer.into());
        };
        if !self.incoming.is_announced(content, range) {
            self.incoming.change();
            return Ok(());
        }
        while *next < range.end() {
            self.job.check()?;
            if !self.take_segment(*next)? {
                return Ok(());
            }
            *next += 1;
        }
        match self.answer()? {
            Some(Answer::Done) | None => Ok(()),
            Some(_) => Err(PeerMisbehaved::UnexpectedAnswer.into()),
        }
    }

    /// Takes one segment and its value; `false` if nothing more comes.
    fn take_segment(&mut self, index: u32) -> Result<bool, Error> {
        let len = self.incoming.segments.len_of(index);
        let mut filled = 0;
        while filled < len {
            let (offset, count) = match self.connection.receive(Stage::Transfer)? {
                Received::Content { offset, len } => (offset, len),
                Received::Answer { answer, .. } => {
                    return match self.judged(answer)? {
                        Some(_) => Err(PeerMisbehaved::UnexpectedAnswer.into()),
                        None => Ok(false),
                    };
                }
            };
            if offset != segment_start(index) + filled as u64 {
                return Err(PeerMisbehaved::WrongOffset.into());
            }
            let room = self.buffer.get_mut(filled..len).and_then(|room| room.get_mut(..count));
            let Some(room) = room.filter(|room| !room.is_empty()) else {
                return Err(PeerMisbehaved::TooMuchContent.into());
            };
            self.connection.take_content(room)?;
            filled += count;
        }
        match self.answer()? {
            Some(Answer::SegmentValue(value)) => Ok(self.judge(index, value)),
            Some(_) => Err(PeerMisbehaved::UnexpectedAnswer.into()),
            None => Ok(false),
        }
    }

    /// Writes a segment whose content has the value that was sent with it; else it is fetched
    /// again. `false` if it could not be written.
    fn judge(&self, index: u32, value: SegmentValue) -> bool {
        let (segments, progress) = (&self.incoming.segments, &self.job.options.progress);
        let content = self.buffer.get(..segments.len_of(index)).unwrap_or_default();
        segments.count(content.len() as u64, progress);
        if SegmentValue::of(index, content) != Some(value) {
            segments.were_wrong(&[SegmentRange { first: index, count: 1 }], progress);
            return !segments.has_ended();
        }
        if let Err(source) = self.incoming.write(index, content) {
            segments.end(Some(Error::local("write a part of", segments.local(), source)));
            return false;
        }
        segments.know(index, value);
        true
    }

    /// Compares the server's values with those of what the part holds; what differs is fetched.
    fn prove(&mut self, range: SegmentRange) -> Result<(), Error> {
        let path = self.incoming.remote.clone().into();
        self.connection.send(&Request::SegmentValues { path, range })?;
        self.connection.flush()?;
        let own = self.own_values(range)?;
        let Some(stored) = self.stored_values()? else { return Ok(()) };
        if !self.incoming.has_values(&stored) {
            self.incoming.change();
            return Ok(());
        }
        if stored.values.len() != own.len() {
            return Err(PeerMisbehaved::UnexpectedAnswer.into());
        }
        let mut wrong = Vec::new();
        for (index, (own, stored)) in (range.first..).zip(own.into_iter().zip(stored.values)) {
            if own == Some(stored) {
                self.incoming.segments.know(index, stored);
            } else {
                wrong.push(SegmentRange { first: index, count: 1 });
            }
        }
        self.incoming.segments.move_again(&wrong, &self.job.options.progress);
        Ok(())
    }

    fn own_values(&mut self, range: SegmentRange) -> Result<Vec<Option<SegmentValue>>, Error> {
        (range.first..range.end())
            .map(|index| {
                self.job.check()?;
                Ok(self.incoming.value_of_part(index, &mut self.buffer))
            })
            .collect()
    }

    fn stored_values(&mut self) -> Result<Option<StoredValues>, Error> {
        loop {
            match self.answer()? {
                Some(Answer::Progress(_)) => {}
                Some(Answer::SegmentValuesAre(stored)) => return Ok(Some(stored)),
                Some(_) => return Err(PeerMisbehaved::UnexpectedAnswer.into()),
                None => return Ok(None),
            }
        }
    }

    /// Everything is proved segment by segment: the digest shows that all are of one file.
    fn compare(&mut self) -> Result<Fetched, Error> {
        let own = self.incoming.segments.digest().ok_or(PeerMisbehaved::UnexpectedAnswer)?;
        let path = self.incoming.remote.clone().into();
        let request = Request::Digest { path, range: Range::ALL };
        match self.connection.ask(&request, &self.incoming.remote.to_wire()) {
            Ok(Answer::DigestIs(stored)) if !self.incoming.has_digest(stored) => {
                Ok(Fetched::Anew(changed(&self.incoming.remote)))
            }
            Ok(Answer::DigestIs(stored)) if stored.digest == own => Ok(Fetched::Whole),
            Ok(Answer::DigestIs(_)) => {
                let path = self.incoming.remote.to_string();
                Ok(Fetched::Anew(Error::Corrupt { path }))
            }
            Ok(_) => Err(PeerMisbehaved::UnexpectedAnswer.into()),
            Err(err) if has_changed(&err) => Ok(Fetched::Anew(err)),
            Err(err @ Error::Remote { .. }) if !err.is_retryable() => Ok(Fetched::Failed(err)),
            Err(err) => Err(err),
        }
    }

    /// The next answer; `None` if the server refuses, which ends the file.
    fn answer(&mut self) -> Result<Option<Answer>, Error> {
        match self.connection.receive(Stage::Transfer)? {
            Received::Answer { answer, .. } => self.judged(answer),
            Received::Content { .. } => Err(PeerMisbehaved::TooMuchContent.into()),
        }
    }

    fn judged(&self, answer: Answer) -> Result<Option<Answer>, Error> {
        match self.connection.judged(answer, &self.incoming.remote.to_wire()) {
            Ok(answer) => Ok(Some(answer)),
            Err(err) if has_changed(&err) => {
                self.incoming.change();
                Ok(None)
            }
            Err(err) if err.is_retryable() => Err(err),
            Err(err) => {
                self.incoming.segments.end(Some(err));
                Ok(None)
            }
        }
    }
}

/// Whether an answer means that the file is not what it was: also that it has no segments.
fn has_changed(err: &Error) -> bool {
    let statuses = [Status::CHANGED, Status::TRUNCATED, Status::UNSUPPORTED];
    err.status().is_some_and(|status| statuses.contains(&status))
}

/// What lies before a segment, and what from it on.
fn split(ranges: Vec<SegmentRange>, at: u32) -> (Vec<SegmentRange>, Vec<SegmentRange>) {
    let (mut before, mut behind) = (Vec::new(), Vec::new());
    for SegmentRange { first, count } in ranges {
        let end = first.saturating_add(count);
        if first < at {
            before.push(SegmentRange { first, count: end.min(at) - first });
        }
        if end > at {
            let first = first.max(at);
            behind.push(SegmentRange { first, count: end - first });
        }
    }
    (before, behind)
}

/// Requests on their way at a time.
const ASKED_MAX: usize = 2;

/// How long a lane that waits for others does so before it looks again.
const PATIENCE: Duration = Duration::from_secs(5);

//! Sending segments: the part that a leading and a helping lane have in common, and the part of
//! each.

use super::big::{Sent, next_answer, refused, wait};
use super::item::Item;
use super::outgoing::Outgoing;
use crate::connection::Connection;
use crate::job::lanes::Job;
use crate::job::striped::{Step, Waited};
use crate::{Error, sys};
use ferry_protocol::limits::{PUT_VALUES_MAX, SEGMENT_LEN};
use ferry_protocol::{
    Answer, Missing, PeerMisbehaved, PutValues, Request, SegmentRange, SegmentValue, segment_start,
};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::Arc;
use std::time::Duration;

/// One lane at work on a file.
pub(super) struct Stripe<'a> {
    connection: &'a mut Connection,
    job: &'a Job<'a>,
    outgoing: &'a Arc<Outgoing>,
    number: u32,
    file: File,
    buffer: Vec<u8>,
}

/// What ends a lane's work on a file before all is sent.
enum Stop {
    /// The server's last answer to this put.
    Answered(Answer),
    /// The file cannot be read, or another lane says so.
    Ended,
}

impl<'a> Stripe<'a> {
    pub(super) fn new(
        connection: &'a mut Connection,
        job: &'a Job<'a>,
        outgoing: &'a Arc<Outgoing>,
        number: u32,
        file: File,
    ) -> Self {
        let buffer = vec![0; SEGMENT_LEN as usize];
        Self { connection, job, outgoing, number, file, buffer }
    }

    /// Leads: sends until the file is stored.
    pub(super) fn lead(
        &mut self,
        item: &mut Item,
        missing: &Missing,
        invite: impl FnOnce(&Arc<Outgoing>),
    ) -> Result<Sent, Error> {
        let segments = &self.outgoing.segments;
        let held = segments.all_but(&missing.ranges);
        segments.begin((&missing.ranges, missing.run_len), &held, &self.job.options.progress);
        invite(self.outgoing);
        let led = self.lead_on(item);
        // Helping lanes leave before the values are taken for another attempt.
        let counted = self.outgoing.segments.end(None);
        if !matches!(led, Ok(Sent::Stored(..))) {
            self.job.options.progress.take_bytes_back(counted);
            item.values = self.outgoing.segments.take_values();
        }
        item.reached = item.reached.max(counted);
        led
    }

    fn lead_on(&mut self, item: &Item) -> Result<Sent, Error> {
        let mut rounds = 0;
        loop {
            if let Some(stop) = self.work()? {
                return self.stopped(stop);
            }
            match self.outgoing.segments.wait_for_others(self.job, PATIENCE)? {
                Waited::Look => continue,
                Waited::Long => {
                    self.show_life()?;
                    continue;
                }
                Waited::Alone => {}
            }
            if let Some(err) = self.changed_since(item) {
                self.give_up()?;
                return Ok(Sent::Failed(err));
            }
            let Some(digest) = self.outgoing.segments.digest() else {
                // A segment that the server says it holds has no value yet: it is not proved.
                return Err(PeerMisbehaved::UnexpectedAnswer.into());
            };
            self.connection.send_part(self.number, &Request::PutEnd(digest))?;
            self.connection.flush()?;
            match wait(self.connection)? {
                Answer::Stored(stored) => return Ok(Sent::Stored(stored, digest)),
                Answer::Missing(missing) if rounds < ROUNDS_MAX => {
                    rounds += 1;
                    self.outgoing.segments.move_again(&missing.ranges, &self.job.options.progress);
                }
                answer => return refused(self.connection, answer),
            }
        }
    }

    /// Helps until nothing is left to take, then leaves the put to the lane that leads.
    pub(super) fn help(&mut self) -> Result<(), Error> {
        let stop = self.work()?;
        if let Some(Stop::Answered(answer)) = stop {
            // The server still needs to be told that this lane sends no more.
            self.connection.send_part(self.number, &Request::PutLeave)?;
            self.connection.flush()?;
            if let Ok(Sent::Refused(fault)) = refused(self.connection, answer) {
                let path = self.outgoing.put.path.to_wire();
                self.outgoing.segments.end(Some(Error::remote(&path, fault)));
            }
            return Ok(());
        }
        self.connection.send_part(self.number, &Request::PutLeave)?;
        self.connection.flush()?;
        loop {
            match wait(self.connection)? {
                Answer::Missing(missing) => {
                    self.outgoing.segments.were_wrong(&missing.ranges, &self.job.options.progress);
                }
                _last => return Ok(()),
            }
        }
    }

    /// Sends and proves until there is nothing to take.
    fn work(&mut self) -> Result<Option<Stop>, Error> {
        while let Some(step) = self.outgoing.segments.next() {
            let done = match step {
                Step::Move(range) => self.send(range)?,
                Step::Prove(range) => self
                    .prove(range)
                    .inspect_err(|_| self.outgoing.segments.give_back(Step::Prove(range)))?,
            };
            if done.is_some() {
                return Ok(done);
            }
        }
        self.connection.flush()?;
        let is_over = self.outgoing.segments.has_ended();
        Ok(is_over.then_some(Stop::Ended))
    }

    /// Sends segments one after another; those that it does not come to are left to others.
    fn send(&mut self, range: SegmentRange) -> Result<Option<Stop>, Error> {
        for index in range.first..range.end() {
            let mut done = self.send_one(index);
            let mut next = index;
            if matches!(done, Ok(None)) {
                done = self.look();
                next = index + 1;
            }
            if !matches!(done, Ok(None)) {
                let rest = SegmentRange { first: next, count: range.end() - next };
                self.outgoing.segments.give_back(Step::Move(rest));
                return done;
            }
        }
        Ok(None)
    }

    fn send_one(&mut self, index: u32) -> Result<Option<Stop>, Error> {
        self.job.check()?;
        let value = match self.read(index) {
            Ok(value) => value,
            Err(err) => {
                self.outgoing.segments.end(Some(err));
                return Ok(Some(Stop::Ended));
            }
        };
        self.outgoing.segments.know(index, value);
        let len = self.outgoing.segments.len_of(index);
        let content = self.buffer.get(..len).unwrap_or_default();
        self.connection.send_data(self.number, segment_start(index), content)?;
        self.say_values(index, vec![value])?;
        self.outgoing.segments.count(len as u64, &self.job.options.progress);
        Ok(None)
    }

    /// Tells the values of segments that the server holds. Those known from an earlier attempt
    /// are not computed again.
    fn prove(&mut self, range: SegmentRange) -> Result<Option<Stop>, Error> {
        let mut values = Vec::with_capacity(range.count as usize);
        for index in range.first..range.end() {
            self.job.check()?;
            let known = self.outgoing.segments.value(index);
            match known.map_or_else(|| self.read(index), Ok) {
                Ok(value) => {
                    self.outgoing.segments.know(index, value);
                    values.push(value);
                }
                Err(err) => {
                    self.outgoing.segments.end(Some(err));
                    return Ok(Some(Stop::Ended));
                }
            }
        }
        for (place, some) in values.chunks(PUT_VALUES_MAX).enumerate() {
            let skipped = u32::try_from(place * PUT_VALUES_MAX).unwrap_or(u32::MAX);
            self.say_values(range.first.saturating_add(skipped), some.to_vec())?;
        }
        self.connection.flush()?;
        self.look()
    }

    fn say_values(&mut self, first: u32, values: Vec<SegmentValue>) -> Result<(), Error> {
        let values = Request::PutValues(PutValues { first, values });
        self.connection.send_part(self.number, &values)
    }

    /// Keeps the server from taking a lane that waits for others for a dead one.
    fn show_life(&mut self) -> Result<(), Error> {
        let Some(value) = self.outgoing.segments.value(0) else { return Ok(()) };
        self.say_values(0, vec![value])?;
        self.connection.flush()
    }

    /// Takes answers that have come already.
    fn look(&mut self) -> Result<Option<Stop>, Error> {
        while self.connection.look()? {
            match next_answer(self.connection)? {
                Some(Answer::Missing(missing)) => {
                    self.outgoing.segments.were_wrong(&missing.ranges, &self.job.options.progress);
                }
                Some(answer) => return Ok(Some(Stop::Answered(answer))),
                None => {}
            }
        }
        Ok(self.outgoing.segments.has_ended().then_some(Stop::Ended))
    }

    /// Reads a segment into the buffer, and returns its value.
    fn read(&mut self, index: u32) -> Result<SegmentValue, Error> {
        let local = &self.outgoing.local;
        let len = self.outgoing.segments.len_of(index);
        let content = self.buffer.get_mut(..len).unwrap_or_default();
        let read = self
            .file
            .seek(SeekFrom::Start(segment_start(index)))
            .and_then(|_| self.file.read_exact(content));
        match read {
            Ok(()) => SegmentValue::of(index, content).ok_or_else(|| changed(local)),
            Err(err) if err.kind() == std::io::ErrorKind::UnexpectedEof => Err(changed(local)),
            Err(source) => Err(Error::local("read", local, source)),
        }
    }

    fn changed_since(&self, item: &Item) -> Option<Error> {
        match self.file.metadata() {
            Ok(metadata) => {
                let is_same =
                    metadata.len() == item.size && sys::modified(&metadata) == item.modified;
                (!is_same).then(|| changed(&item.local))
            }
            Err(source) => Some(Error::local("read", &item.local, source)),
        }
    }

    fn stopped(&mut self, stop: Stop) -> Result<Sent, Error> {
        match stop {
            Stop::Answered(answer) => {
                // The answer came before the end: the server still needs to be told of the end.
                self.connection.send_part(self.number, &Request::PutCancel)?;
                self.connection.flush()?;
                match self.outgoing.segments.reason() {
                    Some(err) => Ok(Sent::Failed(err)),
                    None => refused(self.connection, answer),
                }
            }
            Stop::Ended => {
                let reason = self.outgoing.segments.reason();
                self.give_up()?;
                Ok(reason.map_or(Sent::Again, Sent::Failed))
            }
        }
    }

    /// Tells the server to forget the upload, and takes its answer.
    fn give_up(&mut self) -> Result<(), Error> {
        self.connection.send_part(self.number, &Request::PutCancel)?;
        self.connection.flush()?;
        while let Answer::Missing(_) = wait(self.connection)? {}
        Ok(())
    }
}

pub(super) fn changed(local: &std::path::Path) -> Error {
    Error::LocalRefused {
        path: local.to_path_buf(),
        what: "it changed while it was sent; nothing was kept, send it again",
    }
}

/// Rounds of segments that a server may still miss at the end: each lost connection costs one.
const ROUNDS_MAX: u32 = 16;

/// How long a lane that waits for others stays silent.
const PATIENCE: Duration = Duration::from_secs(5);

//! What a lane of a download asks for. Gets of small files follow each other without waiting; a
//! big one is fetched alone, with the help of lanes that have nothing to do.

use super::big;
use super::finished::{Finished, Whole};
use super::incoming::Incoming;
use super::part::{Item, Placing};
use super::segments::Fetched;
use crate::Error;
use crate::connection::Connection;
use crate::job::lane::{Lane, Way};
use crate::job::lanes::Job;
use crate::job::line::Line;
use crate::job::report::FinalOutcome;
use crate::job::striped::Striped;
use crate::job::verdict::FAILURES_MAX;
use ferry_protocol::limits::{SMALL_PUT_MAX, UNANSWERED_BYTES_MAX, UNANSWERED_MAX};
use ferry_protocol::{HEADER_LEN, Range, Request, feature};
use std::fs;
use std::sync::Arc;

/// The way down.
#[derive(Default)]
pub(super) struct Down {
    pub(super) line: Line,
    /// Bytes of the requests on their way.
    pub(super) asked_bytes: usize,
    pub(super) finished: Finished,
    pub(super) buffer: Vec<u8>,
}

impl Way for Down {
    type Work = Item;
    type Item = Item;
    type Begun = Item;
    type Shared = Arc<Incoming>;

    fn has_room(lane: &Lane<'_, Self>) -> bool {
        let has_big = lane.unanswered.back().is_some_and(|item| item.size > SMALL_PUT_MAX);
        let is_draining = !lane.unanswered.is_empty() && (has_big || lane.way.line.is_going());
        lane.unanswered.len() < UNANSWERED_MAX
            && lane.way.asked_bytes + REQUEST_LEN_MAX <= UNANSWERED_BYTES_MAX
            && !is_draining
    }

    fn begin(lane: &mut Lane<'_, Self>, item: Item) -> Result<(), Error> {
        lane.begin(item)
    }

    fn take_answers(lane: &mut Lane<'_, Self>) -> Result<(), Error> {
        lane.connection()?.flush()?;
        lane.take_file()?;
        // Half the window is kept on its way, so that the server never runs dry; and what has come
        // is taken, so that requests leave together.
        let is_full = !Self::has_room(lane);
        while !lane.unanswered.is_empty() {
            let is_draining = is_full && lane.unanswered.len() > UNANSWERED_MAX / 2;
            if !is_draining && !lane.connection()?.look()? {
                break;
            }
            lane.take_file()?;
        }
        Ok(())
    }

    fn settle(lane: &mut Lane<'_, Self>, item: Item) -> Result<(), Error> {
        lane.settle(item)
    }

    fn segments(incoming: &Arc<Incoming>) -> &Striped {
        &incoming.segments
    }

    fn help(lane: &mut Lane<'_, Self>, incoming: &Arc<Incoming>) -> Result<(), Error> {
        let job = lane.job;
        let helped = lane.connection().and_then(|connection| big::help(connection, job, incoming));
        lane.way.line.hang_up_if_behind();
        helped
    }

    /// Places what is finished: the end of whatever is waited for may depend on these files.
    fn rest(lane: &mut Lane<'_, Self>) {
        lane.place_finished();
    }

    fn hang_up(&mut self) {
        self.line.hang_up();
        self.asked_bytes = 0;
    }

    fn part(self, job: &Job<'_>) {
        self.line.give_back(job);
    }
}

impl Lane<'_, Down> {
    pub(super) fn connection(&mut self) -> Result<&mut Connection, Error> {
        let (job, is_idle) = (self.job, self.unanswered.is_empty());
        self.way.line.connection(is_idle, || job.open())
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
    fn fetch(&mut self, mut item: Item) -> Result<(), Error> {
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
        self.way.asked_bytes += request_len(&item);
        // Noted first, so that it is asked for again should the connection break right now.
        self.unanswered.push_back(item);
        self.connection()?.send(&request).map(drop)
    }

    /// Fetches a big file by segments.
    fn fetch_big(&mut self, mut item: Item) -> Result<(), Error> {
        // What is finished need not wait for it.
        self.place_finished();
        let (job, reached, invite) = (self.job, item.reached, self.invitation());
        let connection = match self.connection() {
            Ok(connection) => connection,
            Err(err) => return self.cut_off(item, err, false),
        };
        let name = item.remote.to_wire();
        job.options.progress.begin(&name, item.size);
        let fetched = big::fetch(connection, job, &mut item, invite);
        job.options.progress.end(&name);
        self.way.line.hang_up_if_behind();
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
                let has_advanced = item.reached > reached;
                self.cut_off(item, err, has_advanced)
            }
        }
    }
}

/// The longest get.
const REQUEST_LEN_MAX: usize = HEADER_LEN + 2 + ferry_protocol::limits::PATH_MAX + 16;

/// The length of a get of a file.
pub(super) fn request_len(item: &Item) -> usize {
    HEADER_LEN + 2 + 1 + item.remote.as_relative_bytes().len() + 16
}

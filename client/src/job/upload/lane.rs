//! What a lane of an upload sends. Small files are put one after another without waiting, up to
//! the protocol's window; a big one is sent alone, with the help of lanes that have nothing to do.

use super::big::{self, Sent};
use super::item::{Item, Work};
use super::outgoing::Outgoing;
use crate::connection::Connection;
use crate::job::lane::{Lane, Way};
use crate::job::lanes::Job;
use crate::job::line::Line;
use crate::job::report::FinalOutcome;
use crate::job::striped::Striped;
use crate::job::verdict::FAILURES_MAX;
use crate::local_file::{self, ReadError};
use crate::{Error, random};
use ferry_protocol::limits::{SEGMENT_LEN, SMALL_PUT_MAX, UNANSWERED_MAX};
use ferry_protocol::{Change, Digest, RemotePath, Request};
use std::path::PathBuf;
use std::sync::Arc;

/// The window is filled again once it is this empty, so that files leave in batches.
const REFILL_AT: usize = UNANSWERED_MAX / 2;

/// The way up.
#[derive(Default)]
pub(super) struct Up {
    line: Line,
    buffer: Vec<u8>,
}

/// Sent, and not answered.
pub(super) enum Unanswered {
    File(Item, Digest),
    Folder(RemotePath, PathBuf),
}

impl Way for Up {
    type Work = Work;
    type Item = Item;
    type Begun = Unanswered;
    type Shared = Arc<Outgoing>;

    fn has_room(lane: &Lane<'_, Self>) -> bool {
        let must_drain = lane.way.line.is_going() && !lane.unanswered.is_empty();
        lane.unanswered.len() < UNANSWERED_MAX && !must_drain
    }

    fn begin(lane: &mut Lane<'_, Self>, work: Work) -> Result<(), Error> {
        lane.begin(work)
    }

    fn take_answers(lane: &mut Lane<'_, Self>) -> Result<(), Error> {
        lane.connection()?.flush()?;
        lane.take_answer()?;
        let is_full = lane.unanswered.len() > REFILL_AT;
        while !lane.unanswered.is_empty() && (is_full || lane.inbox.is_empty()) {
            if lane.unanswered.len() <= REFILL_AT && !lane.connection()?.look()? {
                break;
            }
            lane.take_answer()?;
        }
        Ok(())
    }

    fn settle(lane: &mut Lane<'_, Self>, item: Item) -> Result<(), Error> {
        lane.settle(item)
    }

    fn segments(outgoing: &Arc<Outgoing>) -> &Striped {
        &outgoing.segments
    }

    fn help(lane: &mut Lane<'_, Self>, outgoing: &Arc<Outgoing>) -> Result<(), Error> {
        let job = lane.job;
        big::help(lane.connection()?, job, outgoing)
    }

    fn hang_up(&mut self) {
        self.line.hang_up();
    }

    fn part(self, job: &Job<'_>) {
        self.line.give_back(job);
    }
}

impl From<Unanswered> for Work {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::File(item, _) => Self::File(item),
            Unanswered::Folder(remote, local) => Self::EmptyFolder(remote, local),
        }
    }
}

impl Lane<'_, Up> {
    pub(super) fn connection(&mut self) -> Result<&mut Connection, Error> {
        let (job, is_idle) = (self.job, self.unanswered.is_empty());
        self.way.line.connection(is_idle, || job.open_for_changes())
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
            Work::EmptyFolder(remote, local) => self.make_folder(remote, local),
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

    fn make_folder(&mut self, remote: RemotePath, local: PathBuf) -> Result<(), Error> {
        let path = remote.clone().into();
        let change = Change::MakeDirectory { path, with_parents: true };
        let request = Request::Change { operation: random::operation_id()?, change };
        self.unanswered.push_back(Unanswered::Folder(remote, local));
        self.connection()?.send(&request).map(drop)
    }

    fn send_small(&mut self, mut item: Item) -> Result<(), Error> {
        let mut buffer = std::mem::take(&mut self.way.buffer);
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
        self.way.buffer = buffer;
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

    fn send_big(&mut self, mut item: Item) -> Result<(), Error> {
        let (job, reached, invite) = (self.job, item.reached, self.invitation());
        let connection = match self.connection() {
            Ok(connection) => connection,
            Err(err) => return self.cut_off(Work::File(item), err, false),
        };
        job.options.progress.begin(item.source(), item.size);
        let name = item.source().to_vec();
        let sent = big::send(connection, job, &mut item, invite);
        job.options.progress.end(&name);
        match sent {
            Ok(Sent::Stored(stored, digest)) => {
                self.backoff.succeeded();
                self.stored(item, stored, digest);
            }
            Ok(Sent::Refused(fault)) => return self.refused(item, fault),
            Ok(Sent::Again) => self.again.push_back(Work::File(item)),
            Ok(Sent::Failed(_)) if item.failures < FAILURES_MAX && big::has_changed(&item) => {
                item.failures += 1;
                self.again.push_back(Work::File(item));
            }
            Ok(Sent::Failed(err)) => self.end(&item, FinalOutcome::Failed(err)),
            Err(err) => {
                let has_advanced = item.reached > reached;
                return self.cut_off(Work::File(item), err, has_advanced);
            }
        }
        Ok(())
    }
}

//! A lane of a download: one thread, one connection. Gets of small files follow each other
//! without waiting; a big file ends the window, so that other lanes take what comes after it.
//! Finished files wait for each other, so that one flush of the disk serves many.

use super::part::{Item, Part, Placing, beside};
use super::receive::{self, Taken};
use super::sink::Piece;
use crate::client::Backoff;
use crate::connection::Connection;
use crate::job::conflict::{NUMBERED_MAX, Parked, Ruling};
use crate::job::inbox::{Inbox, Next};
use crate::job::lanes::Job;
use crate::job::report::FinalOutcome;
use crate::{Conflict, Error, local_file, sys};
use ferry_protocol::limits::{SMALL_PUT_MAX, UNANSWERED_BYTES_MAX, UNANSWERED_MAX};
use ferry_protocol::{Answer, HEADER_LEN, PeerMisbehaved, Range, Request, Status, StoredDigest};
use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::fs;
use std::io;

/// Finished files that share a flush of the disk.
const GROUP_FILES_MAX: usize = 128;
const GROUP_BYTES_MAX: u64 = 64 * 1024 * 1024;
const FAILURES_MAX: u32 = 3;

pub(super) struct Lane<'a> {
    job: &'a Job<'a>,
    inbox: Inbox<Item, Infallible>,
    parked: &'a Parked<Item>,
    connection: Option<Connection>,
    backoff: Backoff,
    unanswered: VecDeque<Item>,
    unanswered_bytes: usize,
    again: VecDeque<Item>,
    /// Files whose target exists, or that have a part: they need a look before they are asked for.
    unsettled: Vec<Item>,
    finished: Vec<(Item, Part)>,
    finished_bytes: u64,
    piece: Piece,
}

impl<'a> Lane<'a> {
    pub(super) fn new(
        job: &'a Job<'a>,
        inbox: Inbox<Item, Infallible>,
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
            finished: Vec::new(),
            finished_bytes: 0,
            piece: Piece::default(),
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
        self.place_finished();
        if let Some(connection) = self.connection.take() {
            self.job.give_back(connection);
        }
        Ok(())
    }

    /// Leaves what came of big files for another process to go on with, if it can know of them.
    fn leave_parts(&mut self) {
        let items = self.unanswered.drain(..).chain(self.again.drain(..));
        let parts = items.chain(self.unsettled.drain(..)).filter_map(|item| item.part);
        if self.job.is_noted() {
            parts.for_each(Part::keep);
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
            if self.inbox.is_empty() {
                self.place_finished();
            }
            if !self.again.is_empty() || !self.unsettled.is_empty() {
                return Ok(true);
            }
            return match self.inbox.wait() {
                Next::Work(item) => self.begin(item).map(|()| true),
                Next::Help(never) => match never {},
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

    fn connection(&mut self) -> Result<&mut Connection, Error> {
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
            && let Some(path) = self.job.begun_part(item.target())
        {
            item.part = Part::take_up(path, &item);
            let held = item.part.as_ref().map_or(0, Part::held);
            self.job.options.progress.add_bytes(held);
        }
        if item.part.is_some() || item.ruling.is_some() {
            self.unsettled.push(item);
            return Ok(());
        }
        if item.placing == Placing::New && fs::symlink_metadata(&item.local).is_ok() {
            self.unsettled.push(item);
            return Ok(());
        }
        self.ask(item, Range::ALL)
    }

    fn ask(&mut self, item: Item, range: Range) -> Result<(), Error> {
        let request = Request::Get { path: item.remote.clone().into(), range };
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
        let mut piece = std::mem::take(&mut self.piece);
        let job = self.job;
        let taken = self
            .connection()
            .and_then(|connection| receive::file(connection, job, &mut item, &mut piece));
        self.piece = piece;
        match taken {
            Ok(Taken::Whole(part)) => {
                self.backoff.succeeded();
                self.finished_bytes += part.held();
                self.finished.push((item, part));
                if self.finished.len() >= GROUP_FILES_MAX || self.finished_bytes >= GROUP_BYTES_MAX
                {
                    self.place_finished();
                }
                Ok(())
            }
            Ok(Taken::Failed(err)) => self.failed(item, err),
            Ok(Taken::Cut(err)) => {
                self.take_back();
                self.end(&item, FinalOutcome::Failed(err));
                Ok(())
            }
            Ok(Taken::Busy(err)) => {
                self.again.push_back(item);
                self.backoff.wait(err)
            }
            Err(err) => {
                let held = item.part.as_ref().map_or(0, Part::held);
                if held > item.reached {
                    // It goes on, if only piece by piece.
                    item.reached = held;
                    self.backoff.succeeded();
                }
                self.unanswered.push_front(item);
                Err(err)
            }
        }
    }

    fn failed(&mut self, mut item: Item, err: Error) -> Result<(), Error> {
        let is_passing =
            matches!(err.status(), Some(Status::CHANGED | Status::TRUNCATED | Status::TIMED_OUT));
        item.part = None;
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
            self.end(&item, FinalOutcome::Failed(err));
        }
        Ok(())
    }

    /// Brings finished files to stable storage and gives them their names.
    fn place_finished(&mut self) {
        let mut finished = std::mem::take(&mut self.finished);
        self.finished_bytes = 0;
        let synced = sys::sync_files(finished.iter().map(|(_, part)| &part.file));
        let mut folders = BTreeSet::new();
        let mut placed = Vec::with_capacity(finished.len());
        for (item, part) in &mut finished {
            let result = match &synced {
                Ok(()) => part.place(&item.local, item.placing).map(|name| {
                    folders.extend(name.parent().map(std::path::Path::to_path_buf));
                }),
                Err(err) => Err(Error::local("sync", &item.local, copy(err))),
            };
            placed.push(result);
        }
        let kept = folders
            .iter()
            .map(
                |folder| {
                    if folder.as_os_str().is_empty() { ".".as_ref() } else { folder.as_path() }
                },
            )
            .try_for_each(sys::sync_folder);
        for ((item, _part), placed) in finished.into_iter().zip(placed) {
            let outcome = match (placed, &kept) {
                // Somebody took the name meanwhile: that is a conflict as any other.
                (Err(Error::TargetExists { .. }), _) if item.placing == Placing::New => {
                    self.job.options.progress.take_bytes_back(item.size);
                    self.unsettled.push(item);
                    continue;
                }
                (Err(err), _) => FinalOutcome::Failed(err),
                (_, Err(err)) => {
                    FinalOutcome::Failed(Error::local("sync the folder of", &item.local, copy(err)))
                }
                (Ok(()), Ok(())) => FinalOutcome::Done,
            };
            self.end(&item, outcome);
        }
    }

    /// Looks at what is there already; nothing else is on its way.
    fn settle(&mut self, item: Item) -> Result<(), Error> {
        if item.part.is_some() {
            return self.go_on(item);
        }
        match self.look(&item) {
            Ok(Look::Undecided(conflict)) => self.job.set_aside(self.parked, item, conflict),
            Ok(Look::Equal) => {
                self.job.options.progress.add_bytes(item.size);
                self.end(&item, FinalOutcome::AlreadyThere);
                Ok(())
            }
            Ok(Look::Ruled(ruling)) => self.apply(item, ruling),
            Err(err) if err.is_retryable() => {
                self.unsettled.push(item);
                Err(err)
            }
            Err(
                err @ (Error::Remote { .. } | Error::Local { .. } | Error::LocalRefused { .. }),
            ) => {
                self.end(&item, FinalOutcome::Failed(err));
                Ok(())
            }
            Err(err) => Err(err),
        }
    }

    fn apply(&mut self, mut item: Item, ruling: Ruling) -> Result<(), Error> {
        item.ruling = None;
        match ruling {
            Ruling::Skip => {
                let reason = "the target exists with other content".to_owned();
                self.end(&item, FinalOutcome::Skipped(reason));
                return Ok(());
            }
            Ruling::Refuse => {
                let path = ferry_protocol::escape(item.target());
                self.end(&item, FinalOutcome::Failed(Error::TargetExists { path }));
                return Ok(());
            }
            Ruling::Replace => item.placing = Placing::Replace,
            Ruling::KeepBoth => item.placing = Placing::KeepBoth,
        }
        self.ask(item, Range::ALL)
    }

    /// Looks at a target that exists.
    fn look(&mut self, item: &Item) -> Result<Look, Error> {
        if let Some(ruling) = item.ruling {
            return self.ruled(item, ruling);
        }
        let metadata = fs::symlink_metadata(&item.local)
            .map_err(|source| Error::local("read", &item.local, source))?;
        if !metadata.is_file() {
            return Err(Error::LocalRefused {
                path: item.local.clone(),
                what: "a folder, link or special file has this name; end the target with / to put it \
                       into a folder, or move that away",
            });
        }
        if metadata.len() == item.size {
            let remote = self.digest(item, Range::ALL)?;
            let local = local_file::digest(&item.local, item.size)?;
            if remote.digest == local && remote.file_size == item.size {
                return Ok(Look::Equal);
            }
        }
        let conflict = Conflict {
            target: item.target().to_vec(),
            present: (metadata.len(), sys::modified(&metadata)),
            coming: (item.size, item.modified),
        };
        match self.job.rule_on(&conflict) {
            Some(ruling) => self.ruled(item, ruling),
            None => Ok(Look::Undecided(conflict)),
        }
    }

    fn ruled(&mut self, item: &Item, ruling: Ruling) -> Result<Look, Error> {
        if ruling == Ruling::KeepBoth && self.is_kept_beside(item)? {
            return Ok(Look::Equal);
        }
        Ok(Look::Ruled(ruling))
    }

    /// Whether an earlier run has kept both: the same command again makes no further copy.
    fn is_kept_beside(&mut self, item: &Item) -> Result<bool, Error> {
        let mut remote = None;
        for count in 1..=NUMBERED_MAX {
            let other = beside(&item.local, count);
            let Ok(metadata) = fs::symlink_metadata(&other) else {
                return Ok(false);
            };
            if !metadata.is_file() || metadata.len() != item.size {
                continue;
            }
            let wanted = match remote {
                Some(known) => known,
                None => self.digest(item, Range::ALL)?.digest,
            };
            remote = Some(wanted);
            if local_file::digest(&other, item.size)? == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Goes on with a part, if the server's file still begins with it; else starts again.
    fn go_on(&mut self, mut item: Item) -> Result<(), Error> {
        let Some((held, digest, content)) =
            item.part.as_ref().map(|part| (part.held(), part.hasher.digest(), part.content))
        else {
            return self.begin(item);
        };
        let range = Range { offset: 0, len: held };
        let proof = match self.digest(&item, range) {
            Err(err) if err.is_retryable() => {
                self.unsettled.push(item);
                return Err(err);
            }
            other => other,
        };
        let is_proved = proof.is_ok_and(|proof| {
            proof.digest == digest
                && proof.file_size == content.file_size
                && proof.modified == content.modified
        });
        if is_proved {
            return self.ask(item, Range::from(held));
        }
        item.part = None;
        self.job.options.progress.take_bytes_back(held);
        self.begin(item)
    }

    fn digest(&mut self, item: &Item, range: Range) -> Result<StoredDigest, Error> {
        let request = Request::Digest { path: item.remote.clone().into(), range };
        match self.connection()?.ask(&request, &item.remote.to_wire())? {
            Answer::DigestIs(digest) => Ok(digest),
            _ => Err(PeerMisbehaved::UnexpectedAnswer.into()),
        }
    }

    fn end(&self, item: &Item, outcome: FinalOutcome) {
        let source = item.remote.to_wire();
        self.job.finish_file(item.state(&source), outcome);
    }
}

/// What a look at a target that exists shows.
enum Look {
    Equal,
    Ruled(Ruling),
    Undecided(Conflict),
}

/// The longest get.
const REQUEST_LEN_MAX: usize = HEADER_LEN + 2 + ferry_protocol::limits::PATH_MAX + 16;

fn request_len(item: &Item) -> usize {
    HEADER_LEN + 2 + 1 + item.remote.as_relative_bytes().len() + 16
}

fn copy(err: &io::Error) -> io::Error {
    err.raw_os_error().map_or_else(|| err.kind().into(), io::Error::from_raw_os_error)
}

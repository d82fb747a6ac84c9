//! Work that can take long, done in turns: removal of a tree, copy, digest or checksum of a stored
//! file, the proof of a part, and the beginning of an upload that goes on behind a file. Dropping a
//! task gives it up.

mod checksum;
mod copy;
mod digest;
mod prefix;
mod proof;
mod recorded;
mod remove;
mod survey;
mod values;

pub(crate) use checksum::Algorithm;
pub(super) use copy::{CopyFile, CopyTarget};
pub(super) use prefix::Prefix;
pub(super) use proof::Proof;
pub(super) use remove::RemoveTree;
pub(super) use survey::Survey;

use super::incoming::Incoming;
use super::{Error, Result, Share};
use crate::committer;
use crate::wake::{Pending, Waker};
use ferry_protocol::{Progress, StoredDigest, StoredValues};
use std::fmt;

/// One piece of long work.
pub(crate) struct Task(Box<dyn Turns>);

/// Where a task stands after a turn.
#[derive(Debug)]
pub(crate) enum TaskState {
    /// It needs more turns.
    Running(Progress),
    /// It is over.
    Finished(TaskOutcome),
}

/// What a task yields.
#[derive(Debug)]
pub(crate) enum TaskOutcome {
    /// Done.
    Done,
    /// Done once the committer says so.
    Committing(Pending<committer::Outcome>),
    /// The digest.
    Digest(StoredDigest),
    /// A checksum, and where the range ended that it is of.
    Checksum {
        /// Its bytes, as they are written in hexadecimal.
        value: Vec<u8>,
        /// Offset of the first byte that was not read.
        end: u64,
    },
    /// Values of segments.
    Values(StoredValues),
    /// The part is what it says: content can come.
    Proven(Box<Incoming>),
    /// The part was read: its segments can be compared, and others come.
    Found(Share),
}

/// What every task does; one call is one turn.
trait Turns: Send {
    fn turn(&mut self, buffer: &mut [u8], waker: &Waker) -> Result<TaskState>;
}

/// What is known already.
struct Ready(Option<TaskOutcome>);

impl Turns for Ready {
    fn turn(&mut self, _: &mut [u8], _: &Waker) -> Result<TaskState> {
        self.0.take().map(TaskState::Finished).ok_or(Error::Nonsense("the outcome was told"))
    }
}

impl Task {
    /// A task with nothing left to do.
    fn ready(outcome: TaskOutcome) -> Self {
        Self(Box::new(Ready(Some(outcome))))
    }

    /// Works for one turn: at most a buffer's length of content, or some names.
    pub(crate) fn turn(&mut self, buffer: &mut [u8], waker: &Waker) -> Result<TaskState> {
        self.0.turn(buffer, waker)
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Task")
    }
}

fn room(buffer: &mut [u8], remaining: u64) -> &mut [u8] {
    let len = usize::try_from(remaining).unwrap_or(usize::MAX).min(buffer.len());
    buffer.get_mut(..len).unwrap_or_default()
}

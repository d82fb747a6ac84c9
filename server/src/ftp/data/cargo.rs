//! What a data connection carries, and how it can end.

use crate::committer;
use crate::door::{Interest, Turn};
use crate::ftp::refusal::Refusal;
use crate::ftp::reply::Reply;
use crate::service;
use crate::transport::Channel;
use crate::wake::{Pending, Waker};
use std::fmt;
use std::io;
use std::time::Instant;

/// Content on its way.
pub(in crate::ftp) trait Cargo: Send + fmt::Debug {
    /// Moves one piece.
    fn carry(&mut self, channel: &mut Channel, turn: &mut Turn<'_>) -> Result<Carried, Failure>;

    /// All was moved: what comes of it is told to `control`.
    fn finish(&mut self, control: &Waker, turn: &Turn<'_>) -> Result<Ended, Failure>;

    /// Whether the content comes from the client.
    fn is_incoming(&self) -> bool;

    /// Whether the end of what came may be that of a program that was killed, which ends its control
    /// connection too, a moment later perhaps.
    fn may_be_cut(&self, _now: Instant) -> bool {
        false
    }

    /// Whether it is large, as far as that is known.
    fn is_bulk(&self) -> bool;
}

/// What came of an attempt to move a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ftp) enum Carried {
    /// That many bytes.
    Moved(usize),
    /// None, since what is there is read first: the client is not late meanwhile.
    Preparing,
    /// None now.
    Blocked(Interest),
    /// None until then: the account moved enough for now.
    Resting(Instant),
    /// None any more.
    Done,
}

/// Why a transfer fails.
#[derive(Debug)]
pub(in crate::ftp) enum Failure {
    /// The data connection did.
    Connection(io::Error),
    /// The service refuses.
    Refused(Reply),
}

/// How a transfer ended.
#[derive(Debug)]
pub(in crate::ftp) enum Ended {
    /// All was sent.
    Sent,
    /// All came, and waits for the committer.
    Committing {
        /// Its answer.
        outcome: Pending<committer::Outcome>,
        /// Length of the file.
        size: u64,
        /// Whether its sender did not say that this is the end.
        is_unverified: bool,
    },
    /// It failed.
    Failed(Reply),
    /// The client gave it up.
    Aborted,
}

impl Failure {
    /// What the client is told.
    pub(in crate::ftp) fn reply(self) -> Reply {
        match self {
            Self::Refused(reply) => reply,
            Self::Connection(err) => Reply::new(426, format!("Data connection lost: {err}.")),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(err: io::Error) -> Self {
        Self::Connection(err)
    }
}

impl From<service::Error> for Failure {
    fn from(err: service::Error) -> Self {
        Self::Refused(Refusal::from(err).0)
    }
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure.reply())
    }
}

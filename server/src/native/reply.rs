//! Answers in the order of their requests. An answer that waits for the committer holds back
//! those behind it, while the connection reads on.

use super::operations::Operations;
use super::status;
use crate::committer::{Committed, Outcome};
use crate::transport::TlsStream;
use crate::wake::Pending;
use ferry_protocol::limits::UNANSWERED_MAX;
use ferry_protocol::{Answer, Digest, OperationId, Stored, encode_answer};
use std::collections::VecDeque;
use std::io;
use std::time::Instant;

/// Answers on their way out.
#[derive(Debug, Default)]
pub(super) struct Replies {
    queue: VecDeque<Reply>,
}

#[derive(Debug)]
enum Reply {
    Ready(u32, Answer),
    Committing(Committing),
}

/// An answer that the committer will give.
#[derive(Debug)]
pub(super) struct Committing {
    pub(super) number: u32,
    pub(super) operation: Option<OperationId>,
    pub(super) outcome: Pending<Outcome>,
    pub(super) success: Success,
}

/// What a success is told as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Success {
    /// A file of this digest is stored.
    Stored(Digest),
    /// It is done.
    Done,
}

impl Success {
    fn answer(self, committed: Committed) -> Answer {
        let Committed { was_there, is_durable } = committed;
        match self {
            Self::Stored(digest) => Answer::Stored(Stored { digest, was_there, is_durable }),
            Self::Done => Answer::Done,
        }
    }
}

/// By whom, and for whom, operations are remembered.
pub(super) struct Memory<'a> {
    pub(super) operations: &'a Operations,
    pub(super) account: &'a str,
    pub(super) now: Instant,
}

impl Replies {
    /// Queues an answer to the request with this number.
    pub(super) fn push(&mut self, number: u32, answer: Answer) {
        self.queue.push_back(Reply::Ready(number, answer));
    }

    /// Queues an answer that the committer will give.
    pub(super) fn push_committing(&mut self, committing: Committing) {
        self.queue.push_back(Reply::Committing(committing));
    }

    /// Whether nothing is queued.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether as much is queued as a client may have unanswered.
    pub(super) fn is_full(&self) -> bool {
        self.queue.len() >= UNANSWERED_MAX
    }

    /// Writes all answers whose turn has come into the stream.
    pub(super) fn write_due(
        &mut self,
        stream: &mut TlsStream,
        memory: &Memory<'_>,
    ) -> io::Result<()> {
        let mut out = Vec::new();
        while let Some((number, answer)) = self.pop_due(memory) {
            encode_answer(&mut out, number, &answer);
        }
        if self.queue.is_empty() {
            // An idle connection keeps no memory for answers.
            self.queue = VecDeque::new();
        }
        if out.is_empty() { Ok(()) } else { stream.write(&out) }
    }

    fn pop_due(&mut self, memory: &Memory<'_>) -> Option<(u32, Answer)> {
        match self.queue.pop_front()? {
            Reply::Ready(number, answer) => Some((number, answer)),
            Reply::Committing(committing) => {
                let operation = committing.operation;
                match committing.take() {
                    Ok((number, answer)) => {
                        memory.remember(operation, &answer);
                        Some((number, answer))
                    }
                    Err(committing) => {
                        self.queue.push_front(Reply::Committing(committing));
                        None
                    }
                }
            }
        }
    }

    /// Takes out the answers that the committer still owes.
    pub(super) fn drain_committing(&mut self) -> impl Iterator<Item = Committing> {
        self.queue.drain(..).filter_map(|reply| match reply {
            Reply::Ready(..) => None,
            Reply::Committing(committing) => Some(committing),
        })
    }
}

impl Committing {
    /// The request's number and its answer, once the committer gave one.
    pub(super) fn take(self) -> Result<(u32, Answer), Self> {
        match self.outcome.take() {
            Some(committed) => {
                let told = |committed| self.success.answer(committed);
                let answer = committed.map_or_else(status::storage_answer, told);
                Ok((self.number, answer))
            }
            None => Err(self),
        }
    }
}

impl Memory<'_> {
    pub(super) fn remember(&self, operation: Option<OperationId>, answer: &Answer) {
        if let Some(operation) = operation {
            self.operations.remember(self.account, operation, answer, self.now);
        }
    }
}

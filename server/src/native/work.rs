//! What a connection is busy with between two messages, and how each kind of work goes on.

use super::connection::{Broken, NativeConnection, Stop};
use super::deadline::Wait;
use super::download::Sending;
use super::reply::{Committing, Success};
use super::status;
use super::upload::Receiving;
use crate::committer::Synced;
use crate::door::{Interest, Turn};
use crate::service::{LoginOutcome, Redeemed, Task, TaskOutcome, TaskState};
use crate::wake::Pending;
use ferry_protocol::limits::SMALL_PUT_MAX;
use ferry_protocol::{Answer, OperationId, Request};
use std::time::{Duration, Instant};

/// Work of a connection; it has one at a time.
#[derive(Debug)]
pub(super) enum Work {
    /// None: the next request may come.
    None,
    /// A password is being checked.
    LoggingIn { outcome: Pending<LoginOutcome>, name: String },
    /// An invitation is being redeemed.
    Redeeming(Pending<Redeemed>),
    /// A request waits until the uploads before it are stored.
    Held(Box<Request>),
    /// An upload comes in.
    Receiving(Box<Receiving>),
    /// A download goes out.
    Sending(Box<Sending>),
    /// A task runs in turns.
    Running(Box<Running>),
    /// A barrier is under way.
    Syncing(Pending<Synced>),
    /// The last words are out; what still comes is forgotten.
    Lingering { discarded: usize, has_shut_down: bool },
}

/// A task with what its answer needs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) task: Task,
    pub(super) operation: Option<OperationId>,
    pub(super) told_at: Instant,
}

impl Work {
    /// Whether content is on its way.
    pub(super) fn is_transfer(&self) -> bool {
        matches!(self, Self::Receiving(_) | Self::Sending(_))
    }

    /// Whether its turns belong to the bulk lane.
    pub(super) fn is_bulk(&self) -> bool {
        match self {
            Self::Sending(sending) => sending.remaining() > SMALL_PUT_MAX,
            Self::Receiving(receiving) => receiving.remaining() > SMALL_PUT_MAX,
            Self::Running(_) => true,
            _ => false,
        }
    }
}

impl NativeConnection {
    /// Goes on with whatever the connection is busy with.
    pub(super) fn go_on(&mut self, turn: &mut Turn<'_>) -> Result<Stop, Broken> {
        match &mut self.work {
            Work::None => self.take_request(turn),
            Work::LoggingIn { .. } => Ok(self.finish_login()),
            Work::Redeeming(_) => Ok(self.finish_redeem()),
            Work::Held(_) => Ok(self.release_held(turn)),
            Work::Receiving(_) => self.receive(turn),
            Work::Sending(_) => self.send_piece(turn),
            Work::Running(_) => Ok(self.run_task(turn)),
            Work::Syncing(_) => Ok(self.finish_sync()),
            Work::Lingering { .. } => Ok(Stop::GoOn),
        }
    }

    fn release_held(&mut self, turn: &Turn<'_>) -> Stop {
        if !self.replies.is_empty() {
            return Stop::Wait(Interest::Woken, Wait::Outcome);
        }
        match std::mem::replace(&mut self.work, Work::None) {
            Work::Held(request) => self.serve(*request, turn),
            _ => Stop::GoOn,
        }
    }

    fn finish_sync(&mut self) -> Stop {
        let Work::Syncing(outcome) = &self.work else { return Stop::GoOn };
        let Some(synced) = outcome.take() else {
            return Stop::Wait(Interest::Woken, Wait::Outcome);
        };
        self.work = Work::None;
        let epoch = |failed_syncs| self.door.service.epoch(failed_syncs);
        let answer = synced.map(|failed_syncs| Answer::Synced(epoch(failed_syncs)));
        self.answer(answer.unwrap_or_else(status::storage_answer));
        Stop::GoOn
    }

    fn run_task(&mut self, turn: &mut Turn<'_>) -> Stop {
        let Work::Running(running) = &mut self.work else { return Stop::GoOn };
        if turn.quantum.is_spent() {
            return Stop::Spent;
        }
        match running.task.turn(turn.content, &self.waker) {
            Ok(TaskState::Running(progress)) => {
                turn.quantum.spend_bytes(turn.content.len());
                if turn.now.saturating_duration_since(running.told_at) >= TELL_INTERVAL {
                    running.told_at = turn.now;
                    self.answer(Answer::Progress(progress));
                }
            }
            Ok(TaskState::Finished(outcome)) => self.finish_task(outcome, turn.now),
            Err(err) => {
                self.work = Work::None;
                if self.order.is_receiving() {
                    self.order.put_refused();
                }
                self.answer(status::answer(&err));
            }
        }
        Stop::GoOn
    }

    fn finish_task(&mut self, outcome: TaskOutcome, now: Instant) {
        let Work::Running(running) = std::mem::replace(&mut self.work, Work::None) else { return };
        let operation = running.operation;
        match outcome {
            TaskOutcome::Done => {
                self.remember(operation, &Answer::Done, now);
                self.answer(Answer::Done);
            }
            TaskOutcome::Committing(outcome) => {
                let number = self.order.last_request();
                let success = Success::Done;
                self.replies.push_committing(Committing { number, operation, outcome, success });
            }
            TaskOutcome::Digest(digest) => self.answer(Answer::DigestIs(digest)),
            TaskOutcome::Values(values) => self.answer(Answer::SegmentValuesAre(values)),
            // No request of this door asks for one.
            TaskOutcome::Checksum { .. } => {}
            TaskOutcome::Proven(incoming) => self.await_stream(*incoming, operation),
            TaskOutcome::Found(share) => self.await_segments(share, operation),
        }
    }

    pub(super) fn remember(&self, operation: Option<OperationId>, answer: &Answer, now: Instant) {
        if let (Some(operation), Some(session)) = (operation, &self.session) {
            self.door.operations.remember(session.account_name(), operation, answer, now);
        }
    }
}

/// How often a client hears of long work.
const TELL_INTERVAL: Duration = Duration::from_millis(500);

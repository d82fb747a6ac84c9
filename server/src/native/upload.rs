//! The pump of an upload: content from the stream into the service, then one answer. What a
//! client says between two segments is the matter of [`segments`](super::segments).

use super::connection::{Broken, Message, NativeConnection, Stop};
use super::deadline::Wait;
use super::reply::{Committing, Success};
use super::status;
use super::work::{Running, Work};
use crate::committer;
use crate::door::{Interest, Turn};
use crate::service::{self, Begun, Incoming as Upload, PutBy, Session, Share};
use crate::transport::Flow;
use crate::wake::Pending;
use ferry_protocol::limits::SMALL_PUT_MAX;
use ferry_protocol::session::Incoming;
use ferry_protocol::{
    Answer, Busy, Digest, Fault, GoOn, OperationId, PeerMisbehaved, Put, Request, Status, feature,
};
use std::time::Instant;

/// An upload on this connection.
#[derive(Debug)]
pub(super) struct Receiving {
    /// `None` once it was answered with an error: the rest of its content is passed over.
    pub(super) upload: Option<Content>,
    pub(super) operation: Option<OperationId>,
    /// Where in the file the next content belongs.
    offset: u64,
    /// Content of the present data message that is still to come.
    content_left: usize,
}

/// Where content goes.
#[derive(Debug)]
pub(super) enum Content {
    /// In one stream.
    Stream(Upload),
    /// By segments.
    Segments(Share),
}

impl Content {
    fn write(&mut self, offset: u64, content: &[u8]) -> service::Result<()> {
        match self {
            Self::Stream(upload) => upload.write(content),
            Self::Segments(share) => share.write(offset, content),
        }
    }

    fn wait_until(&self, now: Instant) -> Option<Instant> {
        match self {
            Self::Stream(upload) => upload.wait_until(now),
            Self::Segments(share) => share.wait_until(now),
        }
    }

    fn remaining(&self) -> u64 {
        match self {
            Self::Stream(upload) => upload.remaining(),
            Self::Segments(share) => share.size(),
        }
    }
}

impl Receiving {
    /// An upload whose first content is still to come.
    pub(super) fn new(upload: Option<Content>, operation: Option<OperationId>) -> Self {
        Self { upload, operation, offset: 0, content_left: 0 }
    }

    /// When to go on, if the account has sent enough for now. A refused put's content has no
    /// pace: it is forgotten.
    fn wait_until(&self, now: Instant) -> Option<Instant> {
        self.upload.as_ref()?.wait_until(now)
    }

    /// Bytes that are still to come.
    pub(super) fn remaining(&self) -> u64 {
        self.upload.as_ref().map_or(0, Content::remaining)
    }
}

impl NativeConnection {
    /// Begins an upload, or refuses it.
    pub(super) fn begin_upload(&mut self, session: &Session, put: &Put, turn: &Turn<'_>) {
        let known = self.door.operations.recall(session.account_name(), put.operation, turn.now);
        let refusal = known.or_else(|| busy(turn));
        let begun = match refusal {
            Some(answer) => Err(answer),
            None => self
                .door
                .service
                .upload(session, put, self.put_by())
                .map_err(|err| status::answer(&err)),
        };
        let operation = Some(put.operation);
        self.order.put_opened(put.size);
        match begun {
            Ok(Begun::Receive(upload)) => {
                if put.size > SMALL_PUT_MAX {
                    self.await_stream(upload, operation);
                } else {
                    self.begin_receiving(Content::Stream(upload), operation);
                }
            }
            Ok(Begun::Share(share)) => self.await_segments(share, operation),
            Ok(Begun::Prove(task)) => {
                self.work = Work::Running(Box::new(Running { task, operation, told_at: turn.now }));
            }
            Err(answer) => {
                self.order.put_refused();
                self.answer(answer);
            }
        }
    }

    fn put_by(&self) -> PutBy {
        if self.features & feature::SEGMENTS == 0 { PutBy::Stream } else { PutBy::Segments }
    }

    /// Asks for the content of a large put, from where the part ends.
    pub(super) fn await_stream(&mut self, upload: Upload, operation: Option<OperationId>) {
        let Some((held, held_digest)) = upload.held() else {
            let unknown = service::Error::Nonsense("nobody computes the digest of this upload");
            return self.answer(status::answer(&unknown));
        };
        self.order.put_goes_on(held);
        self.answer(Answer::GoOn(GoOn { held, held_digest }));
        self.begin_receiving(Content::Stream(upload), operation);
    }

    pub(super) fn begin_receiving(&mut self, content: Content, operation: Option<OperationId>) {
        self.work = Work::Receiving(Box::new(Receiving::new(Some(content), operation)));
    }

    /// Passes over content of a put that was refused.
    pub(super) fn pass_over(&mut self, content_len: u32) {
        let mut receiving = Receiving::new(None, None);
        receiving.content_left = usize::try_from(content_len).unwrap_or(usize::MAX);
        self.work = Work::Receiving(Box::new(receiving));
    }

    /// Takes content, or the message that follows it.
    pub(super) fn receive(&mut self, turn: &mut Turn<'_>) -> Result<Stop, Broken> {
        let Work::Receiving(receiving) = &mut self.work else { return Ok(Stop::GoOn) };
        if let Some(until) = receiving.wait_until(turn.now) {
            return Ok(Stop::Rest(until));
        }
        if receiving.content_left > 0 {
            return self.take_content(turn);
        }
        if receiving.upload.is_none() && !self.order.is_receiving() {
            self.work = Work::None;
            return Ok(Stop::GoOn);
        }
        if turn.quantum.is_spent() {
            turn.cipher.stop_filling();
        }
        match self.read_message(turn)? {
            Ok(Message::Data(header, prefix, content_len)) => {
                self.order.accept_data(&header, prefix, content_len)?;
                if let Work::Receiving(receiving) = &mut self.work {
                    receiving.offset = prefix.offset;
                    receiving.content_left = usize::try_from(content_len).unwrap_or(usize::MAX);
                }
                Ok(Stop::GoOn)
            }
            Ok(Message::Request(header, request)) => {
                let incoming = self.order.accept(&header)?;
                match request.map_err(Broken::Decode)? {
                    Some(Request::PutValues(values)) => self.take_values(&values, turn.now),
                    Some(Request::PutLeave) => self.leave_upload(),
                    request => self.end_upload(incoming, request)?,
                }
                Ok(Stop::GoOn)
            }
            Err(stop) => Ok(stop),
        }
    }

    /// Reads as much of the present data message as is there, and writes it in one piece.
    fn take_content(&mut self, turn: &mut Turn<'_>) -> Result<Stop, Broken> {
        let Work::Receiving(receiving) = &mut self.work else { return Ok(Stop::GoOn) };
        if turn.quantum.is_spent() {
            turn.cipher.stop_filling();
        }
        let wanted = receiving.content_left.min(turn.content.len());
        let mut filled = 0;
        let mut flow = Flow::Count(0);
        while filled < wanted {
            let room = turn.content.get_mut(filled..wanted).unwrap_or_default();
            flow = self.stream.read(room, turn.cipher)?;
            let Flow::Count(count) = flow else { break };
            filled += count;
        }
        receiving.content_left -= filled;
        turn.quantum.spend_bytes(filled);
        self.deadlines.moved(filled, turn.now);
        let content = turn.content.get(..filled).unwrap_or_default();
        let written = match &mut receiving.upload {
            Some(upload) if filled > 0 => upload.write(receiving.offset, content),
            _ => Ok(()),
        };
        receiving.offset += filled as u64;
        if let Err(err) = written {
            receiving.upload = None;
            self.answer(status::answer(&err));
        }
        Ok(match flow {
            Flow::Count(_) => Stop::GoOn,
            Flow::Ended => Stop::Over,
            Flow::Blocked if turn.quantum.is_spent() => Stop::Spent,
            Flow::Blocked => Stop::Wait(Interest::Readable, Wait::Transfer),
        })
    }

    fn end_upload(&mut self, incoming: Incoming, request: Option<Request>) -> Result<(), Broken> {
        self.deadlines.transfer_ended();
        let Work::Receiving(receiving) = std::mem::replace(&mut self.work, Work::None) else {
            return Ok(());
        };
        let Receiving { upload: Some(upload), operation, .. } = *receiving else {
            return Ok(());
        };
        match (incoming, request) {
            (Incoming::PutEnd { .. }, Some(Request::PutEnd(digest))) => match upload {
                Content::Stream(upload) => self.commit(upload, operation, digest),
                Content::Segments(share) => self.end_segments(share, operation, digest),
            },
            (Incoming::PutCancel, _) => {
                match upload {
                    Content::Stream(mut upload) => upload.abandon(),
                    Content::Segments(share) => share.abandon(),
                }
                let fault = Fault::new(Status::CANCELLED, "the upload was cancelled");
                self.answer(Answer::Error(fault));
            }
            _ => return Err(PeerMisbehaved::TransferOpen.into()),
        }
        Ok(())
    }

    fn commit(&mut self, upload: Upload, operation: Option<OperationId>, digest: Digest) {
        match upload.finish(digest, &self.waker) {
            Ok(outcome) => self.store_when(outcome, operation, digest),
            Err(err) => self.answer(status::answer(&err)),
        }
    }

    /// Says "stored" once the committer does.
    pub(super) fn store_when(
        &mut self,
        outcome: Pending<committer::Outcome>,
        operation: Option<OperationId>,
        digest: Digest,
    ) {
        let number = self.order.last_request();
        let success = Success::Stored(digest);
        self.replies.push_committing(Committing { number, operation, outcome, success });
    }
}

/// The answer that sends a new transfer away while the queues are too old.
pub(super) fn busy(turn: &Turn<'_>) -> Option<Answer> {
    let retry_after_ms = turn.busy_retry_ms?;
    Some(Answer::Busy(Busy { retry_after_ms, text: "the server has too much to do".to_owned() }))
}

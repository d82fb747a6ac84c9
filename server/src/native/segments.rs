//! Segments on the wire: what a put by segments says beside its content, and the requests that ask
//! for segments, their values, and the parts that are made of them.

use super::connection::NativeConnection;
use super::status;
use super::upload::Content;
use super::work::{Running, Work};
use crate::door::Turn;
use crate::service::{self, Ended, Session, Share};
use ferry_protocol::limits::SEGMENT_LEN;
use ferry_protocol::{Answer, Digest, OperationId, PutValues, Request};
use std::time::Instant;

impl NativeConnection {
    /// Serves a request that is about segments. The answer, or `None` when it comes later.
    pub(super) fn serve_segments(
        &mut self,
        session: &mut Session,
        request: Request,
        turn: &Turn<'_>,
    ) -> service::Result<Option<Answer>> {
        let service = &self.door.service;
        match request {
            Request::GetSegments { path, range } => {
                let path = path.resolve(&session.directory)?;
                if range.first == 0
                    && let Some(busy) = self.shed(turn)
                {
                    return Ok(Some(busy));
                }
                self.begin_download(|service| service.download_segments(session, &path, range))
            }
            Request::SegmentValues { path, range } => {
                let path = path.resolve(&session.directory)?;
                let task = service.segment_values(session, &path, range)?;
                let running = Running { task, operation: None, told_at: turn.now };
                self.work = Work::Running(Box::new(running));
                Ok(None)
            }
            Request::Parts(after) => Ok(Some(Answer::PartsAre(service.parts(session, after)))),
            Request::PartAbandon(transfer) => {
                service.abandon_part(session, transfer)?;
                Ok(Some(Answer::Done))
            }
            _ => Err(service::Error::Nonsense("this request is not about segments")),
        }
    }

    /// Asks for the segments that are missing.
    pub(super) fn await_segments(&mut self, share: Share, operation: Option<OperationId>) {
        self.order.put_goes_on_by_segments();
        self.answer(Answer::Missing(share.absent()));
        self.begin_receiving(Content::Segments(share), operation);
    }

    /// Takes values, and names at once the segments that turn out to be wrong.
    pub(super) fn take_values(&mut self, values: &PutValues, now: Instant) {
        let Work::Receiving(receiving) = &mut self.work else { return };
        let Some(Content::Segments(share)) = &mut receiving.upload else { return };
        // What they prove does not have to come: they are as good as content.
        self.deadlines.moved(values.values.len() * SEGMENT_LEN as usize, now);
        match share.take_values(values) {
            Ok(None) => {}
            Ok(Some(missing)) => self.answer(Answer::Missing(missing)),
            Err(err) => {
                receiving.upload = None;
                self.answer(status::answer(&err));
            }
        }
    }

    /// Leaves the upload to other connections, or as a part.
    pub(super) fn leave_upload(&mut self) {
        self.deadlines.transfer_ended();
        let Work::Receiving(receiving) = std::mem::replace(&mut self.work, Work::None) else {
            return;
        };
        // Without an upload the put has its last answer already.
        if receiving.upload.is_some() {
            self.answer(Answer::Done);
        }
    }

    /// Stores the file, or says what of it is missing: then the put goes on.
    pub(super) fn end_segments(
        &mut self,
        mut share: Share,
        operation: Option<OperationId>,
        digest: Digest,
    ) {
        match share.finish(digest, &self.waker) {
            Ok(Ended::Committing(outcome)) => self.store_when(outcome, operation, digest),
            Ok(Ended::Missing(missing)) => {
                self.order.put_opened(share.size());
                self.order.put_goes_on_by_segments();
                self.answer(Answer::Missing(missing));
                self.begin_receiving(Content::Segments(share), operation);
            }
            Err(err) => self.answer(status::answer(&err)),
        }
    }
}

//! What a put by segments says beside its content: values, leave and end.

use super::connection::NativeConnection;
use super::status;
use super::upload::Content;
use super::work::Work;
use crate::service::{Ended, Share};
use ferry_protocol::{Answer, Digest, OperationId, PutValues};

impl NativeConnection {
    /// Asks for the segments that are missing.
    pub(super) fn await_segments(&mut self, share: Share, operation: Option<OperationId>) {
        self.order.put_goes_on_by_segments();
        self.answer(Answer::Missing(share.absent()));
        self.begin_receiving(Content::Segments(share), operation);
    }

    /// Takes values, and names at once the segments that turn out to be wrong.
    pub(super) fn take_values(&mut self, values: &PutValues) {
        let Work::Receiving(receiving) = &mut self.work else { return };
        let Some(Content::Segments(share)) = &mut receiving.upload else { return };
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
            Ok(Ended::Committing(outcome)) => self.store_when(outcome, operation),
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

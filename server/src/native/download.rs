//! The pump of a download: pieces from the service into the stream, then the digest.

use super::connection::{Broken, NativeConnection, Stop};
use super::status;
use super::upload::busy;
use super::work::Work;
use crate::door::Turn;
use crate::service::{self, Download, Piece, Service, Session};
use ferry_protocol::limits::SEGMENT_LEN;
use ferry_protocol::{Answer, Content, Range, RemotePath, encode_answer, encode_data_header};

/// A download on this connection.
#[derive(Debug)]
pub(super) struct Sending {
    download: Download,
}

impl Sending {
    /// Bytes that are still to go.
    pub(super) fn remaining(&self) -> u64 {
        self.download.remaining()
    }
}

impl NativeConnection {
    /// The answer that sends a new download away, if there is too much to do. What has begun goes
    /// on: that is, segments behind the first.
    pub(super) fn shed(&self, turn: &Turn<'_>) -> Option<Answer> {
        let busy = busy(turn)?;
        self.door.metrics.shed.add(1);
        Some(busy)
    }

    /// Begins to send a file, or a range of it, in one stream.
    pub(super) fn serve_get(
        &mut self,
        session: &Session,
        path: &RemotePath,
        range: Range,
        turn: &Turn<'_>,
    ) -> service::Result<Option<Answer>> {
        match self.shed(turn) {
            Some(busy) => Ok(Some(busy)),
            None => self.begin_download(|service| service.download(session, path, range)),
        }
    }

    /// Opens a download and announces its content.
    pub(super) fn begin_download(
        &mut self,
        open: impl FnOnce(&Service) -> service::Result<Download>,
    ) -> service::Result<Option<Answer>> {
        let download = open(&self.door.service)?;
        let metadata = download.metadata();
        let content = Content {
            file_size: metadata.size,
            len: download.remaining(),
            modified: metadata.modified,
            permissions: metadata.permissions,
        };
        self.work = Work::Sending(Box::new(Sending { download }));
        Ok(Some(Answer::Content(content)))
    }

    /// Sends the next piece. It is called only when less than 64 KiB wait before it, so a slow client
    /// costs little more than one piece of memory.
    pub(super) fn send_piece(&mut self, turn: &mut Turn<'_>) -> Result<Stop, Broken> {
        if turn.quantum.is_spent() {
            return Ok(Stop::Spent);
        }
        let Work::Sending(sending) = &mut self.work else { return Ok(Stop::GoOn) };
        if let Some(until) = sending.download.wait_until(turn.now) {
            return Ok(Stop::Rest(until));
        }
        let room = turn.content.get_mut(..PIECE_LEN).unwrap_or_default();
        let last = match sending.download.next_piece(room, u64::from(SEGMENT_LEN)) {
            Ok(Piece::Content { offset, len }) => {
                let number = self.order.last_request();
                let content_len = u32::try_from(len).unwrap_or(u32::MAX);
                self.stream.write(&encode_data_header(number, offset, content_len))?;
                self.stream.write(room.get(..len).unwrap_or_default())?;
                turn.quantum.spend_bytes(len);
                self.deadlines.moved(len, turn.now);
                return Ok(Stop::GoOn);
            }
            Ok(Piece::Value(value)) => {
                let number = self.order.last_request();
                let mut message = Vec::new();
                encode_answer(&mut message, number, &Answer::SegmentValue(value));
                self.stream.write(&message)?;
                return Ok(Stop::GoOn);
            }
            Ok(Piece::End(digest)) => digest.map_or(Answer::Done, Answer::ContentEnd),
            Err(err) => status::answer(&err),
        };
        self.work = Work::None;
        self.deadlines.transfer_ended();
        self.answer(last);
        Ok(Stop::GoOn)
    }
}

/// Bytes of content in one data message of ours: what a slow client makes the server hold.
const PIECE_LEN: usize = 128 * 1024;

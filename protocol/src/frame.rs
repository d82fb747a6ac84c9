//! From bytes to whole messages and back. The deframer asks for just the bytes it needs next, so
//! that nothing lies in a buffer of ours while a connection waits.

use crate::message::{DATA_PREFIX_LEN, DataPrefix};
use crate::{Answer, DecodeError, HEADER_LEN, Header, Kind, Request};

/// A message whose body is complete, or the front of a data message.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A message with its whole body.
    Message {
        /// Its header.
        header: Header,
        /// Its body.
        body: &'a [u8],
    },
    /// The front of a data message: `content_len` bytes of content follow on the stream, and the
    /// caller must take them before the deframer is used again.
    Data {
        /// Its header.
        header: Header,
        /// Where the content belongs.
        prefix: DataPrefix,
        /// Bytes of content that follow; at least one.
        content_len: u32,
    },
}

/// Collects one message at a time. It allocates nothing before a length was checked, and holds
/// no buffer between messages once [`Deframer::release`] was called.
#[derive(Debug, Default)]
pub struct Deframer {
    head: [u8; HEADER_LEN],
    header: Option<Header>,
    body: Vec<u8>,
    filled: usize,
    is_delivered: bool,
}

impl Deframer {
    /// A deframer at a message's first byte.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The bytes wanted next, to be read into and reported by [`Deframer::advance`]. Empty when a
    /// frame is ready.
    pub fn unfilled(&mut self) -> &mut [u8] {
        self.forget_delivered();
        let target: &mut [u8] = match self.header {
            None => &mut self.head,
            Some(_) => &mut self.body,
        };
        target.get_mut(self.filled..).unwrap_or_default()
    }

    /// Says that the first `count` bytes of [`Deframer::unfilled`] were read.
    pub fn advance(&mut self, count: usize) {
        self.filled = self.filled.saturating_add(count);
    }

    /// The next frame, or `None` while bytes are missing. `body_max` tells the longest body that
    /// is allowed now for a kind; it is asked before anything is allocated. After an error the
    /// stream has no known borders any more: the connection is over.
    pub fn frame(
        &mut self,
        body_max: impl FnOnce(Kind) -> u32,
    ) -> Result<Option<Frame<'_>>, DecodeError> {
        self.forget_delivered();
        let header = match self.header {
            Some(header) => header,
            None if self.filled < HEADER_LEN => return Ok(None),
            None => self.begin_body(body_max)?,
        };
        if self.filled < self.body.len() {
            return Ok(None);
        }
        self.is_delivered = true;
        self.deliver(header).map(Some)
    }

    /// Whether the stream stands between two messages.
    #[must_use]
    pub fn is_between_messages(&self) -> bool {
        self.is_delivered || (self.header.is_none() && self.filled == 0)
    }

    /// Gives the buffer's memory back, if no message is being collected.
    pub fn release(&mut self) {
        self.forget_delivered();
        if self.is_between_messages() {
            self.body = Vec::new();
        }
    }

    fn begin_body(&mut self, body_max: impl FnOnce(Kind) -> u32) -> Result<Header, DecodeError> {
        let header = Header::decode(&self.head)?;
        let (len, max) = (header.body_len, body_max(header.kind));
        let too_long = DecodeError::TooLong { len, max };
        if len > max {
            return Err(too_long);
        }
        let body_len = usize::try_from(len).ok().ok_or(too_long)?;
        let collected = match header.kind {
            Kind::DATA if body_len <= DATA_PREFIX_LEN => return Err(DecodeError::NoContent),
            Kind::DATA => DATA_PREFIX_LEN,
            _ => body_len,
        };
        self.body.clear();
        self.body.resize(collected, 0);
        self.filled = 0;
        self.header = Some(header);
        Ok(header)
    }

    fn deliver(&self, header: Header) -> Result<Frame<'_>, DecodeError> {
        if header.kind != Kind::DATA {
            return Ok(Frame::Message { header, body: &self.body });
        }
        let prefix = self.body.first_chunk().ok_or(DecodeError::NoContent)?;
        let prefix_len = u32::try_from(DATA_PREFIX_LEN).unwrap_or(u32::MAX);
        let content_len = header.body_len.saturating_sub(prefix_len);
        Ok(Frame::Data { header, prefix: DataPrefix::decode(*prefix), content_len })
    }

    fn forget_delivered(&mut self) {
        if self.is_delivered {
            self.is_delivered = false;
            self.header = None;
            self.filled = 0;
            self.body.clear();
        }
    }
}

/// Appends a whole request message.
pub fn encode_request(out: &mut Vec<u8>, number: u32, request: &Request) {
    encode(out, request.kind(), number, |out| request.encode(out));
}

/// Appends a whole answer message to the request with this number (0: unsolicited).
pub fn encode_answer(out: &mut Vec<u8>, number: u32, answer: &Answer) {
    encode(out, answer.kind(), number, |out| answer.encode(out));
}

/// The front of a data message with `content_len` bytes of content: at least one, and at most
/// [`DataPrefix::content_len_max`].
#[must_use]
pub fn encode_data_header(
    number: u32,
    offset: u64,
    content_len: u32,
) -> [u8; HEADER_LEN + DATA_PREFIX_LEN] {
    let prefix_len = u32::try_from(DATA_PREFIX_LEN).unwrap_or(u32::MAX);
    let body_len = content_len.saturating_add(prefix_len);
    let header = Header { kind: Kind::DATA, request: number, body_len }.encode();
    let prefix = DataPrefix { offset }.encode();
    let mut front = [0; HEADER_LEN + DATA_PREFIX_LEN];
    let parts = header.iter().chain(&prefix);
    front.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
    front
}

fn encode(out: &mut Vec<u8>, kind: Kind, request: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER_LEN]);
    body(out);
    let body_start = start.saturating_add(HEADER_LEN);
    let body_len = u32::try_from(out.len().saturating_sub(body_start)).unwrap_or(u32::MAX);
    let header = Header { kind, request, body_len }.encode();
    if let Some(place) = out.get_mut(start..body_start) {
        place.copy_from_slice(&header);
    }
}

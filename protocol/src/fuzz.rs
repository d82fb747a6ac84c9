//! Entry points of the fuzz targets in `protocol/fuzz`, and of the ordinary test that runs their
//! corpus. Each takes any bytes and panics only where the crate breaks a promise. No part of the
//! crate's interface.

use crate::limits::{REQUEST_BODY_MAX, SEGMENT_LEN, SMALL_PUT_MAX};
use crate::session::{Incoming, ServerSession};
use crate::{
    Answer, DataPrefix, DecodeError, Deframer, Frame, HEADER_LEN, Header, Kind, Reader, Request,
};

/// A header that decodes encodes to the same bytes.
pub fn header(input: &[u8]) {
    if let Some(bytes) = input.first_chunk()
        && let Ok(header) = Header::decode(bytes)
    {
        assert_eq!(header.encode(), *bytes);
    }
}

/// Two bytes of kind, then a body: what a request decodes to has one form.
pub fn request(input: &[u8]) {
    if let Some((kind, body)) = kind_and_body(input)
        && let Ok(Some(request)) = Request::decode(kind, body)
    {
        assert_eq!(request.kind(), kind);
        let mut once = Vec::new();
        request.encode(&mut once);
        let again = Request::decode(kind, &once).map(|decoded| encoded_request(decoded.as_ref()));
        assert_eq!(again, Ok(once));
    }
}

/// Two bytes of kind, then a body: what an answer decodes to has one form.
pub fn answer(input: &[u8]) {
    if let Some((kind, body)) = kind_and_body(input)
        && let Ok(Some(answer)) = Answer::decode(kind, body)
    {
        assert_eq!(answer.kind(), kind);
        let mut once = Vec::new();
        answer.encode(&mut once);
        let again = Answer::decode(kind, &once).map(|decoded| encoded_answer(decoded.as_ref()));
        assert_eq!(again, Ok(once));
    }
}

/// One byte of step, then a stream: it gives the same frames fed whole and in steps.
pub fn deframer(input: &[u8]) {
    if let Some((step, stream)) = input.split_first() {
        let step = usize::from(*step).max(1);
        assert_eq!(frames(stream, stream.len()), frames(stream, step));
    }
}

/// Operations on a server's session: it never takes more content than was announced, nor takes it
/// out of its order, nor calls a put complete that is not.
pub fn server_session_ops(input: &[u8]) {
    let mut ops = Ops { session: ServerSession::new(), put: None, was_refused: false };
    let mut reader = Reader::new(input);
    while ops.step(&mut reader).is_ok() {}
}

/// A session and what is known of its open put.
struct Ops {
    session: ServerSession,
    put: Option<KnownPut>,
    /// Whether content of a refused put may still come.
    was_refused: bool,
}

#[derive(Clone, Copy)]
struct KnownPut {
    size: u64,
    end: u64,
    is_awaited: bool,
    /// Whether its content comes segment by segment.
    by_segments: bool,
    value_due: bool,
}

impl KnownPut {
    fn new(size: u64) -> Self {
        let is_awaited = size <= SMALL_PUT_MAX;
        Self { size, end: 0, is_awaited, by_segments: false, value_due: false }
    }

    fn is_at_border(&self, offset: u64) -> bool {
        offset.is_multiple_of(u64::from(SEGMENT_LEN)) || offset == self.size
    }

    fn may_take(&self, offset: u64) -> bool {
        if self.by_segments && self.is_at_border(self.end) {
            return !self.value_due && self.is_at_border(offset);
        }
        offset == self.end
    }
}

impl Ops {
    fn step(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        match reader.u8("operation")? & 0b111 {
            0 => self.accept(reader)?,
            1 => self.accept_data(reader)?,
            2 if self.put.is_none() => {
                self.session.welcomed();
                self.was_refused = false;
            }
            3 if self.put.is_none() => {
                self.session.logged_in();
                self.was_refused = false;
            }
            4 => {
                self.session.login_failed();
            }
            5 if self.put.is_none() && self.session.is_logged_in() => {
                let size = reader.u64("size")?;
                self.session.put_opened(size);
                self.put = Some(KnownPut::new(size));
                self.was_refused = false;
            }
            6 => self.go_on(reader.u64("held")?),
            _ => {
                self.session.put_refused();
                self.put = None;
                self.was_refused = self.session.is_logged_in();
            }
        }
        Ok(())
    }

    fn accept(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        let header = Header {
            kind: Kind::new(reader.u16("kind")?),
            request: reader.u32("request")?,
            body_len: 0,
        };
        let verdict = self.session.accept(&header);
        if let Ok(Incoming::PutEnd { is_complete }) = verdict {
            let put = self.put.filter(|put| put.is_awaited);
            assert!(put.is_some_and(|put| !put.by_segments || put.is_at_border(put.end)));
            assert!(put.is_some_and(|put| is_complete == (put.by_segments || put.end == put.size)));
        }
        if verdict == Ok(Incoming::PutValues) {
            let put = self.put.as_mut().filter(|put| put.by_segments);
            assert!(put.is_some_and(|put| {
                put.value_due = false;
                put.is_at_border(put.end)
            }));
        }
        let ends = matches!(
            verdict,
            Ok(Incoming::PutEnd { .. } | Incoming::PutCancel | Incoming::PutLeave)
        );
        if ends {
            self.put = None;
        }
        assert!(verdict != Ok(Incoming::RefusedPutEnd) || self.was_refused);
        assert!(verdict != Ok(Incoming::Request) || self.put.is_none());
        self.was_refused = self.was_refused && self.put.is_some();
        assert_eq!(self.session.is_receiving(), self.put.is_some());
        Ok(())
    }

    fn accept_data(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        let header = Header { kind: Kind::DATA, request: reader.u32("request")?, body_len: 0 };
        let offset = reader.u64("offset")?;
        let len = reader.u32("length")?;
        let verdict = self.session.accept_data(&header, DataPrefix { offset }, len);
        if verdict.is_ok() && !self.was_refused {
            let end = offset.checked_add(u64::from(len));
            let due = self.put.filter(|put| put.is_awaited && put.may_take(offset));
            assert!(due.is_some_and(|put| end.is_some_and(|end| end <= put.size)));
            self.put = due.zip(end).map(|(put, end)| {
                let value_due = put.by_segments && put.is_at_border(end);
                KnownPut { end, value_due, ..put }
            });
        }
        Ok(())
    }

    /// The greatest number stands for an answer that names the missing segments.
    fn go_on(&mut self, held: u64) {
        let by_segments = held == u64::MAX;
        if by_segments {
            self.session.put_goes_on_by_segments();
        } else if self.put.is_none_or(|put| !put.by_segments) {
            self.session.put_goes_on(held);
        }
        if let Some(put) = &mut self.put
            && (by_segments || !put.by_segments)
        {
            let end = if by_segments { 0 } else { held.min(put.size) };
            *put = KnownPut { end, is_awaited: true, by_segments, value_due: false, ..*put };
        }
    }
}

fn kind_and_body(input: &[u8]) -> Option<(Kind, &[u8])> {
    let (kind, body) = input.split_first_chunk()?;
    Some((Kind::new(u16::from_be_bytes(*kind)), body))
}

fn encoded_request(request: Option<&Request>) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(request) = request {
        request.encode(&mut out);
    }
    out
}

fn encoded_answer(answer: Option<&Answer>) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(answer) = answer {
        answer.encode(&mut out);
    }
    out
}

/// The frames of a stream that comes in pieces of `step` bytes, and the error that ends it.
fn frames(stream: &[u8], step: usize) -> (Vec<(Header, Vec<u8>)>, Option<DecodeError>) {
    let mut deframer = Deframer::new();
    let mut frames = Vec::new();
    let mut rest = stream;
    loop {
        match deframer.frame(|_| REQUEST_BODY_MAX) {
            Err(err) => return (frames, Some(err)),
            Ok(Some(Frame::Message { header, body })) => frames.push((header, body.to_vec())),
            Ok(Some(Frame::Data { header, content_len, .. })) => {
                let len = usize::try_from(content_len).unwrap_or(usize::MAX);
                let (content, after) = rest.split_at_checked(len).unwrap_or((rest, &[]));
                frames.push((header, content.to_vec()));
                rest = after;
            }
            Ok(None) if rest.is_empty() => return (frames, None),
            Ok(None) => {
                let wanted = deframer.unfilled();
                let wanted_max = usize::try_from(REQUEST_BODY_MAX).unwrap_or(HEADER_LEN);
                assert!(!wanted.is_empty() && wanted.len() <= wanted_max);
                let count = wanted.len().min(step).min(rest.len());
                for (to, from) in wanted.iter_mut().zip(rest) {
                    *to = *from;
                }
                deframer.advance(count);
                rest = rest.get(count..).unwrap_or_default();
            }
        }
    }
}

//! What the tests of the wire form share: the examples of `PROTOCOL.md`, and a stream decoded.

#![allow(dead_code, clippy::allow_attributes, reason = "each test uses its part of this")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's own tools")]

pub(crate) mod expected;

use ferry_protocol::limits::{ANSWER_BODY_MAX, DATA_BODY_MAX};
use ferry_protocol::{
    Answer, DecodeError, Deframer, Frame, Header, Kind, Request, encode_answer, encode_data_header,
    encode_request,
};

/// One hex example of `PROTOCOL.md`.
pub(crate) struct Vector {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) direction: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// A message with its body read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) number: u32,
    pub(crate) body: Body,
}

/// The body of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Request(Request),
    Answer(Answer),
    Data { offset: u64, content: Vec<u8> },
    Unknown(Kind, Vec<u8>),
}

/// What a stream holds: its whole messages, and what comes after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) messages: Vec<Message>,
    pub(crate) rest: Rest,
}

/// What comes after the last whole message of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    Nothing,
    NeedMore,
    Wrong(DecodeError),
}

impl Message {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match &self.body {
            Body::Request(request) => encode_request(&mut out, self.number, request),
            Body::Answer(answer) => encode_answer(&mut out, self.number, answer),
            Body::Data { offset, content } => {
                let len = u32::try_from(content.len()).unwrap();
                out.extend(encode_data_header(self.number, *offset, len));
                out.extend(content);
            }
            Body::Unknown(kind, body) => {
                let header = Header {
                    kind: *kind,
                    request: self.number,
                    body_len: u32::try_from(body.len()).unwrap(),
                };
                out.extend(header.encode());
                out.extend(body);
            }
        }
        out
    }
}

/// Every hex block of `PROTOCOL.md`.
pub(crate) fn vectors() -> Vec<Vector> {
    let page = include_str!("../../PROTOCOL.md");
    let fences = page.split("\n```hex ").skip(1);
    fences.map(|fence| vector(fence.split("\n```").next().unwrap())).collect()
}

fn vector(fence: &'static str) -> Vector {
    let (head, lines) = fence.split_once('\n').unwrap();
    let attribute = |key: &str| {
        let found = head.split(' ').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
        found.unwrap_or_else(|| panic!("a hex block without {key}: {head}"))
    };
    let digits = lines.lines().flat_map(|line| line.split('#').next().unwrap().split_whitespace());
    Vector {
        name: attribute("name"),
        kind: attribute("kind"),
        direction: attribute("direction"),
        bytes: digits.map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect(),
    }
}

/// Decodes a stream whose bytes arrive in pieces of the lengths that `step` gives.
pub(crate) fn decode(stream: &[u8], mut step: impl FnMut() -> usize) -> Decoded {
    let mut deframer = Deframer::new();
    let mut messages = Vec::new();
    let mut rest = stream;
    loop {
        let frame = match deframer.frame(body_max) {
            Ok(frame) => frame,
            Err(err) => {
                return Decoded { messages, rest: Rest::Wrong(err) };
            }
        };
        match frame {
            Some(Frame::Message { header, body }) => match body_of(header.kind, body) {
                Ok(body) => messages.push(Message { number: header.request, body }),
                Err(err) => {
                    return Decoded { messages, rest: Rest::Wrong(err) };
                }
            },
            Some(Frame::Data { header, prefix, content_len }) => {
                let Some((content, after)) =
                    rest.split_at_checked(usize::try_from(content_len).unwrap())
                else {
                    return Decoded { messages, rest: Rest::NeedMore };
                };
                let body = Body::Data { offset: prefix.offset, content: content.to_vec() };
                messages.push(Message { number: header.request, body });
                rest = after;
            }
            None if rest.is_empty() => {
                let rest =
                    if deframer.is_between_messages() { Rest::Nothing } else { Rest::NeedMore };
                return Decoded { messages, rest };
            }
            None => {
                let wanted = deframer.unfilled();
                let count = wanted.len().min(step().max(1)).min(rest.len());
                let (now, later) = rest.split_at(count);
                wanted[..count].copy_from_slice(now);
                deframer.advance(count);
                rest = later;
            }
        }
    }
}

fn body_of(kind: Kind, body: &[u8]) -> Result<Body, DecodeError> {
    if let Some(request) = Request::decode(kind, body)? {
        return Ok(Body::Request(request));
    }
    let answer = Answer::decode(kind, body)?;
    Ok(answer.map_or_else(|| Body::Unknown(kind, body.to_vec()), Body::Answer))
}

fn body_max(kind: Kind) -> u32 {
    if kind == Kind::DATA { DATA_BODY_MAX } else { ANSWER_BODY_MAX }
}

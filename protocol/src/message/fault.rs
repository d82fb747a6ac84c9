//! Failures, as the peer is told of them.

use crate::limits::FAULT_TEXT_MAX;
use crate::{DecodeError, Reader, Side, Status, Writer};

/// A failure: code, side, whether trying again can help, and a text for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What failed.
    pub status: Status,
    /// On which side.
    pub side: Side,
    /// Whether the same request may succeed later.
    pub may_retry: bool,
    /// What a person should read; at most [`FAULT_TEXT_MAX`] bytes are sent.
    pub text: String,
}

impl Fault {
    /// A failure with the side and advice that belong to its status.
    #[must_use]
    pub fn new(status: Status, text: impl Into<String>) -> Self {
        Self { status, side: status.side(), may_retry: status.may_retry(), text: text.into() }
    }

    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        let side = match self.side {
            Side::Client => 1,
            Side::Server => 2,
        };
        writer
            .u16(self.status.code())
            .u8(side)
            .bool(self.may_retry)
            .text(&self.text, FAULT_TEXT_MAX);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            status: Status::new(reader.u16("status")?),
            side: match reader.u8("side")? {
                1 => Side::Client,
                2 => Side::Server,
                _ => return Err(DecodeError::BadValue("side")),
            },
            may_retry: reader.bool("retry flag")?,
            text: reader.text(FAULT_TEXT_MAX, "text")?,
        })
    }
}

/// Too much to do: the request was not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Busy {
    /// Milliseconds after which the client should try again.
    pub retry_after_ms: u32,
    /// What a person should read.
    pub text: String,
}

impl Busy {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer.u32(self.retry_after_ms).text(&self.text, FAULT_TEXT_MAX);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            retry_after_ms: reader.u32("time to wait")?,
            text: reader.text(FAULT_TEXT_MAX, "text")?,
        })
    }
}

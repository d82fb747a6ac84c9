//! The fixed header of 16 bytes that stands before every body.

use crate::limits::VERSION;
use crate::{DecodeError, Kind, Reader};

/// Bytes of a header.
pub const HEADER_LEN: usize = 16;

/// What a header says. Layout, big-endian: magic 2, version 1, flags 1, kind 2, reserved 2,
/// request number 4, body length 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the body is.
    pub kind: Kind,
    /// Number that the client gave the request; its answers repeat it. Zero is unsolicited.
    pub request: u32,
    /// Bytes of body that follow.
    pub body_len: u32,
}

impl Header {
    /// The header's bytes.
    #[must_use]
    pub fn encode(self) -> [u8; HEADER_LEN] {
        let [k0, k1] = self.kind.code().to_be_bytes();
        let [r0, r1, r2, r3] = self.request.to_be_bytes();
        let [l0, l1, l2, l3] = self.body_len.to_be_bytes();
        [MAGIC[0], MAGIC[1], VERSION, 0, k0, k1, 0, 0, r0, r1, r2, r3, l0, l1, l2, l3]
    }

    /// Reads a header. Its length is not judged here: that takes the session's state.
    pub fn decode(bytes: &[u8; HEADER_LEN]) -> Result<Self, DecodeError> {
        Reader::all(bytes, |reader| {
            if reader.array("magic number")? != MAGIC {
                return Err(DecodeError::BadMagic);
            }
            let version = reader.u8("version")?;
            if version != VERSION {
                return Err(DecodeError::UnknownVersion(version));
            }
            if reader.u8("flags")? != 0 {
                return Err(DecodeError::ReservedBits);
            }
            let kind = Kind::new(reader.u16("kind")?);
            if reader.u16("reserved field")? != 0 {
                return Err(DecodeError::ReservedBits);
            }
            Ok(Self {
                kind,
                request: reader.u32("request number")?,
                body_len: reader.u32("length")?,
            })
        })
    }
}

/// First two bytes of every message: "F" and a byte that is in no UTF-8 text.
const MAGIC: [u8; 2] = [0x46, 0xFE];

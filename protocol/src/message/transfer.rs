//! Content on its way to the client, and what stands before content in either direction.

use crate::limits::SEGMENT_LEN;
use crate::{DecodeError, Digest, Permissions, Reader, Timestamp, Writer};

/// Which bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// First byte.
    pub offset: u64,
    /// Bytes at most; [`Range::TO_END`] for all that follow.
    pub len: u64,
}

impl Range {
    /// Length that means "to the end of the file".
    pub const TO_END: u64 = u64::MAX;

    /// The whole file.
    pub const ALL: Self = Self { offset: 0, len: Self::TO_END };

    /// From `offset` to the end.
    #[must_use]
    pub const fn from(offset: u64) -> Self {
        Self { offset, len: Self::TO_END }
    }

    /// Bytes that this range has of a file of `size` bytes.
    #[must_use]
    pub fn len_within(self, size: u64) -> u64 {
        self.len.min(size.saturating_sub(self.offset))
    }

    pub(super) fn encode(self, writer: &mut Writer<'_>) {
        writer.u64(self.offset).u64(self.len);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { offset: reader.u64("offset")?, len: reader.u64("range length")? })
    }
}

/// Announces the content of a get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// Length of the whole file in bytes.
    pub file_size: u64,
    /// Bytes that follow.
    pub len: u64,
    /// The file's last modification.
    pub modified: Timestamp,
    /// The file's permission bits.
    pub permissions: Permissions,
}

impl Content {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer.u64(self.file_size).u64(self.len).i64(self.modified.0).u16(self.permissions.bits());
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            file_size: reader.u64("file size")?,
            len: reader.u64("content length")?,
            modified: Timestamp(reader.i64("time")?),
            permissions: Permissions::decode(reader.u16("permission bits")?)?,
        })
    }
}

/// Bytes of a data message's body before its content.
pub const DATA_PREFIX_LEN: usize = 8;

/// Stands before the content in a data message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataPrefix {
    /// Offset in the file of the content's first byte. No data message crosses a segment's border.
    pub offset: u64,
}

impl DataPrefix {
    /// Most bytes of content that may follow: those up to the segment's border.
    #[must_use]
    pub fn content_len_max(self) -> u32 {
        let used = self.offset.checked_rem(u64::from(SEGMENT_LEN));
        let used = used.and_then(|used| u32::try_from(used).ok());
        SEGMENT_LEN.saturating_sub(used.unwrap_or(0))
    }

    /// The prefix's bytes.
    #[must_use]
    pub fn encode(self) -> [u8; DATA_PREFIX_LEN] {
        self.offset.to_be_bytes()
    }

    /// Reads the prefix.
    #[must_use]
    pub fn decode(bytes: [u8; DATA_PREFIX_LEN]) -> Self {
        Self { offset: u64::from_be_bytes(bytes) }
    }
}

/// Digest of a stored file, or of a range of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredDigest {
    /// Length of the whole file in bytes.
    pub file_size: u64,
    /// The file's last modification.
    pub modified: Timestamp,
    /// Digest of the bytes that were asked for.
    pub digest: Digest,
}

impl StoredDigest {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer.u64(self.file_size).i64(self.modified.0).bytes(self.digest.as_bytes());
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            file_size: reader.u64("file size")?,
            modified: Timestamp(reader.i64("time")?),
            digest: Digest::from_bytes(reader.array("digest")?),
        })
    }
}

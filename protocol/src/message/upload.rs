//! Content on its way to the server: what is announced before it and answered to it.

use super::{OperationId, decode_path, encode_path};
use crate::{DecodeError, Digest, Permissions, Reader, RequestedPath, Timestamp, Writer, escape};
use data_encoding::HEXLOWER;
use std::fmt;

/// What a put or copy does where its name is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfExists {
    /// Refuses, unless the content is the same.
    Refuse,
    /// Replaces a file.
    Replace,
}

impl IfExists {
    pub(super) fn encode(self, writer: &mut Writer<'_>) {
        writer.u8(match self {
            Self::Refuse => 1,
            Self::Replace => 2,
        });
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8("rule for taken names")? {
            1 => Ok(Self::Refuse),
            2 => Ok(Self::Replace),
            _ => Err(DecodeError::BadValue("rule for taken names")),
        }
    }
}

/// Random 128-bit id of an upload; its part is named after it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TransferId(pub [u8; 16]);

impl fmt::Display for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        HEXLOWER.encode_write(&self.0, f)
    }
}

impl fmt::Debug for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Announces the content of an upload.
#[derive(Clone, PartialEq, Eq)]
pub struct Put {
    /// Random id by which a repeat is known.
    pub operation: OperationId,
    /// The upload's id.
    pub transfer: TransferId,
    /// The file to be.
    pub path: RequestedPath,
    /// Its length in bytes.
    pub size: u64,
    /// Its last modification.
    pub modified: Timestamp,
    /// Its permission bits.
    pub permissions: Permissions,
    /// What to do where the name is taken.
    pub if_exists: IfExists,
    /// Whether to go on with the part of this transfer id; without meaning in a small put.
    pub resume: bool,
    /// Whether to make the folders that are missing above the file.
    pub with_parents: bool,
}

impl fmt::Debug for Put {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Put({} of {} bytes)", escape(&self.path.to_wire()), self.size)
    }
}

impl Put {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer.bytes(&self.operation.0).bytes(&self.transfer.0);
        encode_path(writer, &self.path);
        writer.u64(self.size).i64(self.modified.0).u16(self.permissions.bits());
        self.if_exists.encode(writer);
        writer.bool(self.resume).bool(self.with_parents);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let operation = OperationId(reader.array("operation id")?);
        let transfer = TransferId(reader.array("transfer id")?);
        let path = decode_path(reader)?;
        Ok(Self {
            operation,
            transfer,
            path,
            size: reader.u64("size")?,
            modified: Timestamp(reader.i64("time")?),
            permissions: Permissions::decode(reader.u16("permission bits")?)?,
            if_exists: IfExists::decode(reader)?,
            resume: reader.bool("resume flag")?,
            with_parents: reader.bool("parents flag")?,
        })
    }
}

/// Asks for a put's content from an offset on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoOn {
    /// Bytes of the part that the server already holds.
    pub held: u64,
    /// Digest of those bytes, which the server has read again from its disk. A client whose file
    /// does not begin with them cancels and starts a new transfer.
    pub held_digest: Digest,
}

impl GoOn {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer.u64(self.held).bytes(self.held_digest.as_bytes());
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            held: reader.u64("bytes held")?,
            held_digest: Digest::from_bytes(reader.array("digest")?),
        })
    }
}

/// The put is whole, its digest agreed, and it is durable as the server is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Digest of the stored file.
    pub digest: Digest,
    /// Whether the file was there already with the same content.
    pub was_there: bool,
    /// Whether it is on stable storage now; else a sync makes it so.
    pub is_durable: bool,
}

impl Stored {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer.bytes(self.digest.as_bytes()).bool(self.was_there).bool(self.is_durable);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            digest: Digest::from_bytes(reader.array("digest")?),
            was_there: reader.bool("was-there flag")?,
            is_durable: reader.bool("durability flag")?,
        })
    }
}

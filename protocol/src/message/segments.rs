//! Segments and their values, and the unfinished uploads that are made of them.

use super::{TransferId, decode_path_from_root};
use crate::limits::{MISSING_RANGES_MAX, PARTS_MAX, PUT_VALUES_MAX, STORED_VALUES_MAX};
use crate::{DecodeError, Reader, RemotePath, SegmentValue, Timestamp, Writer};

/// Some segments of a file, one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentRange {
    /// Index of the first.
    pub first: u32,
    /// How many; those behind the file's end are left out.
    pub count: u32,
}

impl SegmentRange {
    /// Index behind the last.
    #[must_use]
    pub fn end(self) -> u32 {
        self.first.saturating_add(self.count)
    }

    pub(super) fn encode(self, writer: &mut Writer<'_>) {
        writer.u32(self.first).u32(self.count);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { first: reader.u32("first segment")?, count: reader.u32("count of segments")? })
    }
}

/// Values of segments of the open put: of the one that was sent just now, or of segments that the
/// server holds already, to prove them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutValues {
    /// Index of the segment that the first value belongs to.
    pub first: u32,
    /// The values of that segment and of those that follow, at most [`PUT_VALUES_MAX`].
    pub values: Vec<SegmentValue>,
}

impl PutValues {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer.u32(self.first);
        encode_values(&self.values, writer);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let first = reader.u32("first segment")?;
        Ok(Self { first, values: decode_values(reader, PUT_VALUES_MAX)? })
    }
}

/// Names segments of a put that are still missing. It comes first in the place of "go on", then
/// for each segment that turns out to be wrong, and in answer to a put-end that came too early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Segments that travel together: from a multiple of it on, in order, on one connection.
    pub run_len: u32,
    /// The segments, in order and apart from each other, at most [`MISSING_RANGES_MAX`] ranges.
    pub ranges: Vec<SegmentRange>,
}

impl Missing {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer.u32(self.run_len).u16(u16::try_from(self.ranges.len()).unwrap_or(u16::MAX));
        self.ranges.iter().for_each(|range| range.encode(writer));
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let run_len = reader.u32("length of a run")?;
        let count = usize::from(reader.u16("count of ranges")?);
        if count > MISSING_RANGES_MAX || run_len == 0 {
            return Err(DecodeError::BadValue("missing segments"));
        }
        let ranges = (0..count).map(|_| SegmentRange::decode(reader)).collect::<Result<_, _>>()?;
        Ok(Self { run_len, ranges })
    }
}

/// Values of a stored file's segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredValues {
    /// Length of the whole file in bytes.
    pub file_size: u64,
    /// The file's last modification.
    pub modified: Timestamp,
    /// The values from the first segment asked for, at most [`STORED_VALUES_MAX`].
    pub values: Vec<SegmentValue>,
}

impl StoredValues {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer.u64(self.file_size).i64(self.modified.0);
        encode_values(&self.values, writer);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            file_size: reader.u64("file size")?,
            modified: Timestamp(reader.i64("time")?),
            values: decode_values(reader, STORED_VALUES_MAX)?,
        })
    }
}

/// One unfinished upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartEntry {
    /// The upload's id.
    pub transfer: TransferId,
    /// The file to be.
    pub target: RemotePath,
    /// Its length in bytes; what has come, where nobody said how long it will be.
    pub size: u64,
    /// Bytes that the part takes.
    pub held: u64,
    /// When something of it came last.
    pub touched: Timestamp,
    /// Whether it is being written now.
    pub is_open: bool,
}

impl PartEntry {
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.bytes(&self.transfer.0).string(&self.target.to_wire());
        writer.u64(self.size).u64(self.held).i64(self.touched.0).bool(self.is_open);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            transfer: TransferId(reader.array("transfer id")?),
            target: decode_path_from_root(reader)?,
            size: reader.u64("size")?,
            held: reader.u64("bytes held")?,
            touched: Timestamp(reader.i64("time")?),
            is_open: reader.bool("open flag")?,
        })
    }
}

/// Some of an account's unfinished uploads, in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartPage {
    /// The uploads, at most [`PARTS_MAX`].
    pub parts: Vec<PartEntry>,
    /// Whether there are none behind them.
    pub is_last: bool,
}

impl PartPage {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer.bool(self.is_last).u16(u16::try_from(self.parts.len()).unwrap_or(u16::MAX));
        self.parts.iter().for_each(|part| part.encode(writer));
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let is_last = reader.bool("last-page flag")?;
        let count = usize::from(reader.u16("count of parts")?);
        if count > PARTS_MAX {
            return Err(DecodeError::BadValue("count of parts"));
        }
        let parts = (0..count).map(|_| PartEntry::decode(reader)).collect::<Result<_, _>>()?;
        Ok(Self { parts, is_last })
    }
}

fn encode_values(values: &[SegmentValue], writer: &mut Writer<'_>) {
    writer.u16(u16::try_from(values.len()).unwrap_or(u16::MAX));
    for value in values {
        writer.bytes(value.as_bytes());
    }
}

fn decode_values(
    reader: &mut Reader<'_>,
    count_max: usize,
) -> Result<Vec<SegmentValue>, DecodeError> {
    let count = usize::from(reader.u16("count of values")?);
    if count > count_max {
        return Err(DecodeError::BadValue("count of values"));
    }
    (0..count).map(|_| reader.array("segment value").map(SegmentValue::from_bytes)).collect()
}

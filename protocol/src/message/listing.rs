//! Pages of entries.

use crate::limits::{PAGE_BYTES_SOFT_MAX, PAGE_ENTRIES_MAX};
use crate::{DecodeError, Entry, Reader, Writer};

/// Some entries of a listing or walk, in the folder's own order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Whether no page follows.
    pub is_last: bool,
}

impl Page {
    /// Whether a page of `count` entries that take `bytes` bytes has room for one more.
    #[must_use]
    pub fn has_room(count: usize, bytes: usize) -> bool {
        count < PAGE_ENTRIES_MAX && bytes < PAGE_BYTES_SOFT_MAX
    }

    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        let count = u16::try_from(self.entries.len()).unwrap_or(u16::MAX);
        writer.bool(self.is_last).u16(count);
        for entry in self.entries.iter().take(usize::from(count)) {
            entry.encode(writer);
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let is_last = reader.bool("last page flag")?;
        let count = usize::from(reader.u16("entry count")?);
        if count > PAGE_ENTRIES_MAX {
            return Err(DecodeError::BadValue("entry count"));
        }
        let entries =
            (0..count).map(|_| Entry::decode(reader)).collect::<Result<Vec<Entry>, _>>()?;
        Ok(Self { entries, is_last })
    }
}

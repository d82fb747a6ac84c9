//! What was replaced or removed, and can be brought back.

use crate::limits::{CREDENTIAL_MAX, PAGE_BYTES_SOFT_MAX, PAGE_ENTRIES_MAX};
use crate::{DecodeError, Entry, Reader, Timestamp, Writer};

/// Which of the things that are kept. A younger one has a greater id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UndoId(pub [u8; 16]);

/// What is brought back together: all that one job replaced and removed. Random, never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UndoGroup(pub [u8; 16]);

/// Why something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndoReason {
    /// Another file took its name.
    Replaced,
    /// It was removed.
    Removed,
}

/// One thing that can be brought back: a file, a link, or a whole tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoEntry {
    /// By which it is asked for.
    pub id: UndoId,
    /// What it belongs to: the session's group, or the operation that replaced or removed it.
    pub group: UndoGroup,
    /// Why it is kept.
    pub reason: UndoReason,
    /// Since when.
    pub kept_at: Timestamp,
    /// Whose doing it was; empty for the guest.
    pub account: String,
    /// What it is; its name is the path below the root that it had.
    pub entry: Entry,
}

/// Some of what can be brought back, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UndoPage {
    /// The entries; there may be none on a page that is not the last.
    pub entries: Vec<UndoEntry>,
    /// Behind which the next page begins; `None` on the last.
    pub next: Option<UndoId>,
}

impl UndoEntry {
    /// Bytes on the wire.
    #[must_use]
    pub fn wire_len(&self) -> usize {
        WIRE_LEN_FIXED.saturating_add(self.account.len()).saturating_add(self.entry.name.len())
    }

    fn encode(&self, writer: &mut Writer<'_>) {
        writer.bytes(&self.id.0).bytes(&self.group.0);
        writer.u8(match self.reason {
            UndoReason::Replaced => 1,
            UndoReason::Removed => 2,
        });
        writer.i64(self.kept_at.0).string(self.account.as_bytes());
        self.entry.encode(writer);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let id = UndoId(reader.array("undo id")?);
        let group = UndoGroup(reader.array("undo group")?);
        let reason = match reader.u8("undo reason")? {
            1 => UndoReason::Replaced,
            2 => UndoReason::Removed,
            _ => return Err(DecodeError::BadValue("undo reason")),
        };
        let kept_at = Timestamp(reader.i64("time")?);
        let account = reader.utf8(CREDENTIAL_MAX, "account name")?;
        Ok(Self { id, group, reason, kept_at, account, entry: Entry::decode(reader)? })
    }
}

impl UndoPage {
    /// Whether a page of `count` entries that take `bytes` bytes has room for one more.
    #[must_use]
    pub fn has_room(count: usize, bytes: usize) -> bool {
        count < PAGE_ENTRIES_MAX && bytes < PAGE_BYTES_SOFT_MAX
    }

    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        encode_optional(writer, self.next.map(|id| id.0));
        let count = u16::try_from(self.entries.len()).unwrap_or(u16::MAX);
        writer.u16(count);
        for entry in self.entries.iter().take(usize::from(count)) {
            entry.encode(writer);
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let next = decode_optional(reader, "undo id")?.map(UndoId);
        let count = usize::from(reader.u16("entry count")?);
        if count > PAGE_ENTRIES_MAX {
            return Err(DecodeError::BadValue("entry count"));
        }
        let entries =
            (0..count).map(|_| UndoEntry::decode(reader)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { entries, next })
    }
}

/// Writes 16 bytes; zeros stand for none.
pub(super) fn encode_optional(writer: &mut Writer<'_>, id: Option<[u8; 16]>) {
    writer.bytes(&id.unwrap_or_default());
}

/// Reads what [`encode_optional`] wrote.
pub(super) fn decode_optional(
    reader: &mut Reader<'_>,
    field: &'static str,
) -> Result<Option<[u8; 16]>, DecodeError> {
    let id = reader.array(field)?;
    Ok((id != [0; 16]).then_some(id))
}

/// Bytes of an entry beside its account and path.
const WIRE_LEN_FIXED: usize = 16 + 16 + 1 + 8 + 2 + 22;

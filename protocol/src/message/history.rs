//! Pages of what an account did: for the person it belongs to, not for programs to act on.

use crate::limits::{HISTORY_ENTRIES_MAX, HISTORY_PATH_MAX, HISTORY_TEXT_MAX};
use crate::{DecodeError, Reader, Timestamp, Writer};

/// Some entries of the account's own past, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The entries.
    pub entries: Vec<HistoryEntry>,
    /// What to ask with for older ones; 0 where there is none.
    pub next: u64,
}

/// One thing that was done. Texts are escaped, and cut where they are too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// When it was over.
    pub time: Timestamp,
    /// What was done.
    pub action: HistoryAction,
    /// What came of it.
    pub result: HistoryResult,
    /// Bytes of content that went over.
    pub size: u64,
    /// Address and port that it was done from.
    pub peer: String,
    /// What it was done to; may be empty.
    pub path: String,
    /// The new name, or the copy; may be empty.
    pub to: String,
    /// Why it failed, or what else there is to say; may be empty.
    pub text: String,
}

/// What was done: an open number, so that an unknown one survives decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryAction(pub u8);

/// What came of it: an open number, so that an unknown one survives decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryResult(pub u8);

impl HistoryAction {
    /// Something that this version has no word for.
    pub const OTHER: Self = Self(0);
    /// A session began, or was refused.
    pub const LOG_IN: Self = Self(1);
    /// A session ended.
    pub const LOG_OUT: Self = Self(2);
    /// Content came to the server.
    pub const UPLOAD: Self = Self(3);
    /// Content went to the client.
    pub const DOWNLOAD: Self = Self(4);
    /// A file, folder or tree was removed.
    pub const REMOVE: Self = Self(5);
    /// A name was changed.
    pub const RENAME: Self = Self(6);
    /// A folder was made.
    pub const MAKE_DIRECTORY: Self = Self(7);
    /// Time or permission bits were set.
    pub const SET_ATTRIBUTES: Self = Self(8);
    /// A file was copied.
    pub const COPY: Self = Self(9);
    /// What was replaced or removed was brought back.
    pub const UNDO: Self = Self(10);
    /// What was kept for undo was given up.
    pub const UNDO_FORGET: Self = Self(11);

    /// A word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::LOG_IN => "login",
            Self::LOG_OUT => "logout",
            Self::UPLOAD => "upload",
            Self::DOWNLOAD => "download",
            Self::REMOVE => "remove",
            Self::RENAME => "rename",
            Self::MAKE_DIRECTORY => "make-directory",
            Self::SET_ATTRIBUTES => "set-attributes",
            Self::COPY => "copy",
            Self::UNDO => "undo",
            Self::UNDO_FORGET => "undo-forget",
            _ => "other",
        }
    }
}

impl HistoryResult {
    /// It is done.
    pub const DONE: Self = Self(0);
    /// It was refused or failed.
    pub const FAILED: Self = Self(1);
    /// Its connection ended first.
    pub const INTERRUPTED: Self = Self(2);

    /// A word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::DONE => "done",
            Self::FAILED => "failed",
            Self::INTERRUPTED => "interrupted",
            _ => "unknown",
        }
    }
}

impl History {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        let entries = self.entries.iter().take(HISTORY_ENTRIES_MAX);
        writer.u64(self.next).u16(u16::try_from(entries.len()).unwrap_or(u16::MAX));
        for entry in entries {
            entry.encode(writer);
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let next = reader.u64("entry number")?;
        let count = usize::from(reader.u16("entry count")?);
        if count > HISTORY_ENTRIES_MAX {
            return Err(DecodeError::BadValue("entry count"));
        }
        let entries =
            (0..count).map(|_| HistoryEntry::decode(reader)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { entries, next })
    }
}

impl HistoryEntry {
    fn encode(&self, writer: &mut Writer<'_>) {
        writer
            .i64(self.time.0)
            .u8(self.action.0)
            .u8(self.result.0)
            .u64(self.size)
            .text(&self.peer, HISTORY_TEXT_MAX)
            .text(&self.path, HISTORY_PATH_MAX)
            .text(&self.to, HISTORY_PATH_MAX)
            .text(&self.text, HISTORY_TEXT_MAX);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            time: Timestamp(reader.i64("time")?),
            action: HistoryAction(reader.u8("action")?),
            result: HistoryResult(reader.u8("result")?),
            size: reader.u64("size")?,
            peer: reader.text(HISTORY_TEXT_MAX, "peer")?,
            path: reader.text(HISTORY_PATH_MAX, "path")?,
            to: reader.text(HISTORY_PATH_MAX, "path")?,
            text: reader.text(HISTORY_TEXT_MAX, "text")?,
        })
    }
}

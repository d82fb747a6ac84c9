//! Changes of names and attributes, and what is told of long work.

use super::{IfExists, UndoId, decode_path, encode_path};
use crate::{DecodeError, Kind, Permissions, Reader, RequestedPath, Timestamp, Writer};

/// Random id of a changing request. The server remembers it for ten minutes, so that a repeat
/// after a lost connection is answered as the first was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OperationId(pub [u8; 16]);

/// A change of names or attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Makes a folder.
    MakeDirectory {
        /// The new folder.
        path: RequestedPath,
        /// Also makes what is missing above it, and takes an existing folder for success.
        with_parents: bool,
    },
    /// Renames a file or folder.
    Rename {
        /// Present name.
        from: RequestedPath,
        /// New name.
        to: RequestedPath,
        /// Whether a file of the new name is replaced.
        replace: bool,
    },
    /// Removes.
    Remove {
        /// What to remove.
        path: RequestedPath,
        /// What it has to be.
        removal: Removal,
    },
    /// Sets time and permission bits.
    SetAttributes {
        /// The file or folder.
        path: RequestedPath,
        /// What to set.
        attributes: Attributes,
    },
    /// Copies a file within the server.
    Copy {
        /// The file.
        from: RequestedPath,
        /// The copy.
        to: RequestedPath,
        /// What to do where the copy's name is taken.
        if_exists: IfExists,
    },
    /// Brings back what was replaced or removed.
    Undo {
        /// What to bring back.
        id: UndoId,
        /// Where to.
        to: RequestedPath,
        /// What to do where that name is taken. What is replaced is kept in its turn.
        if_exists: IfExists,
    },
    /// Gives up for good what was kept.
    UndoForget {
        /// What to give up.
        id: UndoId,
    },
}

/// What a removal may remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// A file, or a link itself.
    File,
    /// A folder with nothing in it.
    EmptyFolder,
    /// A folder and all below it.
    Tree,
}

/// Time and permission bits; what is `None` is left as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Last modification.
    pub modified: Option<Timestamp>,
    /// Permission bits.
    pub permissions: Option<Permissions>,
}

impl Attributes {
    pub(super) fn encode(self, writer: &mut Writer<'_>) {
        let which = u8::from(self.modified.is_some()) | (u8::from(self.permissions.is_some()) << 1);
        writer
            .u8(which)
            .i64(self.modified.unwrap_or_default().0)
            .u16(self.permissions.map_or(0, Permissions::bits));
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let which = reader.u8("attributes present")?;
        if which & !0b11 != 0 {
            return Err(DecodeError::BadValue("attributes present"));
        }
        let modified = Timestamp(reader.i64("time")?);
        let permissions = Permissions::decode(reader.u16("permission bits")?)?;
        let has_modified = which & 0b01 != 0;
        let has_permissions = which & 0b10 != 0;
        // What is absent is zero, so that one meaning has one form.
        if (!has_modified && modified.0 != 0) || (!has_permissions && permissions.bits() != 0) {
            return Err(DecodeError::BadValue("absent attribute"));
        }
        Ok(Self {
            modified: has_modified.then_some(modified),
            permissions: has_permissions.then_some(permissions),
        })
    }
}

impl Change {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::MakeDirectory { .. } => Kind::MAKE_DIRECTORY,
            Self::Rename { .. } => Kind::RENAME,
            Self::Remove { .. } => Kind::REMOVE,
            Self::SetAttributes { .. } => Kind::SET_ATTRIBUTES,
            Self::Copy { .. } => Kind::COPY,
            Self::Undo { .. } => Kind::UNDO,
            Self::UndoForget { .. } => Kind::UNDO_FORGET,
        }
    }

    pub(super) fn encode(&self, operation: OperationId, writer: &mut Writer<'_>) {
        writer.bytes(&operation.0);
        match self {
            Self::MakeDirectory { path, with_parents } => {
                encode_path(writer, path);
                writer.bool(*with_parents);
            }
            Self::Rename { from, to, replace } => {
                encode_path(writer, from);
                encode_path(writer, to);
                writer.bool(*replace);
            }
            Self::Remove { path, removal } => {
                encode_path(writer, path);
                writer.u8(match removal {
                    Removal::File => 1,
                    Removal::EmptyFolder => 2,
                    Removal::Tree => 3,
                });
            }
            Self::SetAttributes { path, attributes } => {
                encode_path(writer, path);
                attributes.encode(writer);
            }
            Self::Copy { from, to, if_exists } => {
                encode_path(writer, from);
                encode_path(writer, to);
                if_exists.encode(writer);
            }
            Self::Undo { id, to, if_exists } => {
                writer.bytes(&id.0);
                encode_path(writer, to);
                if_exists.encode(writer);
            }
            Self::UndoForget { id } => {
                writer.bytes(&id.0);
            }
        }
    }

    /// `None` for a kind that is no change.
    pub(super) fn decode(
        kind: Kind,
        reader: &mut Reader<'_>,
    ) -> Result<Option<(OperationId, Self)>, DecodeError> {
        let decode: fn(&mut Reader<'_>) -> Result<Self, DecodeError> = match kind {
            Kind::MAKE_DIRECTORY => decode_make_directory,
            Kind::RENAME => decode_rename,
            Kind::REMOVE => decode_remove,
            Kind::SET_ATTRIBUTES => decode_set_attributes,
            Kind::COPY => decode_copy,
            Kind::UNDO => decode_undo,
            Kind::UNDO_FORGET => decode_undo_forget,
            _ => return Ok(None),
        };
        let operation = OperationId(reader.array("operation id")?);
        Ok(Some((operation, decode(reader)?)))
    }
}

fn decode_make_directory(reader: &mut Reader<'_>) -> Result<Change, DecodeError> {
    let path = decode_path(reader)?;
    Ok(Change::MakeDirectory { path, with_parents: reader.bool("parents flag")? })
}

fn decode_rename(reader: &mut Reader<'_>) -> Result<Change, DecodeError> {
    let from = decode_path(reader)?;
    let to = decode_path(reader)?;
    Ok(Change::Rename { from, to, replace: reader.bool("replace flag")? })
}

fn decode_remove(reader: &mut Reader<'_>) -> Result<Change, DecodeError> {
    let path = decode_path(reader)?;
    let removal = match reader.u8("removal")? {
        1 => Removal::File,
        2 => Removal::EmptyFolder,
        3 => Removal::Tree,
        _ => return Err(DecodeError::BadValue("removal")),
    };
    Ok(Change::Remove { path, removal })
}

fn decode_set_attributes(reader: &mut Reader<'_>) -> Result<Change, DecodeError> {
    let path = decode_path(reader)?;
    Ok(Change::SetAttributes { path, attributes: Attributes::decode(reader)? })
}

fn decode_copy(reader: &mut Reader<'_>) -> Result<Change, DecodeError> {
    let from = decode_path(reader)?;
    let to = decode_path(reader)?;
    Ok(Change::Copy { from, to, if_exists: IfExists::decode(reader)? })
}

fn decode_undo(reader: &mut Reader<'_>) -> Result<Change, DecodeError> {
    let id = UndoId(reader.array("undo id")?);
    let to = decode_path(reader)?;
    Ok(Change::Undo { id, to, if_exists: IfExists::decode(reader)? })
}

fn decode_undo_forget(reader: &mut Reader<'_>) -> Result<Change, DecodeError> {
    Ok(Change::UndoForget { id: UndoId(reader.array("undo id")?) })
}

/// Work that goes on: sent at least once a second while a request takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Units done: bytes, or entries of a removal.
    pub done: u64,
    /// Units in all; 0 where that is not known.
    pub total: u64,
}

impl Progress {
    pub(super) fn encode(self, writer: &mut Writer<'_>) {
        writer.u64(self.done).u64(self.total);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { done: reader.u64("units done")?, total: reader.u64("units in all")? })
    }
}

/// Space where the share lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes in all.
    pub total: u64,
    /// Bytes that this account can still use.
    pub available: u64,
}

impl Space {
    pub(super) fn encode(self, writer: &mut Writer<'_>) {
        writer.u64(self.total).u64(self.available);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { total: reader.u64("space in all")?, available: reader.u64("space left")? })
    }
}

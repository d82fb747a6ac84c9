//! One line of a listing, and the small values it is made of.

use crate::limits::PATH_MAX;
use crate::{DecodeError, PathError, Reader, RemotePath, Writer};

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A link that leads outside or nowhere; it is never opened.
    Link,
    /// A pipe, socket or device; it is never opened.
    Other,
}

impl EntryKind {
    fn code(self) -> u8 {
        match self {
            Self::File => 1,
            Self::Folder => 2,
            Self::Link => 3,
            Self::Other => 4,
        }
    }

    fn decode(code: u8) -> Result<Self, DecodeError> {
        match code {
            1 => Ok(Self::File),
            2 => Ok(Self::Folder),
            3 => Ok(Self::Link),
            4 => Ok(Self::Other),
            _ => Err(DecodeError::BadValue("entry kind")),
        }
    }
}

/// What else is known of an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EntryFlags {
    /// The entry is a link inside the share; kind, size and time are its target's.
    pub linked: bool,
    /// The folder could not be read; a walk does not go into it.
    pub unreadable: bool,
}

impl EntryFlags {
    fn code(self) -> u8 {
        u8::from(self.linked) | (u8::from(self.unreadable) << 1)
    }

    fn decode(code: u8) -> Result<Self, DecodeError> {
        if code & !0b11 != 0 {
            return Err(DecodeError::BadValue("entry flags"));
        }
        Ok(Self { linked: code & 1 != 0, unreadable: code & 2 != 0 })
    }
}

/// A moment as nanoseconds since 1970-01-01 00:00 UTC, negative before (1677 to 2262).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// From whole seconds and the nanoseconds above them, held to the range.
    #[must_use]
    pub fn from_parts(secs: i64, nanos: u32) -> Self {
        Self(secs.saturating_mul(NANOS_PER_SEC).saturating_add(i64::from(nanos)))
    }

    /// Whole seconds (rounded down) and the nanoseconds above them, 0 to 999,999,999.
    #[must_use]
    pub fn to_parts(self) -> (i64, u32) {
        let nanos = u32::try_from(self.0.rem_euclid(NANOS_PER_SEC)).unwrap_or(0);
        (self.0.div_euclid(NANOS_PER_SEC), nanos)
    }
}

const NANOS_PER_SEC: i64 = 1_000_000_000;

/// The nine permission bits `rwxrwxrwx` of POSIX; other systems keep what they have of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Permissions(u16);

impl Permissions {
    /// Keeps the nine permission bits of a POSIX mode.
    #[must_use]
    pub fn from_mode(mode: u32) -> Self {
        Self(u16::try_from(mode & 0o777).unwrap_or(0))
    }

    /// The nine bits.
    #[must_use]
    pub fn mode(self) -> u32 {
        u32::from(self.0)
    }

    pub(crate) fn decode(bits: u16) -> Result<Self, DecodeError> {
        if bits & !0o777 != 0 {
            return Err(DecodeError::BadValue("permission bits"));
        }
        Ok(Self(bits))
    }

    pub(crate) fn bits(self) -> u16 {
        self.0
    }
}

/// One entry of a listing, a walk or a stat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The entry's name; in a walk its path below the walk's root, names joined by slashes; empty
    /// for the root of what is shared. A decoded one is as legal as a [`RemotePath`].
    pub name: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// What else is known.
    pub flags: EntryFlags,
    /// Length in bytes; 0 for what is no file.
    pub size: u64,
    /// Last modification of the content.
    pub modified: Timestamp,
    /// Permission bits.
    pub permissions: Permissions,
}

impl Entry {
    /// Most bytes that an entry takes on the wire.
    pub const WIRE_LEN_MAX: usize = 1 + 1 + 8 + 8 + 2 + 2 + PATH_MAX;

    pub(crate) fn encode(&self, writer: &mut Writer<'_>) {
        writer
            .u8(self.kind.code())
            .u8(self.flags.code())
            .u64(self.size)
            .i64(self.modified.0)
            .u16(self.permissions.bits())
            .string(&self.name);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let kind = EntryKind::decode(reader.u8("entry kind")?)?;
        let flags = EntryFlags::decode(reader.u8("entry flags")?)?;
        Ok(Self {
            size: reader.u64("entry size")?,
            modified: Timestamp(reader.i64("entry time")?),
            permissions: Permissions::decode(reader.u16("permission bits")?)?,
            name: decode_name(reader)?,
            kind,
            flags,
        })
    }
}

/// A server must not lead its client out of a folder: what no path can hold is no entry's name.
fn decode_name(reader: &mut Reader<'_>) -> Result<Vec<u8>, DecodeError> {
    let name = reader.string(PATH_MAX, "entry name")?;
    if name.starts_with(b"/") {
        return Err(DecodeError::BadPath(PathError::EmptyName));
    }
    RemotePath::parse(name)?;
    Ok(name.to_vec())
}

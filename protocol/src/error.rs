//! What can be wrong with bytes, sorted by who is at fault.

use crate::Status;
use std::fmt;

/// Bytes that are no message of Ferry/1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The header does not begin with the magic number: the peer speaks something else.
    BadMagic,
    /// The header names a version this end does not speak.
    UnknownVersion(u8),
    /// A reserved bit of the header is set.
    ReservedBits,
    /// A data message that holds no content.
    NoContent,
    /// The body is longer than its kind and the session's state allow.
    TooLong {
        /// Length that the header announced, in bytes.
        len: u32,
        /// Longest length allowed here, in bytes.
        max: u32,
    },
    /// A field runs past the end of the body.
    Short(&'static str),
    /// The body goes on after its last field.
    Trailing,
    /// A field holds a value outside its range.
    BadValue(&'static str),
    /// A path or name that cannot be.
    BadPath(PathError),
}

impl DecodeError {
    /// The status that tells the peer.
    #[must_use]
    pub fn status(self) -> Status {
        match self {
            Self::BadPath(_) => Status::BAD_NAME,
            Self::TooLong { .. } => Status::TOO_LARGE,
            Self::UnknownVersion(_) => Status::UNSUPPORTED,
            _ => Status::MALFORMED,
        }
    }

    /// Whether the stream can be read on: the frame was whole and only its body was wrong.
    #[must_use]
    pub fn leaves_framing_intact(self) -> bool {
        matches!(self, Self::Short(_) | Self::Trailing | Self::BadValue(_) | Self::BadPath(_))
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadMagic => f.write_str("the peer does not speak Ferry"),
            Self::UnknownVersion(version) => write!(f, "unknown protocol version {version}"),
            Self::ReservedBits => f.write_str("a reserved bit is set"),
            Self::NoContent => f.write_str("a data message holds no content"),
            Self::TooLong { len, max } => {
                write!(f, "a message of {len} bytes where at most {max} are allowed")
            }
            Self::Short(field) => write!(f, "the message ends inside its {field}"),
            Self::Trailing => f.write_str("the message goes on after its last field"),
            Self::BadValue(field) => write!(f, "the message's {field} is out of range"),
            Self::BadPath(err) => err.fmt(f),
        }
    }
}

impl std::error::Error for DecodeError {}

impl From<PathError> for DecodeError {
    fn from(err: PathError) -> Self {
        Self::BadPath(err)
    }
}

/// Why bytes are no path or name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathError {
    /// A name of no bytes, as between two slashes.
    EmptyName,
    /// The name `.` or `..`.
    DotName,
    /// A NUL byte, or a slash inside a name.
    ForbiddenByte,
    /// A name longer than [`crate::limits::NAME_MAX`].
    NameTooLong,
    /// A path longer than [`crate::limits::PATH_MAX`].
    PathTooLong,
    /// A path of more names than [`crate::limits::PATH_DEPTH_MAX`].
    TooDeep,
    /// A name that begins with [`crate::limits::RESERVED_PREFIX`].
    Reserved,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyName => "a name in the path is empty",
            Self::DotName => "the names \".\" and \"..\" are not allowed in a path",
            Self::ForbiddenByte => "a name may not hold a NUL byte or a slash",
            Self::NameTooLong => "a name is longer than 255 bytes",
            Self::PathTooLong => "the path is longer than 4096 bytes",
            Self::TooDeep => "the path is deeper than 64 folders",
            Self::Reserved => "names that begin with \".ferry-\" belong to Ferry itself",
        })
    }
}

impl std::error::Error for PathError {}

/// A whole message that is not allowed now, or does not fit what came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerMisbehaved {
    /// Anything but a hello came first.
    ExpectedHello,
    /// A second hello, or a second login.
    AlreadyGreeted,
    /// A request before the login.
    LoginRequired,
    /// Content without a put, or a put's end without its content.
    NoTransferOpen,
    /// Another request in the middle of a put.
    TransferOpen,
    /// Content at another offset than the one due.
    WrongOffset,
    /// Content of two segments in one data message.
    CrossesSegment,
    /// More content than the put announced.
    TooMuchContent,
    /// A request number that does not follow the last one.
    WrongRequestNumber,
    /// An answer that nobody asked for, or of a kind that does not answer the request.
    UnexpectedAnswer,
    /// Content, or the end of a put, before the server said "go on".
    NotAwaited,
    /// Something else where the value of a segment is due, or a value inside of one.
    ValueDue,
}

impl PeerMisbehaved {
    /// The status that tells the peer.
    #[must_use]
    pub fn status(self) -> Status {
        match self {
            Self::LoginRequired => Status::LOGIN_REQUIRED,
            _ => Status::OUT_OF_ORDER,
        }
    }
}

impl fmt::Display for PeerMisbehaved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ExpectedHello => "the first message must be a hello",
            Self::AlreadyGreeted => "hello or login was repeated",
            Self::LoginRequired => "log in first",
            Self::NoTransferOpen => "content without an open transfer",
            Self::TransferOpen => "another request in the middle of a transfer",
            Self::WrongOffset => "content at the wrong offset",
            Self::CrossesSegment => "one data message crosses a segment's border",
            Self::TooMuchContent => "more content than was announced",
            Self::WrongRequestNumber => "request numbers must count up by one",
            Self::UnexpectedAnswer => "an answer that fits no request",
            Self::NotAwaited => "content before the server said to go on",
            Self::ValueDue => "each segment is followed by its value",
        })
    }
}

impl std::error::Error for PeerMisbehaved {}

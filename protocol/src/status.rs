//! Why a request failed: an open code, the side it lies on, and whether trying again can help.

use std::fmt;

/// The side on which a failure lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The request itself: asking otherwise may help.
    Client,
    /// The server or its disk.
    Server,
}

/// Code of a failure. Unknown codes survive decoding and print as numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status(u16);

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $side:ident, $retry:literal, $text:literal;)*) => {
        impl Status {
            $($(#[$doc])* pub const $name: Self = Self($code);)*

            /// Every status this version knows.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            fn row(self) -> Option<(Side, bool, &'static str)> {
                match self.0 {
                    $($code => Some((Side::$side, $retry, $text)),)*
                    _ => None,
                }
            }
        }
    };
}

statuses! {
    /// A message that does not decode.
    MALFORMED = 1, Client, false, "malformed message";
    /// A message that is not allowed now.
    OUT_OF_ORDER = 2, Client, false, "message out of order";
    /// A kind or version that this server does not know.
    UNSUPPORTED = 3, Client, false, "not supported";
    /// A message or value above its limit.
    TOO_LARGE = 4, Client, false, "too large";
    /// A name or path that cannot be.
    BAD_NAME = 5, Client, false, "bad name";
    /// A request before login.
    LOGIN_REQUIRED = 10, Client, false, "login required";
    /// Wrong name, password or token.
    LOGIN_REFUSED = 11, Client, false, "login refused";
    /// The account's rights do not allow it.
    DENIED = 12, Client, false, "not allowed";
    /// Nothing has this name.
    NOT_FOUND = 20, Client, false, "not found";
    /// The name is taken.
    EXISTS = 21, Client, false, "already exists";
    /// A folder was needed.
    NOT_A_FOLDER = 22, Client, false, "not a folder";
    /// A file was needed.
    IS_A_FOLDER = 23, Client, false, "is a folder";
    /// The folder is not empty.
    NOT_EMPTY = 24, Client, false, "folder not empty";
    /// A pipe, socket or device, which is never opened.
    NOT_A_FILE = 25, Client, false, "not a regular file";
    /// A link leads out of the shared folder.
    OUTSIDE = 26, Client, false, "leads outside the shared folder";
    /// The disk is full.
    NO_SPACE = 30, Server, true, "no space left";
    /// The account's quota is used up.
    QUOTA = 31, Server, false, "quota used up";
    /// The share cannot be written.
    READ_ONLY = 32, Server, false, "read-only";
    /// The server's own user may not do this.
    NO_PERMISSION = 33, Server, false, "the server's system refuses access";
    /// The content does not have the digest that was announced.
    DIGEST_MISMATCH = 40, Client, true, "content was altered on the way";
    /// The file changed while it was sent.
    CHANGED = 41, Client, true, "the file changed meanwhile";
    /// Less content came than was announced.
    TRUNCATED = 42, Client, true, "content ended early";
    /// The client gave up.
    CANCELLED = 43, Client, false, "cancelled";
    /// There is no unfinished upload to go on with.
    NO_PART = 44, Client, false, "no unfinished upload with this id";
    /// Another name differs only in letter case or in the form of its Unicode.
    TWIN = 70, Client, false, "differs from another name only in case or Unicode form";
    /// The target's file system cannot hold the name.
    UNFIT_NAME = 71, Client, false, "a name that the file system there cannot hold";
    /// The disk failed.
    IO = 50, Server, false, "disk error";
    /// A fault of the server.
    INTERNAL = 51, Server, true, "fault of the server";
    /// Too much to do.
    BUSY = 52, Server, true, "server busy";
    /// The server is stopping.
    STOPPING = 53, Server, true, "server is stopping";
    /// A deadline passed.
    TIMED_OUT = 54, Server, true, "timed out";
    /// Segments came with other values than their content has, again and again.
    BAD_SEGMENT = 60, Client, true, "a segment was altered on the way";
    /// The invitation is not known here: mistyped, revoked, or another server's.
    INVITATION_UNKNOWN = 80, Client, false, "invitation not known";
    /// The invitation's time is over.
    INVITATION_ENDED = 81, Client, false, "invitation expired";
    /// The invitation was used as often as it may be.
    INVITATION_USED = 82, Client, false, "invitation used already";
    /// The device is not enrolled, or was revoked.
    DEVICE_UNKNOWN = 83, Client, false, "device not known";
    /// The account's time is over.
    ACCOUNT_ENDED = 84, Client, false, "account has ended";
    /// The account may not log in from this address.
    NOT_FROM_HERE = 85, Client, false, "not from this address";
}

impl Status {
    /// The status with this code, known or not.
    #[must_use]
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.0
    }

    /// The side it lies on; an unknown status lies on the server.
    #[must_use]
    pub fn side(self) -> Side {
        self.row().map_or(Side::Server, |(side, ..)| side)
    }

    /// Whether the same request can succeed later.
    #[must_use]
    pub fn may_retry(self) -> bool {
        self.row().is_some_and(|(_, retry, _)| retry)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row() {
            Some((.., text)) => f.write_str(text),
            None => write!(f, "status {}", self.0),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

//! Message kinds: an open number with known names, so that an unknown one survives decoding.

use std::fmt;

/// What a message is. Kinds below 0x8000 come from the client, the others from the server;
/// [`Kind::DATA`] goes both ways.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind(u16);

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        impl Kind {
            $($(#[$doc])* pub const $name: Self = Self($code);)*

            /// The kind's name in `PROTOCOL.md`, or `None` for a kind this version does not know.
            #[must_use]
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($text),)*
                    _ => None,
                }
            }

            /// Every kind this version knows, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

kinds! {
    /// First message of a client.
    HELLO = 0x0001, "hello";
    /// Login with name and password; an empty name is the guest.
    LOGIN_PASSWORD = 0x0002, "login-password";
    /// Login with a session token.
    LOGIN_TOKEN = 0x0003, "login-token";
    /// Login with a device's key.
    LOGIN_DEVICE = 0x0004, "login-device";
    /// Opens the listing of a folder and asks for its first page.
    LIST = 0x0010, "list";
    /// Asks for the next page of the open listing or walk.
    NEXT_PAGE = 0x0011, "next-page";
    /// Opens a walk of a whole tree and asks for its first page.
    WALK = 0x0012, "walk";
    /// Asks for one entry.
    STAT = 0x0013, "stat";
    /// Changes the session's folder.
    CHANGE_DIRECTORY = 0x0014, "change-directory";
    /// Asks for the session's folder.
    PRINT_DIRECTORY = 0x0015, "print-directory";
    /// Asks for a file's content.
    GET = 0x0020, "get";
    /// Announces a file's content.
    PUT = 0x0021, "put";
    /// Content, in either direction.
    DATA = 0x0022, "data";
    /// Ends a put with the digest of the whole file.
    PUT_END = 0x0023, "put-end";
    /// Gives a put up.
    PUT_CANCEL = 0x0024, "put-cancel";
    /// Makes a folder.
    MAKE_DIRECTORY = 0x0030, "make-directory";
    /// Renames a file or folder.
    RENAME = 0x0031, "rename";
    /// Removes a file, an empty folder or a tree.
    REMOVE = 0x0032, "remove";
    /// Sets time and permission bits.
    SET_ATTRIBUTES = 0x0033, "set-attributes";
    /// Copies a file within the server.
    COPY = 0x0034, "copy";
    /// Asks for the digest of a stored file.
    DIGEST = 0x0035, "digest";
    /// Asks for the space that is left.
    SPACE = 0x0036, "space";
    /// Barrier: all that was answered before is on stable storage.
    SYNC = 0x0037, "sync";
    /// Asks for a sign of life.
    PING = 0x0040, "ping";
    /// Asks how session and server are.
    STATUS = 0x0041, "status";
    /// Ends the session.
    BYE = 0x0042, "bye";
    /// Asks for the values of a stored file's segments.
    SEGMENT_VALUES = 0x0050, "segment-values";
    /// Lists the account's unfinished uploads.
    PARTS = 0x0051, "parts";
    /// Removes an unfinished upload.
    PART_ABANDON = 0x0052, "part-abandon";
    /// Brings back what was replaced or removed.
    UNDO = 0x0053, "undo";
    /// Asks whether a job would fit.
    PREFLIGHT = 0x0054, "preflight";
    /// Reserved: searches names.
    SEARCH = 0x0055, "search";
    /// Reserved: asks for the space that a tree takes.
    USAGE = 0x0056, "usage";
    /// Enrols a device by an invitation, and logs in.
    REDEEM = 0x0057, "redeem";
    /// Reserved: asks for a signed receipt.
    RECEIPT = 0x0058, "receipt";
    /// Asks for some segments of a file, with their values.
    GET_SEGMENTS = 0x0060, "get-segments";
    /// Values of segments of the open put.
    PUT_VALUES = 0x0061, "put-values";
    /// Leaves a put that other connections go on with.
    PUT_LEAVE = 0x0062, "put-leave";
    /// Names the group of what this session replaces and removes from now on.
    UNDO_GROUP = 0x0068, "undo-group";
    /// Asks what can be brought back.
    UNDO_LIST = 0x0069, "undo-list";
    /// Gives up what was kept for undo.
    UNDO_FORGET = 0x006B, "undo-forget";
    /// Enrols a device for the account that is logged in.
    ENROL = 0x0070, "enrol";
    /// Asks for a page of the account's own past.
    HISTORY = 0x0078, "history";
    /// The server's welcome, its answer to hello.
    WELCOME = 0x8001, "welcome";
    /// Answers a login.
    LOGGED_IN = 0x8002, "logged-in";
    /// A page of entries.
    PAGE = 0x8010, "page";
    /// One entry.
    ENTRY = 0x8013, "entry";
    /// The session's folder.
    DIRECTORY = 0x8015, "directory";
    /// Announces a file's content to the client.
    CONTENT = 0x8020, "content";
    /// Asks the client to send a put's content from an offset.
    GO_ON = 0x8021, "go-on";
    /// Ends content with its digest.
    CONTENT_END = 0x8023, "content-end";
    /// The put is whole, verified and durable as said.
    STORED = 0x8024, "stored";
    /// Done, with nothing to tell.
    DONE = 0x8030, "done";
    /// Work goes on.
    PROGRESS = 0x8031, "progress";
    /// A digest.
    DIGEST_IS = 0x8035, "digest-is";
    /// The space that is left.
    SPACE_IS = 0x8036, "space-is";
    /// All that was answered before is on stable storage, if the epoch is what it was then.
    SYNCED = 0x8037, "synced";
    /// Whether a job would fit.
    FITNESS_IS = 0x8054, "fitness-is";
    /// Sign of life.
    PONG = 0x8040, "pong";
    /// How session and server are.
    STATUS_IS = 0x8041, "status-is";
    /// Values of a stored file's segments.
    SEGMENT_VALUES_ARE = 0x8050, "segment-values-are";
    /// Unfinished uploads.
    PARTS_ARE = 0x8051, "parts-are";
    /// Names segments of a put that are still missing.
    MISSING = 0x8060, "missing";
    /// The value of the segment that was sent just now.
    SEGMENT_VALUE = 0x8061, "segment-value";
    /// Some of what can be brought back.
    UNDO_PAGE = 0x8069, "undo-page";
    /// A page of the account's own past.
    HISTORY_IS = 0x8078, "history-is";
    /// The server is about to close: finish nothing new here.
    GO_AWAY = 0x80F0, "go-away";
    /// Come back later.
    BUSY = 0x80F1, "busy";
    /// The request failed.
    ERROR = 0x80FF, "error";
}

impl Kind {
    /// The kind with this code, known or not.
    #[must_use]
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// Whether the code is one of a client's: below 0x8000.
    #[must_use]
    pub const fn is_from_client(self) -> bool {
        self.0 < 0x8000
    }

    /// Whether this version keeps the code for later, and answers it as unknown.
    #[must_use]
    pub const fn is_reserved(self) -> bool {
        matches!(self, Self::SEARCH | Self::USAGE | Self::RECEIPT)
    }

    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "kind {:#06x}", self.0),
        }
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

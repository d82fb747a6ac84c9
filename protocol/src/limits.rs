//! Every maximum of the protocol, each with its reason. No limit lives anywhere else.

/// Protocol version spoken here, the third byte of every header.
pub const VERSION: u8 = 1;

/// ALPN name that both ends must agree on, so that no other protocol's bytes are taken for ours.
pub const ALPN: &[u8] = b"ferry/1";

/// TCP port when none is named.
pub const DEFAULT_PORT: u16 = 3000;

/// Bytes of a segment, the unit of verification and of a data message: 256 KiB, a power of two
/// and 256 BLAKE3 chunks, so that a segment is a subtree of the file's hash tree.
pub const SEGMENT_LEN: u32 = 256 * 1024;

/// Longest body of a data message: its prefix and one segment.
pub const DATA_BODY_MAX: u32 = SEGMENT_LEN + 8;

/// Longest body of a request other than data: two paths of [`PATH_MAX`] and room to spare.
pub const REQUEST_BODY_MAX: u32 = 16 * 1024;

/// Longest body before login: a stranger may make the server hold no more than this.
pub const GREETING_BODY_MAX: u32 = 2 * 1024;

/// Longest body of an answer other than data: a page of entries.
pub const ANSWER_BODY_MAX: u32 = 64 * 1024 + 8 * 1024;

/// A page is closed once its entries take this many bytes.
pub const PAGE_BYTES_SOFT_MAX: usize = 64 * 1024;

/// Most entries of one page.
pub const PAGE_ENTRIES_MAX: usize = 1000;

/// Most entries of a page of history.
pub const HISTORY_ENTRIES_MAX: usize = 96;

/// Longest path and longest other text in an entry of history, in bytes; longer ones are cut, so
/// that a page fits an answer.
pub const HISTORY_PATH_MAX: usize = 240;
/// See [`HISTORY_PATH_MAX`].
pub const HISTORY_TEXT_MAX: usize = 120;

/// Longest name of one folder entry in bytes, as on the file systems in use.
pub const NAME_MAX: usize = 255;

/// Longest path in bytes, separators included.
pub const PATH_MAX: usize = 4096;

/// Most names in a path, so that no walk of a path is unbounded.
pub const PATH_DEPTH_MAX: usize = 64;

/// Prefix of names that belong to Ferry itself: refused to clients, listed to nobody.
pub const RESERVED_PREFIX: &[u8] = b".ferry-";

/// Longest account name and password in bytes.
pub const CREDENTIAL_MAX: usize = 255;

/// Longest text for a person in an error, in bytes. With [`UNANSWERED_MAX`] it keeps unread
/// answers below [`UNREAD_ANSWERS_MAX`].
pub const FAULT_TEXT_MAX: usize = 400;

/// Longest message of the day in bytes.
pub const WELCOME_TEXT_MAX: usize = 1024;

/// A put of at most this many bytes is sent without waiting and read to its end, refused or not.
pub const SMALL_PUT_MAX: u64 = 1024 * 1024;

/// Most requests without an answer that a client may have on one connection.
pub const UNANSWERED_MAX: usize = 128;

/// Most bytes of answers that a client may leave unread while it writes.
pub const UNREAD_ANSWERS_MAX: usize = 64 * 1024;

/// Most bytes of requests (data apart) that a client may have unanswered while it reads content.
pub const UNANSWERED_BYTES_MAX: usize = 64 * 1024;

/// Most segment values in one message of a client: they fit a request's body.
pub const PUT_VALUES_MAX: usize = 500;

/// Most segment values in one answer: they fit an answer's body.
pub const STORED_VALUES_MAX: usize = 2000;

/// Most ranges of segments that one answer names as missing; more are named when those have come.
pub const MISSING_RANGES_MAX: usize = 500;

/// Most unfinished uploads that one answer lists; each names a path of up to [`PATH_MAX`].
pub const PARTS_MAX: usize = 16;

/// Segments of one put on one connection that may come with another value than their content has,
/// before the put is refused.
pub const BAD_SEGMENTS_MAX: u32 = 32;

/// Failed logins after which the server closes the connection.
pub const LOGIN_ATTEMPTS_MAX: u8 = 3;

/// Most names in one question whether a job would fit.
pub const PREFLIGHT_NAMES_MAX: usize = 1000;

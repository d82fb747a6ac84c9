//! The Ferry/1 wire protocol, without input or output.
//!
//! In scope: the fixed [`Header`], message [`Kind`]s and their bodies ([`Request`], [`Answer`]),
//! the [`Deframer`], the legal order of messages at both ends ([`session`]), the vocabulary that
//! both ends share ([`RemotePath`], [`Entry`], [`Status`], [`Digest`]) and every [limit](limits).
//!
//! Out of scope, for ever: sockets, files, threads, clocks and logs. Bytes come in as slices and
//! leave in buffers that the caller owns; time, where it is needed, is an argument. The crate's
//! `clippy.toml` bans the rest.
//!
//! `PROTOCOL.md` beside this crate is the specification; its examples are this crate's test
//! vectors.
#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::as_conversions
)]

mod cursor;
mod digest;
mod entry;
mod error;
pub mod feature;
mod frame;
#[doc(hidden)]
pub mod fuzz;
mod header;
mod kind;
pub mod limits;
mod message;
mod path;
pub mod session;
mod status;
mod twin;

pub use cursor::{Reader, Writer};
pub use digest::{
    Digest, Hasher, SegmentHasher, SegmentValue, SegmentValues, segment_count, segment_len,
    segment_start,
};
pub use entry::{Entry, EntryFlags, EntryKind, Permissions, Timestamp};
pub use error::{DecodeError, PathError, PeerMisbehaved};
pub use frame::{Deframer, Frame, encode_answer, encode_data_header, encode_request};
pub use header::{HEADER_LEN, Header};
pub use kind::Kind;
pub use message::{
    Account, Answer, Attributes, Busy, Change, Content, DATA_PREFIX_LEN, DEVICE_EXPORTER_LABEL,
    DEVICE_EXPORTER_LEN, DataPrefix, Device, DeviceKey, DeviceLogin, Epoch, Fault, Fitness, GoOn,
    Hello, History, HistoryAction, HistoryEntry, HistoryResult, IfExists, InvitationSecret,
    Missing, OperationId, Page, PartEntry, PartPage, Preflight, PreflightEntry, Problem, Progress,
    Put, PutValues, Range, Redeem, Removal, Request, Rights, Secret, SegmentRange, ServerStatus,
    Space, Stored, StoredDigest, StoredValues, Token, TransferId, UndoEntry, UndoGroup, UndoId,
    UndoPage, UndoReason, Welcome, WireLimits,
};
pub use path::{Name, RemotePath, RequestedPath, escape};
pub use status::{Side, Status};
pub use twin::twin_key;

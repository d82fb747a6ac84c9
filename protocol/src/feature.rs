//! Feature bits: what an end can do beyond the first version. A client announces those it can
//! use in its hello; the welcome tells which of them are in use on this connection.

/// Segments travel with their values, in any order and over several connections.
pub const SEGMENTS: u64 = 1 << 0;

/// What was replaced or removed can be brought back.
pub const UNDO: u64 = 1 << 1;

/// The server tells before the first byte of a job whether it would fit.
pub const PREFLIGHT: u64 = 1 << 2;

/// Devices log in with a key, and invitations enrol them.
pub const DEVICES: u64 = 1 << 3;

/// An account can see what it did.
pub const HISTORY: u64 = 1 << 4;

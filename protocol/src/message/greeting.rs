//! Hello, welcome, login and status: what the two ends say of themselves.

use super::decode_path_from_root;
use crate::limits::{
    CREDENTIAL_MAX, NAME_MAX, PAGE_ENTRIES_MAX, SEGMENT_LEN, SMALL_PUT_MAX, WELCOME_TEXT_MAX,
};
use crate::{DecodeError, Reader, RemotePath, Timestamp, Writer};
use std::fmt;

/// The client's first message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Name and version of the client program, for the server's log.
    pub program: String,
    /// Feature bits that the client can use. Unknown bits are ignored.
    pub features: u64,
}

impl Hello {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer.text(&self.program, NAME_MAX).u64(self.features);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            program: reader.text(NAME_MAX, "program name")?,
            features: reader.u64("features")?,
        })
    }
}

/// The server's answer to the hello; every client shows its message of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// Name of the server.
    pub name: String,
    /// Name and version of the server program.
    pub program: String,
    /// Message of the day.
    pub text: String,
    /// Feature bits that may be used on this connection: those of both ends.
    pub features: u64,
    /// Limits that the server announces.
    pub limits: WireLimits,
}

/// Limits that a server announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireLimits {
    /// Bytes of a segment.
    pub segment_len: u32,
    /// Most entries of a page.
    pub page_entries: u16,
    /// Largest put that is sent without waiting, in bytes.
    pub small_put: u64,
    /// Milliseconds after which a silent connection is closed.
    pub idle_ms: u32,
}

impl WireLimits {
    /// This version's limits with the given idle time in milliseconds.
    #[must_use]
    pub fn with_idle_ms(idle_ms: u32) -> Self {
        Self {
            segment_len: SEGMENT_LEN,
            page_entries: u16::try_from(PAGE_ENTRIES_MAX).unwrap_or(u16::MAX),
            small_put: SMALL_PUT_MAX,
            idle_ms,
        }
    }
}

impl Welcome {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer
            .text(&self.name, NAME_MAX)
            .text(&self.program, NAME_MAX)
            .text(&self.text, WELCOME_TEXT_MAX)
            .u64(self.features)
            .u32(self.limits.segment_len)
            .u16(self.limits.page_entries)
            .u64(self.limits.small_put)
            .u32(self.limits.idle_ms);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            name: reader.text(NAME_MAX, "server name")?,
            program: reader.text(NAME_MAX, "program name")?,
            text: reader.text(WELCOME_TEXT_MAX, "welcome text")?,
            features: reader.u64("features")?,
            limits: WireLimits {
                segment_len: reader.u32("segment length")?,
                page_entries: reader.u16("page entries")?,
                small_put: reader.u64("small put")?,
                idle_ms: reader.u32("idle time")?,
            },
        })
    }
}

/// A password on its way: it cannot print itself, and its memory is overwritten when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes a copy of the secret's bytes.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The secret itself; never to be shown or logged.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.fill(0);
        std::hint::black_box(&self.0);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// A session token: 256 random bits that stand for a login.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// Wraps the token's bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The token itself; never to be shown or logged.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(token)")
    }
}

/// What an account may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights(u16);

impl Rights {
    /// See names.
    pub const LIST: Self = Self(1);
    /// Read content.
    pub const READ: Self = Self(1 << 1);
    /// Write content.
    pub const WRITE: Self = Self(1 << 2);
    /// Make folders.
    pub const MAKE: Self = Self(1 << 3);
    /// Rename.
    pub const RENAME: Self = Self(1 << 4);
    /// Remove.
    pub const DELETE: Self = Self(1 << 5);

    /// No right at all.
    #[must_use]
    pub const fn none() -> Self {
        Self(0)
    }

    /// What `read` stands for in commands and files.
    #[must_use]
    pub const fn read_only() -> Self {
        Self::LIST.and(Self::READ)
    }

    /// What `write` stands for in commands and files: everything.
    #[must_use]
    pub const fn read_write() -> Self {
        Self::read_only().and(Self::WRITE).and(Self::MAKE).and(Self::RENAME).and(Self::DELETE)
    }

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in this set.
    #[must_use]
    pub const fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Between which events what a server answered and did not sync is still there. It changes with
/// every start of the server and with every sync that failed: what was answered in one epoch is
/// not vouched for by a barrier of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Random at every start of the server.
    pub run: [u8; 16],
    /// Syncs that failed in this run where the account's files lie.
    pub failed_syncs: u64,
}

impl Epoch {
    pub(super) fn encode(self, writer: &mut Writer<'_>) {
        writer.bytes(&self.run).u64(self.failed_syncs);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { run: reader.array("run")?, failed_syncs: reader.u64("failed syncs")? })
    }
}

/// The server's answer to a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Account name; empty for the guest.
    pub name: String,
    /// What it may do.
    pub rights: Rights,
    /// Token that logs further connections in without the password.
    pub token: Token,
    /// The session's folder.
    pub directory: RemotePath,
    /// The epoch in which the session begins.
    pub epoch: Epoch,
}

impl Account {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer
            .text(&self.name, CREDENTIAL_MAX)
            .u16(self.rights.0)
            .bytes(self.token.expose())
            .string(&self.directory.to_wire());
        self.epoch.encode(writer);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            name: reader.utf8(CREDENTIAL_MAX, "account name")?,
            rights: Rights(reader.u16("rights")?),
            token: Token::new(reader.array("token")?),
            directory: decode_path_from_root(reader)?,
            epoch: Epoch::decode(reader)?,
        })
    }
}

/// How session and server are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerStatus {
    /// Account of this session; empty for the guest.
    pub account: String,
    /// The session's folder.
    pub directory: RemotePath,
    /// The server's clock.
    pub now: Timestamp,
    /// Milliseconds since the server started.
    pub uptime_ms: u64,
    /// Connections open now.
    pub connections: u32,
}

impl ServerStatus {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer
            .text(&self.account, CREDENTIAL_MAX)
            .string(&self.directory.to_wire())
            .i64(self.now.0)
            .u64(self.uptime_ms)
            .u32(self.connections);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            account: reader.utf8(CREDENTIAL_MAX, "account name")?,
            directory: decode_path_from_root(reader)?,
            now: Timestamp(reader.i64("time")?),
            uptime_ms: reader.u64("uptime")?,
            connections: reader.u32("connections")?,
        })
    }
}

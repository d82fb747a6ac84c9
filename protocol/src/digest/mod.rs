//! Content identity: ordinary BLAKE3 digests (equal to `b3sum`) and the values of a file's
//! segments, from which the digest can be computed again in any order.

mod segment;

pub use segment::{
    SegmentHasher, SegmentValue, SegmentValues, segment_count, segment_len, segment_start,
};

use data_encoding::HEXLOWER;
use std::fmt;

/// The BLAKE3 digest of a content, 256 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Bytes of a digest.
    pub const LEN: usize = 32;

    /// Wraps the bytes of a digest.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The digest's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// The digest of a content that is in memory.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        Self(*blake3::hash(content).as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        HEXLOWER.encode_write(&self.0, f)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Computes a digest as content goes by. Boxed, because its state of 2 KiB would weigh on every
/// idle connection.
#[derive(Clone)]
pub struct Hasher(Box<blake3::Hasher>);

impl Hasher {
    /// Starts at the content's first byte.
    #[must_use]
    pub fn new() -> Self {
        Self(Box::new(blake3::Hasher::new()))
    }

    /// Takes the next bytes on this thread.
    pub fn update(&mut self, content: &[u8]) {
        self.0.update(content);
    }

    /// Takes the next bytes on all processors; worth it from about 128 KiB at a time.
    pub fn update_parallel(&mut self, content: &[u8]) {
        self.0.update_rayon(content);
    }

    /// Bytes taken so far.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.count()
    }

    /// Whether nothing was taken yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The digest of all bytes taken so far; more can be taken after it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest(*self.0.finalize().as_bytes())
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hasher({} bytes)", self.len())
    }
}

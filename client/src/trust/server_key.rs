//! By what a server that was met is known when it is met again.

use super::{BadFingerprint, Fingerprint};
use std::fmt;
use std::str::FromStr;

/// What a server has to show to be the same server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerKey {
    /// This key, which is pinned.
    Pinned(Fingerprint),
    /// Whichever key an authority vouches for under the server's host name: it may change with
    /// every renewal of the certificate.
    Vouched,
}

impl ServerKey {
    /// The key, where it is that one and no other.
    #[must_use]
    pub fn pinned(self) -> Option<Fingerprint> {
        match self {
            Self::Pinned(fingerprint) => Some(fingerprint),
            Self::Vouched => None,
        }
    }
}

impl fmt::Display for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pinned(fingerprint) => fingerprint.fmt(f),
            Self::Vouched => f.write_str(VOUCHED),
        }
    }
}

impl FromStr for ServerKey {
    type Err = BadFingerprint;

    fn from_str(text: &str) -> Result<Self, BadFingerprint> {
        if text == VOUCHED { Ok(Self::Vouched) } else { Fingerprint::parse(text).map(Self::Pinned) }
    }
}

const VOUCHED: &str = "vouched";

//! Whom the client trusts: fingerprints of servers' keys, and the file in which the keys of
//! servers met before are pinned, as SSH does with host keys.

mod fingerprint;
mod known_servers;

pub use fingerprint::{BadFingerprint, Fingerprint};
pub use known_servers::{KnownServer, KnownServers};

//! Whom the client trusts, and how servers know it: fingerprints of servers' keys, the file in
//! which the keys of servers met before are pinned, as SSH does with host keys, and the key of this
//! device with the accounts that it is enrolled for.

mod authorities;
mod device;
mod enrolments;
mod fingerprint;
mod known_servers;
mod server_key;
mod shared_file;
mod system_keyring;

pub use authorities::Authorities;
pub use device::{DeviceKeys, SecretStore};
pub use enrolments::{Enrolment, Enrolments};
pub use fingerprint::{BadFingerprint, Fingerprint};
pub use known_servers::{KnownServer, KnownServers};
pub use server_key::ServerKey;
pub use system_keyring::SystemKeyring;

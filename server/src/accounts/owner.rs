//! The owner of a server that a desktop window started: a login for each opening, good once and
//! in no file.

use super::{Account, Terms};
use data_encoding::HEXLOWER;
use ferry_protocol::Rights;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// The owner's name. No account of a file can have it, since those have no capitals.
pub const OWNER_NAME: &str = "Owner";

const SECRET_LEN: usize = 32;

/// What the owner logs in with: 256 random bits as hexadecimal digits. It never prints.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct OwnerSecret(Zeroizing<String>);

/// The owner's account, and what proves it.
#[derive(Debug)]
pub(super) struct Owner {
    pub(super) account: Arc<Account>,
    /// Digests of the secrets that nobody has logged in with yet, the latest last.
    unused: Mutex<VecDeque<(blake3::Hash, Instant)>>,
}

/// Secrets that wait to be used; windows that open at the same time are few.
const UNUSED_MAX: usize = 16;
/// How long a secret waits to be used.
const LIFE: Duration = Duration::from_mins(2);

impl OwnerSecret {
    /// A new one.
    ///
    /// # Errors
    /// Where the system gives no random numbers.
    pub fn random() -> io::Result<Self> {
        let mut bytes = Zeroizing::new([0; SECRET_LEN]);
        getrandom::fill(&mut *bytes)?;
        Ok(Self(Zeroizing::new(HEXLOWER.encode(&*bytes))))
    }

    /// The password of the account [`OWNER_NAME`].
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for OwnerSecret {
    fn from(digits: String) -> Self {
        Self(Zeroizing::new(digits))
    }
}

impl From<OwnerSecret> for String {
    fn from(secret: OwnerSecret) -> Self {
        secret.0.as_str().to_owned()
    }
}

impl fmt::Debug for OwnerSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OwnerSecret(..)")
    }
}

impl Owner {
    pub(super) fn new() -> Self {
        let account = Account::new(OWNER_NAME.to_owned(), Terms::new(Rights::read_write()));
        Self { account, unused: Mutex::default() }
    }

    /// A secret for one login, which has to come soon.
    pub(super) fn admit(&self) -> io::Result<OwnerSecret> {
        let secret = OwnerSecret::random()?;
        let mut unused = self.unused.lock();
        if unused.len() >= UNUSED_MAX {
            unused.pop_front();
        }
        unused.push_back((blake3::hash(secret.expose().as_bytes()), Instant::now()));
        Ok(secret)
    }

    /// The account, if this is a secret that was not used yet. A random secret needs no slow hash;
    /// digests are compared in constant time.
    pub(super) fn authenticate(&self, password: &[u8]) -> Option<Arc<Account>> {
        let digest = blake3::hash(password);
        let mut unused = self.unused.lock();
        unused.retain(|(_, made)| made.elapsed() < LIFE);
        let before = unused.len();
        unused.retain(|(own, _)| *own != digest);
        (unused.len() < before).then(|| Arc::clone(&self.account))
    }
}

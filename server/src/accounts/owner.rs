//! The owner of a server that a desktop window started: a login that exists for that server's run
//! alone and is in no file.

use super::{Account, Terms};
use data_encoding::HEXLOWER;
use ferry_protocol::Rights;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
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
    digest: blake3::Hash,
}

impl OwnerSecret {
    /// A new one.
    ///
    /// # Errors
    /// Where the system gives no random numbers.
    pub fn random() -> std::io::Result<Self> {
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
    pub(super) fn new(secret: &OwnerSecret) -> Self {
        let account = Account::new(OWNER_NAME.to_owned(), Terms::new(Rights::read_write()));
        Self { account, digest: blake3::hash(secret.expose().as_bytes()) }
    }

    /// The account, if this is its secret. A random secret needs no slow hash; digests are
    /// compared in constant time.
    pub(super) fn authenticate(&self, password: &[u8]) -> Option<Arc<Account>> {
        (blake3::hash(password) == self.digest).then(|| Arc::clone(&self.account))
    }
}

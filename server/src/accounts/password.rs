//! Password hashes: Argon2id with 19 MiB, two passes, one lane (the first choice of OWASP's sheet).

use super::Error;
use argon2::password_hash::PasswordHasher as _;
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use ferry_protocol::limits::CREDENTIAL_MAX;
use std::cell::RefCell;
use std::fmt;
use std::hint::black_box;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

/// Longest password, in bytes.
pub const PASSWORD_MAX: usize = CREDENTIAL_MAX;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// An Argon2id hash. Its text, in PHC form, is for the accounts file only: it never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(argon2::PasswordHash);

impl PasswordHash {
    /// Hashes a new password with a random salt.
    ///
    /// # Errors
    /// [`Error::BadPassword`] by length, [`Error::Hash`] where memory or randomness lack.
    pub fn new(password: &[u8]) -> Result<Self, Error> {
        if password.is_empty() || password.len() > PASSWORD_MAX {
            return Err(Error::BadPassword);
        }
        let hash = hasher().and_then(|hasher| {
            hasher.hash_password(password).map_err(|err| Error::Hash(err.to_string()))
        })?;
        Ok(Self(hash))
    }

    /// Reads the PHC form. Only hashes like our own are taken: one that costs more or less than
    /// [`spend_time`] would tell by its time that there is such an account.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let hash = argon2::PasswordHash::new(text).ok()?;
        let complete = hash.salt.is_some() && hash.hash.is_some();
        let costs = |params: Params| (params.m_cost(), params.t_cost(), params.p_cost());
        let costs = Params::try_from(&hash).ok().map(costs);
        let usable = hash.algorithm == ARGON2ID_IDENT
            && hash.version == Some(Version::V0x13.into())
            && costs == Some((MEMORY_KIB, PASSES, LANES));
        (complete && usable).then_some(Self(hash))
    }

    /// Whether this is the password; compared in constant time.
    pub(super) fn verify(&self, password: &[u8]) -> bool {
        let Some((salt, known)) = self.0.salt.as_ref().zip(self.0.hash.as_ref()) else {
            return false;
        };
        let mut found = [0; Params::DEFAULT_OUTPUT_LEN];
        let is_computed = compute(password, salt.as_ref(), &mut found).is_ok();
        let is_right = is_computed && found.as_slice().ct_eq(known.as_bytes()).into();
        found.zeroize();
        is_right
    }

    pub(super) fn expose(&self) -> String {
        self.0.to_string()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordHash(..)")
    }
}

/// Costs what a check of a password costs, so that time does not tell which names exist.
pub(super) fn spend_time(password: &[u8]) {
    const SALT: [u8; 16] = [0x5a; 16];
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    black_box(compute(black_box(password), &SALT, &mut output)).ok();
    black_box(&mut output).zeroize();
}

thread_local! {
    /// What a thread computes hashes in. Memory that comes and goes by 19 MiB is given back to the
    /// system in part only: forty logins made a server larger by 400 MiB.
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

fn compute(password: &[u8], salt: &[u8], output: &mut [u8]) -> Result<(), Error> {
    let hasher = hasher()?;
    MEMORY.with_borrow_mut(|memory| {
        memory.resize(hasher.params().block_count(), Block::default());
        let computed =
            hasher.hash_password_into_with_memory(password, salt, output, memory.as_mut_slice());
        memory.iter_mut().zeroize();
        computed.map_err(|err| Error::Hash(err.to_string()))
    })
}

fn hasher() -> Result<Argon2<'static>, Error> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|err| Error::Hash(err.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_fits_its_password_only_and_survives_its_text() {
        let hash = PasswordHash::new(b"tr\xff\0ee").unwrap();
        let text = hash.expose();
        assert!(text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{text}");
        let again = PasswordHash::parse(&text).unwrap();
        assert!(again.verify(b"tr\xff\0ee"));
        assert!(!again.verify(b"tree"));
        assert_ne!(text, PasswordHash::new(b"tr\xff\0ee").unwrap().expose(), "salted");
        assert_eq!(format!("{hash:?}"), "PasswordHash(..)");
    }

    #[test]
    fn other_hashes_are_not_taken() {
        for text in [
            "",
            "secret",
            "$argon2id$v=19$m=19456,t=2,p=1",
            "$argon2i$v=19$m=65536,t=1,p=1$c29tZXNhbHQAAAAAAAAAAA$+r0d29hqEB0yasKr55ZgICsQGSkl0v0kgwhd+U3wyRo",
            // Its time tells its name, and one of 4 GiB would take the memory of the server.
            "$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHQAAAAAAAAAAA$+r0d29hqEB0yasKr55ZgICsQGSkl0v0kgwhd+U3wyRo",
            "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQAAAAAAAAAAA$+r0d29hqEB0yasKr55ZgICsQGSkl0v0kgwhd+U3wyRo",
        ] {
            assert!(PasswordHash::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_length_of_a_password_is_bounded() {
        assert!(matches!(PasswordHash::new(b""), Err(Error::BadPassword)));
        assert!(matches!(PasswordHash::new(&[b'x'; 256]), Err(Error::BadPassword)));
    }
}

//! Names for the parts of uploads that name themselves by account and path alone.

use crate::accounts::AccountId;
use crate::state_folder::{Error, StateFolder};
use blake3::Hasher;
use data_encoding::HEXLOWER;
use ferry_protocol::{RemotePath, TransferId};
use std::fmt;
use std::io;
use std::path::Path;

/// Names the parts of each account, as nobody can who does not know the server's secret. It is one
/// of its own, kept in the state folder, and not the key of the certificate: that may be the
/// owner's, and renewed every few weeks, while a part waits for its sender.
#[derive(Clone)]
pub(crate) struct PartNames([u8; SECRET_LEN]);

impl PartNames {
    /// Reads the secret, and makes it at first use. One that is damaged is replaced: all that hangs
    /// on it is that uploads which were cut off before can be gone on with.
    pub(crate) fn load_or_create(state_dir: &Path) -> Result<Self, Error> {
        let state = StateFolder::at(state_dir);
        match state.read(SECRET_FILE)?.map(|text| decode(&text)) {
            Some(Some(secret)) => return Ok(Self(secret)),
            Some(None) => {
                let file = state.file(SECRET_FILE);
                tracing::warn!("{} is damaged and made anew", file.display());
            }
            None => {}
        }
        let mut secret = [0; SECRET_LEN];
        getrandom::fill(&mut secret).map_err(|err| {
            Error::on("make", &state.file(SECRET_FILE))(io::Error::other(err.to_string()))
        })?;
        state.write(SECRET_FILE, HEXLOWER.encode(&secret).as_bytes())?;
        Ok(Self(secret))
    }

    /// The id of the part of what `account` sends to `target`.
    pub(super) fn name(&self, account: &AccountId, target: &RemotePath) -> TransferId {
        let mut hasher = Hasher::new_keyed(&self.0);
        for word in [&account.name, &account.since] {
            hasher.update(&(word.len() as u64).to_be_bytes()).update(word.as_bytes());
        }
        hasher.update(target.as_relative_bytes());
        let mut id = [0; 16];
        hasher.finalize_xof().fill(&mut id);
        TransferId(id)
    }
}

impl fmt::Debug for PartNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PartNames")
    }
}

fn decode(text: &str) -> Option<[u8; SECRET_LEN]> {
    HEXLOWER.decode(text.trim().as_bytes()).ok()?.try_into().ok()
}

const SECRET_FILE: &str = "part-names.secret";
const SECRET_LEN: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str, since: &str) -> AccountId {
        AccountId { name: name.to_owned(), since: since.to_owned() }
    }

    #[test]
    fn a_name_is_the_accounts_own_and_outlives_the_process() {
        let state = tempfile::tempdir().unwrap();
        let names = PartNames::load_or_create(state.path()).unwrap();
        let (ann, path) = (account("ann", "2026"), RemotePath::parse(b"/a").unwrap());
        let name = names.name(&ann, &path);
        assert_ne!(name, names.name(&account("bob", "2026"), &path));
        assert_ne!(name, names.name(&account("ann", "2027"), &path), "another of her name");
        assert_ne!(name, names.name(&account("ann2", "026"), &path));
        assert_ne!(name, names.name(&AccountId::default(), &RemotePath::parse(b"/anna").unwrap()));
        let later = PartNames::load_or_create(state.path()).unwrap();
        assert_eq!(name, later.name(&ann, &path));
        std::fs::write(state.path().join(SECRET_FILE), "damaged").unwrap();
        let anew = PartNames::load_or_create(state.path()).unwrap();
        assert_ne!(name, anew.name(&ann, &path));
        let later = PartNames::load_or_create(state.path()).unwrap();
        assert_eq!(anew.name(&ann, &path), later.name(&ann, &path));
        let other = tempfile::tempdir().unwrap();
        let other = PartNames::load_or_create(other.path()).unwrap();
        assert_ne!(anew.name(&ann, &path), other.name(&ann, &path));
    }
}

//! `accounts.toml` in the state folder: read with every mistake told, edited under a lock and
//! replaced whole, so that a reader never sees half of it.

use super::document::{FolderCheck, parse, render};
use super::lock::lock;
use super::{AccountName, DevicesFile, Error, InvitationsFile, PasswordHash, Terms};
use crate::state_folder::StateFolder;
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// The accounts as they lie in a state folder.
#[derive(Clone, Debug)]
pub struct AccountsFile(StateFolder);

/// One account as it is stored.
#[derive(Clone, Debug)]
pub struct StoredAccount {
    /// Its name.
    pub name: AccountName,
    /// Its password; without one only its devices log in.
    pub hash: Option<PasswordHash>,
    /// On what terms it is let in.
    pub terms: Terms,
}

const FILE_NAME: &str = "accounts.toml";

impl AccountsFile {
    /// Of a state folder that may not be there yet.
    pub fn of(state_dir: &Path) -> Self {
        Self(StateFolder::at(state_dir))
    }

    /// Where the file lies.
    pub fn path(&self) -> PathBuf {
        self.0.file(FILE_NAME)
    }

    /// Whether others than the owner may read or write the file.
    pub fn is_open_to_others(&self) -> bool {
        self.0.is_open_to_others(FILE_NAME)
    }

    /// All accounts, in the order of the file.
    ///
    /// # Errors
    /// A file that cannot be read, or every mistake in it.
    pub fn read(&self) -> Result<Vec<StoredAccount>, Error> {
        self.read_checked(&|_| Ok(()))
    }

    /// The same, with every folder that is named looked at.
    pub(crate) fn read_checked(&self, check: FolderCheck<'_>) -> Result<Vec<StoredAccount>, Error> {
        let Some(text) = self.0.read(FILE_NAME)? else {
            return Ok(Vec::new());
        };
        let (accounts, mistakes) = parse(&self.path(), &text, check);
        if mistakes.is_empty() { Ok(accounts) } else { Err(Error::Mistakes(mistakes)) }
    }

    /// Says before anyone is asked for a password whether the name is free.
    ///
    /// # Errors
    /// [`Error::NameTaken`], and those of [`read`](Self::read).
    pub fn expect_free(&self, name: &AccountName) -> Result<(), Error> {
        let taken = self.read()?.iter().any(|stored| stored.name == *name);
        if taken { Err(Error::NameTaken(name.clone())) } else { Ok(()) }
    }

    /// Says before anyone is asked for a password whether there is such an account.
    ///
    /// # Errors
    /// [`Error::Unknown`], and those of [`read`](Self::read).
    pub fn expect_known(&self, name: &AccountName) -> Result<(), Error> {
        self.stored(name).map(drop)
    }

    /// The account as it is stored.
    pub(super) fn stored(&self, name: &AccountName) -> Result<StoredAccount, Error> {
        let found = self.read()?.into_iter().find(|stored| stored.name == *name);
        found.ok_or_else(|| Error::Unknown(name.clone()))
    }

    /// Adds an account, from now on: nothing is its own that another of its name left behind.
    ///
    /// # Errors
    /// [`Error::NameTaken`], and those of [`read`](Self::read).
    pub fn add(&self, mut account: StoredAccount) -> Result<(), Error> {
        account.terms.added = Some(Timestamp::now());
        self.edit(|accounts| {
            if accounts.iter().any(|stored| stored.name == account.name) {
                return Err(Error::NameTaken(account.name));
            }
            // Where the other was taken out by hand they are still there.
            self.remove_what_opens(&account.name)?;
            accounts.push(account);
            Ok(())
        })
    }

    /// Changes a password.
    ///
    /// # Errors
    /// [`Error::Unknown`], and those of [`read`](Self::read).
    pub fn set_password(&self, name: &AccountName, hash: PasswordHash) -> Result<(), Error> {
        self.change(name, |stored| {
            stored.hash = Some(hash);
            Ok(())
        })
    }

    /// Changes one account; where `change` fails, nothing is changed.
    ///
    /// # Errors
    /// [`Error::Unknown`], those of [`read`](Self::read), and that of `change`.
    pub fn change(
        &self,
        name: &AccountName,
        change: impl FnOnce(&mut StoredAccount) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.edit(|accounts| {
            let found = accounts.iter_mut().find(|stored| stored.name == *name);
            change(found.ok_or_else(|| Error::Unknown(name.clone()))?)
        })
    }

    /// Removes an account, its devices and its invitations.
    ///
    /// # Errors
    /// [`Error::Unknown`], and those of [`read`](Self::read).
    pub fn remove(&self, name: &AccountName) -> Result<(), Error> {
        self.edit(|accounts| {
            let before = accounts.len();
            accounts.retain(|stored| stored.name != *name);
            if accounts.len() == before {
                return Err(Error::Unknown(name.clone()));
            }
            // First: an account of the same name must not inherit them.
            self.remove_what_opens(name)
        })
    }

    /// Takes all devices and invitations of an account away. The caller holds the lock.
    fn remove_what_opens(&self, name: &AccountName) -> Result<(), Error> {
        DevicesFile::in_folder(&self.0).remove_all_of(name)?;
        InvitationsFile::in_folder(&self.0).remove_all_of(name)
    }

    fn edit(
        &self,
        change: impl FnOnce(&mut Vec<StoredAccount>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        // Held to the end of this function; closing the file gives it back.
        let _lock = lock(&self.0)?;
        let mut accounts = self.read()?;
        change(&mut accounts)?;
        Ok(self.0.write(FILE_NAME, render(&accounts).as_bytes())?)
    }
}

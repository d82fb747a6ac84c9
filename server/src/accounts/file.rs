//! `accounts.toml` in the state folder: read with every mistake told, edited under a lock and
//! replaced whole, so that a reader never sees half of it.

use super::{AccountName, Error, PasswordHash};
use crate::config::{Access, Mistakes, Reading, Section};
use crate::state_folder::{self, StateFolder};
use serde::Serialize;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use toml::Spanned;

/// The accounts as they lie in a state folder.
#[derive(Clone, Debug)]
pub struct AccountsFile(StateFolder);

/// One account as it is stored.
#[derive(Clone, Debug)]
pub struct StoredAccount {
    /// Its name.
    pub name: AccountName,
    /// Its password.
    pub hash: PasswordHash,
    /// What it may do.
    pub access: Access,
}

const FILE_NAME: &str = "accounts.toml";
const LOCK_NAME: &str = "accounts.lock";
const LOCK_PATIENCE: Duration = Duration::from_secs(10);
const LOCK_PAUSE: Duration = Duration::from_millis(10);
const HEAD: &str = "# Accounts of this server. `ferry-server user` writes this file anew and keeps \
                    no comments;\n# after an edit by hand, `ferry-server reload` acts on it.\n";

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
        let Some(text) = self.0.read(FILE_NAME)? else {
            return Ok(Vec::new());
        };
        let (accounts, mistakes) = parse(&self.path(), &text);
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
        let known = self.read()?.iter().any(|stored| stored.name == *name);
        if known { Ok(()) } else { Err(Error::Unknown(name.clone())) }
    }

    /// Adds an account.
    ///
    /// # Errors
    /// [`Error::NameTaken`], and those of [`read`](Self::read).
    pub fn add(&self, account: StoredAccount) -> Result<(), Error> {
        self.edit(|accounts| {
            if accounts.iter().any(|stored| stored.name == account.name) {
                return Err(Error::NameTaken(account.name));
            }
            accounts.push(account);
            Ok(())
        })
    }

    /// Changes a password.
    ///
    /// # Errors
    /// [`Error::Unknown`], and those of [`read`](Self::read).
    pub fn set_password(&self, name: &AccountName, hash: PasswordHash) -> Result<(), Error> {
        self.edit(|accounts| {
            let found = accounts.iter_mut().find(|stored| stored.name == *name);
            found.ok_or_else(|| Error::Unknown(name.clone()))?.hash = hash;
            Ok(())
        })
    }

    /// Removes an account.
    ///
    /// # Errors
    /// [`Error::Unknown`], and those of [`read`](Self::read).
    pub fn remove(&self, name: &AccountName) -> Result<(), Error> {
        self.edit(|accounts| {
            let before = accounts.len();
            accounts.retain(|stored| stored.name != *name);
            if accounts.len() == before { Err(Error::Unknown(name.clone())) } else { Ok(()) }
        })
    }

    fn edit(
        &self,
        change: impl FnOnce(&mut Vec<StoredAccount>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        // Held to the end of this function; closing the file gives it back.
        let _lock = self.lock()?;
        let mut accounts = self.read()?;
        change(&mut accounts)?;
        Ok(self.0.write(FILE_NAME, render(&accounts).as_bytes())?)
    }

    fn lock(&self) -> Result<File, Error> {
        let file = self.0.lock_file(LOCK_NAME)?;
        let deadline = Instant::now() + LOCK_PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    std::thread::sleep(LOCK_PAUSE);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Locked(self.0.file(LOCK_NAME)));
                }
                Err(TryLockError::Error(err)) => {
                    let path = self.0.file(LOCK_NAME);
                    return Err(state_folder::Error::on("lock", &path)(err).into());
                }
            }
        }
    }
}

fn parse(path: &Path, text: &str) -> (Vec<StoredAccount>, Mistakes) {
    let mut reading = Reading::new(path, text);
    let mut root = reading.root();
    let mut accounts: Vec<StoredAccount> = Vec::new();
    for section in root.sections("account", &mut reading) {
        let span = section.span();
        let Some(account) = parse_account(section, &mut reading) else {
            continue;
        };
        if accounts.iter().any(|stored| stored.name == account.name) {
            let what = format!("there is a second account {}", account.name);
            reading.mistake(span, what, "remove one of them");
        } else {
            accounts.push(account);
        }
    }
    root.end(&mut reading);
    (accounts, reading.finish())
}

fn parse_account<'t>(
    section: Spanned<Section<'t>>,
    reading: &mut Reading<'t>,
) -> Option<StoredAccount> {
    let span = section.span();
    let mut section = section.into_inner();
    let name = section.value::<String>("name", "\"a name\"", reading);
    let password = section.value::<String>("password", "\"$argon2id$…\"", reading);
    let access = section.value::<Access>("rights", "\"read\" or \"write\"", reading);
    let complete = name.is_some() && password.is_some() && access.is_some();
    section.end(reading);
    if !complete {
        let what = "this account lacks a valid name, password or rights";
        reading.mistake(span, what, "write all three, or remove it and use `user add`");
    }
    let name = name.and_then(|name| match AccountName::parse(name.get_ref()) {
        Ok(name) => Some(name),
        Err(err) => {
            reading.mistake(name.span(), err.to_string(), "rename the account");
            None
        }
    });
    let hash = password.and_then(|password| {
        let hash = PasswordHash::parse(password.get_ref());
        if hash.is_none() {
            let what = "the password is not an Argon2id hash";
            reading.mistake(password.span(), what, "set it with `ferry-server user passwd NAME`");
        }
        hash
    });
    Some(StoredAccount { name: name?, hash: hash?, access: access?.into_inner() })
}

fn render(accounts: &[StoredAccount]) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        account: Vec<Line<'a>>,
    }
    #[derive(Serialize)]
    struct Line<'a> {
        name: &'a str,
        password: String,
        rights: Access,
    }
    let account = accounts
        .iter()
        .map(|stored| Line {
            name: stored.name.as_str(),
            password: stored.hash.expose(),
            rights: stored.access,
        })
        .collect();
    // Plain strings always serialize; no accounts are an empty list of sections.
    let body = toml::to_string(&Document { account }).unwrap_or_default();
    format!("{HEAD}\n{body}")
}

//! What can go wrong with accounts, told to the person who keeps them.

use super::AccountName;
use crate::config::Mistakes;
use crate::state_folder;
use std::fmt;
use std::path::PathBuf;

/// A failure with the accounts of a server.
#[derive(Debug)]
pub enum Error {
    /// The file, or its folder, cannot be used.
    State(state_folder::Error),
    /// The file says what it may not.
    Mistakes(Mistakes),
    /// This is no name for an account; the text says why.
    BadName(String),
    /// The account is there already.
    NameTaken(AccountName),
    /// No account has this name.
    Unknown(AccountName),
    /// The password is empty or longer than a client could send.
    BadPassword,
    /// The system has no memory or no random numbers for a password hash.
    Hash(String),
    /// Another command has held the file locked for too long; this is its lock.
    Locked(PathBuf),
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(err) => err.fmt(formatter),
            Self::Mistakes(mistakes) => mistakes.fmt(formatter),
            Self::BadName(name) => write!(
                formatter,
                "`{name}` cannot be the name of an account: write 1 to 64 of a-z, 0-9, `.`, `_` \
                 and `-`, lower case only, not beginning with `.`"
            ),
            Self::NameTaken(name) => write!(
                formatter,
                "there is an account {name} already; change its password with `user passwd \
                 {name}`, or remove it first with `user remove {name}`"
            ),
            Self::Unknown(name) => write!(
                formatter,
                "there is no account {name}; `user list` shows those that are there"
            ),
            Self::BadPassword => write!(
                formatter,
                "a password has 1 to {} bytes; choose another",
                super::PASSWORD_MAX
            ),
            Self::Hash(cause) => {
                write!(formatter, "cannot make a password hash: {cause}; try again")
            }
            Self::Locked(lock) => write!(
                formatter,
                "another command is changing the accounts (it holds {}); wait for it to end, or \
                 end it",
                lock.display()
            ),
        }
    }
}

impl std::error::Error for Error {}

impl From<state_folder::Error> for Error {
    fn from(err: state_folder::Error) -> Self {
        Self::State(err)
    }
}

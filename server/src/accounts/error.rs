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
    /// The system gives no random numbers.
    Random(String),
    /// Nothing has this id.
    NoSuch {
        /// What was looked for.
        what: &'static str,
        /// Its id, escaped for showing.
        id: String,
        /// The verb that shows those that are there.
        verb: &'static str,
    },
    /// The account has as many devices as it may.
    DevicesFull(AccountName),
    /// There are too many invitations at once.
    InvitationsFull,
    /// No invitation has this secret.
    InvitationUnknown,
    /// The invitation's time is over.
    InvitationEnded,
    /// The invitation was used as often as it may be.
    InvitationUsed,
    /// The account does not let in from this address.
    NotFromHere,
    /// The account's time is over.
    AccountEnded,
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
                 and `-`, lower case only, not beginning with `.`, and neither `guest` nor `all`"
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
            Self::Random(cause) => {
                write!(formatter, "the system gives no random numbers: {cause}; try again")
            }
            Self::NoSuch { what, id, verb } => write!(
                formatter,
                "there is no {what} {id}; `ferry-server {verb}` shows those that are there"
            ),
            Self::DevicesFull(name) => write!(
                formatter,
                "the account {name} has too many devices; revoke some with `ferry-server devices \
                 revoke ID`"
            ),
            Self::InvitationsFull => formatter.write_str(
                "there are too many invitations; revoke some with `ferry-server links revoke ID`",
            ),
            Self::InvitationUnknown => formatter.write_str("no invitation has this secret"),
            Self::InvitationEnded => formatter.write_str("the invitation has expired"),
            Self::InvitationUsed => formatter.write_str("the invitation was used already"),
            Self::NotFromHere => formatter.write_str("the account does not let in from here"),
            Self::AccountEnded => formatter.write_str("the account has expired"),
            Self::Locked(lock) => write!(
                formatter,
                "another command is changing the accounts (it holds {}); wait for it to end, or \
                 end it",
                lock.display()
            ),
        }
    }
}

impl Error {
    pub(super) fn no_such(what: &'static str, id: &str, verb: &'static str) -> Self {
        Self::NoSuch { what, id: ferry_protocol::escape(id.as_bytes()), verb }
    }
}

impl std::error::Error for Error {}

impl From<state_folder::Error> for Error {
    fn from(err: state_folder::Error) -> Self {
        Self::State(err)
    }
}

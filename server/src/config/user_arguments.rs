//! The command line of `user`, as typed.

use super::{Amount, RightsWords};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to do with accounts. Each acts at once, on a running server too.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add an account
    Add {
        /// Name: a to z, 0 to 9, `.`, `_` and `-`
        name: String,
        /// On what terms.
        #[command(flatten)]
        terms: TermsArguments,
        /// File whose first line is the password [default: `FERRY_PASSWORD`, else asked for]
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// Add it without a password: only its devices log in
        #[arg(long, conflicts_with = "password_file")]
        no_password: bool,
    },
    /// Change what an account may do, how much, how fast, from where and until when
    Set {
        /// Name of the account
        name: String,
        /// On what terms.
        #[command(flatten)]
        terms: TermsArguments,
    },
    /// Change a password
    Passwd {
        /// Name of the account
        name: String,
        /// File whose first line is the password [default: `FERRY_PASSWORD`, else asked for]
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Remove an account
    Remove {
        /// Name of the account
        name: String,
    },
    /// List accounts
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
}

/// Terms of an account; what is not named stays as it is. `none` takes a limit away.
#[derive(Clone, Debug, Default, Args)]
pub struct TermsArguments {
    /// What the account may do: read, write, none, or some of list, read, write, make, rename,
    /// delete joined by commas [default: read]
    #[arg(long, value_name = "RIGHTS")]
    pub rights: Option<RightsWords>,
    /// Its root folder, absolute or below the shared folder; `none` is the shared folder
    #[arg(long, value_name = "DIR", value_parser = or_none::<PathBuf>)]
    pub root: Option<OrNone<PathBuf>>,
    /// Other rights in one of its folders, as in /inbox=write; `none` alone removes all such rules
    #[arg(long, value_name = "PATH=RIGHTS", value_parser = folder_rights)]
    pub folder: Vec<OrNone<(String, RightsWords)>>,
    /// Another folder of this computer in its root, as in photos=/srv/photos; `none` removes all
    #[arg(long, value_name = "NAME=DIR", value_parser = mount)]
    pub mount: Vec<OrNone<(String, PathBuf)>>,
    /// Bytes that may lie in its root and in mounted folders that it may fill, as in 10GiB, or none
    #[arg(long, value_name = "BYTES", value_parser = or_none::<Amount>)]
    pub quota: Option<OrNone<Amount>>,
    /// Bytes a second that it may send, as in 5MiB, or none
    #[arg(long, value_name = "BYTES", value_parser = or_none::<Amount>)]
    pub up_rate: Option<OrNone<Amount>>,
    /// Bytes a second that it may fetch, or none
    #[arg(long, value_name = "BYTES", value_parser = or_none::<Amount>)]
    pub down_rate: Option<OrNone<Amount>>,
    /// Connections at once, or none
    #[arg(long, value_name = "N", value_parser = or_none::<std::num::NonZeroUsize>)]
    pub connections: Option<OrNone<std::num::NonZeroUsize>>,
    /// Networks from which it may log in, as in 10.0.0.0/8; `none` allows all
    #[arg(long, value_name = "CIDR")]
    pub network: Vec<String>,
    /// Until when: 2030-12-31, a time, or from now on as in 7d; or none
    #[arg(long, value_name = "WHEN")]
    pub expires: Option<String>,
}

/// A value, or the word that takes it away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrNone<T> {
    /// This.
    Some(T),
    /// No longer anything.
    None,
}

impl<T> OrNone<T> {
    /// As an option.
    pub fn option(self) -> Option<T> {
        match self {
            Self::Some(value) => Some(value),
            Self::None => None,
        }
    }
}

/// The word that takes a limit away.
pub(crate) const NONE: &str = "none";

fn or_none<T: std::str::FromStr<Err: ToString>>(text: &str) -> Result<OrNone<T>, String> {
    if text == NONE {
        return Ok(OrNone::None);
    }
    text.parse().map(OrNone::Some).map_err(|err: T::Err| err.to_string())
}

fn folder_rights(text: &str) -> Result<OrNone<(String, RightsWords)>, String> {
    if text == NONE {
        return Ok(OrNone::None);
    }
    let (path, rights) = text.rsplit_once('=').ok_or("write PATH=RIGHTS, as in /inbox=write")?;
    Ok(OrNone::Some((path.to_owned(), rights.parse()?)))
}

fn mount(text: &str) -> Result<OrNone<(String, PathBuf)>, String> {
    if text == NONE {
        return Ok(OrNone::None);
    }
    let (name, folder) = text.split_once('=').ok_or("write NAME=DIR, as in photos=/srv/photos")?;
    Ok(OrNone::Some((name.to_owned(), PathBuf::from(folder))))
}

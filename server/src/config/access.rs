//! The two words for rights in commands and files.

use ferry_protocol::Rights;
use serde::{Deserialize, Serialize};
use std::fmt;

/// `read` lists and reads; `write` also writes, makes, renames and deletes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// List and read.
    #[default]
    Read,
    /// Everything.
    Write,
}

impl Access {
    /// The rights that the word stands for.
    pub fn rights(self) -> Rights {
        match self {
            Self::Read => Rights::read_only(),
            Self::Write => Rights::read_write(),
        }
    }

    /// The word for a set of rights: `write` if content may be written.
    pub fn of(rights: Rights) -> Self {
        if rights.includes(Rights::WRITE) { Self::Write } else { Self::Read }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}

//! How far a desktop window's server is open.

use crate::config::Access;
use serde::{Deserialize, Serialize};

/// Who is let in to a folder that a desktop window shares, beside its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Circle {
    /// Nobody: it listens on this computer alone.
    Owner,
    /// From the network, those who were invited.
    Invited,
    /// From the network, those who were invited, and everybody else as a guest.
    Everybody(Access),
}

impl Circle {
    /// What everybody may do; `None` where not everybody is let in.
    pub fn guest(self) -> Option<Access> {
        match self {
            Self::Everybody(access) => Some(access),
            Self::Owner | Self::Invited => None,
        }
    }

    /// Whether the network reaches it.
    pub fn is_open(self) -> bool {
        self != Self::Owner
    }
}

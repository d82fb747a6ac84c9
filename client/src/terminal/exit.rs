//! Exit codes, and what in a failure decides them.

use crate::Error;
use std::process::ExitCode;

/// How a run of the terminal client ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All was done.
    Done,
    /// Refused, not found or failed.
    Failed,
    /// Part of it failed.
    Partly,
    /// No connection came about, or it was lost for good.
    NoConnection,
    /// The server's key is not the one that is known.
    KeyChanged,
    /// The command was wrong.
    Usage,
    /// Somebody pressed Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Partly => 2,
            Self::NoConnection => 3,
            Self::KeyChanged => 4,
            Self::Usage => 64,
            Self::Interrupted => 130,
        }
    }

    /// What an error of the library means for the whole run.
    #[must_use]
    pub fn of(err: &Error) -> Self {
        match err {
            Error::Cancelled => Self::Interrupted,
            Error::KeyChanged { .. } => Self::KeyChanged,
            _ if err.is_connection() => Self::NoConnection,
            _ => Self::Failed,
        }
    }

    /// Both of two parts of one run.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Done, Self::Done) => Self::Done,
            // What stops everything says more than what stops one part.
            (
                stop @ (Self::Interrupted | Self::KeyChanged | Self::NoConnection | Self::Usage),
                _,
            )
            | (
                _,
                stop @ (Self::Interrupted | Self::KeyChanged | Self::NoConnection | Self::Usage),
            ) => stop,
            (Self::Failed, Self::Failed) => Self::Failed,
            _ => Self::Partly,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up() {
        for (one, other, both) in [
            (Exit::Done, Exit::Done, Exit::Done),
            (Exit::Done, Exit::Failed, Exit::Partly),
            (Exit::Failed, Exit::Failed, Exit::Failed),
            (Exit::Partly, Exit::Failed, Exit::Partly),
            (Exit::Partly, Exit::Done, Exit::Partly),
            (Exit::Done, Exit::NoConnection, Exit::NoConnection),
            (Exit::Failed, Exit::Interrupted, Exit::Interrupted),
        ] {
            assert_eq!(one.and(other), both, "{one:?} and {other:?}");
            assert_eq!(other.and(one), both, "{other:?} and {one:?}");
        }
    }

    #[test]
    fn codes_are_those_of_the_documentation() {
        assert_eq!(Exit::of(&Error::Cancelled).code(), 130);
        let exists = Error::TargetExists { path: "/a".to_owned() };
        assert_eq!(Exit::of(&exists).code(), 1);
        let timed_out = Error::TimedOut {
            server: "host:3000".to_owned(),
            stage: crate::Stage::Connect,
            after: std::time::Duration::from_secs(1),
        };
        assert_eq!(Exit::of(&timed_out).code(), 3);
    }
}

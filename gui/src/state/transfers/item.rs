//! What a job carries, where, and what it asks.

use crate::state::place::Place;
use crate::state::problem::Problem;
use crate::state::side::Side;

/// Where a job carries things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From this computer to the server.
    Upload,
    /// From the server to this computer.
    Download,
}

impl Direction {
    /// The side that things come from.
    #[must_use]
    pub fn source(self) -> Side {
        match self {
            Self::Upload => Side::Here,
            Self::Download => Side::Server,
        }
    }

    /// The direction of what comes from a side.
    #[must_use]
    pub fn from(side: Side) -> Self {
        match side {
            Side::Here => Self::Upload,
            Side::Server => Self::Download,
        }
    }
}

/// One file or folder and the name it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// On this computer.
    pub here: Place,
    /// On the server.
    pub server: Place,
}

impl Item {
    /// What is carried.
    #[must_use]
    pub fn source(&self, direction: Direction) -> &Place {
        match direction {
            Direction::Upload => &self.here,
            Direction::Download => &self.server,
        }
    }

    /// Where it goes.
    #[must_use]
    pub fn target(&self, direction: Direction) -> &Place {
        match direction {
            Direction::Upload => &self.server,
            Direction::Download => &self.here,
        }
    }
}

/// What happens where a target exists with other content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// What is there stays.
    Skip,
    /// What is there is replaced.
    Replace,
    /// What comes gets another name.
    KeepBoth,
    /// What is older is replaced.
    Newer,
}

/// A file that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedFile {
    /// What was to be carried, and where.
    pub item: Item,
    /// Why it was not.
    pub problem: Problem,
}

/// Two different files for one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Names it within its job.
    pub id: u64,
    /// The name that both want.
    pub target: Place,
    /// Size and time (nanoseconds since 1970) of the one on this computer.
    pub here: (u64, i64),
    /// Size and time of the one on the server.
    pub server: (u64, i64),
}

//! How rules, states and the like are written in a journal.

use super::record::Direction;
use crate::job::{Rule, Ruling};

/// What somebody outside the process wants of the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Pause,
    Cancel,
}

/// How a job stands, as its journal keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoredState {
    /// Begun, and not over as far as the journal knows.
    Open,
    Paused,
    Failed,
    Done,
    Cancelled,
}

impl Wish {
    pub(super) fn code(self) -> i64 {
        match self {
            Self::Pause => 1,
            Self::Cancel => 2,
        }
    }

    pub(super) fn of_code(code: i64) -> Option<Self> {
        [Self::Pause, Self::Cancel].into_iter().find(|one| one.code() == code)
    }
}

impl StoredState {
    pub(super) fn code(self) -> i64 {
        match self {
            Self::Open => 0,
            Self::Paused => 1,
            Self::Failed => 2,
            Self::Done => 3,
            Self::Cancelled => 4,
        }
    }

    pub(super) fn of_code(code: i64) -> Option<Self> {
        [Self::Open, Self::Paused, Self::Failed, Self::Done, Self::Cancelled]
            .into_iter()
            .find(|one| one.code() == code)
    }
}

pub(super) fn ruling_code(ruling: Ruling) -> i64 {
    match ruling {
        Ruling::Refuse => 0,
        Ruling::Skip => 1,
        Ruling::Replace => 2,
        Ruling::KeepBoth => 3,
    }
}

pub(super) fn ruling_of(code: i64) -> Option<Ruling> {
    [Ruling::Refuse, Ruling::Skip, Ruling::Replace, Ruling::KeepBoth]
        .into_iter()
        .find(|one| ruling_code(*one) == code)
}

pub(super) fn direction_code(direction: Direction) -> i64 {
    match direction {
        Direction::Upload => 0,
        Direction::Download => 1,
    }
}

pub(super) fn direction_of(code: i64) -> Option<Direction> {
    [Direction::Upload, Direction::Download].into_iter().find(|one| direction_code(*one) == code)
}

pub(super) fn rule_code(rule: Rule) -> i64 {
    match rule {
        Rule::Ask => 0,
        Rule::Refuse => 1,
        Rule::Skip => 2,
        Rule::Replace => 3,
        Rule::KeepBoth => 4,
        Rule::Newer => 5,
    }
}

pub(super) fn rule_of(code: i64) -> Option<Rule> {
    [Rule::Ask, Rule::Refuse, Rule::Skip, Rule::Replace, Rule::KeepBoth, Rule::Newer]
        .into_iter()
        .find(|one| rule_code(*one) == code)
}

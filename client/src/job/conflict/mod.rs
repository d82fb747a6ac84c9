//! What happens where a target exists with other content: a ruling where the rule has one, a
//! place in the tray where somebody has to decide.

mod parked;
mod tray;

pub(super) use parked::{Parked, Ruled};
pub(super) use tray::Next;
pub use tray::{ConflictId, Tray, WaitingConflict};

use super::Rule;
use crate::{Choice, Conflict};

/// What to do with one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ruling {
    Refuse,
    Skip,
    Replace,
    KeepBoth,
}

impl Ruling {
    /// What a rule says of every conflict alike; `None` where it depends or has to be asked.
    fn of_rule(rule: Rule) -> Option<Self> {
        match rule {
            Rule::Refuse => Some(Self::Refuse),
            Rule::Skip => Some(Self::Skip),
            Rule::Replace => Some(Self::Replace),
            Rule::KeepBoth => Some(Self::KeepBoth),
            Rule::Ask | Rule::Newer => None,
        }
    }

    /// What a choice means for one conflict; `None` stops the job.
    fn of_choice(choice: Choice, conflict: &Conflict) -> Option<Self> {
        match choice {
            Choice::Skip => Some(Self::Skip),
            Choice::Replace => Some(Self::Replace),
            Choice::KeepBoth => Some(Self::KeepBoth),
            Choice::Newer => Some(Self::newer(conflict)),
            Choice::Stop => None,
        }
    }

    fn newer(conflict: &Conflict) -> Self {
        if conflict.coming.1 > conflict.present.1 { Self::Replace } else { Self::Skip }
    }
}

/// The rule that a choice becomes when it holds for the rest of the job.
fn rule_of(choice: Choice) -> Rule {
    match choice {
        Choice::Skip => Rule::Skip,
        Choice::Replace => Rule::Replace,
        Choice::KeepBoth => Rule::KeepBoth,
        Choice::Newer => Rule::Newer,
        Choice::Stop => Rule::Refuse,
    }
}

/// The `count`-th other name for a file: `name (1).ext`.
pub(crate) fn numbered(name: &[u8], count: u32) -> Vec<u8> {
    let dot = name.iter().rposition(|byte| *byte == b'.');
    let split = dot.filter(|index| *index > 0).unwrap_or(name.len());
    let (stem, extension) = name.split_at(split);
    let number = format!(" ({count})");
    let stem_max = ferry_protocol::limits::NAME_MAX.saturating_sub(number.len() + extension.len());
    let stem = stem.get(..stem.len().min(stem_max)).unwrap_or(stem);
    [stem, number.as_bytes(), extension].concat()
}

/// Other names that are tried before a file is given up.
pub(super) const NUMBERED_MAX: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_before_the_extension() {
        assert_eq!(numbered(b"a.tar.gz", 1), b"a.tar (1).gz");
        assert_eq!(numbered(b"README", 2), b"README (2)");
        assert_eq!(numbered(b".bashrc", 1), b".bashrc (1)");
        assert_eq!(numbered(&[b'n'; 255], 1).len(), 255);
    }
}

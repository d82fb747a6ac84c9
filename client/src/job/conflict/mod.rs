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

    /// What a rule says of one conflict; `None` where somebody has to be asked.
    fn by_rule(rule: Rule, conflict: &Conflict) -> Option<Self> {
        match rule {
            Rule::Newer => Some(Self::newer(conflict)),
            rule => Self::of_rule(rule),
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
    let stem = shortened(stem, stem_max);
    [stem, number.as_bytes(), extension].concat()
}

/// At most `len_max` bytes of a name, and no part of a character if it is text.
fn shortened(name: &[u8], len_max: usize) -> &[u8] {
    let Some(short) = name.get(..len_max) else { return name };
    match str::from_utf8(name) {
        Ok(text) => name.get(..text.floor_char_boundary(len_max)).unwrap_or(short),
        Err(_) => short,
    }
}

/// Other names that are tried before a file is given up.
pub(crate) const NUMBERED_MAX: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_before_the_extension() {
        assert_eq!(numbered(b"a.tar.gz", 1), b"a.tar (1).gz");
        assert_eq!(numbered(b"README", 2), b"README (2)");
        assert_eq!(numbered(b".bashrc", 1), b".bashrc (1)");
        assert_eq!(numbered(&[b'n'; 255], 1).len(), 255);
        assert_eq!(numbered(&[0xff; 255], 1).len(), 255);
    }

    #[test]
    fn a_long_name_is_not_cut_within_a_character() {
        let name = numbered("渡".repeat(84).as_bytes(), 1);
        assert_eq!(str::from_utf8(&name).unwrap(), format!("{} (1)", "渡".repeat(83)));
    }
}

//! What happens where a target exists with other content.

use super::Rule;
use crate::{Choice, Conflict, Error, Questions};
use parking_lot::Mutex;

/// The rule of a job, which an answer "for all" replaces.
pub(super) struct Conflicts {
    rule: Mutex<Rule>,
}

/// What to do with one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ruling {
    Refuse,
    Skip,
    Replace,
    KeepBoth,
}

impl Conflicts {
    pub(super) fn new(rule: Rule) -> Self {
        Self { rule: Mutex::new(rule) }
    }

    /// The ruling, if it takes no look at the two files.
    pub(super) fn at_once(&self) -> Option<Ruling> {
        match *self.rule.lock() {
            Rule::Refuse => Some(Ruling::Refuse),
            Rule::Skip => Some(Ruling::Skip),
            Rule::Replace => Some(Ruling::Replace),
            Rule::KeepBoth => Some(Ruling::KeepBoth),
            Rule::Ask | Rule::Newer => None,
        }
    }

    /// The ruling on one conflict. Questions are asked one at a time.
    pub(super) fn rule_on(
        &self,
        conflict: &Conflict,
        questions: &dyn Questions,
    ) -> Result<Ruling, Error> {
        if let Some(ruling) = self.at_once() {
            return Ok(ruling);
        }
        let mut rule = self.rule.lock();
        match *rule {
            Rule::Ask => {}
            Rule::Newer => return Ok(newer(conflict)),
            Rule::Refuse => return Ok(Ruling::Refuse),
            Rule::Skip => return Ok(Ruling::Skip),
            Rule::Replace => return Ok(Ruling::Replace),
            Rule::KeepBoth => return Ok(Ruling::KeepBoth),
        }
        let Some(resolution) = questions.conflict(conflict) else {
            return Ok(Ruling::Refuse);
        };
        let (ruling, for_all) = match resolution.choice {
            Choice::Skip => (Ruling::Skip, Rule::Skip),
            Choice::Replace => (Ruling::Replace, Rule::Replace),
            Choice::KeepBoth => (Ruling::KeepBoth, Rule::KeepBoth),
            Choice::Newer => (newer(conflict), Rule::Newer),
            Choice::Stop => return Err(Error::Cancelled),
        };
        if resolution.for_all {
            *rule = for_all;
        }
        Ok(ruling)
    }
}

fn newer(conflict: &Conflict) -> Ruling {
    if conflict.coming.1 > conflict.present.1 { Ruling::Replace } else { Ruling::Skip }
}

/// The `count`-th other name for a file: `name (1).ext`.
pub(super) fn numbered(name: &[u8], count: u32) -> Vec<u8> {
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
    use crate::{NoQuestions, Resolution};
    use ferry_protocol::{Secret, Timestamp};

    fn conflict(present: i64, coming: i64) -> Conflict {
        Conflict {
            target: b"/a".to_vec(),
            present: (1, Timestamp(present)),
            coming: (1, Timestamp(coming)),
        }
    }

    struct Always(Resolution);

    impl Questions for Always {
        fn trust_new_server(&self, _: &str, _: &crate::trust::Fingerprint) -> bool {
            false
        }
        fn password(&self, _: &str, _: &str) -> Option<Secret> {
            None
        }
        fn conflict(&self, _: &Conflict) -> Option<Resolution> {
            Some(self.0)
        }
        fn notice(&self, _: &str) {}
    }

    #[test]
    fn numbers_stand_before_the_extension() {
        assert_eq!(numbered(b"a.tar.gz", 1), b"a.tar (1).gz");
        assert_eq!(numbered(b"README", 2), b"README (2)");
        assert_eq!(numbered(b".bashrc", 1), b".bashrc (1)");
        assert_eq!(numbered(&[b'n'; 255], 1).len(), 255);
    }

    #[test]
    fn newer_replaces_only_what_is_older() {
        let conflicts = Conflicts::new(Rule::Newer);
        let rule_on = |conflict| conflicts.rule_on(&conflict, &NoQuestions).unwrap();
        assert_eq!(rule_on(conflict(1, 2)), Ruling::Replace);
        assert_eq!(rule_on(conflict(2, 2)), Ruling::Skip);
        assert_eq!(rule_on(conflict(3, 2)), Ruling::Skip);
    }

    #[test]
    fn an_answer_for_all_is_asked_once_and_nobody_to_ask_refuses() {
        let conflicts = Conflicts::new(Rule::Ask);
        let asked = conflicts.rule_on(&conflict(1, 2), &NoQuestions).unwrap();
        assert_eq!(asked, Ruling::Refuse);
        let all = Always(Resolution { choice: Choice::Replace, for_all: true });
        assert_eq!(conflicts.rule_on(&conflict(1, 2), &all).unwrap(), Ruling::Replace);
        assert_eq!(conflicts.at_once(), Some(Ruling::Replace));
    }

    #[test]
    fn stop_ends_the_job() {
        let stop = Always(Resolution { choice: Choice::Stop, for_all: false });
        let ruled = Conflicts::new(Rule::Ask).rule_on(&conflict(1, 2), &stop);
        assert!(matches!(ruled, Err(Error::Cancelled)));
    }
}

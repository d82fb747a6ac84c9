//! What each file went through, step by step, and so in which states a cut may find it: as the
//! last step left it that is durable, or as one of those did that were begun since.

use super::content::Version;
use std::collections::BTreeMap;

/// Where a file may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Where it comes first; one file in four into a folder of its own, two folders deep.
    Home,
    /// Where it is renamed to.
    Away,
}

impl Place {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Home => Self::Away,
            Self::Away => Self::Home,
        }
    }

    /// The path of a file.
    pub(super) fn path(self, file: u32) -> String {
        match self {
            Self::Home => own_folder(file).unwrap_or_default() + &format!("/file {file}"),
            Self::Away => format!("{AWAY}/file {file}"),
        }
    }
}

/// The folder that has to be made for a file.
pub(super) fn own_folder(file: u32) -> Option<String> {
    (file % 4 == 1).then(|| format!("/folder {file}/in"))
}

/// The folder that files are renamed into.
pub(super) const AWAY: &str = "/away";

/// A version of a file, and where.
pub(super) type Lying = (Place, u32);

/// One step of one file, by its number; the first is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) file: u32,
    pub(super) number: usize,
}

/// What all files went through.
#[derive(Debug, Default)]
pub(super) struct History(BTreeMap<u32, Life>);

/// What one file went through.
#[derive(Debug)]
pub(super) struct Life {
    file: u32,
    /// What was visible after each step; at first nothing.
    visible: Vec<Option<Lying>>,
    /// What undo keeps, with the place where it lay, the newest last.
    kept: Vec<Lying>,
    /// The steps that stored a version.
    stored: Vec<(usize, u32)>,
}

impl History {
    /// One file's life so far.
    pub(super) fn of(&mut self, file: u32) -> &mut Life {
        self.0.entry(file).or_insert_with(|| Life {
            file,
            visible: vec![None],
            kept: Vec::new(),
            stored: Vec::new(),
        })
    }

    /// All of them.
    pub(super) fn lives(&self) -> impl Iterator<Item = &Life> {
        self.0.values()
    }
}

impl Life {
    pub(super) fn file(&self) -> u32 {
        self.file
    }

    /// What is visible now.
    pub(super) fn now(&self) -> Option<Lying> {
        self.visible.last().copied().flatten()
    }

    /// What undo kept last.
    pub(super) fn kept_last(&self) -> Option<Lying> {
        self.kept.last().copied()
    }

    /// A version is stored where the file lies; what it replaces is kept.
    pub(super) fn store(&mut self, version: u32) -> (Place, Step) {
        let place = self.now().map_or(Place::Home, |(place, _)| place);
        self.kept.extend(self.now());
        let step = self.step(Some((place, version)));
        self.stored.push((step.number, version));
        (place, step)
    }

    /// What is visible is removed, and kept.
    pub(super) fn remove(&mut self) -> Step {
        self.kept.extend(self.now());
        self.step(None)
    }

    /// What is visible is renamed.
    pub(super) fn rename(&mut self) -> Step {
        let there = self.now().map(|(place, version)| (place.other(), version));
        self.step(there)
    }

    /// What was kept last comes back, to where the file lies or lay; what is visible is kept.
    /// Returns where it comes to.
    pub(super) fn bring_back(&mut self) -> Option<(Place, Step)> {
        let (lay, version) = self.kept.pop()?;
        let place = self.now().map_or(lay, |(place, _)| place);
        self.kept.extend(self.now());
        Some((place, self.step(Some((place, version)))))
    }

    /// Whether `found` is what a cut may leave once `durable` steps are durable and `begun` are
    /// begun.
    pub(super) fn may_be(&self, found: Option<Lying>, durable: usize, begun: usize) -> bool {
        self.visible.get(durable..=begun).is_some_and(|states| states.contains(&found))
    }

    /// What the step left visible.
    pub(super) fn after(&self, step: usize) -> Option<Lying> {
        self.visible.get(step).copied().flatten()
    }

    /// The versions that were stored in the first `steps`.
    pub(super) fn stored_in(&self, steps: usize) -> impl Iterator<Item = Version> {
        let stored = self.stored.iter().filter(move |(step, _)| *step <= steps);
        stored.map(|(_, version)| Version { file: self.file, version: *version })
    }

    fn step(&mut self, visible: Option<Lying>) -> Step {
        self.visible.push(visible);
        Step { file: self.file, number: self.visible.len() - 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_says_what_may_be_found_after_a_cut() {
        let mut history = History::default();
        let life = history.of(7);
        life.store(0);
        life.store(1);
        life.rename();
        life.remove();
        assert_eq!(life.bring_back().unwrap().0, Place::Away);
        assert_eq!(
            (life.now(), life.kept_last()),
            (Some((Place::Away, 1)), Some((Place::Home, 0)))
        );
        assert_eq!(life.bring_back().unwrap().0, Place::Away, "to where the file lies now");
        assert_eq!(
            (life.now(), life.kept_last()),
            (Some((Place::Away, 0)), Some((Place::Away, 1)))
        );
        // The rename is durable, the removal was begun.
        assert!(life.may_be(Some((Place::Away, 1)), 3, 4) && life.may_be(None, 3, 4));
        assert!(!life.may_be(Some((Place::Home, 1)), 3, 4), "the old name is gone");
        assert_eq!(life.stored_in(1).count(), 1);
        assert_eq!(life.stored_in(6).count(), 2);
    }
}

//! [`Moves`]: where rows went when a folder was read again. What was chosen, and what is in sight,
//! follows its name.

use super::rows::Rows;
use std::collections::HashMap;
use std::sync::Arc;

/// The new indices of rows, by their old ones. Clones share it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// `None` where every row has stayed.
    to: Option<Arc<Vec<u32>>>,
    /// How many rows there were.
    len: usize,
}

impl Moves {
    /// From what was there to what is there now, by name.
    #[must_use]
    pub fn between(old: &Rows, new: &Rows) -> Self {
        let len = old.len();
        let has_stayed = |row: &u32| old.name(*row) == new.name(*row);
        if new.len() >= len && old.indices().all(|row| has_stayed(&row)) {
            return Self { to: None, len };
        }
        let places: HashMap<&[u8], u32> = new.indices().map(|row| (new.name(row), row)).collect();
        let to = old.indices().map(|row| places.get(old.name(row)).copied().unwrap_or(GONE));
        Self { to: Some(Arc::new(to.collect())), len }
    }

    /// The new index of a row; `None` for one that is gone.
    #[must_use]
    pub fn of(&self, row: u32) -> Option<u32> {
        match &self.to {
            None => ((row as usize) < self.len).then_some(row),
            Some(to) => to.get(row as usize).copied().filter(|to| *to != GONE),
        }
    }

    /// Whether every row has the index that it had.
    #[must_use]
    pub fn is_rest(&self) -> bool {
        self.to.is_none()
    }
}

const GONE: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use super::super::rows::{Row, RowKind};
    use super::*;

    fn rows(names: &[&str]) -> Rows {
        let mut rows = Rows::new();
        for name in names {
            let name = name.as_bytes();
            let kind = RowKind::File;
            rows.push(&Row { name, kind, is_linked: false, size: 0, modified: None });
        }
        rows
    }

    #[test]
    fn rows_are_found_again_by_their_names() {
        let moves = Moves::between(&rows(&["a", "b", "c"]), &rows(&["c", "new", "a"]));
        assert_eq!([0, 1, 2, 3].map(|row| moves.of(row)), [Some(2), None, Some(0), None]);
        let moves = Moves::between(&rows(&["a", "b"]), &rows(&["a", "b", "c"]));
        assert!(moves.is_rest());
        assert_eq!([1, 2].map(|row| moves.of(row)), [Some(1), None]);
    }
}

//! [`Selection`]: the chosen rows of a pane, the row the keyboard is at, and where a range begins.

use super::row_set::RowSet;

/// Chosen rows, by their index in the pane's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    rows: RowSet,
    /// The row the keyboard is at.
    pub cursor: Option<u32>,
    /// Where a range that Shift extends begins.
    pub anchor: Option<u32>,
}

impl Selection {
    /// How many rows are chosen.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether a row is chosen.
    #[must_use]
    pub fn contains(&self, row: u32) -> bool {
        self.rows.contains(row)
    }

    /// The chosen rows, by their index.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.rows.iter()
    }

    /// Chooses a row too. Returns whether it was not chosen before.
    pub fn insert(&mut self, row: u32) -> bool {
        self.rows.insert(row)
    }

    /// Chooses a row no more. Returns whether it was chosen before.
    pub fn remove(&mut self, row: u32) -> bool {
        self.rows.remove(row)
    }

    /// Chooses none; cursor and anchor stay.
    pub fn clear(&mut self) {
        self.rows = RowSet::default();
    }

    /// Chooses these rows and no others.
    pub fn set(&mut self, rows: impl IntoIterator<Item = u32>) {
        self.rows = rows.into_iter().collect();
    }

    /// Chooses the rows of a set and no others.
    pub fn set_all(&mut self, rows: &RowSet) {
        self.rows = rows.clone();
    }

    /// Chooses one row, and begins ranges there.
    pub fn only(&mut self, row: u32) {
        self.set([row]);
        self.cursor = Some(row);
        self.anchor = Some(row);
    }

    /// Leaves out what is not in a set, the keyboard's row too. Calls `gone` with each row that was
    /// chosen until now.
    pub fn keep(&mut self, shown: &RowSet, gone: impl FnMut(u32)) {
        self.rows.keep(shown, gone);
        self.cursor = self.cursor.filter(|row| shown.contains(*row));
        self.anchor = self.anchor.filter(|row| shown.contains(*row));
    }

    /// The same rows under the indices that they have now.
    #[must_use]
    pub fn moved(&self, to: impl Fn(u32) -> Option<u32>) -> Self {
        Self {
            rows: self.rows.iter().filter_map(&to).collect(),
            cursor: self.cursor.and_then(&to),
            anchor: self.anchor.and_then(&to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_and_lists_what_was_chosen() {
        let mut selection = Selection::default();
        selection.set([3, 64, 3, 1_000_000]);
        assert_eq!(selection.len(), 3);
        selection.remove(64);
        selection.remove(65);
        assert_eq!(selection.iter().collect::<Vec<_>>(), [3, 1_000_000]);
        assert!(!selection.insert(3) && !selection.remove(64));
        assert!(selection.contains(3) && !selection.contains(64) && !selection.contains(9));
        selection.only(7);
        assert_eq!(selection.iter().collect::<Vec<_>>(), [7]);
        assert_eq!(selection.cursor, Some(7));
    }
}

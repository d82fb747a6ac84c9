//! [`Selection`]: the chosen rows of a pane, the row the keyboard is at, and where a range begins.

/// Chosen rows, by their index in the pane's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    words: Vec<u64>,
    len: usize,
    /// The row the keyboard is at.
    pub cursor: Option<u32>,
    /// Where a range that Shift extends begins.
    pub anchor: Option<u32>,
}

impl Selection {
    /// How many rows are chosen.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether a row is chosen.
    #[must_use]
    pub fn contains(&self, row: u32) -> bool {
        let (word, bit) = place(row);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The chosen rows, by their index.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let base = u32::try_from(at * 64).unwrap_or(u32::MAX);
            (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| base + bit)
        })
    }

    /// Chooses a row too.
    pub fn insert(&mut self, row: u32) {
        let (word, bit) = place(row);
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        if let Some(word) = self.words.get_mut(word)
            && *word & bit == 0
        {
            *word |= bit;
            self.len += 1;
        }
    }

    /// Chooses a row no more.
    pub fn remove(&mut self, row: u32) {
        let (word, bit) = place(row);
        if let Some(word) = self.words.get_mut(word)
            && *word & bit != 0
        {
            *word &= !bit;
            self.len -= 1;
        }
    }

    /// Chooses none; cursor and anchor stay.
    pub fn clear(&mut self) {
        self.words.clear();
        self.len = 0;
    }

    /// Chooses these rows and no others.
    pub fn set(&mut self, rows: impl IntoIterator<Item = u32>) {
        self.clear();
        for row in rows {
            self.insert(row);
        }
    }

    /// Chooses one row, and begins ranges there.
    pub fn only(&mut self, row: u32) {
        self.set([row]);
        self.cursor = Some(row);
        self.anchor = Some(row);
    }
}

fn place(row: u32) -> (usize, u64) {
    ((row / 64) as usize, 1 << (row % 64))
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
        assert!(selection.contains(3) && !selection.contains(64) && !selection.contains(9));
        selection.only(7);
        assert_eq!(selection.iter().collect::<Vec<_>>(), [7]);
        assert_eq!(selection.cursor, Some(7));
    }
}

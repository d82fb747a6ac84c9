//! [`RowSet`]: a set of rows by their indices, a bit each, so that a million of them are copied and
//! compared in no time.

/// Rows, by their index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowSet {
    words: Vec<u64>,
    len: usize,
}

impl RowSet {
    /// How many rows it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether it holds a row.
    #[must_use]
    pub fn contains(&self, row: u32) -> bool {
        let (word, bit) = place(row);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The rows, by their index.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.words.iter().enumerate().flat_map(|(at, word)| bits(at, *word))
    }

    /// Adds a row. Returns whether it was not in there.
    pub fn insert(&mut self, row: u32) -> bool {
        let (word, bit) = place(row);
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        let Some(word) = self.words.get_mut(word).filter(|word| **word & bit == 0) else {
            return false;
        };
        *word |= bit;
        self.len += 1;
        true
    }

    /// Takes a row out. Returns whether it was in there.
    pub fn remove(&mut self, row: u32) -> bool {
        let (word, bit) = place(row);
        let Some(word) = self.words.get_mut(word).filter(|word| **word & bit != 0) else {
            return false;
        };
        *word &= !bit;
        self.len -= 1;
        true
    }

    /// Takes out what is not in another set, and calls `gone` with each.
    pub fn keep(&mut self, others: &Self, mut gone: impl FnMut(u32)) {
        for (at, word) in self.words.iter_mut().enumerate() {
            let lost = *word & !others.words.get(at).copied().unwrap_or(0);
            if lost != 0 {
                *word &= !lost;
                self.len -= lost.count_ones() as usize;
                bits(at, lost).for_each(&mut gone);
            }
        }
    }
}

impl FromIterator<u32> for RowSet {
    fn from_iter<T: IntoIterator<Item = u32>>(rows: T) -> Self {
        let mut set = Self::default();
        for row in rows {
            set.insert(row);
        }
        set
    }
}

/// The rows of one word.
fn bits(at: usize, word: u64) -> impl Iterator<Item = u32> {
    let base = u32::try_from(at * 64).unwrap_or(u32::MAX);
    let mut left = word;
    std::iter::from_fn(move || {
        if left == 0 {
            return None;
        }
        let bit = left.trailing_zeros();
        left &= left - 1;
        Some(base + bit)
    })
}

fn place(row: u32) -> (usize, u64) {
    ((row / 64) as usize, 1 << (row % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_the_other_set_goes_and_is_named() {
        let mut set: RowSet = [1, 63, 64, 200].into_iter().collect();
        let mut gone = Vec::new();
        set.keep(&[63, 64, 65].into_iter().collect(), |row| gone.push(row));
        assert_eq!(set.iter().collect::<Vec<_>>(), [63, 64]);
        assert_eq!((set.len(), gone), (2, vec![1, 200]));
    }
}

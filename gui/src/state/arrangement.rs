//! Which rows are shown, and in which order: sorting and filtering, as pure functions that any
//! thread may call.

use super::moves::Moves;
use super::row_set::RowSet;
use super::rows::{RowKind, Rows, fold};
use std::cmp::Ordering;
use std::sync::Arc;

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The name, as a person counts.
    Name,
    /// The length.
    Size,
    /// The time of the last change.
    Modified,
}

/// An order of rows. Folders stand before all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sorting {
    /// What they are sorted by.
    pub column: Column,
    /// Whether the last is first.
    pub is_descending: bool,
}

impl Default for Sorting {
    fn default() -> Self {
        Self { column: Column::Name, is_descending: false }
    }
}

/// Which rows are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// A part of the name, in whatever case; empty shows all.
    pub text: String,
    /// Whether names that begin with a dot are shown.
    pub shows_hidden: bool,
}

/// Indices of rows in an order; shared between threads.
pub type Order = Arc<Vec<u32>>;

/// All that it takes to arrange rows on another thread.
#[derive(Clone, Debug)]
pub struct Arranging {
    /// The rows.
    pub rows: Rows,
    /// Their order.
    pub sorting: Sorting,
    /// Which are shown.
    pub filter: Filter,
    /// An order of the first of these rows that is good already.
    pub sorted: Order,
    /// What was shown until now, where these rows were read to take its place.
    pub before: Option<Rows>,
    /// Names to look for.
    pub names: Vec<Vec<u8>>,
}

/// Rows that were arranged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arranged {
    /// All rows, in order.
    pub sorted: Order,
    /// Those that are shown, in order.
    pub shown: Order,
    /// The same as a set.
    pub shown_set: Arc<RowSet>,
    /// Bytes of the files among them.
    pub shown_bytes: u64,
    /// Where the rows went that were there before; `None` where there were none.
    pub moves: Option<Moves>,
    /// The rows with the names that were looked for, if any were.
    pub named: Option<Vec<u32>>,
}

impl Arranging {
    /// Sorts what is not sorted yet, and filters.
    #[must_use]
    pub fn arrange(&self) -> Arranged {
        let sorted = sort(&self.rows, self.sorting, &self.sorted);
        let shown = filter(&self.rows, &sorted, &self.filter);
        Arranged {
            shown_set: Arc::new(shown.iter().copied().collect()),
            shown_bytes: shown.iter().map(|row| self.rows.size(*row)).sum(),
            moves: self.before.as_ref().map(|before| Moves::between(before, &self.rows)),
            named: self.named(),
            sorted,
            shown,
        }
    }

    fn named(&self) -> Option<Vec<u32>> {
        let found = || self.names.iter().filter_map(|name| self.rows.find(name)).collect();
        (!self.names.is_empty()).then(found)
    }

    /// How many rows have to be gone through.
    #[must_use]
    pub fn size(&self) -> usize {
        self.rows.len().max(self.before.as_ref().map_or(0, Rows::len))
    }
}

/// An order of all rows; `sorted` is one of the first of them.
fn sort(rows: &Rows, sorting: Sorting, sorted: &Order) -> Order {
    if sorted.len() == rows.len() {
        return Arc::clone(sorted);
    }
    let mut fresh: Vec<u32> = rows.indices().skip(sorted.len()).collect();
    fresh.sort_unstable_by(|a, b| compare(rows, sorting, *a, *b));
    if sorted.is_empty() {
        return Arc::new(fresh);
    }
    Arc::new(merge(rows, sorting, sorted, &fresh))
}

fn merge(rows: &Rows, sorting: Sorting, left: &[u32], right: &[u32]) -> Vec<u32> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left, right);
    while let (Some((a, after_a)), Some((b, after_b))) = (left.split_first(), right.split_first()) {
        if compare(rows, sorting, *a, *b) == Ordering::Greater {
            merged.push(*b);
            right = after_b;
        } else {
            merged.push(*a);
            left = after_a;
        }
    }
    merged.extend_from_slice(left);
    merged.extend_from_slice(right);
    merged
}

fn compare(rows: &Rows, sorting: Sorting, a: u32, b: u32) -> Ordering {
    let is_folder = |index| rows.kind(index) == RowKind::Folder;
    let by_name = || rows.key(a).cmp(rows.key(b)).then_with(|| rows.name(a).cmp(rows.name(b)));
    let by_column = match sorting.column {
        Column::Name => by_name(),
        Column::Size => rows.size(a).cmp(&rows.size(b)),
        Column::Modified => rows.modified(a).cmp(&rows.modified(b)),
    };
    let by_column = if sorting.is_descending { by_column.reverse() } else { by_column };
    is_folder(b).cmp(&is_folder(a)).then(by_column).then_with(by_name)
}

fn filter(rows: &Rows, sorted: &Order, filter: &Filter) -> Order {
    let wanted = fold(filter.text.trim().as_bytes());
    let is_shown = |index: u32| filter.shows_hidden || !rows.name(index).starts_with(b".");
    if wanted.is_empty() {
        if filter.shows_hidden {
            return Arc::clone(sorted);
        }
        return Arc::new(sorted.iter().copied().filter(|index| is_shown(*index)).collect());
    }
    let marks = rows.matching(&wanted);
    let is_marked = |index: u32| marks.get(index as usize).copied().unwrap_or(false);
    let shown = sorted.iter().copied().filter(|index| is_marked(*index) && is_shown(*index));
    Arc::new(shown.collect())
}

#[cfg(test)]
mod tests {
    use super::super::rows::Row;
    use super::*;

    fn rows(names: &[(&str, RowKind, u64)]) -> Rows {
        let mut rows = Rows::new();
        for (name, kind, size) in names {
            let modified = Some(-i64::try_from(*size).unwrap());
            let (name, is_linked) = (name.as_bytes(), false);
            rows.push(&Row { name, kind: *kind, is_linked, size: *size, modified });
        }
        rows
    }

    fn shown(arranging: &Arranging) -> Vec<String> {
        let shown = arranging.arrange().shown;
        let names = shown.iter().map(|index| arranging.rows.name(*index));
        names.map(|name| String::from_utf8(name.to_vec()).unwrap()).collect()
    }

    fn arranging(rows: Rows) -> Arranging {
        Arranging {
            rows,
            sorting: Sorting::default(),
            filter: Filter::default(),
            sorted: Order::default(),
            before: None,
            names: Vec::new(),
        }
    }

    const NAMES: &[(&str, RowKind, u64)] = &[
        ("b10", RowKind::File, 1),
        ("zoo", RowKind::Folder, 0),
        ("B9", RowKind::File, 3),
        (".hidden", RowKind::File, 9),
        ("a", RowKind::File, 2),
    ];

    #[test]
    fn folders_stand_first_in_every_order() {
        let mut arranging = arranging(rows(NAMES));
        assert_eq!(shown(&arranging), ["zoo", "a", "B9", "b10"]);
        arranging.sorting.is_descending = true;
        assert_eq!(shown(&arranging), ["zoo", "b10", "B9", "a"]);
        arranging.sorting = Sorting { column: Column::Size, is_descending: false };
        assert_eq!(shown(&arranging), ["zoo", "b10", "a", "B9"]);
        arranging.sorting = Sorting { column: Column::Modified, is_descending: false };
        assert_eq!(shown(&arranging), ["zoo", "B9", "a", "b10"]);
    }

    #[test]
    fn the_filter_finds_parts_of_names_in_whatever_case() {
        let mut arranging = arranging(rows(NAMES));
        arranging.filter.text = " B".to_owned();
        assert_eq!(shown(&arranging), ["B9", "b10"]);
        arranging.filter.text = "hid".to_owned();
        assert!(shown(&arranging).is_empty());
        arranging.filter.shows_hidden = true;
        assert_eq!(shown(&arranging), [".hidden"]);
    }

    #[test]
    fn rows_that_come_later_are_merged_into_the_order() {
        let mut first = arranging(rows(&NAMES[..2]));
        let arranged = first.arrange();
        first.rows = rows(NAMES);
        let whole = first.arrange();
        first.sorted = arranged.sorted;
        assert_eq!(first.arrange(), whole);
    }
}

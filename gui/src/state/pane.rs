//! [`Pane`]: one side of the window, a folder and what is chosen in it.

use super::arrangement::{Arranged, Arranging, Filter, Order, Sorting};
use super::moves::Moves;
use super::place::Place;
use super::problem::Problem;
use super::rows::{RowKind, Rows};
use super::selection::Selection;
use super::side::Side;
use std::ops::Range;
use std::sync::Arc;

/// One side of the window.
#[derive(Clone, Debug)]
pub struct Pane {
    /// Whose it is.
    pub side: Side,
    /// The folder that is shown.
    pub place: Place,
    /// What the folder holds.
    pub rows: Rows,
    /// Names these rows: another number says that an index means another row now.
    pub rows_number: u64,
    /// Where rows went when the folder was read again, and the number that they had before.
    pub moved: Option<(u64, Moves)>,
    /// What the folder holds now that it was read again; shown once it is arranged.
    pub coming: Option<Rows>,
    /// Which rows are shown, and how.
    pub arranged: Arranged,
    /// How rows are sorted.
    pub sorting: Sorting,
    /// Which rows are shown.
    pub filter: Filter,
    /// What is chosen.
    pub selection: Selection,
    /// Bytes of the chosen files.
    pub chosen_bytes: u64,
    /// The rectangle that chooses rows.
    pub marquee: Option<Marquee>,
    /// Whether the folder is being read.
    pub loading: Loading,
    /// Names one listing among many: what comes of an older one is dropped.
    pub generation: u64,
    /// Folders that were shown before, the latest last.
    pub back: Vec<Place>,
    /// Folders that were left by going back, the latest last.
    pub forward: Vec<Place>,
    /// What is typed into the address field while it is open.
    pub address: Option<String>,
    /// Names one arranging among many: what comes of an older one is dropped.
    pub arrangement: u64,
    /// The order in which the rows that are being arranged will come.
    pub sorting_arranged: Sorting,
    /// Whether rows are being arranged on another thread.
    pub is_arranging: bool,
    /// Whether they have to be arranged once more after that.
    pub must_arrange: bool,
    /// The row to bring into sight, which the view does once.
    pub reveal: Option<u32>,
    /// Names to choose again once the folder was read again.
    pub choose_again: Vec<Vec<u8>>,
}

/// A rectangle that chooses rows.
#[derive(Clone, Debug, Default)]
pub struct Marquee {
    /// What was chosen before it was begun and stays so.
    pub base: Selection,
    /// The rows it covers, by where they are shown.
    pub covered: Range<usize>,
}

/// How far a listing is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loading {
    /// It is read to its end.
    Done,
    /// It is being read for the first time.
    Running,
    /// It is being read again; what was read before is shown until then.
    Again,
    /// It could not be read.
    Failed(Problem),
}

impl Pane {
    /// An empty pane at the top.
    #[must_use]
    pub fn new(side: Side) -> Self {
        Self {
            side,
            place: Place::root(),
            rows: Rows::new(),
            rows_number: 0,
            moved: None,
            coming: None,
            arranged: Arranged::default(),
            sorting: Sorting::default(),
            filter: Filter::default(),
            selection: Selection::default(),
            chosen_bytes: 0,
            marquee: None,
            loading: Loading::Done,
            generation: 0,
            back: Vec::new(),
            forward: Vec::new(),
            address: None,
            arrangement: 0,
            sorting_arranged: Sorting::default(),
            is_arranging: false,
            must_arrange: false,
            reveal: None,
            choose_again: Vec::new(),
        }
    }

    /// Rows that are shown, in order.
    #[must_use]
    pub fn shown(&self) -> &[u32] {
        &self.arranged.shown
    }

    /// Where a row is shown.
    #[must_use]
    pub fn position(&self, row: u32) -> Option<usize> {
        self.shown().iter().position(|shown| *shown == row)
    }

    /// The file or folder of a row.
    #[must_use]
    pub fn place_of(&self, row: u32) -> Place {
        self.place.join(self.rows.name(row))
    }

    /// Whether a row is a folder.
    #[must_use]
    pub fn is_folder(&self, row: u32) -> bool {
        self.rows.kind(row) == RowKind::Folder
    }

    /// The chosen rows in the order in which they are shown. What is not shown is not chosen.
    #[must_use]
    pub fn chosen(&self) -> Vec<u32> {
        if self.selection.is_empty() {
            return Vec::new();
        }
        self.shown().iter().copied().filter(|row| self.selection.contains(*row)).collect()
    }

    /// The chosen files and folders in the order in which they are shown.
    #[must_use]
    pub fn chosen_places(&self) -> Vec<Place> {
        self.chosen().iter().map(|row| self.place_of(*row)).collect()
    }

    /// Chooses a row too.
    pub fn choose(&mut self, row: u32) {
        if self.selection.insert(row) {
            self.chosen_bytes += self.rows.size(row);
        }
    }

    /// Chooses a row no more.
    pub fn unchoose(&mut self, row: u32) {
        if self.selection.remove(row) {
            self.chosen_bytes = self.chosen_bytes.saturating_sub(self.rows.size(row));
        }
    }

    /// Chooses one row alone, and begins ranges there.
    pub fn choose_only(&mut self, row: u32) {
        self.selection.only(row);
        self.chosen_bytes = self.rows.size(row);
    }

    /// Chooses all rows that are shown.
    pub fn choose_all(&mut self) {
        self.selection.set_all(&self.arranged.shown_set);
        self.chosen_bytes = self.arranged.shown_bytes;
    }

    /// Chooses none.
    pub fn choose_none(&mut self) {
        self.selection.clear();
        self.chosen_bytes = 0;
    }

    /// Chooses these rows and no others.
    pub fn choose_these(&mut self, rows: &[u32]) {
        self.selection.set(rows.iter().copied());
        self.chosen_bytes = rows.iter().map(|row| self.rows.size(*row)).sum();
    }

    /// What is not shown any more is not chosen any more: nothing happens to rows out of sight.
    pub fn forget_hidden(&mut self) {
        let (rows, shown) = (&self.rows, &self.arranged.shown_set);
        let mut gone_bytes = 0;
        self.selection.keep(shown, |row| gone_bytes += rows.size(row));
        self.chosen_bytes = self.chosen_bytes.saturating_sub(gone_bytes);
        if let Some(marquee) = &mut self.marquee {
            marquee.base.keep(shown, |_| {});
            marquee.covered = 0..0;
        }
    }

    /// Puts rows in the place of those that are shown. What was chosen stays chosen.
    pub fn replace(&mut self, rows: Rows, moves: &Moves) {
        self.rows = rows;
        if !moves.is_rest() {
            self.moved = Some((self.rows_number, moves.clone()));
            self.rows_number += 1;
        }
        self.selection = self.selection.moved(|row| moves.of(row));
        self.chosen_bytes = self.selection.iter().map(|row| self.rows.size(row)).sum();
        self.reveal = self.reveal.and_then(|row| moves.of(row));
        if let Some(marquee) = &mut self.marquee {
            marquee.base = marquee.base.moved(|row| moves.of(row));
        }
    }

    /// Rows that the dot at the begin of their name hides.
    #[must_use]
    pub fn hidden_count(&self) -> usize {
        if self.filter.shows_hidden || !self.filter.text.is_empty() {
            return 0;
        }
        self.arranged.sorted.len().saturating_sub(self.arranged.shown.len())
    }

    /// Whether the folder is being read, at first or again.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        matches!(self.loading, Loading::Running | Loading::Again)
    }

    /// What it takes to arrange the rows as they are now.
    #[must_use]
    pub fn arranging(&self) -> Arranging {
        let is_whole = self.loading == Loading::Done;
        let arranging = Arranging {
            rows: self.rows.clone(),
            sorting: self.sorting,
            filter: self.filter.clone(),
            sorted: Arc::clone(&self.arranged.sorted),
            before: None,
            names: if is_whole { self.choose_again.clone() } else { Vec::new() },
        };
        match self.coming.clone() {
            Some(rows) => Arranging {
                rows,
                sorted: Order::default(),
                before: Some(arranging.rows),
                ..arranging
            },
            None => arranging,
        }
    }

    /// Forgets the order, as when it is to be another one.
    pub fn forget_order(&mut self) {
        self.arranged.sorted = Order::default();
    }
}

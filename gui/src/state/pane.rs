//! [`Pane`]: one side of the window, a folder and what is chosen in it.

use super::arrangement::{Arranged, Arranging, Filter, Order, Sorting};
use super::place::Place;
use super::problem::Problem;
use super::rows::{RowKind, Rows};
use super::selection::Selection;
use super::side::Side;
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
    /// What was chosen before a rectangle was begun that keeps it.
    pub marquee_base: Option<Selection>,
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
            arranged: Arranged::default(),
            sorting: Sorting::default(),
            filter: Filter::default(),
            selection: Selection::default(),
            chosen_bytes: 0,
            marquee_base: None,
            loading: Loading::Done,
            generation: 0,
            back: Vec::new(),
            forward: Vec::new(),
            address: None,
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

    /// The chosen rows that are shown, in the order in which they are.
    #[must_use]
    pub fn chosen(&self) -> Vec<u32> {
        if self.selection.is_empty() {
            return Vec::new();
        }
        self.shown().iter().copied().filter(|row| self.selection.contains(*row)).collect()
    }

    /// Counts the bytes of the chosen files anew; a frame has no time to.
    pub fn recount(&mut self) {
        self.chosen_bytes = self.selection.iter().map(|row| self.rows.size(row)).sum();
    }

    /// Rows that the dot at the begin of their name hides.
    #[must_use]
    pub fn hidden_count(&self) -> usize {
        if self.filter.shows_hidden || !self.filter.text.is_empty() {
            return 0;
        }
        self.arranged.sorted.len() - self.arranged.shown.len()
    }

    /// Whether the folder is being read, at first or again.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        matches!(self.loading, Loading::Running | Loading::Again)
    }

    /// What it takes to arrange the rows as they are now.
    #[must_use]
    pub fn arranging(&self) -> Arranging {
        Arranging {
            rows: self.rows.clone(),
            sorting: self.sorting,
            filter: self.filter.clone(),
            sorted: Arc::clone(&self.arranged.sorted),
        }
    }

    /// Forgets the order, as when it is to be another one.
    pub fn forget_order(&mut self) {
        self.arranged.sorted = Order::default();
    }
}

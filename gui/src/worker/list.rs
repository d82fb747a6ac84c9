//! Rows on their way to the window: the first soon, the others in larger and larger portions.

use super::Outbox;
use crate::action::Event;
use crate::state::rows::{Row, Rows};
use crate::state::side::Side;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Gathers the rows of one folder and tells the window of them now and then.
pub(super) struct Gathering<'a> {
    outbox: &'a Outbox,
    side: Side,
    generation: u64,
    /// The listing that is wanted now; another one ends this.
    wanted: &'a AtomicU64,
    rows: Rows,
    told: Instant,
    has_told: bool,
}

/// The window is told no more often, but for the first time.
const PAUSE: Duration = Duration::from_millis(60);
/// Rows after which the window is told for the first time.
const FIRST_ROWS: usize = 500;

impl<'a> Gathering<'a> {
    pub(super) fn new(
        outbox: &'a Outbox,
        (side, generation): (Side, u64),
        wanted: &'a AtomicU64,
    ) -> Self {
        let (rows, told) = (Rows::new(), Instant::now());
        Self { outbox, side, generation, wanted, rows, told, has_told: false }
    }

    /// Whether the window waits for another folder by now.
    pub(super) fn is_void(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) != self.generation
    }

    pub(super) fn push(&mut self, row: &Row<'_>) {
        self.rows.push(row);
    }

    /// Tells the window, if it is time to.
    pub(super) fn tell(&mut self) {
        let is_first = !self.has_told && self.rows.len() >= FIRST_ROWS;
        if is_first || self.told.elapsed() >= PAUSE {
            self.send(false);
            self.has_told = true;
            self.told = Instant::now();
        }
    }

    /// Tells the window of the rest.
    pub(super) fn finish(self) {
        self.send(true);
    }

    fn send(&self, is_complete: bool) {
        self.outbox.send(Event::Listed {
            side: self.side,
            generation: self.generation,
            rows: self.rows.clone(),
            is_complete,
        });
    }
}

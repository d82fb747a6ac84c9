//! Which bytes of an upload are written.

use std::collections::BTreeMap;

/// Ranges of bytes that were written: a run from the start, and islands behind gaps.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    held: u64,
    /// Starts and ends of runs, apart from each other and from `held`.
    islands: BTreeMap<u64, u64>,
}

impl Written {
    /// The first `held` bytes are written, and no others.
    #[cfg(test)]
    pub(super) fn up_to(held: u64) -> Self {
        Self { held, islands: BTreeMap::new() }
    }

    /// Bytes from the start without a gap.
    pub(super) fn held(&self) -> u64 {
        self.held
    }

    /// Whether something is written behind a gap.
    pub(super) fn has_gap(&self) -> bool {
        !self.islands.is_empty()
    }

    /// Whether the bytes from `start` to before `end` are written.
    pub(super) fn covers(&self, start: u64, end: u64) -> bool {
        let island = self.islands.range(..=start).next_back();
        end <= self.held || island.is_some_and(|(_, last)| end <= *last)
    }

    /// Takes the bytes from `start` to before `end` away.
    pub(super) fn remove(&mut self, start: u64, end: u64) {
        if start < self.held {
            let held = std::mem::replace(&mut self.held, start);
            if end < held {
                self.add_island(end, held);
            }
        }
        while let Some((&first, &last)) =
            self.islands.range(..end).next_back().filter(|(_, last)| **last > start)
        {
            self.islands.remove(&first);
            if end < last {
                self.islands.insert(end, last);
            }
            if first < start {
                self.islands.insert(first, start);
            }
        }
    }

    /// Adds the bytes from `start` to before `end`.
    pub(super) fn add(&mut self, start: u64, end: u64) {
        if start > self.held {
            self.add_island(start, end);
            return;
        }
        self.held = self.held.max(end);
        while let Some(first) = self.islands.first_entry() {
            if *first.key() > self.held {
                break;
            }
            self.held = self.held.max(first.remove());
        }
    }

    fn add_island(&mut self, start: u64, end: u64) {
        let (mut start, mut end) = (start, end);
        while let Some((&first, &last)) = self.islands.range(..=end).next_back() {
            if last < start {
                break;
            }
            self.islands.remove(&first);
            (start, end) = (start.min(first), end.max(last));
        }
        self.islands.insert(start, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn islands_join_the_run_they_touch() {
        let mut written = Written::default();
        for (start, end, held, has_gap) in [
            (10, 20, 0, true),
            (30, 40, 0, true),
            (20, 30, 0, true),
            (0, 5, 5, true),
            (5, 10, 40, false),
            (0, 3, 40, false),
            (50, 60, 40, true),
            (55, 58, 40, true),
            (38, 70, 70, false),
        ] {
            written.add(start, end);
            assert_eq!((written.held(), written.has_gap()), (held, has_gap), "{start}..{end}");
        }
        assert_eq!(written, Written::up_to(70));
    }

    #[test]
    fn what_is_removed_leaves_a_gap_and_nothing_else() {
        let mut written = Written::up_to(100);
        written.remove(40, 50);
        assert_eq!((written.held(), written.has_gap()), (40, true));
        assert!(written.covers(0, 40) && written.covers(50, 100) && written.covers(60, 61));
        assert!(!written.covers(39, 41) && !written.covers(45, 55) && !written.covers(99, 101));
        written.remove(60, 70);
        written.remove(90, 200);
        assert!(written.covers(50, 60) && written.covers(70, 90) && !written.covers(90, 91));
        written.remove(0, 55);
        assert_eq!((written.held(), written.covers(55, 60)), (0, true));
        written.add(0, 55);
        assert_eq!(written.held(), 60);
    }
}

//! How long each worker is at its present turn: one that a disk holds is seen by this alone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The present turns of all workers.
#[derive(Debug)]
pub(super) struct Turns {
    origin: Instant,
    /// Milliseconds from the origin to the turn's begin, and one more; 0 between turns.
    begun: Box<[AtomicU64]>,
}

/// Workers that are at one turn for long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// How many.
    pub(crate) count: usize,
    /// For how long the first of them.
    pub(crate) longest: Duration,
}

impl Turns {
    pub(super) fn new(workers: usize, origin: Instant) -> Self {
        Self { origin, begun: (0..workers).map(|_| AtomicU64::new(0)).collect() }
    }

    /// A worker begins a turn.
    pub(super) fn begin(&self, worker: usize, now: Instant) {
        self.note(worker, self.millis(now) + 1);
    }

    /// A worker is done with its turn.
    pub(super) fn end(&self, worker: usize) {
        self.note(worker, 0);
    }

    /// Who is at one turn for [`HELD_AFTER`] or more.
    pub(super) fn held(&self, now: Instant) -> Held {
        let now = self.millis(now);
        let begun = self.begun.iter().map(|begun| begun.load(Ordering::Relaxed));
        let ages = begun.filter_map(|begun| Some(now.saturating_sub(begun.checked_sub(1)?)));
        let ages = ages.map(Duration::from_millis).filter(|age| *age >= HELD_AFTER);
        ages.fold(Held::default(), |held, age| Held {
            count: held.count + 1,
            longest: held.longest.max(age),
        })
    }

    /// Whether a worker is at one turn for `length` or more.
    pub(super) fn is_at_it_for(&self, worker: usize, length: Duration, now: Instant) -> bool {
        let begun = self.begun.get(worker).map_or(0, |begun| begun.load(Ordering::Relaxed));
        let age = begun.checked_sub(1).map_or(0, |begun| self.millis(now).saturating_sub(begun));
        begun > 0 && Duration::from_millis(age) >= length
    }

    fn note(&self, worker: usize, value: u64) {
        if let Some(begun) = self.begun.get(worker) {
            begun.store(value, Ordering::Relaxed);
        }
    }

    fn millis(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.origin);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX - 1)
    }
}

/// A turn on a disk that works takes a fraction of this, whatever it does.
const HELD_AFTER: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_that_does_not_end_is_seen_and_others_are_not() {
        let start = Instant::now();
        let at = |secs| start + Duration::from_secs(secs);
        let turns = Turns::new(3, start);
        assert_eq!(turns.held(at(99)), Held::default(), "nobody has begun");
        turns.begin(0, start);
        turns.begin(1, at(30));
        turns.begin(2, at(5));
        assert_eq!(turns.held(at(9)).count, 0);
        assert_eq!(turns.held(at(16)), Held { count: 2, longest: Duration::from_secs(16) });
        turns.end(0);
        assert_eq!(turns.held(at(35)), Held { count: 1, longest: Duration::from_secs(30) });
    }
}

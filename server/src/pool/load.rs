//! Whether the server has more to do than it can: judged by how long turns waited in their
//! queue, not by how many wait (Nichols and Jacobson, "Controlling Queue Delay", 2012).

use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// Watches the age of the queues.
#[derive(Debug)]
pub(crate) struct Load {
    age_max: Duration,
    late: Mutex<Option<Late>>,
}

/// An unbroken run of turns that were too old.
#[derive(Clone, Copy, Debug)]
struct Late {
    since: Instant,
    last: Instant,
}

impl Load {
    /// Turns that waited longer than `age_max` are too old.
    pub(crate) fn new(age_max: Duration) -> Self {
        Self { age_max, late: Mutex::new(None) }
    }

    /// A turn waited for `age`. Returns the milliseconds after which new transfers should come
    /// back, if every turn of the last second was too old.
    pub(crate) fn observe(&self, age: Duration, now: Instant) -> Option<u32> {
        let mut late = self.late.lock();
        if age <= self.age_max {
            *late = None;
            return None;
        }
        // A late turn of long ago says nothing about now.
        let run = late.filter(|run| now.saturating_duration_since(run.last) < PERSISTENCE);
        let since = run.map_or(now, |run| run.since);
        *late = Some(Late { since, last: now });
        if now.saturating_duration_since(since) < PERSISTENCE {
            return None;
        }
        Some(u32::try_from(age.as_millis()).unwrap_or(u32::MAX).clamp(RETRY_MS_MIN, RETRY_MS_MAX))
    }
}

/// For how long turns must be too old before anyone is sent away.
const PERSISTENCE: Duration = Duration::from_secs(1);
const RETRY_MS_MIN: u32 = 500;
const RETRY_MS_MAX: u32 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_late_turn_sends_nobody_away_but_a_second_of_them_does() {
        let load = Load::new(Duration::from_millis(200));
        let start = Instant::now();
        let late = Duration::from_millis(700);
        assert_eq!(load.observe(late, start), None);
        assert_eq!(load.observe(late, start + Duration::from_millis(900)), None);
        assert_eq!(load.observe(late, start + Duration::from_millis(1100)), Some(700));
        assert_eq!(load.observe(late, start + Duration::from_mins(9)), None, "a new run");
        assert_eq!(load.observe(Duration::ZERO, start + Duration::from_millis(1200)), None);
        assert_eq!(load.observe(late, start + Duration::from_millis(1300)), None);
    }
}

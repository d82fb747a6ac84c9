//! How fast bytes come, smoothed over the last seconds.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Samples of a growing number.
#[derive(Debug, Default)]
pub(super) struct Speed(VecDeque<(Instant, u64)>);

const WINDOW: Duration = Duration::from_secs(5);
/// Between two samples that are kept.
const STEP: Duration = Duration::from_millis(100);

impl Speed {
    /// Takes note of the number now and returns its growth in a second.
    pub(super) fn at(&mut self, now: Instant, bytes: u64) -> u64 {
        if self.0.back().is_none_or(|(last, _)| now.duration_since(*last) >= STEP) {
            self.0.push_back((now, bytes));
        }
        while self.0.len() > 1
            && self.0.front().is_some_and(|(first, _)| now.duration_since(*first) > WINDOW)
        {
            self.0.pop_front();
        }
        let Some((first, since)) = self.0.front() else { return 0 };
        let millis = u64::try_from(now.duration_since(*first).as_millis()).unwrap_or(u64::MAX);
        // Bytes that have to be moved again are taken back.
        let moved = u128::from(bytes.saturating_sub(*since)) * 1000;
        u64::try_from(moved / u128::from(millis.max(1))).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_samples_are_forgotten() {
        let (begin, mut speed) = (Instant::now(), Speed::default());
        let second = |count| begin + Duration::from_secs(count);
        assert_eq!(speed.at(begin, 0), 0);
        assert_eq!(speed.at(second(1), 1000), 1000);
        for count in 2..20 {
            speed.at(second(count), 1000);
        }
        assert_eq!(speed.at(second(20), 1000), 0);
        assert_eq!(speed.at(second(21), 500), 0, "taken back");
    }
}

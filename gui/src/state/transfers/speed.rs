//! How fast a job is.

use std::time::Duration;

/// How fast a job is, smoothed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Speed {
    bytes_per_sec: u64,
    last: Option<(Duration, u64)>,
}

impl Speed {
    /// Takes note of how many bytes were moved at a time, since the window's start.
    pub fn note(&mut self, at: Duration, bytes_done: u64) {
        let Some((before, bytes_before)) = self.last else {
            self.last = Some((at, bytes_done));
            return;
        };
        let elapsed_ms = at.saturating_sub(before).as_millis();
        if elapsed_ms < SAMPLE_MS {
            return;
        }
        self.last = Some((at, bytes_done));
        let moved = u128::from(bytes_done.saturating_sub(bytes_before));
        let now = u64::try_from(moved * 1000 / elapsed_ms).unwrap_or(u64::MAX);
        // A quarter of the new value: calm, and right within two seconds.
        self.bytes_per_sec = match self.bytes_per_sec {
            0 => now,
            old => old - old / 4 + now / 4,
        };
    }

    /// Bytes a second.
    #[must_use]
    pub fn bytes_per_sec(&self) -> u64 {
        self.bytes_per_sec
    }

    /// Forgets all, as when a job is stopped.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// Shorter spans say little.
const SAMPLE_MS: u128 = 250;

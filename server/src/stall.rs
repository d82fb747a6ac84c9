//! The deadline of a transfer: it must move enough within each stretch of time, so that one byte
//! now and then holds nothing open.

use std::time::{Duration, Instant};

/// Watches a transfer.
#[derive(Debug, Default)]
pub(crate) struct Stall {
    stretch: Option<Stretch>,
}

/// A stretch of a transfer, over which it must have moved enough.
#[derive(Debug)]
struct Stretch {
    began_at: Instant,
    bytes: u64,
}

impl Stall {
    /// When the present stretch, which begins at `now` if there is none, has to end.
    pub(crate) fn until(&mut self, now: Instant, patience: Duration) -> Instant {
        self.stretch(now).began_at + patience
    }

    /// When the present stretch has to end, if there is one.
    pub(crate) fn present(&self, patience: Duration) -> Option<Instant> {
        self.stretch.as_ref().map(|stretch| stretch.began_at + patience)
    }

    /// The transfer moved `bytes`. A new stretch begins once the present one has moved enough.
    pub(crate) fn moved(&mut self, bytes: usize, now: Instant) {
        let stretch = self.stretch(now);
        stretch.bytes += bytes as u64;
        if stretch.bytes >= STRETCH_BYTES_MIN {
            *stretch = Stretch { began_at: now, bytes: 0 };
        }
    }

    /// The transfer is over: the next one has its own stretch.
    pub(crate) fn end(&mut self) {
        self.stretch = None;
    }

    fn stretch(&mut self, now: Instant) -> &mut Stretch {
        self.stretch.get_or_insert(Stretch { began_at: now, bytes: 0 })
    }
}

/// Bytes that a transfer must move within `Limits::stall`: 4 KiB a second at 30 s.
const STRETCH_BYTES_MIN: u64 = 120 * 1024;

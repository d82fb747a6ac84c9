//! How long to wait before something is tried again, and when to give up.

use crate::site::Site;
use crate::sync::now;
use crate::{Cancel, Error, Retry, random};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Waits that double, with jitter, until the time for retries is over.
pub(crate) struct Backoff {
    site: Arc<Site>,
    cancel: Cancel,
    failing_since: Option<Instant>,
    failed_count: u32,
    next: Duration,
}

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(5);
/// A server may ask for more patience than this; it does not get it.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);
/// A server that has too much to do for less than this is nothing to be told of.
const BUSY_UNTOLD: Duration = Duration::from_secs(1);

impl Backoff {
    pub(crate) fn new(site: &Arc<Site>, cancel: &Cancel) -> Self {
        let (site, cancel) = (Arc::clone(site), cancel.clone());
        Self { site, cancel, failing_since: None, failed_count: 0, next: FIRST }
    }

    /// Something went well: the time for retries starts anew.
    pub(crate) fn succeeded(&mut self) {
        if self.failing_since.take().is_some() {
            self.site.questions.recovered();
        }
        self.failed_count = 0;
        self.next = FIRST;
    }

    /// Waits after a failure that a retry can mend; gives `err` back once the time is over.
    pub(crate) fn wait(&mut self, err: Error) -> Result<(), Error> {
        self.cancel.check()?;
        let since = *self.failing_since.get_or_insert_with(now);
        let failing_for = now().saturating_duration_since(since);
        let left = self.site.options.retry_for.saturating_sub(failing_for);
        if left.is_zero() {
            return Err(err);
        }
        let next_in = self.pause_after(&err).min(left);
        let is_short = matches!(err, Error::Busy { .. }) && failing_for + next_in < BUSY_UNTOLD;
        if !is_short {
            self.failed_count += 1;
            let retry = Retry { cause: &err, failed_count: self.failed_count, next_in };
            self.site.questions.retrying(&retry);
        }
        self.cancel.wait(next_in)
    }

    fn pause_after(&mut self, err: &Error) -> Duration {
        if let Error::Busy { retry_after, .. } = err {
            return (*retry_after).clamp(Duration::from_millis(20), RETRY_AFTER_MAX);
        }
        let full = self.next;
        self.next = (self.next * 2).min(LONGEST);
        jittered(full)
    }
}

/// Between half and all of a time, so that many clients do not come back as one.
fn jittered(full: Duration) -> Duration {
    let full_ms = u64::try_from(full.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(full_ms / 2 + random::below(full_ms / 2 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn waits_are_spread_over_half_of_their_time() {
        let waits: BTreeSet<_> = (0..200).map(|_| jittered(LONGEST)).collect();
        assert!(waits.iter().all(|wait| (LONGEST / 2..=LONGEST).contains(wait)), "{waits:?}");
        assert!(waits.len() > 100, "{} different ones", waits.len());
    }
}

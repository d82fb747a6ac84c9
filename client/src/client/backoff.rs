//! How long to wait before something is tried again, and when to give up.

use crate::site::Site;
use crate::{Cancel, Error, random};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Waits that double, with jitter, until the time for retries is over.
pub(crate) struct Backoff {
    site: Arc<Site>,
    cancel: Cancel,
    failing_since: Option<Instant>,
    next: Duration,
}

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(5);
/// A server may ask for more patience than this; it does not get it.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);

impl Backoff {
    pub(crate) fn new(site: &Arc<Site>, cancel: &Cancel) -> Self {
        Self { site: Arc::clone(site), cancel: cancel.clone(), failing_since: None, next: FIRST }
    }

    /// Something went well: the time for retries starts anew.
    pub(crate) fn succeeded(&mut self) {
        self.failing_since = None;
        self.next = FIRST;
    }

    /// Waits after a failure that a retry can mend; gives `err` back once the time is over.
    pub(crate) fn wait(&mut self, err: Error) -> Result<(), Error> {
        self.cancel.check()?;
        let is_first = self.failing_since.is_none();
        let since = *self.failing_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= self.site.options.retry_for {
            return Err(err);
        }
        let pause = self.pause_after(&err);
        if is_first && !matches!(err, Error::Busy { .. }) {
            let notice = format!("{err}; trying again");
            self.site.questions.notice(&notice);
        }
        let left = self.site.options.retry_for.saturating_sub(since.elapsed());
        self.cancel.wait(pause.min(left))
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

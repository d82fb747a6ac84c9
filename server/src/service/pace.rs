//! How fast an account may send and fetch: a token bucket each way, shared by all its
//! connections. Whoever is too fast is told when to go on, and waits parked; nobody sleeps.

use crate::accounts::Account;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// The paces of all accounts that have one.
#[derive(Debug, Default)]
pub(super) struct Paces(Mutex<HashMap<String, Weak<Pace>>>);

/// The pace of one account.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    up: Option<Bucket>,
    down: Option<Bucket>,
}

/// Bytes come in at a rate, and are spent as they are moved, on credit if need be.
#[derive(Debug)]
pub(crate) struct Bucket {
    /// Bytes a second.
    rate: u64,
    level: Mutex<Level>,
}

#[derive(Debug)]
struct Level {
    /// Negative while more was moved than came in.
    bytes: i64,
    filled_at: Option<Instant>,
}

impl Paces {
    /// The pace of `account`, the same for all its sessions as long as its rates are.
    pub(super) fn of(&self, account: &Account) -> Arc<Pace> {
        let rates = (account.terms.up_rate, account.terms.down_rate);
        if rates == (None, None) {
            return Arc::default();
        }
        let mut paces = self.0.lock();
        let known = paces.get(&account.name).and_then(Weak::upgrade);
        if let Some(pace) = known.filter(|pace| pace.rates() == rates) {
            return pace;
        }
        paces.retain(|_, pace| pace.strong_count() > 0);
        let pace = Arc::new(Pace { up: rates.0.map(Bucket::new), down: rates.1.map(Bucket::new) });
        paces.insert(account.name.clone(), Arc::downgrade(&pace));
        pace
    }
}

impl Pace {
    /// What the account sends.
    pub(crate) fn up(&self) -> Option<&Bucket> {
        self.up.as_ref()
    }

    /// What the account fetches.
    pub(crate) fn down(&self) -> Option<&Bucket> {
        self.down.as_ref()
    }

    fn rates(&self) -> (Option<u64>, Option<u64>) {
        (self.up.as_ref().map(|up| up.rate), self.down.as_ref().map(|down| down.rate))
    }
}

impl Bucket {
    fn new(rate: u64) -> Self {
        let level = Level { bytes: i64::try_from(rate).unwrap_or(i64::MAX), filled_at: None };
        Self { rate: rate.max(1), level: Mutex::new(level) }
    }

    /// Bytes were moved.
    pub(crate) fn spend(&self, bytes: usize) {
        let mut level = self.level.lock();
        level.bytes = level.bytes.saturating_sub(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// When to go on, if not at `now`.
    pub(crate) fn wait_until(&self, now: Instant) -> Option<Instant> {
        let mut level = self.level.lock();
        level.fill(self.rate, now);
        if level.bytes > 0 {
            return None;
        }
        let missing = level.bytes.unsigned_abs().saturating_add(1);
        let millis = missing.saturating_mul(1000).div_ceil(self.rate);
        Some(now + Duration::from_millis(millis).min(WAIT_MAX))
    }
}

impl Level {
    /// Lets in what came since the last time; no more than a second's worth is kept.
    fn fill(&mut self, rate: u64, now: Instant) {
        let since = self.filled_at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let came = u128::from(rate) * since.as_micros() / 1_000_000;
        let came = i64::try_from(came).unwrap_or(i64::MAX);
        if came > 0 || self.filled_at.is_none() {
            self.filled_at = Some(now);
            let full = i64::try_from(rate).unwrap_or(i64::MAX);
            self.bytes = self.bytes.saturating_add(came).min(full);
        }
    }
}

/// Longest wait at once; whoever still owes then waits again.
const WAIT_MAX: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{AccountName, Accounts, AccountsFile, StoredAccount, Terms};
    use ferry_protocol::Rights;

    #[test]
    fn a_bucket_lets_its_rate_through_and_no_more() {
        let bucket = Bucket::new(1000);
        let start = Instant::now();
        let mut now = start;
        let mut moved = 0_u64;
        while now < start + Duration::from_mins(1) {
            if let Some(until) = bucket.wait_until(now) {
                assert!(until > now);
                now = until;
            } else {
                bucket.spend(300);
                moved += 300;
            }
        }
        // A second's worth at the start, and one piece on credit.
        assert!((60_000..=61_400).contains(&moved), "{moved}");
    }

    #[test]
    fn silence_earns_no_more_than_a_second() {
        let bucket = Bucket::new(1000);
        let start = Instant::now();
        assert!(bucket.wait_until(start).is_none());
        bucket.spend(1000);
        let later = start + Duration::from_hours(1);
        assert!(bucket.wait_until(later).is_none());
        bucket.spend(1000);
        assert!(bucket.wait_until(later).is_some());
    }

    #[test]
    fn connections_of_an_account_share_one_pace_until_its_rates_change() {
        let state = tempfile::tempdir().unwrap();
        let file = AccountsFile::of(state.path());
        let name = AccountName::parse("anna").unwrap();
        let mut terms = Terms::new(Rights::read_only());
        terms.up_rate = Some(1 << 20);
        file.add(StoredAccount { name: name.clone(), hash: None, terms }).unwrap();
        let accounts = Accounts::open(state.path(), None).unwrap();
        let paces = Paces::default();
        let account = accounts.account("anna").unwrap();
        let first = paces.of(&account);
        assert!(Arc::ptr_eq(&first, &paces.of(&account)));
        let faster = |stored: &mut StoredAccount| {
            stored.terms.up_rate = Some(2 << 20);
            Ok(())
        };
        file.change(&name, faster).unwrap();
        accounts.reload().unwrap();
        assert!(!Arc::ptr_eq(&first, &paces.of(&accounts.account("anna").unwrap())));
    }
}

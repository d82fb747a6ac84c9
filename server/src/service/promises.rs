//! Room that was promised to jobs before their first byte, so that two jobs are not both told
//! that they fit. Nothing is set aside on the disk: a promise is a number that others' questions
//! leave out, that shrinks as its account's bytes come, and that ends by itself.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Promises of one server.
#[derive(Debug, Default)]
pub(super) struct Promises(Mutex<HashMap<Key, Promise>>);

/// Whose promise: the account and the job's id.
pub(super) type Key = (String, [u8; 16]);

#[derive(Debug)]
struct Promise {
    /// The file system that it is about.
    disk: u64,
    bytes: u64,
    made_at: Instant,
}

impl Promises {
    /// Bytes that were promised to other jobs on a file system.
    pub(super) fn to_others(&self, key: &Key, disk: u64, now: Instant) -> u64 {
        let mut promises = self.0.lock();
        promises.retain(|_, promise| now.saturating_duration_since(promise.made_at) < LIFE);
        let others = promises.iter().filter(|(other, one)| *other != key && one.disk == disk);
        others.map(|(_, promise)| promise.bytes).fold(0, u64::saturating_add)
    }

    /// Bytes that were promised to jobs of other accounts on a file system.
    pub(super) fn to_other_accounts(&self, account: &str, disk: u64, now: Instant) -> u64 {
        let promises = self.0.lock();
        let is_alive = |one: &&Promise| now.saturating_duration_since(one.made_at) < LIFE;
        let others = promises.iter().filter(|((of, _), one)| of != account && one.disk == disk);
        let alive = others.map(|(_, promise)| promise).filter(is_alive);
        alive.map(|promise| promise.bytes).fold(0, u64::saturating_add)
    }

    /// Promises a job its room, or renews the promise; no bytes give it back. An account that
    /// has too many promises already gets none: its jobs run all the same.
    pub(super) fn promise(&self, key: Key, disk: u64, bytes: u64, now: Instant) {
        let mut promises = self.0.lock();
        if bytes == 0 {
            promises.remove(&key);
            return;
        }
        let count = promises.keys().filter(|(account, _)| *account == key.0).count();
        if count < OF_ACCOUNT_MAX || promises.contains_key(&key) {
            promises.insert(key, Promise { disk, bytes, made_at: now });
        }
    }

    /// Bytes of an account have come: they are on the disk, and need not be promised any more.
    pub(super) fn came(&self, account: &str, bytes: u64) {
        let mut promises = self.0.lock();
        let mut left = bytes;
        promises.retain(|(of, _), promise| {
            if of == account {
                let taken = promise.bytes.min(left);
                promise.bytes -= taken;
                left -= taken;
            }
            promise.bytes > 0
        });
    }
}

/// How long a promise holds that is not renewed.
const LIFE: Duration = Duration::from_mins(15);

/// Promises of one account at the most.
const OF_ACCOUNT_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn key(account: &str, job: u8) -> Key {
        (account.to_owned(), [job; 16])
    }

    #[test]
    fn a_promise_counts_for_others_until_its_bytes_come_or_its_time_is_over() {
        let (promises, now) = (Promises::default(), Instant::now());
        promises.promise(key("ann", 1), 7, 100, now);
        assert_eq!(promises.to_others(&key("ann", 1), 7, now), 0);
        assert_eq!(promises.to_others(&key("bob", 1), 7, now), 100);
        assert_eq!(promises.to_others(&key("bob", 1), 8, now), 0, "another disk");
        promises.came("ann", 60);
        promises.came("bob", 60);
        assert_eq!(promises.to_others(&key("bob", 1), 7, now), 40);
        assert_eq!(promises.to_other_accounts("bob", 7, now), 40);
        assert_eq!(promises.to_other_accounts("ann", 7, now), 0);
        assert_eq!(promises.to_others(&key("bob", 1), 7, now + LIFE), 0);
    }

    #[test]
    fn an_account_cannot_promise_itself_everything() {
        let (promises, now) = (Promises::default(), Instant::now());
        for job in 0..100 {
            promises.promise(key("ann", job), 7, 1, now);
        }
        assert_eq!(promises.to_others(&key("bob", 0), 7, now), OF_ACCOUNT_MAX as u64);
        promises.promise(key("ann", 0), 7, 0, now);
        assert_eq!(promises.to_others(&key("bob", 0), 7, now), OF_ACCOUNT_MAX as u64 - 1);
    }
}

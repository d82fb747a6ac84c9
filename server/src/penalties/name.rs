//! Patience by account name: refused logins make the next ones with that name wait, whoever tries
//! them and whether or not there is such an account. It is never a lock.

use super::ENTRIES_MAX;
use super::report::NameLine;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// What stands for a name here: names that strangers typed are not kept.
pub(super) fn digest(name: &str) -> [u8; 32] {
    *blake3::hash(name.as_bytes()).as_bytes()
}

/// Refused logins by name.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<[u8; 32], Record>);

#[derive(Debug)]
struct Record {
    refused: u32,
    since: Instant,
    last: Instant,
    /// The name, if it is an account's.
    name: Option<String>,
}

impl Record {
    fn refused_at(&self, window: Duration, now: Instant) -> u32 {
        if now.saturating_duration_since(self.since) > window { 0 } else { self.refused }
    }
}

impl Names {
    pub(super) fn charge(
        &mut self,
        digest: [u8; 32],
        name: Option<&str>,
        window: Duration,
        now: Instant,
    ) {
        self.make_room(digest, now);
        let record = self.0.entry(digest).or_insert_with(|| Record {
            refused: 0,
            since: now,
            last: now,
            name: name.map(str::to_owned),
        });
        if now.saturating_duration_since(record.since) > window {
            (record.refused, record.since) = (0, now);
        }
        record.refused = record.refused.saturating_add(1);
        record.last = now;
    }

    pub(super) fn patience(&self, digest: [u8; 32], window: Duration, now: Instant) -> Duration {
        self.0.get(&digest).map_or(Duration::ZERO, |record| wait(record.refused_at(window, now)))
    }

    pub(super) fn forget(&mut self, digest: [u8; 32]) -> usize {
        usize::from(self.0.remove(&digest).is_some())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn lines(&self, window: Duration, now: Instant) -> Vec<NameLine> {
        let counted = self.0.values().map(|record| (record, record.refused_at(window, now)));
        counted
            .filter(|(_, refused)| *refused > 0)
            .map(|(record, refused)| NameLine {
                name: record.name.clone(),
                refused,
                wait_ms: u64::try_from(wait(refused).as_millis()).unwrap_or(u64::MAX),
            })
            .collect()
    }

    /// Forgets the eighth of the table that was tried least lately when it is full.
    fn make_room(&mut self, newcomer: [u8; 32], now: Instant) {
        if self.0.len() < ENTRIES_MAX || self.0.contains_key(&newcomer) {
            return;
        }
        let mut by_age: Vec<_> = self
            .0
            .iter()
            .map(|(digest, record)| (Reverse(now.checked_duration_since(record.last)), *digest))
            .collect();
        by_age.sort_unstable();
        for (_, digest) in by_age.into_iter().take(ENTRIES_MAX / 8) {
            self.0.remove(&digest);
        }
    }
}

/// The first refusals cost nothing: people mistype.
fn wait(refused: u32) -> Duration {
    match refused.checked_sub(FREE) {
        None | Some(0) => Duration::ZERO,
        Some(beyond) => (WAIT_FIRST * 2_u32.saturating_pow(beyond - 1)).min(WAIT_MAX),
    }
}

/// Refusals after which the next login still does not wait.
const FREE: u32 = 3;
const WAIT_FIRST: Duration = Duration::from_millis(250);
const WAIT_MAX: Duration = Duration::from_secs(4);

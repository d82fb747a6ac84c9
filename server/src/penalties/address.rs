//! Points and bans by address. An IPv6 address counts as its /64, for that is what one host is
//! given, but a link-local one by itself: all hosts of a network have the same /64 of those. Every
//! IPv4 address counts by itself, those of the loopback too.

use super::ENTRIES_MAX;
use super::report::AddressLine;
use crate::config::PenaltyRules;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// The address that counts for a peer.
pub(crate) fn counted_address(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) if !v6.is_unicast_link_local() => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        by_itself => by_itself,
    }
}

/// What is known of misbehaving addresses.
#[derive(Debug, Default)]
pub(super) struct Addresses(HashMap<IpAddr, Record>);

#[derive(Clone, Debug)]
struct Record {
    points: usize,
    /// Since when the points count.
    since: Instant,
    last: Instant,
    banned_until: Option<Instant>,
    ban_count: u32,
    /// The name of its last refused login.
    last_name: Option<[u8; 32]>,
}

impl Record {
    fn new(now: Instant) -> Self {
        Self { points: 0, since: now, last: now, banned_until: None, ban_count: 0, last_name: None }
    }

    fn ban_left(&self, now: Instant) -> Option<Duration> {
        let left = self.banned_until?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    fn points_at(&self, window: Duration, now: Instant) -> usize {
        if now.saturating_duration_since(self.since) > window { 0 } else { self.points }
    }
}

impl Addresses {
    /// Adds points; returns the length of the ban that they led to.
    pub(super) fn charge(
        &mut self,
        address: IpAddr,
        points: usize,
        rules: &PenaltyRules,
        now: Instant,
    ) -> Option<Duration> {
        self.make_room(address, now);
        let record = self.0.entry(address).or_insert_with(|| Record::new(now));
        if record.ban_left(now).is_some() {
            return None;
        }
        if now.saturating_duration_since(record.since) > rules.window {
            (record.points, record.since) = (0, now);
        }
        if now.saturating_duration_since(record.last) > rules.ban_max {
            record.ban_count = 0;
        }
        record.points += points;
        record.last = now;
        if record.points < rules.threshold {
            return None;
        }
        let time = ban_time(rules, record.ban_count);
        record.ban_count += 1;
        record.banned_until = now.checked_add(time);
        // Its memory outlives the ban, so that the next one is longer.
        record.last = record.banned_until.unwrap_or(now);
        record.points = 0;
        Some(time)
    }

    pub(super) fn ban(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        self.0.get(&address)?.ban_left(now)
    }

    /// Whether the address tried another name before; remembers this one.
    pub(super) fn tries_other_name(
        &mut self,
        address: IpAddr,
        name: [u8; 32],
        now: Instant,
    ) -> bool {
        self.make_room(address, now);
        let record = self.0.entry(address).or_insert_with(|| Record::new(now));
        record.last_name.replace(name).is_some_and(|last| last != name)
    }

    pub(super) fn forget(&mut self, address: IpAddr) -> usize {
        usize::from(self.0.remove(&address).is_some())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn lines(&self, window: Duration, now: Instant) -> Vec<AddressLine> {
        let known = self.0.iter();
        known
            .map(|(address, record)| AddressLine {
                address: shown(*address),
                points: record.points_at(window, now),
                banned_for_secs: record.ban_left(now).map(|left| left.as_secs().max(1)),
                bans: record.ban_count,
            })
            .filter(|line| line.points > 0 || line.banned_for_secs.is_some() || line.bans > 0)
            .collect()
    }

    /// Forgets an eighth of the table when it is full: first those that are not shut out, the
    /// longest silent first.
    fn make_room(&mut self, newcomer: IpAddr, now: Instant) {
        if self.0.len() < ENTRIES_MAX || self.0.contains_key(&newcomer) {
            return;
        }
        let mut by_worth: Vec<_> = self
            .0
            .iter()
            .map(|(address, record)| {
                (
                    record.ban_left(now).is_some(),
                    Reverse(now.checked_duration_since(record.last)),
                    *address,
                )
            })
            .collect();
        by_worth.sort_unstable();
        for (_, _, address) in by_worth.into_iter().take(ENTRIES_MAX / 8) {
            self.0.remove(&address);
        }
    }
}

/// Each ban is half as long again as the one before.
fn ban_time(rules: &PenaltyRules, bans_before: u32) -> Duration {
    let mut time = rules.ban;
    for _ in 0..bans_before {
        time = time.saturating_add(time / 2);
        if time >= rules.ban_max {
            break;
        }
    }
    time.min(rules.ban_max)
}

fn shown(address: IpAddr) -> String {
    match address {
        IpAddr::V6(v6) if !v6.is_unicast_link_local() => format!("{address}/64"),
        by_itself => by_itself.to_string(),
    }
}

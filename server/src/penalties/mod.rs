//! What misbehaviour costs: points by address until it is shut out for a time, and patience by
//! account name. Both doors share one table, bounded, in memory, on the monotonic clock that its
//! callers read.
//!
//! An address collects points; a name only makes its own logins slower, whoever tries them, so
//! that nobody can lock out the person it belongs to. Whether a name exists changes nothing that
//! the peer can see: neither points nor patience.

mod address;
mod name;
mod report;

pub(crate) use address::counted_address;
pub(crate) use report::{AddressLine, NameLine, PenaltyReport};

use crate::audit::{Action, AuditLog, Line};
use crate::config::PenaltyRules;
use address::Addresses;
use name::Names;
use parking_lot::Mutex;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// The table of penalties.
#[derive(Debug)]
pub(crate) struct Penalties {
    rules: PenaltyRules,
    log: AuditLog,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    addresses: Addresses,
    names: Names,
}

/// Something that a stranger did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offence {
    /// A TLS handshake that failed or never ended.
    Handshake,
    /// A login that never came.
    Silence,
    /// Bytes that are no message, or a message out of order, before a login.
    Garbage,
    /// A key or invitation that is not valid.
    Credential,
}

impl Offence {
    fn points(self) -> usize {
        match self {
            Self::Handshake | Self::Silence | Self::Credential => 1,
            Self::Garbage => 3,
        }
    }
}

impl Penalties {
    /// An empty table.
    pub(crate) fn new(rules: PenaltyRules, log: AuditLog) -> Self {
        Self { rules, log, table: Mutex::default() }
    }

    /// Charges an address with an offence.
    pub(crate) fn charge(&self, peer: IpAddr, offence: Offence, now: Instant) {
        self.charge_points(peer, offence.points(), now);
    }

    /// Charges a refused login to its address and its name. `is_known` says whether the name may
    /// be shown: an unknown one may be a password in the wrong field.
    pub(crate) fn wrong_login(&self, peer: IpAddr, name: &str, is_known: bool, now: Instant) {
        let digest = name::digest(name);
        let is_other_name = {
            let mut table = self.table.lock();
            table.names.charge(digest, is_known.then_some(name), self.rules.window, now);
            table.addresses.tries_other_name(counted_address(peer), digest, now)
        };
        // Whoever tries one name after the other is guessing; who repeats one may have mistyped.
        self.charge_points(peer, if is_other_name { 2 } else { 1 }, now);
    }

    /// For how long the address is still shut out.
    pub(crate) fn ban(&self, peer: IpAddr, now: Instant) -> Option<Duration> {
        self.table.lock().addresses.ban(counted_address(peer), now)
    }

    /// How long a login with this name has to wait before its password is looked at.
    pub(crate) fn patience(&self, name: &str, now: Instant) -> Duration {
        self.table.lock().names.patience(name::digest(name), self.rules.window, now)
    }

    /// All that is known, the banned first.
    pub(crate) fn report(&self, now: Instant) -> PenaltyReport {
        let table = self.table.lock();
        PenaltyReport::new(
            table.addresses.lines(self.rules.window, now),
            table.names.lines(self.rules.window, now),
        )
    }

    /// Forgets an address, a name, or with `all` everything. Returns how many entries that were.
    pub(crate) fn clear(&self, whom: &str) -> usize {
        let mut table = self.table.lock();
        if whom == ALL {
            let count = table.addresses.len() + table.names.len();
            *table = Table::default();
            return count;
        }
        let address = whom.split('/').next().and_then(|text| text.parse::<IpAddr>().ok());
        match address {
            Some(address) => table.addresses.forget(counted_address(address)),
            None => table.names.forget(name::digest(whom)),
        }
    }

    fn charge_points(&self, peer: IpAddr, points: usize, now: Instant) {
        if self.rules.exempt.iter().any(|network| network.contains(peer)) {
            return;
        }
        let address = counted_address(peer);
        let banned = self.table.lock().addresses.charge(address, points, &self.rules, now);
        if let Some(time) = banned {
            tracing::warn!(%address, secs = time.as_secs(), "shut out for misbehaviour");
            let what = format!("{address} for {} s", time.as_secs());
            self.log.record(Line::of_server(Action::ShutOut).with_text(&what));
        }
    }
}

/// Most addresses and most names in the table, about 150 bytes each.
const ENTRIES_MAX: usize = 10_000;

/// What `clear` takes for everything.
pub(crate) const ALL: &str = "all";

#[cfg(test)]
mod tests;

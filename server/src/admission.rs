//! Who may connect now: caps in all, before login, per address, per address before login, and per
//! account; and nobody whose address is shut out for what it did. Who holds a place before login
//! answers for it with its address.

use crate::config::Limits;
use crate::penalties::{Offence, Penalties, counted_address};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Counts connections by address.
#[derive(Debug)]
pub(crate) struct Admission {
    limits: Limits,
    penalties: Arc<Penalties>,
    ledger: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct Ledger {
    total: usize,
    /// Of all, those that have not logged in.
    strangers: usize,
    refused: usize,
    by_address: HashMap<IpAddr, Count>,
    by_account: HashMap<String, usize>,
}

#[derive(Debug, Default)]
struct Count {
    open: usize,
    before_login: usize,
    refused: usize,
}

/// The right to be connected; it ends when dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    admission: Arc<Admission>,
    peer: IpAddr,
    address: IpAddr,
    admitted_at: Instant,
    account: Option<String>,
    refusal: Option<Refusal>,
    /// Whether it has answered for its place, by what it was charged or by trying to log in.
    has_answered: bool,
}

/// The right to open one connection more for the data of a connection that is here already.
#[derive(Debug)]
pub(crate) struct DataPermit {
    admission: Arc<Admission>,
}

/// Why a connection is only let in to be told that it must leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The server has as many connections as it takes, in all or before a login.
    Full,
    /// This address has as many connections as it may.
    AddressFull,
    /// This account has as many connections as it may.
    AccountFull,
    /// This address is shut out for so long, for what it did.
    Banned(Duration),
}

impl Refusal {
    /// What the peer is told.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Full => "the server has as many connections as it takes".to_owned(),
            Self::AddressFull => "your address has as many connections as it may".to_owned(),
            Self::AccountFull => "your account has as many connections as it may".to_owned(),
            Self::Banned(left) => format!(
                "too many failed logins or bad messages came from your address; come back in {} \
                 minutes, or ask the server's owner to clear it",
                left.as_secs().div_ceil(60)
            ),
        }
    }

    /// When to come back.
    pub(crate) fn retry_after(self) -> Duration {
        match self {
            Self::Full | Self::AddressFull | Self::AccountFull => FULL_RETRY,
            Self::Banned(left) => left,
        }
    }
}

impl Admission {
    /// Starts with no connection.
    pub(crate) fn new(limits: &Limits, penalties: Arc<Penalties>) -> Arc<Self> {
        Arc::new(Self { limits: limits.clone(), penalties, ledger: Mutex::default() })
    }

    /// Asks for a permit. Past a cap the permit carries a refusal, to be told to the peer; `None`
    /// when even those who are told are too many, and the socket has to be closed unheard.
    pub(crate) fn admit(self: &Arc<Self>, peer: IpAddr, now: Instant) -> Option<Permit> {
        let address = counted_address(peer);
        let banned = self.penalties.ban(peer, now).map(Refusal::Banned);
        let mut ledger = self.ledger.lock();
        let refusal = banned.or_else(|| self.refusal(&ledger, address));
        if refusal.is_some() {
            let count = ledger.by_address.get(&address).map_or(0, |count| count.refused);
            if ledger.refused >= REFUSED_MAX || count >= REFUSED_PER_ADDRESS {
                return None;
            }
            ledger.refused += 1;
            ledger.by_address.entry(address).or_default().refused += 1;
        } else {
            ledger.total += 1;
            ledger.strangers += 1;
            let count = ledger.by_address.entry(address).or_default();
            count.open += 1;
            count.before_login += 1;
        }
        let admission = Arc::clone(self);
        let (account, has_answered) = (None, false);
        Some(Permit { admission, peer, address, admitted_at: now, account, refusal, has_answered })
    }

    fn refusal(&self, ledger: &Ledger, address: IpAddr) -> Option<Refusal> {
        if ledger.total >= self.limits.connections_max
            || ledger.strangers >= self.limits.before_login_max
        {
            return Some(Refusal::Full);
        }
        let count = ledger.by_address.get(&address)?;
        let is_full = count.open >= self.limits.connections_per_address
            || count.before_login >= self.limits.before_login_per_address;
        is_full.then_some(Refusal::AddressFull)
    }
}

impl Permit {
    /// Why the peer must leave, if it must.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// Charges what was done before a login; whoever is logged in answers for itself.
    pub(crate) fn charge(&mut self, offence: Offence, now: Instant) {
        if self.is_strangers() {
            self.has_answered = true;
            self.admission.penalties.charge(self.peer, offence, now);
        }
    }

    /// Somebody tries to log in, and is charged if that is refused: going away then is no offence.
    pub(crate) fn tries_to_log_in(&mut self) {
        self.has_answered = true;
    }

    fn is_strangers(&self) -> bool {
        self.refusal.is_none() && self.account.is_none()
    }

    /// Asks for a connection more, for data. It counts among all, for the pool must have room for
    /// it, and not for the address: one client's transfer takes two connections by FTP's nature.
    pub(crate) fn for_data(&self) -> Option<DataPermit> {
        let mut ledger = self.admission.ledger.lock();
        if ledger.total >= self.admission.limits.connections_max {
            return None;
        }
        ledger.total += 1;
        Some(DataPermit { admission: Arc::clone(&self.admission) })
    }

    /// The login is done: the connection no longer counts as a stranger's, but as `account`'s,
    /// unless that has as many as it may: those of the limits, or fewer as its terms say.
    pub(crate) fn logged_in(
        &mut self,
        account: &str,
        connections_max: Option<usize>,
    ) -> Result<(), Refusal> {
        if !self.is_strangers() {
            return Ok(());
        }
        self.has_answered = true;
        let mut ledger = self.admission.ledger.lock();
        let count = ledger.by_account.entry(account.to_owned()).or_default();
        let most = self.admission.limits.connections_per_account;
        if *count >= connections_max.map_or(most, |own| own.min(most)) {
            return Err(Refusal::AccountFull);
        }
        *count += 1;
        ledger.strangers -= 1;
        if let Some(count) = ledger.by_address.get_mut(&self.address) {
            count.before_login -= 1;
        }
        self.account = Some(account.to_owned());
        Ok(())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let now = Instant::now();
        // Else whoever leaves just before each deadline could hold all places for nothing.
        if !self.has_answered && now.saturating_duration_since(self.admitted_at) > GLANCE_MAX {
            self.charge(Offence::Silence, now);
        }
        let mut ledger = self.admission.ledger.lock();
        let is_refused = self.refusal.is_some();
        let is_stranger = self.is_strangers();
        ledger.refused -= usize::from(is_refused);
        ledger.total -= usize::from(!is_refused);
        ledger.strangers -= usize::from(is_stranger);
        if let Some(count) = ledger.by_address.get_mut(&self.address) {
            count.refused -= usize::from(is_refused);
            count.open -= usize::from(!is_refused);
            count.before_login -= usize::from(is_stranger);
            if count.open == 0 && count.refused == 0 {
                ledger.by_address.remove(&self.address);
            }
        }
        if let Some(account) = &self.account
            && let Some(count) = ledger.by_account.get_mut(account)
        {
            *count -= 1;
            if *count == 0 {
                ledger.by_account.remove(account);
            }
        }
    }
}

impl Drop for DataPermit {
    fn drop(&mut self) {
        self.admission.ledger.lock().total -= 1;
    }
}

/// Refused connections that are told so at the same time, in all and by address.
const REFUSED_MAX: usize = 64;
const REFUSED_PER_ADDRESS: usize = 8;

/// How long a stranger may look in and go without a word: probes of a port are quicker.
const GLANCE_MAX: Duration = Duration::from_secs(2);

/// When one for whom there is no room should come back.
const FULL_RETRY: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::AuditLog;
    use crate::config::PenaltyRules;
    use crate::penalties::Offence;

    fn admission(max: usize, per_address: usize, before_login: usize) -> Arc<Admission> {
        new(&Limits {
            connections_max: max,
            connections_per_address: per_address,
            before_login_per_address: before_login,
            ..Limits::default()
        })
    }

    fn new(limits: &Limits) -> Arc<Admission> {
        Admission::new(
            limits,
            Arc::new(Penalties::new(PenaltyRules::default(), AuditLog::unwritten())),
        )
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_address_has_its_own_cap_before_login_and_after() {
        let admission = admission(100, 3, 2);
        let mut first = admission.admit(ip("127.0.0.1"), Instant::now()).unwrap();
        let _second = admission.admit(ip("127.0.0.1"), Instant::now()).unwrap();
        let third = admission.admit(ip("127.0.0.1"), Instant::now()).unwrap();
        assert_eq!(third.refusal(), Some(Refusal::AddressFull));
        drop(third);
        first.logged_in("ann", None).unwrap();
        let third = admission.admit(ip("127.0.0.1"), Instant::now()).unwrap();
        assert_eq!(third.refusal(), None);
        first.logged_in("ann", None).unwrap();
        assert_eq!(
            admission.admit(ip("127.0.0.1"), Instant::now()).unwrap().refusal(),
            Some(Refusal::AddressFull)
        );
        assert_eq!(admission.admit(ip("127.0.0.2"), Instant::now()).unwrap().refusal(), None);
    }

    #[test]
    fn a_dropped_permit_makes_room_and_leaves_no_trace() {
        let admission = admission(1, 1, 1);
        let permit = admission.admit(ip("10.0.0.1"), Instant::now()).unwrap();
        assert_eq!(
            admission.admit(ip("10.0.0.2"), Instant::now()).unwrap().refusal(),
            Some(Refusal::Full)
        );
        drop(permit);
        assert!(admission.ledger.lock().by_address.is_empty());
        assert_eq!(admission.admit(ip("10.0.0.2"), Instant::now()).unwrap().refusal(), None);
    }

    #[test]
    fn an_account_has_its_cap_from_whatever_address() {
        let limits = Limits { connections_per_account: 1, ..Limits::default() };
        let admission = new(&limits);
        let mut first = admission.admit(ip("10.0.0.1"), Instant::now()).unwrap();
        let mut second = admission.admit(ip("10.0.0.2"), Instant::now()).unwrap();
        first.logged_in("ann", None).unwrap();
        assert_eq!(second.logged_in("ann", None), Err(Refusal::AccountFull));
        second.logged_in("bob", Some(1)).unwrap();
        drop(first);
        let mut third = admission.admit(ip("10.0.0.3"), Instant::now()).unwrap();
        third.logged_in("ann", None).unwrap();
        drop((second, third));
        assert!(admission.ledger.lock().by_account.is_empty());
    }

    #[test]
    fn data_connections_count_among_all_and_for_no_address() {
        let admission = admission(2, 1, 1);
        let permit = admission.admit(ip("10.0.0.1"), Instant::now()).unwrap();
        let data = permit.for_data().unwrap();
        assert!(permit.for_data().is_none());
        let now = Instant::now();
        assert_eq!(admission.admit(ip("10.0.0.2"), now).unwrap().refusal(), Some(Refusal::Full));
        drop(data);
        assert_eq!(admission.admit(ip("10.0.0.2"), now).unwrap().refusal(), None);
    }

    #[test]
    fn an_ipv6_host_is_one_address() {
        let admission = admission(9, 1, 1);
        let _permit = admission.admit(ip("2001:db8::1"), Instant::now()).unwrap();
        let refusal = admission.admit(ip("2001:db8::2"), Instant::now()).unwrap().refusal();
        assert_eq!(refusal, Some(Refusal::AddressFull));
    }

    #[test]
    fn those_who_are_told_are_bounded_too() {
        let admission = admission(0, 1, 1);
        let now = Instant::now();
        let each = REFUSED_PER_ADDRESS;
        let peer = |number: usize| ip(&format!("10.0.0.{}", number / each));
        let told: Vec<_> = (0..REFUSED_MAX).map(|n| admission.admit(peer(n), now)).collect();
        assert!(told.iter().all(Option::is_some));
        assert!(admission.admit(ip("10.0.0.99"), now).is_none());
    }

    #[test]
    fn strangers_leave_room_for_those_who_log_in() {
        let limits = Limits { connections_max: 3, before_login_max: 2, ..Limits::default() };
        let admission = new(&limits);
        let now = Instant::now();
        let mut first = admission.admit(ip("10.0.0.1"), now).unwrap();
        let _second = admission.admit(ip("10.0.0.2"), now).unwrap();
        let third = admission.admit(ip("10.0.0.3"), now).unwrap();
        assert_eq!(third.refusal(), Some(Refusal::Full));
        first.logged_in("ann", None).unwrap();
        assert_eq!(admission.admit(ip("10.0.0.3"), now).unwrap().refusal(), None);
    }

    /// Charges came with deadlines alone: 188 addresses that left a second before them, and came
    /// again, held every place that strangers have, for ever and for nothing.
    #[test]
    fn who_holds_a_place_and_leaves_without_a_word_answers_for_it() {
        let admission = new(&Limits::default());
        let now = Instant::now();
        let points =
            || admission.penalties.report(now).addresses.first().map_or(0, |one| one.points);
        let admit = |at: Instant| admission.admit(ip("10.0.0.1"), at).unwrap();
        let earlier = now.checked_sub(GLANCE_MAX * 2).unwrap();
        drop(admit(now));
        assert_eq!(points(), 0, "a glance is free");
        admit(earlier).tries_to_log_in();
        admit(earlier).logged_in("ann", None).unwrap();
        assert_eq!(points(), 0, "a login is judged by itself");
        drop(admit(earlier));
        assert_eq!(points(), 1);
        admit(earlier).charge(Offence::Garbage, now);
        assert_eq!(points(), 4, "once");
    }

    #[test]
    fn whoever_is_shut_out_is_told_and_soon_not_even_that() {
        let admission = admission(100, 100, 100);
        let now = Instant::now();
        for _ in 0..5 {
            admission.penalties.charge(ip("10.0.0.1"), Offence::Garbage, now);
        }
        let told: Vec<_> = (0..REFUSED_PER_ADDRESS)
            .map(|_| admission.admit(ip("10.0.0.1"), now).unwrap())
            .collect();
        let refusal = told[0].refusal().unwrap();
        assert_eq!(refusal, Refusal::Banned(Duration::from_mins(30)));
        assert!(refusal.text().contains("30 minutes"));
        assert!(admission.admit(ip("10.0.0.1"), now).is_none());
        assert_eq!(admission.admit(ip("10.0.0.2"), now).unwrap().refusal(), None);
        drop(told);
        assert!(admission.ledger.lock().by_address.is_empty());
    }
}

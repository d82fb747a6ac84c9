//! Who may connect now: caps in all, per address, per address before login, and per account. An
//! IPv6 address counts as its /64, for that is what one host is given.

use crate::config::Limits;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

/// Counts connections by address.
#[derive(Debug)]
pub(crate) struct Admission {
    limits: Limits,
    ledger: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct Ledger {
    total: usize,
    refused: usize,
    by_address: HashMap<IpAddr, Count>,
    by_account: HashMap<String, usize>,
}

#[derive(Debug, Default)]
struct Count {
    open: usize,
    before_login: usize,
}

/// The right to be connected; it ends when dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    admission: Arc<Admission>,
    address: IpAddr,
    account: Option<String>,
    refusal: Option<Refusal>,
}

/// The right to open one connection more for the data of a connection that is here already.
#[derive(Debug)]
pub(crate) struct DataPermit {
    admission: Arc<Admission>,
}

/// Why a connection is only let in to be told that it must leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The server has as many connections as it takes.
    Full,
    /// This address has as many connections as it may.
    AddressFull,
    /// This account has as many connections as it may.
    AccountFull,
}

impl Admission {
    /// Starts with no connection.
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self { limits: limits.clone(), ledger: Mutex::default() })
    }

    /// Asks for a permit. Past a cap the permit carries a refusal, to be told to the peer; `None`
    /// when even those who are told are too many, and the socket has to be closed unheard.
    pub(crate) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Permit> {
        let address = counted_address(peer);
        let mut ledger = self.ledger.lock();
        let refusal = self.refusal(&ledger, address);
        if refusal.is_some() {
            if ledger.refused >= REFUSED_MAX {
                return None;
            }
            ledger.refused += 1;
        } else {
            ledger.total += 1;
            let count = ledger.by_address.entry(address).or_default();
            count.open += 1;
            count.before_login += 1;
        }
        let admission = Arc::clone(self);
        Some(Permit { admission, address, account: None, refusal })
    }

    fn refusal(&self, ledger: &Ledger, address: IpAddr) -> Option<Refusal> {
        if ledger.total >= self.limits.connections_max {
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
    /// unless that has as many as it may.
    pub(crate) fn logged_in(&mut self, account: &str) -> Result<(), Refusal> {
        if self.account.is_some() || self.refusal.is_some() {
            return Ok(());
        }
        let mut ledger = self.admission.ledger.lock();
        let count = ledger.by_account.entry(account.to_owned()).or_default();
        if *count >= self.admission.limits.connections_per_account {
            return Err(Refusal::AccountFull);
        }
        *count += 1;
        if let Some(count) = ledger.by_address.get_mut(&self.address) {
            count.before_login -= 1;
        }
        self.account = Some(account.to_owned());
        Ok(())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut ledger = self.admission.ledger.lock();
        if self.refusal.is_some() {
            ledger.refused -= 1;
            return;
        }
        ledger.total -= 1;
        if let Some(count) = ledger.by_address.get_mut(&self.address) {
            count.open -= 1;
            count.before_login -= usize::from(self.account.is_none());
            if count.open == 0 {
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

fn counted_address(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Refused connections that are told so at the same time.
const REFUSED_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(max: usize, per_address: usize, before_login: usize) -> Arc<Admission> {
        Admission::new(&Limits {
            connections_max: max,
            connections_per_address: per_address,
            before_login_per_address: before_login,
            ..Limits::default()
        })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_address_has_its_own_cap_before_login_and_after() {
        let admission = admission(100, 3, 2);
        let mut first = admission.admit(ip("127.0.0.1")).unwrap();
        let _second = admission.admit(ip("127.0.0.1")).unwrap();
        let third = admission.admit(ip("127.0.0.1")).unwrap();
        assert_eq!(third.refusal(), Some(Refusal::AddressFull));
        drop(third);
        first.logged_in("ann").unwrap();
        let third = admission.admit(ip("127.0.0.1")).unwrap();
        assert_eq!(third.refusal(), None);
        first.logged_in("ann").unwrap();
        assert_eq!(admission.admit(ip("127.0.0.1")).unwrap().refusal(), Some(Refusal::AddressFull));
        assert_eq!(admission.admit(ip("127.0.0.2")).unwrap().refusal(), None);
    }

    #[test]
    fn a_dropped_permit_makes_room_and_leaves_no_trace() {
        let admission = admission(1, 1, 1);
        let permit = admission.admit(ip("10.0.0.1")).unwrap();
        assert_eq!(admission.admit(ip("10.0.0.2")).unwrap().refusal(), Some(Refusal::Full));
        drop(permit);
        assert!(admission.ledger.lock().by_address.is_empty());
        assert_eq!(admission.admit(ip("10.0.0.2")).unwrap().refusal(), None);
    }

    #[test]
    fn an_account_has_its_cap_from_whatever_address() {
        let limits = Limits { connections_per_account: 1, ..Limits::default() };
        let admission = Admission::new(&limits);
        let mut first = admission.admit(ip("10.0.0.1")).unwrap();
        let mut second = admission.admit(ip("10.0.0.2")).unwrap();
        first.logged_in("ann").unwrap();
        assert_eq!(second.logged_in("ann"), Err(Refusal::AccountFull));
        second.logged_in("bob").unwrap();
        drop(first);
        let mut third = admission.admit(ip("10.0.0.3")).unwrap();
        third.logged_in("ann").unwrap();
        drop((second, third));
        assert!(admission.ledger.lock().by_account.is_empty());
    }

    #[test]
    fn data_connections_count_among_all_and_for_no_address() {
        let admission = admission(2, 1, 1);
        let permit = admission.admit(ip("10.0.0.1")).unwrap();
        let data = permit.for_data().unwrap();
        assert!(permit.for_data().is_none());
        assert_eq!(admission.admit(ip("10.0.0.2")).unwrap().refusal(), Some(Refusal::Full));
        drop(data);
        assert_eq!(admission.admit(ip("10.0.0.2")).unwrap().refusal(), None);
    }

    #[test]
    fn an_ipv6_host_is_one_address() {
        let admission = admission(9, 1, 1);
        let _permit = admission.admit(ip("2001:db8::1")).unwrap();
        let refusal = admission.admit(ip("2001:db8::2")).unwrap().refusal();
        assert_eq!(refusal, Some(Refusal::AddressFull));
    }

    #[test]
    fn those_who_are_told_are_bounded_too() {
        let admission = admission(0, 1, 1);
        let told: Vec<_> = (0..REFUSED_MAX).map(|_| admission.admit(ip("10.0.0.1"))).collect();
        assert!(told.iter().all(Option::is_some));
        assert!(admission.admit(ip("10.0.0.1")).is_none());
    }
}

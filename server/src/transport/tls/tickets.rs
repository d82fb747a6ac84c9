//! Session tickets that say to which session of ours they belong. rustls tells that of TLS 1.3 only,
//! and a data connection has to prove it by TLS 1.2, too.

use rustls::server::ProducesTickets;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The tickets of one connection: those that it gives out name the session that it belongs to, and
/// of the one that its peer shows it remembers the session.
#[derive(Debug)]
pub(super) struct BoundTickets {
    tickets: Arc<dyn ProducesTickets>,
    session: u64,
    /// The session of the ticket that was read last. rustls stops reading at the one that it takes.
    shown: AtomicU64,
}

impl BoundTickets {
    /// Tickets of `session`, which is no session's number twice and never the largest one.
    pub(super) fn new(tickets: Arc<dyn ProducesTickets>, session: u64) -> Arc<Self> {
        Arc::new(Self { tickets, session, shown: AtomicU64::new(NONE) })
    }

    /// The session whose ticket was read, if one was.
    pub(super) fn shown(&self) -> Option<u64> {
        Some(self.shown.load(Ordering::Relaxed)).filter(|session| *session != NONE)
    }
}

impl ProducesTickets for BoundTickets {
    fn enabled(&self) -> bool {
        self.tickets.enabled()
    }

    fn lifetime(&self) -> u32 {
        self.tickets.lifetime()
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.tickets.encrypt(&[&self.session.to_be_bytes(), plain].concat())
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        let bound = self.tickets.decrypt(cipher)?;
        let (session, plain) = bound.split_first_chunk()?;
        self.shown.store(u64::from_be_bytes(*session), Ordering::Relaxed);
        Some(plain.to_vec())
    }
}

const NONE: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_tells_whose_it_is_and_a_forged_one_nothing() {
        let tickets = rustls::crypto::aws_lc_rs::Ticketer::new().unwrap();
        let (one, two) =
            (BoundTickets::new(Arc::clone(&tickets), 7), BoundTickets::new(tickets, 8));
        let mut ticket = one.encrypt(b"state").unwrap();
        assert_eq!(two.shown(), None);
        assert_eq!(two.decrypt(&ticket).unwrap(), b"state");
        assert_eq!(two.shown(), Some(7));
        if let Some(byte) = ticket.last_mut() {
            *byte ^= 1;
        }
        assert_eq!((one.decrypt(&ticket), one.shown()), (None, None));
    }
}

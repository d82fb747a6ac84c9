//! The deadline of every state a connection can wait in. Each begins when the state does, not
//! when a byte comes, so that one byte now and then holds nothing open.

use crate::config::Limits;
use crate::stall::Stall;
use std::time::{Duration, Instant};

/// Keeps a connection's deadlines.
#[derive(Debug)]
pub(super) struct Deadlines {
    accepted_at: Instant,
    message_began_at: Option<Instant>,
    stall: Stall,
    lingers_since: Option<Instant>,
}

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// The TLS handshake.
    Handshake,
    /// Hello and login.
    Login,
    /// The next request.
    Request,
    /// The rest of a message.
    Message,
    /// Content, or room for content.
    Transfer,
    /// The committer or the password lane.
    Outcome,
    /// The peer's end, after ours.
    Linger,
}

impl Deadlines {
    /// For a connection accepted at `now`.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            accepted_at: now,
            message_began_at: None,
            stall: Stall::default(),
            lingers_since: None,
        }
    }

    /// When `wait`, which is entered or gone on with at `now`, has to end.
    pub(super) fn until(&mut self, wait: Wait, now: Instant, limits: &Limits) -> Instant {
        if wait != Wait::Message {
            self.message_began_at = None;
        }
        if !matches!(wait, Wait::Transfer | Wait::Message) {
            self.stall.end();
        }
        match wait {
            Wait::Handshake => self.accepted_at + limits.handshake,
            Wait::Login => self.accepted_at + limits.login,
            Wait::Request => now + limits.idle,
            Wait::Message => self.message_until(now, limits),
            Wait::Transfer => self.stall.until(now, limits.stall),
            Wait::Outcome => now + OUTCOME_MAX,
            Wait::Linger => *self.lingers_since.get_or_insert(now) + limits.linger,
        }
    }

    /// A transfer moved `bytes`. A new stretch begins once the present one has moved enough.
    pub(super) fn moved(&mut self, bytes: usize, now: Instant) {
        self.stall.moved(bytes, now);
    }

    /// A message came whole, or the front of content did: the next one has its own time.
    pub(super) fn message_came(&mut self) {
        self.message_began_at = None;
    }

    /// A transfer is over: the next one has its own stretch.
    pub(super) fn transfer_ended(&mut self) {
        self.stall.end();
    }

    /// Within a transfer, a slow header takes none of its time away from the stretch.
    fn message_until(&mut self, now: Instant, limits: &Limits) -> Instant {
        let until = *self.message_began_at.get_or_insert(now) + limits.message;
        let stretch = self.stall.present(limits.stall);
        stretch.map_or(until, |stretch| stretch.min(until))
    }
}

/// Longest wait for the disk.
const OUTCOME_MAX: Duration = Duration::from_mins(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_now_and_then_does_not_extend_a_message_or_a_transfer() {
        let limits = Limits::default();
        let start = Instant::now();
        let later = start + Duration::from_secs(5);
        let mut deadlines = Deadlines::new(start);
        let first = deadlines.until(Wait::Message, start, &limits);
        assert_eq!(deadlines.until(Wait::Message, later, &limits), first);
        let first = deadlines.until(Wait::Transfer, start, &limits);
        deadlines.moved(1, later);
        assert_eq!(deadlines.until(Wait::Transfer, later, &limits), first);
        deadlines.moved(200 * 1024, later);
        assert_eq!(deadlines.until(Wait::Transfer, later, &limits), later + limits.stall);
    }

    #[test]
    fn a_linger_is_not_extended_by_what_still_comes() {
        let limits = Limits::default();
        let start = Instant::now();
        let mut deadlines = Deadlines::new(start);
        let first = deadlines.until(Wait::Linger, start, &limits);
        let later = start + Duration::from_secs(1);
        assert_eq!(deadlines.until(Wait::Linger, later, &limits), first);
    }

    #[test]
    fn each_message_has_its_own_time_though_the_wait_never_ends_between_two() {
        let limits = Limits::default();
        let start = Instant::now();
        let later = start + Duration::from_secs(10);
        let mut deadlines = Deadlines::new(start);
        deadlines.until(Wait::Message, start, &limits);
        deadlines.message_came();
        assert_eq!(deadlines.until(Wait::Message, later, &limits), later + limits.message);
    }

    #[test]
    fn halting_headers_do_not_extend_a_transfer() {
        let limits = Limits::default();
        let start = Instant::now();
        let mut deadlines = Deadlines::new(start);
        let first = deadlines.until(Wait::Transfer, start, &limits);
        let later = start + limits.stall / 2;
        assert_eq!(deadlines.until(Wait::Message, later, &limits), first);
        deadlines.message_came();
        assert_eq!(deadlines.until(Wait::Transfer, later, &limits), first);
        deadlines.transfer_ended();
        assert_eq!(deadlines.until(Wait::Transfer, later, &limits), later + limits.stall);
    }

    #[test]
    fn handshake_and_login_count_from_the_accept() {
        let limits = Limits::default();
        let start = Instant::now();
        let mut deadlines = Deadlines::new(start);
        let later = start + Duration::from_secs(3);
        assert_eq!(deadlines.until(Wait::Handshake, later, &limits), start + limits.handshake);
        assert_eq!(deadlines.until(Wait::Login, later, &limits), start + limits.login);
        assert_eq!(deadlines.until(Wait::Request, later, &limits), later + limits.idle);
    }
}

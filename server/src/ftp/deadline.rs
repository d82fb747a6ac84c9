//! The deadline of every state that a control connection can wait in.

use crate::config::Limits;
use std::time::{Duration, Instant};

/// Keeps a control connection's deadlines.
#[derive(Debug)]
pub(super) struct Deadlines {
    accepted_at: Instant,
    handshake_began_at: Instant,
    partial_since: Option<Instant>,
    lingers_since: Option<Instant>,
    blocked_since: Option<Instant>,
    /// When the present wait is over; `None` for one that is not ended from here.
    ends_at: Option<Instant>,
}

/// What a control connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// The TLS handshake.
    Handshake,
    /// USER, PASS, and what may come before them.
    Login,
    /// The next command.
    Command,
    /// The rest of a line.
    Line,
    /// That the client reads its replies.
    Unread,
    /// A transfer. Its data connection has deadlines of its own, and so has the committer.
    Transfer,
    /// The peer's end, after ours.
    Linger,
}

impl Deadlines {
    /// For a connection accepted at `now`.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            accepted_at: now,
            handshake_began_at: now,
            partial_since: None,
            lingers_since: None,
            blocked_since: None,
            ends_at: Some(now),
        }
    }

    /// A handshake begins.
    pub(super) fn handshake_began(&mut self, now: Instant) {
        self.handshake_began_at = now;
    }

    /// A line came whole: the next one has its own time.
    pub(super) fn line_came(&mut self) {
        self.partial_since = None;
    }

    /// All replies are out.
    pub(super) fn replies_went(&mut self) {
        self.blocked_since = None;
    }

    /// When to look again at `wait`, which is entered or gone on with at `now`.
    pub(super) fn until(&mut self, wait: Wait, now: Instant, limits: &Limits) -> Instant {
        if wait != Wait::Line {
            self.partial_since = None;
        }
        self.ends_at = match wait {
            Wait::Handshake => Some(self.handshake_began_at + limits.handshake),
            Wait::Login => Some(self.accepted_at + limits.login),
            Wait::Command => Some(now + limits.idle),
            Wait::Line => Some(*self.partial_since.get_or_insert(now) + limits.message),
            Wait::Unread => Some(*self.blocked_since.get_or_insert(now) + limits.idle),
            Wait::Transfer => None,
            Wait::Linger => Some(*self.lingers_since.get_or_insert(now) + limits.linger),
        };
        self.ends_at.unwrap_or(now + TRANSFER_LOOK)
    }

    /// Whether the present wait is over.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.ends_at.is_some_and(|end| end <= now)
    }
}

/// How long a control connection waits for its transfer before it looks again.
const TRANSFER_LOOK: Duration = Duration::from_hours(24);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_ends_a_dialogue_and_no_transfer() {
        let limits = Limits::default();
        let start = Instant::now();
        let mut deadlines = Deadlines::new(start);
        let idle = deadlines.until(Wait::Command, start, &limits);
        assert!(!deadlines.is_over(start) && deadlines.is_over(idle));
        let days = start + Duration::from_hours(72);
        deadlines.until(Wait::Transfer, start, &limits);
        assert!(!deadlines.is_over(days));
        assert!(deadlines.until(Wait::Transfer, days, &limits) > days);
    }

    #[test]
    fn replies_that_nobody_reads_end_a_dialogue_whatever_runs_beside_it() {
        let limits = Limits::default();
        let start = Instant::now();
        let later = start + Duration::from_secs(5);
        let mut deadlines = Deadlines::new(start);
        let unread = deadlines.until(Wait::Unread, start, &limits);
        assert_eq!(deadlines.until(Wait::Unread, later, &limits), unread);
        assert!(deadlines.is_over(unread));
        deadlines.replies_went();
        assert_eq!(deadlines.until(Wait::Unread, later, &limits), later + limits.idle);
    }

    #[test]
    fn a_byte_now_and_then_extends_neither_a_line_nor_a_login() {
        let limits = Limits::default();
        let start = Instant::now();
        let later = start + Duration::from_secs(5);
        let mut deadlines = Deadlines::new(start);
        let login = deadlines.until(Wait::Login, start, &limits);
        assert_eq!(deadlines.until(Wait::Login, later, &limits), login);
        let line = deadlines.until(Wait::Line, start, &limits);
        assert_eq!(deadlines.until(Wait::Line, later, &limits), line);
        deadlines.line_came();
        assert_eq!(deadlines.until(Wait::Line, later, &limits), later + limits.message);
    }
}

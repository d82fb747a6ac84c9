//! What a data connection needs before it has a socket: its cargo, and whom its outcome is told to.

use super::{Cargo, Carried, Ended, Failure, Link};
use crate::admission::DataPermit;
use crate::config::DataBinding;
use crate::door::Turn;
use crate::ftp::FtpDoor;
use crate::ftp::reply::Reply;
use crate::sys;
use crate::transport::Channel;
use crate::wake::{Pending, Promise, Waker, promise};
use std::net::TcpStream;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// All that a data connection needs but its socket.
#[derive(Debug)]
pub(in crate::ftp) struct Prepared {
    pub(in crate::ftp) door: Arc<FtpDoor>,
    #[expect(dead_code, reason = "held for as long as the connection is open")]
    pub(in crate::ftp) permit: DataPermit,
    /// `None` once it was let go.
    pub(in crate::ftp) cargo: Option<Box<dyn Cargo>>,
    pub(in crate::ftp) security: Security,
    pub(in crate::ftp) link: Arc<Link>,
    /// Waker of the control connection.
    pub(in crate::ftp) control: Waker,
    /// Its socket.
    pub(in crate::ftp) control_socket: Weak<TcpStream>,
    /// When the client was told that it begins.
    pub(in crate::ftp) opened_at: Instant,
    /// Where the outcome goes; `None` while the control connection's own turn carries it.
    pub(in crate::ftp) report: Option<Promise<Ended>>,
}

/// How a data connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ftp) enum Security {
    /// Not at all.
    Plain,
    /// By TLS, bound to the control connection of this session.
    Tls(u64),
}

impl Prepared {
    /// What this end shares with the other.
    pub(in crate::ftp) fn link(&self) -> &Link {
        &self.link
    }

    /// Has the outcome told as a promise from now on.
    pub(in crate::ftp) fn report_later(&mut self) -> Pending<Ended> {
        let lost = Ended::Failed(Reply::new(426, "Data connection lost."));
        let (promise, pending) = promise(&self.control, lost);
        self.report = Some(promise);
        pending
    }

    /// Whether the client has left. A program that is killed ends both of its connections, and the
    /// end of what it sent looks as if that were all; so does one whose machine lost its way.
    pub(super) fn is_alone(&self, now: Instant) -> bool {
        let may_be_cut = self.cargo.as_ref().is_some_and(|cargo| cargo.may_be_cut(now));
        let patience = if may_be_cut { MOMENT } else { Duration::ZERO };
        let is_gone = |socket: Arc<TcpStream>| sys::is_closed_by_peer_within(&socket, patience);
        self.control_socket.upgrade().is_none_or(is_gone)
    }

    /// One in place of that which the connection used up. A client that sends need not read, and
    /// some close with the ticket unread: their system answers with a reset, which throws away what
    /// of the upload was still on its way. It is risked only where a ticket must be had.
    pub(super) fn tickets_given(&self) -> usize {
        let must_resume = self.door.config.data_binding == DataBinding::Require;
        usize::from(must_resume || !self.is_incoming())
    }

    pub(super) fn is_incoming(&self) -> bool {
        self.cargo.as_ref().is_some_and(|cargo| cargo.is_incoming())
    }

    pub(super) fn is_bulk(&self) -> bool {
        self.cargo.as_ref().is_some_and(|cargo| cargo.is_bulk())
    }

    pub(super) fn carry(
        &mut self,
        channel: &mut Channel,
        turn: &mut Turn<'_>,
    ) -> Result<Carried, Failure> {
        self.cargo.as_mut().map_or(Ok(Carried::Done), |cargo| cargo.carry(channel, turn))
    }

    pub(super) fn finish(&mut self, turn: &Turn<'_>) -> Result<Ended, Failure> {
        let control = &self.control;
        self.cargo.as_mut().map_or(Ok(Ended::Aborted), |cargo| cargo.finish(control, turn))
    }

    /// Tells the outcome.
    pub(in crate::ftp) fn end(mut self, ended: Ended) {
        self.tell_and_wake(ended);
    }

    pub(super) fn tell_and_wake(&mut self, ended: Ended) {
        if let Some(control) = self.tell(ended) {
            control.wake();
        }
    }

    /// Tells the outcome; returns the control connection, if it is to be woken for it. The cargo
    /// goes first: whoever hears of the end may ask for its part at once.
    #[must_use]
    pub(super) fn tell(&mut self, ended: Ended) -> Option<Waker> {
        self.cargo = None;
        let committing = match &ended {
            Ended::Committing { outcome, .. } => Some(outcome.clone()),
            _ => None,
        };
        let control = self.report.take()?.deliver(ended);
        // Whoever commits wakes it, unless that is done.
        let is_over = committing.is_none_or(|outcome| outcome.is_there());
        is_over.then_some(control)
    }
}

/// How long a worker waits for what a client does next, where that tells how its transfer ended.
pub(super) const MOMENT: Duration = Duration::from_millis(1);

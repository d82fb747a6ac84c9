//! The turn of a control connection: replies out, commands in, and where to wait in between.

use super::control::{ControlConnection, shown_name};
use super::data::DataPlan;
use super::deadline::Wait;
use super::parse::Line;
use super::reply::Reply;
use super::work::Work;
use crate::door::{Connection, Farewell, Interest, Lane, Next, Turn};
use crate::penalties::Offence;
use crate::service::Session;
use crate::transport::Flow;
use socket2::SockRef;
use std::io;
use std::time::Instant;

/// What stops a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Nothing: go on.
    GoOn,
    /// Something has to come first.
    Wait(Interest),
    /// The turn is used up.
    Spent,
    /// It is over.
    Over,
}

impl ControlConnection {
    fn advance(&mut self, turn: &mut Turn<'_>) -> io::Result<Stop> {
        loop {
            if let Work::Closing { .. } = self.work {
                return self.close(turn);
            }
            if self.session.as_ref().is_some_and(Session::is_over) {
                self.reply(&Reply::new(421, "This login holds good no more; log in again."));
                self.begin_close();
                continue;
            }
            if !matches!(self.work, Work::Handshaking { .. }) && !self.send_replies()? {
                return Ok(Stop::Wait(Interest::Writable));
            }
            match self.go_on(turn)? {
                Stop::GoOn => {}
                Stop::Wait(Interest::Writable)
                    if !matches!(self.work, Work::Handshaking { .. }) =>
                {
                    return Ok(Stop::Wait(Interest::Writable));
                }
                stop => {
                    let is_open =
                        !matches!(self.work, Work::Handshaking { .. } | Work::Closing { .. });
                    if is_open && self.has_replies() && !self.send_replies()? {
                        return Ok(Stop::Wait(Interest::Writable));
                    }
                    return Ok(stop);
                }
            }
        }
    }

    /// The next line, as far as it is there.
    pub(super) fn read_line(&mut self, turn: &mut Turn<'_>) -> io::Result<Result<Line, Stop>> {
        loop {
            if let Some(line) = self.lines.next() {
                self.deadlines.line_came();
                turn.quantum.spend_request();
                return Ok(Ok(line));
            }
            let room = turn.content.get_mut(..READ_LEN).unwrap_or_default();
            match self.channel.read(room, turn.cipher)? {
                Flow::Count(count) => self.lines.push(room.get(..count).unwrap_or_default()),
                Flow::Blocked => return Ok(Err(Stop::Wait(Interest::Readable))),
                Flow::Ended => return Ok(Err(Stop::Over)),
            }
        }
    }

    fn close(&mut self, turn: &mut Turn<'_>) -> io::Result<Stop> {
        if !self.send_replies()? {
            return Ok(Stop::Wait(Interest::Writable));
        }
        let Work::Closing { discarded, has_shut_down } = &mut self.work else {
            return Ok(Stop::Over);
        };
        if !*has_shut_down {
            if !self.channel.send_close()? {
                return Ok(Stop::Wait(Interest::Writable));
            }
            *has_shut_down = true;
        }
        loop {
            match self.channel.discard_input(turn.cipher)? {
                Flow::Count(count) if *discarded < LINGER_BYTES_MAX => *discarded += count,
                Flow::Count(_) | Flow::Ended => return Ok(Stop::Over),
                Flow::Blocked => return Ok(Stop::Wait(Interest::Readable)),
            }
        }
    }

    fn next(&mut self, stop: Stop, now: Instant) -> Next {
        match stop {
            Stop::GoOn | Stop::Spent => Next::Again,
            Stop::Over => Next::Close,
            Stop::Wait(Interest::Readable)
                if !matches!(self.work, Work::Closing { .. })
                    && self.channel.has_hidden_input() =>
            {
                Next::Again
            }
            Stop::Wait(interest) => Next::Park(interest, self.until(now)),
        }
    }

    /// When the wait that begins now ends, or the data port does, if that is earlier.
    pub(super) fn until(&mut self, now: Instant) -> Instant {
        let wait = match &self.work {
            Work::Handshaking { .. } => Wait::Handshake,
            Work::Closing { .. } => Wait::Linger,
            _ if self.session.is_none() => Wait::Login,
            _ if self.has_replies() || self.channel.has_unsent() => Wait::Unread,
            work if work.is_transfer() => Wait::Transfer,
            _ if self.lines.has_partial() => Wait::Line,
            _ => Wait::Command,
        };
        let until = self.deadlines.until(wait, now, &self.door.limits);
        match &self.dialogue.data {
            DataPlan::Passive(passive) => until.min(passive.until()),
            DataPlan::None | DataPlan::Active(_) => until,
        }
    }

    /// A data port that nobody came to in its time is closed.
    fn drop_stale_port(&mut self, now: Instant) {
        if matches!(&self.dialogue.data, DataPlan::Passive(passive) if passive.until() <= now) {
            self.dialogue.data = DataPlan::None;
        }
    }
}

impl Connection for ControlConnection {
    fn step(&mut self, turn: &mut Turn<'_>) -> Next {
        self.channel.unstow(turn.cipher);
        if self.session.is_none() {
            turn.cipher.fill_sparingly();
        }
        self.drop_stale_port(turn.now);
        let stop = self.advance(turn).unwrap_or_else(|err| {
            if self.channel.is_handshaking() && err.kind() == io::ErrorKind::InvalidData {
                self.permit.charge(Offence::Handshake, turn.now);
            }
            tracing::debug!(peer = %self.peer, "control connection lost: {err}");
            Stop::Over
        });
        if !matches!(self.work, Work::Closing { .. }) {
            self.channel.stow(turn.cipher);
        }
        self.next(stop, turn.now)
    }

    fn socket(&self) -> SockRef<'_> {
        SockRef::from(self.channel.socket())
    }

    fn lane(&self) -> Lane {
        if self.work.is_bulk() { Lane::Bulk } else { Lane::Control }
    }

    fn is_idle(&self) -> bool {
        matches!(self.work, Work::None | Work::Handshaking { .. }) && !self.channel.has_unsent()
    }

    /// Its data port may be over earlier than it is itself.
    fn ends_at(&self, now: Instant) -> bool {
        self.deadlines.is_over(now)
    }

    fn say_farewell(&mut self, farewell: Farewell) {
        let text = match farewell {
            Farewell::TimedOut => "Too long without a command; goodbye.",
            Farewell::Stopping => "The server is stopping; come back in a moment.",
        };
        tracing::debug!(peer = %self.peer, "closed: {text}");
        if farewell == Farewell::TimedOut {
            let is_handshake = self.channel.is_handshaking();
            let offence = if is_handshake { Offence::Handshake } else { Offence::Silence };
            self.permit.charge(offence, Instant::now());
        }
        if self.channel.is_handshaking() || self.channel.has_unsent() {
            return;
        }
        self.reply(&Reply::new(421, text));
        // The peer may be gone already; nobody is left to be told of a failure.
        self.send_replies().and_then(|_| self.channel.send_close()).ok();
    }
}

impl Drop for ControlConnection {
    fn drop(&mut self) {
        self.work.abort();
        if let Some(session) = &self.session {
            let account = shown_name(session.account_name());
            tracing::info!(peer = %self.peer, account, "disconnected (FTP)");
        }
    }
}

/// Bytes read from a control connection at once.
const READ_LEN: usize = 4096;

/// Bytes that a lingering close reads and forgets.
const LINGER_BYTES_MAX: usize = 256 * 1024;

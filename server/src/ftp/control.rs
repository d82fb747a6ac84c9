//! One control connection: its turn, from the greeting to the last reply.

use super::FtpDoor;
use super::data::{DataPlan, Security};
use super::dialogue::Dialogue;
use super::parse::{CommandLine, Line, Lines};
use super::reply::Reply;
use super::work::Work;
use crate::admission::{Permit, Refusal};
use crate::config::Plaintext;
use crate::door::{Connection, Farewell, Interest, Lane, Next, Turn};
use crate::penalties::Offence;
use crate::service::Session;
use crate::transport::{Channel, Flow};
use crate::wake::Waker;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A control connection of the FTP door.
#[derive(Debug)]
pub(super) struct ControlConnection {
    pub(super) door: Arc<FtpDoor>,
    pub(super) channel: Channel,
    pub(super) peer: SocketAddr,
    pub(super) local: SocketAddr,
    pub(super) permit: Permit,
    pub(super) waker: Waker,
    pub(super) lines: Lines,
    pub(super) session: Option<Session>,
    pub(super) dialogue: Dialogue,
    pub(super) work: Work,
    /// A command that waits until the transfer before it is over.
    pub(super) held: Option<CommandLine>,
    /// Replies of this turn.
    out: Vec<u8>,
    accepted_at: Instant,
    handshake_began_at: Instant,
    partial_since: Option<Instant>,
    lingers_since: Option<Instant>,
    /// When this connection itself is over; its data port may be over earlier.
    ends_at: Instant,
}

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
    pub(super) fn new(
        door: Arc<FtpDoor>,
        channel: Channel,
        peer: SocketAddr,
        permit: Permit,
        waker: Waker,
    ) -> io::Result<Self> {
        let now = Instant::now();
        let local = channel.socket().local_addr()?;
        // An ABOR may come as urgent data (RFC 959, section 4.1.3); it is read in its place.
        SockRef::from(channel.socket()).set_out_of_band_inline(true)?;
        Ok(Self {
            door,
            channel,
            peer,
            local,
            permit,
            waker,
            lines: Lines::default(),
            session: None,
            dialogue: Dialogue::default(),
            work: Work::None,
            held: None,
            out: Vec::new(),
            accepted_at: now,
            handshake_began_at: now,
            partial_since: None,
            lingers_since: None,
            ends_at: now,
        })
    }

    /// Greets the client, or sends it away.
    pub(super) fn greet(&mut self) {
        match self.permit.refusal() {
            None => self.reply(&self.door.greeting.clone()),
            Some(refusal) => self.turn_away(refusal),
        }
        if let Err(err) = self.send_replies() {
            tracing::debug!(peer = %self.peer, "gone before the greeting: {err}");
        }
    }

    /// Waits for the client's handshake; where the connection begins with it, a greeting follows.
    pub(super) fn expect_handshake(&mut self, greets: bool) {
        self.handshake_began_at = Instant::now();
        self.work = Work::Handshaking { greets };
        let session = self.session_id();
        self.channel.bind_to(&session);
    }

    /// When the first wait ends.
    pub(super) fn first_deadline(&mut self) -> Instant {
        self.until(Instant::now())
    }

    /// How data connections are protected now.
    pub(super) fn data_security(&self) -> Security {
        if self.dialogue.is_private { Security::Tls(self.session_id()) } else { Security::Plain }
    }

    /// The connection's number, which no other has in this run, and the run's tickets are its own.
    fn session_id(&self) -> Vec<u8> {
        self.waker.key().to_be_bytes().to_vec()
    }

    /// Whether this client may go without TLS.
    pub(super) fn may_be_plain(&self) -> bool {
        match self.door.config.plaintext {
            Plaintext::Always => true,
            Plaintext::Loopback => self.peer.ip().to_canonical().is_loopback(),
            Plaintext::Never => false,
        }
    }

    /// Queues a reply.
    pub(super) fn reply(&mut self, reply: &Reply) {
        self.out.extend_from_slice(reply.as_bytes());
    }

    /// Queues lines of a reply that is under way.
    pub(super) fn reply_raw(&mut self, lines: &[u8]) {
        self.out.extend_from_slice(lines);
    }

    /// Says that there is no room.
    pub(super) fn turn_away(&mut self, refusal: Refusal) {
        let text = refusal.text();
        tracing::info!(peer = %self.peer, "refused: {text}");
        self.reply(&Reply::new(421, text));
        self.begin_close();
    }

    /// From now on nothing but the replies that are queued goes out, and what comes in is
    /// forgotten.
    pub(super) fn begin_close(&mut self) {
        self.dialogue.data = DataPlan::None;
        self.work = Work::Closing { discarded: 0, has_shut_down: false };
    }

    /// Sends replies. Returns whether all of them are out.
    pub(super) fn send_replies(&mut self) -> io::Result<bool> {
        if !self.out.is_empty() {
            self.channel.write(&self.out)?;
            self.out = Vec::new();
        }
        self.channel.flush()
    }

    /// Charges what was done before a login; whoever is logged in answers for itself.
    pub(super) fn charge_stranger(&self, offence: Offence) {
        if self.session.is_none() && self.permit.refusal().is_none() {
            self.door.service.penalties().charge(self.peer.ip(), offence, Instant::now());
        }
    }

    fn advance(&mut self, turn: &mut Turn<'_>) -> io::Result<Stop> {
        loop {
            if let Work::Closing { .. } = self.work {
                return self.close(turn);
            }
            if self.session.as_ref().is_some_and(Session::is_over) {
                self.reply(&Reply::new(421, "This account was removed."));
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
                    if is_open && !self.out.is_empty() && !self.send_replies()? {
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
                self.partial_since = None;
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

    /// When the wait that begins now ends.
    fn until(&mut self, now: Instant) -> Instant {
        let limits = &self.door.limits;
        if self.lines.has_partial() {
            self.partial_since.get_or_insert(now);
        } else {
            self.partial_since = None;
        }
        self.ends_at = match (&self.work, self.partial_since) {
            (Work::Handshaking { .. }, _) => self.handshake_began_at + limits.handshake,
            (Work::Closing { .. }, _) => *self.lingers_since.get_or_insert(now) + limits.linger,
            _ if self.session.is_none() => self.accepted_at + limits.login,
            // The data connection has deadlines of its own, and so has the committer.
            (work, _) if work.is_transfer() => now + TRANSFER_MAX,
            (_, Some(since)) => since + limits.message,
            (_, None) => now + limits.idle,
        };
        match &self.dialogue.data {
            DataPlan::Passive(passive) => self.ends_at.min(passive.until()),
            DataPlan::None | DataPlan::Active(_) => self.ends_at,
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
                self.charge_stranger(Offence::Handshake);
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

    fn ends_at(&self, now: Instant) -> bool {
        self.ends_at <= now
    }

    fn say_farewell(&mut self, farewell: Farewell) {
        let text = match farewell {
            Farewell::TimedOut => "Too long without a command; goodbye.",
            Farewell::Stopping => "The server is stopping; come back in a moment.",
        };
        tracing::debug!(peer = %self.peer, "closed: {text}");
        if farewell == Farewell::TimedOut {
            let is_handshake = self.channel.is_handshaking();
            self.charge_stranger(if is_handshake { Offence::Handshake } else { Offence::Silence });
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

/// An account's name for the log.
pub(super) fn shown_name(name: &str) -> &str {
    if name.is_empty() { "guest" } else { name }
}

/// Bytes read from a control connection at once.
const READ_LEN: usize = 4096;

/// Bytes that a lingering close reads and forgets.
const LINGER_BYTES_MAX: usize = 256 * 1024;

/// How long a control connection waits for its transfer before it looks again.
const TRANSFER_MAX: Duration = Duration::from_hours(24);

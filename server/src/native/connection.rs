//! One native connection: its turn, from the handshake to the last answer.

use super::NativeDoor;
use super::deadline::{Deadlines, Wait};
use super::reply::{Memory, Replies};
use super::work::Work;
use crate::admission::Permit;
use crate::door::{Connection, Farewell, Interest, Lane, Next, Turn};
use crate::penalties::Offence;
use crate::service::{self, Pages, Session};
use crate::transport::{Flow, TlsStream};
use crate::wake::Waker;
use ferry_protocol::session::ServerSession;
use ferry_protocol::{
    Answer, DataPrefix, DecodeError, Deframer, Fault, Frame, Header, PeerMisbehaved, Request,
    Status,
};
use socket2::SockRef;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

/// A connection of the native door.
#[derive(Debug)]
pub(super) struct NativeConnection {
    pub(super) door: Arc<NativeDoor>,
    pub(super) stream: TlsStream,
    pub(super) peer: SocketAddr,
    pub(super) permit: Permit,
    pub(super) waker: Waker,
    pub(super) order: ServerSession,
    pub(super) session: Option<Session>,
    pub(super) replies: Replies,
    pub(super) work: Work,
    pub(super) pages: Option<Box<Pages>>,
    pub(super) deadlines: Deadlines,
    /// Feature bits in use.
    pub(super) features: u64,
    deframer: Deframer,
    used_whole_turn: bool,
}

/// What stops a turn.
#[derive(Debug)]
pub(super) enum Stop {
    /// Nothing: go on.
    GoOn,
    /// Something has to come first.
    Wait(Interest, Wait),
    /// The account moved enough for now.
    Rest(Instant),
    /// The quantum is used.
    Spent,
    /// It is over.
    Over,
}

/// A message as it came, before its order was judged.
pub(super) enum Message {
    /// A request, if its body decodes and its kind is known.
    Request(Header, Result<Option<Request>, DecodeError>),
    /// The front of content.
    Data(Header, DataPrefix, u32),
}

/// Why a connection ends that is not over.
#[derive(Debug)]
pub(super) enum Broken {
    /// The socket or TLS failed, or the peer is gone.
    Io(io::Error),
    /// The peer sent what is no message.
    Decode(DecodeError),
    /// The peer sent a message out of order.
    Misbehaved(PeerMisbehaved),
}

impl NativeConnection {
    pub(super) fn new(
        door: Arc<NativeDoor>,
        stream: TlsStream,
        peer: SocketAddr,
        permit: Permit,
        waker: Waker,
    ) -> Self {
        Self {
            door,
            stream,
            peer,
            permit,
            waker,
            order: ServerSession::new(),
            session: None,
            replies: Replies::default(),
            work: Work::None,
            pages: None,
            deadlines: Deadlines::new(Instant::now()),
            features: 0,
            deframer: Deframer::new(),
            used_whole_turn: false,
        }
    }

    /// When the handshake has to be done.
    pub(super) fn handshake_deadline(&mut self) -> Instant {
        self.deadlines.until(Wait::Handshake, Instant::now(), &self.door.limits)
    }

    /// Whether a feature bit is in use here.
    pub(super) fn has_feature(&self, feature: u64) -> bool {
        self.features & feature != 0
    }

    /// Queues an answer to the newest request.
    pub(super) fn answer(&mut self, answer: Answer) {
        self.replies.push(self.order.last_request(), answer);
    }

    fn advance(&mut self, turn: &mut Turn<'_>) -> Result<Stop, Broken> {
        if self.stream.is_handshaking() {
            match self.stream.handshake(turn.cipher)? {
                Flow::Count(_) => {}
                Flow::Blocked => return Ok(self.wait_for_socket(Wait::Handshake)),
                Flow::Ended => return Ok(Stop::Over),
            }
        }
        if !matches!(self.work, Work::Lingering { .. }) && !self.stream.flush()? {
            // What an earlier turn left goes first, so that a slow client makes nothing pile up.
            return Ok(Stop::Wait(Interest::Writable, Wait::Transfer));
        }
        loop {
            if let Work::Lingering { .. } = self.work {
                return self.linger(turn);
            }
            if self.session.as_ref().is_some_and(Session::is_over) {
                let gone = service::Error::AccountGone;
                return Ok(self.refuse(Status::LOGIN_REQUIRED, gone.to_string(), turn));
            }
            self.write_due(turn)?;
            if self.stream.unsent_len() >= FLUSH_LEN && !self.stream.flush()? {
                return Ok(Stop::Wait(Interest::Writable, Wait::Transfer));
            }
            let is_put_off = turn.is_reserved && self.work.is_bulk();
            let stop = if is_put_off { Stop::Spent } else { self.go_on(turn)? };
            match stop {
                Stop::GoOn => {}
                stop if self.stream.flush()? => return Ok(stop),
                _ => return Ok(Stop::Wait(Interest::Writable, Wait::Transfer)),
            }
        }
    }

    fn wait_for_socket(&self, wait: Wait) -> Stop {
        let wants_write = self.stream.has_unsent();
        Stop::Wait(if wants_write { Interest::Writable } else { Interest::Readable }, wait)
    }

    fn write_due(&mut self, turn: &Turn<'_>) -> Result<(), Broken> {
        if self.replies.is_empty() {
            return Ok(());
        }
        let account = self.session.as_ref().map_or("", Session::account_name);
        let memory = Memory { operations: &self.door.operations, account, now: turn.now };
        Ok(self.replies.write_due(&mut self.stream, &memory)?)
    }

    /// Reads the next message as far as it is there.
    pub(super) fn read_message(
        &mut self,
        turn: &mut Turn<'_>,
    ) -> Result<Result<Message, Stop>, Broken> {
        loop {
            let order = &self.order;
            match self.deframer.frame(|kind| order.body_max(kind)).map_err(Broken::Decode)? {
                Some(Frame::Message { header, body }) => {
                    self.deadlines.message_came();
                    let request = Request::decode(header.kind, body);
                    return Ok(Ok(Message::Request(header, request)));
                }
                Some(Frame::Data { header, prefix, content_len }) => {
                    self.deadlines.message_came();
                    return Ok(Ok(Message::Data(header, prefix, content_len)));
                }
                None => {}
            }
            match self.stream.read(self.deframer.unfilled(), turn.cipher)? {
                Flow::Count(count) => self.deframer.advance(count),
                Flow::Blocked if turn.quantum.is_spent() => return Ok(Err(Stop::Spent)),
                Flow::Blocked => return Ok(Err(self.wait_for_message())),
                Flow::Ended => return Ok(Err(Stop::Over)),
            }
        }
    }

    fn wait_for_message(&mut self) -> Stop {
        let wait = if !self.order.is_logged_in() {
            Wait::Login
        } else if !self.deframer.is_between_messages() {
            Wait::Message
        } else if self.work.is_transfer() {
            Wait::Transfer
        } else {
            Wait::Request
        };
        self.deframer.release();
        Stop::Wait(Interest::Readable, wait)
    }

    /// Tells the peer what it did wrong, and ends the connection so that it can read it.
    fn refuse(&mut self, status: Status, text: String, turn: &mut Turn<'_>) -> Stop {
        self.permit.charge(Offence::Garbage, turn.now);
        tracing::info!(peer = %self.peer, "refused: {text}");
        self.replies.push(0, Answer::Error(Fault::new(status, text)));
        self.begin_linger();
        self.linger(turn).unwrap_or(Stop::Over)
    }

    /// From now on nothing but our last words goes out, and what comes in is forgotten.
    pub(super) fn begin_linger(&mut self) {
        self.work = Work::Lingering { discarded: 0, has_shut_down: false };
        self.pages = None;
    }

    fn linger(&mut self, turn: &mut Turn<'_>) -> Result<Stop, Broken> {
        self.write_due(turn)?;
        let is_out = self.stream.send_close()?;
        let Work::Lingering { discarded, has_shut_down } = &mut self.work else {
            return Ok(Stop::Over);
        };
        if !is_out {
            return Ok(Stop::Wait(Interest::Writable, Wait::Linger));
        }
        if !std::mem::replace(has_shut_down, true) {
            self.stream.socket().shutdown(Shutdown::Write)?;
        }
        loop {
            match self.stream.discard_input(turn.cipher)? {
                Flow::Count(count) if *discarded < LINGER_BYTES_MAX => *discarded += count,
                Flow::Count(_) | Flow::Ended => return Ok(Stop::Over),
                Flow::Blocked => return Ok(Stop::Wait(Interest::Readable, Wait::Linger)),
            }
        }
    }

    fn broken(&mut self, broken: Broken, turn: &mut Turn<'_>) -> Stop {
        match broken {
            Broken::Io(err) => {
                tracing::info!(peer = %self.peer, "connection lost: {err}");
                if self.stream.is_handshaking() && err.kind() == io::ErrorKind::InvalidData {
                    self.permit.charge(Offence::Handshake, turn.now);
                }
                Stop::Over
            }
            Broken::Decode(err) => self.refuse(err.status(), err.to_string(), turn),
            Broken::Misbehaved(err) => self.refuse(err.status(), err.to_string(), turn),
        }
    }

    fn next(&mut self, stop: &Stop, now: Instant) -> Next {
        match *stop {
            Stop::GoOn | Stop::Spent => Next::Again,
            Stop::Over => Next::Close,
            Stop::Rest(until) => {
                // Its own doing or not, no transfer is late while it may not move.
                self.deadlines.transfer_ended();
                Next::Park(Interest::Rested, until)
            }
            Stop::Wait(Interest::Readable, wait)
                if wait != Wait::Linger && self.stream.has_hidden_input() =>
            {
                Next::Again
            }
            Stop::Wait(interest, wait) => {
                Next::Park(interest, self.deadlines.until(wait, now, &self.door.limits))
            }
        }
    }
}

impl Connection for NativeConnection {
    fn step(&mut self, turn: &mut Turn<'_>) -> Next {
        self.stream.unstow(turn.cipher);
        if !self.order.is_logged_in() {
            turn.cipher.fill_sparingly();
        }
        let stop = match self.advance(turn) {
            Ok(stop) => stop,
            Err(broken) => self.broken(broken, turn),
        };
        if !matches!(self.work, Work::Lingering { .. }) {
            self.stream.stow(turn.cipher);
        }
        self.used_whole_turn = matches!(stop, Stop::Spent);
        self.next(&stop, turn.now)
    }

    fn socket(&self) -> SockRef<'_> {
        SockRef::from(self.stream.socket())
    }

    fn lane(&self) -> Lane {
        if self.used_whole_turn || self.work.is_bulk() { Lane::Bulk } else { Lane::Control }
    }

    fn is_idle(&self) -> bool {
        let is_quiet = matches!(self.work, Work::None)
            && self.replies.is_empty()
            && !self.stream.has_unsent()
            && self.deframer.is_between_messages();
        is_quiet || self.stream.is_handshaking()
    }

    fn say_farewell(&mut self, farewell: Farewell) {
        let (status, text) = match farewell {
            Farewell::TimedOut => (Status::TIMED_OUT, "too long without a sign of life"),
            Farewell::Stopping => (Status::STOPPING, "the server is stopping"),
        };
        tracing::debug!(peer = %self.peer, "closed: {text}");
        if farewell == Farewell::TimedOut {
            let is_handshake = self.stream.is_handshaking();
            let offence = if is_handshake { Offence::Handshake } else { Offence::Silence };
            self.permit.charge(offence, Instant::now());
        }
        if self.stream.is_handshaking() || self.stream.has_unsent() {
            return;
        }
        let fault = Fault::new(status, text);
        let was_at_rest = self.order.is_logged_in() && self.is_idle();
        let farewell = match farewell {
            Farewell::TimedOut if !was_at_rest => Answer::Error(fault),
            Farewell::TimedOut | Farewell::Stopping => Answer::GoAway(fault),
        };
        let mut last_words = Vec::new();
        ferry_protocol::encode_answer(&mut last_words, 0, &farewell);
        // The peer may be gone already; nobody is left to be told of a failure.
        self.stream.write(&last_words).and_then(|()| self.stream.send_close()).ok();
    }
}

impl Drop for NativeConnection {
    fn drop(&mut self) {
        if let Some(session) = &self.session {
            for committing in self.replies.drain_committing() {
                let account = session.account_name();
                self.door.operations.inherit(account, committing, Instant::now());
            }
            tracing::info!(
                peer = %self.peer,
                account = super::login::shown_name(session.account_name()),
                "disconnected"
            );
        }
    }
}

impl From<io::Error> for Broken {
    fn from(err: io::Error) -> Self {
        Self::Io(err)
    }
}

impl From<PeerMisbehaved> for Broken {
    fn from(err: PeerMisbehaved) -> Self {
        Self::Misbehaved(err)
    }
}

/// Bytes that are collected before they go to the socket, unless nothing more is to be done now:
/// answers to small requests that came together leave together.
const FLUSH_LEN: usize = 64 * 1024;

/// Bytes that a lingering close reads and forgets.
const LINGER_BYTES_MAX: usize = 256 * 1024;

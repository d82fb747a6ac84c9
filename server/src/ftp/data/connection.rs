//! One data connection: its turn, from the handshake to the end of its cargo.

use super::prepared::MOMENT;
use super::{Carried, Ended, Failure, Link, Prepared, Security};
use crate::config::DataBinding;
use crate::door::{Connection, Farewell, Interest, Lane, Next, Turn};
use crate::ftp::reply::Reply;
use crate::stall::Stall;
use crate::sys;
use crate::transport::{Channel, Flow};
use crate::wake::Pending;
use socket2::SockRef;
use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A data connection with its cargo.
#[derive(Debug)]
pub(in crate::ftp) struct DataConnection {
    prepared: Prepared,
    channel: Channel,
    stage: Stage,
    stall: Stall,
    used_whole_turn: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Connecting,
    Handshaking,
    Carrying,
    Closing,
    /// All of a download is out, and the client will close its end.
    Parting,
}

/// Where a data connection stands after it went on.
#[derive(Debug)]
pub(in crate::ftp) enum Advance {
    /// It goes on there.
    Next(Next),
    /// It is over.
    Ended(Ended),
}

impl DataConnection {
    /// A connection that the client made.
    pub(in crate::ftp) fn made(prepared: Prepared, socket: TcpStream) -> io::Result<Self> {
        Self::new(prepared, socket, Stage::Handshaking)
    }

    /// A connection that is being made to the client.
    pub(in crate::ftp) fn connecting(prepared: Prepared, socket: TcpStream) -> io::Result<Self> {
        Self::new(prepared, socket, Stage::Connecting)
    }

    fn new(prepared: Prepared, socket: TcpStream, stage: Stage) -> io::Result<Self> {
        let door = &prepared.door;
        let channel = match prepared.security {
            Security::Plain => Channel::plain(socket, &door.metrics),
            Security::Tls(session) => {
                let config = door.tls.data(session, prepared.tickets_given());
                Channel::encrypted(socket, &config, &door.metrics)?
            }
        };
        let stall = Stall::default();
        Ok(Self { prepared, channel, stage, stall, used_whole_turn: false })
    }

    /// What this end shares with the other.
    pub(in crate::ftp) fn link(&self) -> Arc<Link> {
        Arc::clone(&self.prepared.link)
    }

    /// Begins with a connection that the client just made: what fits into this turn is carried in
    /// it, and the rest in the pool, under the number that its place was kept by.
    pub(in crate::ftp) fn begin(prepared: Prepared, socket: TcpStream, turn: &mut Turn<'_>) {
        let waker = prepared.link.waker().clone();
        let intake = Arc::clone(&prepared.door.intake);
        let mut connection = match Self::made(prepared, socket) {
            Ok(connection) => connection,
            // The promise tells that it is lost.
            Err(err) => {
                tracing::warn!("a data connection could not be made: {err}");
                return;
            }
        };
        match connection.advance(turn) {
            Advance::Ended(ended) => turn.follower = connection.prepared.tell(ended),
            Advance::Next(next) => intake.take_in(Box::new(connection), waker, next),
        }
    }

    /// Has the outcome told as a promise from now on.
    pub(in crate::ftp) fn report_later(&mut self) -> Pending<Ended> {
        self.prepared.report_later()
    }

    /// Goes on until it would wait, the turn is used up, or it is over.
    pub(in crate::ftp) fn advance(&mut self, turn: &mut Turn<'_>) -> Advance {
        if self.prepared.link.is_aborted() && self.stage != Stage::Parting {
            return Advance::Ended(Ended::Aborted);
        }
        self.channel.unstow(turn.cipher);
        let advance = self.go_on(turn).unwrap_or_else(|failure| Advance::Ended(failure.into()));
        self.channel.stow(turn.cipher);
        self.used_whole_turn = matches!(advance, Advance::Next(Next::Again));
        advance
    }

    fn go_on(&mut self, turn: &mut Turn<'_>) -> Result<Advance, Failure> {
        if self.stage == Stage::Connecting && !self.is_connected()? {
            return Ok(self.wait(Interest::Writable, turn.now));
        }
        if matches!(self.stage, Stage::Connecting | Stage::Handshaking) {
            match self.channel.handshake(turn.cipher)? {
                Flow::Count(_) => self.check_binding()?,
                Flow::Ended => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Flow::Blocked => {
                    let wants_write = self.channel.has_unsent();
                    let interest =
                        if wants_write { Interest::Writable } else { Interest::Readable };
                    return Ok(self.wait(interest, turn.now));
                }
            }
            self.stage = Stage::Carrying;
        }
        while self.stage == Stage::Carrying {
            if !self.channel.flush()? {
                return Ok(self.wait(Interest::Writable, turn.now));
            }
            if turn.is_reserved && self.prepared.is_bulk() {
                return Ok(Advance::Next(Next::Again));
            }
            if turn.quantum.is_spent() {
                if !self.prepared.is_incoming() {
                    return Ok(Advance::Next(Next::Again));
                }
                turn.cipher.stop_filling();
            }
            match self.prepared.carry(&mut self.channel, turn)? {
                Carried::Moved(count) => {
                    turn.quantum.spend_bytes(count);
                    self.stall.moved(count, turn.now);
                    self.prepared.link.count(count);
                }
                Carried::Preparing => self.stall.end(),
                Carried::Blocked(_) if turn.quantum.is_spent() => {
                    return Ok(Advance::Next(Next::Again));
                }
                Carried::Blocked(interest) => return Ok(self.wait(interest, turn.now)),
                Carried::Resting(until) => {
                    // Its own doing or not, no transfer is late while it may not move.
                    self.stall.end();
                    return Ok(Advance::Next(Next::Park(Interest::Rested, until)));
                }
                Carried::Done => self.stage = Stage::Closing,
            }
        }
        self.close(turn)
    }

    /// An upload is whole now, and is committed, unless nobody is left who could have meant so; a
    /// download is whole once all of it is out.
    fn close(&mut self, turn: &Turn<'_>) -> Result<Advance, Failure> {
        if self.stage == Stage::Parting {
            return Ok(Advance::Ended(self.prepared.finish(turn)?));
        }
        if self.prepared.is_incoming() {
            if self.prepared.is_alone(turn.now) {
                tracing::info!("an upload ended without its control connection: kept as a part");
                return Ok(Advance::Ended(Ended::Aborted));
            }
            // Whoever sends need not hear that nothing comes back.
            self.channel.send_close().ok();
            return Ok(Advance::Ended(self.prepared.finish(turn)?));
        }
        if !self.channel.send_close()? {
            return Ok(self.wait(Interest::Writable, turn.now));
        }
        if self.waits_for_parting(turn.now) {
            self.stage = Stage::Parting;
            return Ok(Advance::Next(Next::Park(Interest::Readable, turn.now + PARTING_MAX)));
        }
        Ok(Advance::Ended(self.prepared.finish(turn)?))
    }

    /// Gives the client time to close its end of a download too: a moment within the turn that
    /// began it, which is not worth another, else in the lot. aria2 1.36 reads the reply of the
    /// end together with that of the beginning, if both are there, and then waits a minute for the
    /// one that it has. Of what took longer it has read the first.
    fn waits_for_parting(&self, now: Instant) -> bool {
        if self.prepared.report.is_none() {
            sys::is_closed_by_peer_within(self.channel.socket(), MOMENT);
            return false;
        }
        now.saturating_duration_since(self.prepared.opened_at) < PARTING_MAX
    }

    fn wait(&mut self, interest: Interest, now: Instant) -> Advance {
        let until = self.stall.until(now, self.prepared.door.limits.stall);
        Advance::Next(Next::Park(interest, until))
    }

    fn is_connected(&self) -> io::Result<bool> {
        let socket = self.channel.socket();
        if let Some(err) = socket.take_error()? {
            return Err(err);
        }
        match socket.peer_addr() {
            Ok(_) => Ok(true),
            Err(err) if err.kind() == io::ErrorKind::NotConnected => Ok(false),
            Err(err) => Err(err),
        }
    }

    /// Whether the data connection resumed the TLS session of its control connection. Programs that
    /// open several control connections may resume any of theirs, and some resume none: that is
    /// refused only where it is asked for.
    fn check_binding(&self) -> Result<(), Failure> {
        let Security::Tls(session) = self.prepared.security else { return Ok(()) };
        let is_bound = self.channel.resumed() == Some(session);
        match self.prepared.door.config.data_binding {
            DataBinding::Require if !is_bound => {
                let text = "The data connection does not resume this control connection's session.";
                Err(Failure::Refused(Reply::new(522, text)))
            }
            DataBinding::Prefer if !is_bound => {
                let peer = self.channel.socket().peer_addr().ok();
                tracing::info!(?peer, "a data connection is not bound to its TLS session");
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Connection for DataConnection {
    fn step(&mut self, turn: &mut Turn<'_>) -> Next {
        match self.advance(turn) {
            Advance::Next(next) => next,
            Advance::Ended(ended) => {
                turn.follower = self.prepared.tell(ended);
                Next::Close
            }
        }
    }

    fn socket(&self) -> SockRef<'_> {
        SockRef::from(self.channel.socket())
    }

    fn lane(&self) -> Lane {
        if self.used_whole_turn || self.prepared.is_bulk() { Lane::Bulk } else { Lane::Control }
    }

    fn is_idle(&self) -> bool {
        false
    }

    /// A client that keeps its end open gets its reply nevertheless.
    fn ends_at(&self, _: Instant) -> bool {
        self.stage != Stage::Parting
    }

    fn say_farewell(&mut self, farewell: Farewell) {
        if self.stage == Stage::Parting {
            return self.prepared.tell_and_wake(Ended::Sent);
        }
        let text = match farewell {
            Farewell::TimedOut => "Data connection closed: too little moved for too long.",
            Farewell::Stopping => "Data connection closed: the server is stopping.",
        };
        self.prepared.tell_and_wake(Ended::Failed(Reply::new(426, text)));
    }
}

/// How long after the reply of its beginning that of its end may be read with it; the lot waits as
/// long, or until it next looks at deadlines.
const PARTING_MAX: Duration = Duration::from_millis(50);

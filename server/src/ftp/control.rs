//! One control connection: what it holds, and how it replies.

use super::FtpDoor;
use super::data::{DataPlan, Security};
use super::deadline::Deadlines;
use super::dialogue::Dialogue;
use super::parse::{CommandLine, Lines};
use super::reply::Reply;
use super::work::Work;
use crate::admission::{Permit, Refusal};
use crate::service::Session;
use crate::transport::Channel;
use crate::wake::Waker;
use socket2::SockRef;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

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
    /// Commands that wait until what runs is over.
    pub(super) held: VecDeque<CommandLine>,
    /// Replies of this turn.
    out: Vec<u8>,
    pub(super) deadlines: Deadlines,
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
            held: VecDeque::new(),
            out: Vec::new(),
            deadlines: Deadlines::new(now),
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
        self.deadlines.handshake_began(Instant::now());
        self.work = Work::Handshaking { greets };
    }

    /// When the first wait ends.
    pub(super) fn first_deadline(&mut self) -> Instant {
        self.until(Instant::now())
    }

    /// How data connections are protected now.
    pub(super) fn data_security(&self) -> Security {
        if self.dialogue.is_private { Security::Tls(self.session_key()) } else { Security::Plain }
    }

    /// The number of the TLS session: the connection's, which no other has in this run, and the
    /// run's tickets are its own.
    pub(super) fn session_key(&self) -> u64 {
        self.waker.key()
    }

    /// Whether this client may go without TLS.
    pub(super) fn may_be_plain(&self) -> bool {
        self.door.config.plaintext.allows(self.peer.ip())
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
    /// forgotten. A transfer that runs is given up: it could still be stored otherwise.
    pub(super) fn begin_close(&mut self) {
        self.work.abort();
        self.dialogue.data = DataPlan::None;
        self.work = Work::Closing { discarded: 0, has_shut_down: false };
    }

    /// Whether replies wait to be sent.
    pub(super) fn has_replies(&self) -> bool {
        !self.out.is_empty()
    }

    /// Sends replies. Returns whether all of them are out.
    pub(super) fn send_replies(&mut self) -> io::Result<bool> {
        if !self.out.is_empty() {
            self.channel.write(&self.out)?;
            self.out = Vec::new();
        }
        let are_out = self.channel.flush()?;
        if are_out {
            self.deadlines.replies_went();
        }
        Ok(are_out)
    }
}

/// An account's name for the log.
pub(super) fn shown_name(name: &str) -> &str {
    if name.is_empty() { "guest" } else { name }
}

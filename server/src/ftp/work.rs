//! What a control connection is busy with between two commands, and how each kind of work goes on.

use super::command::{self, Served};
use super::commands::checksum::Form;
use super::control::ControlConnection;
use super::data::{Ended, Failure, Link, Telling};
use super::parse::{CommandLine, Line};
use super::refusal::Refusal;
use super::reply::{Reply, push_shown};
use super::turn::Stop;
use crate::committer;
use crate::door::{Interest, Turn};
use crate::penalties::Offence;
use crate::service::{LoginOutcome, Task, TaskOutcome, TaskState};
use crate::sys;
use crate::transport::Flow;
use crate::wake::Pending;
use std::io;
use std::sync::Arc;

/// Work of a control connection; it has one at a time.
#[derive(Debug)]
pub(super) enum Work {
    /// None: the next command may come.
    None,
    /// TLS begins once the replies are out.
    Encrypting,
    /// TLS begins.
    Handshaking { greets: bool },
    /// A password is being checked.
    LoggingIn { outcome: Pending<LoginOutcome>, name: String },
    /// A data connection carries something.
    Carrying(Box<Carrying>),
    /// A checksum is being computed.
    Summing { task: Task, form: Form, name: Vec<u8> },
    /// A listing goes over the control connection.
    Telling { telling: Box<Telling>, has_begun: bool },
    /// The last words are out; what still comes is forgotten.
    Closing { discarded: usize, has_shut_down: bool },
}

/// A transfer, seen from its control connection.
#[derive(Debug)]
pub(super) struct Carrying {
    pub(super) link: Arc<Link>,
    pub(super) phase: Phase,
    /// ABORs that came, each of which is answered after the transfer.
    pub(super) aborts: u32,
    /// What is carried, for the log: the verb and the path.
    pub(super) what: String,
}

/// How far a transfer is.
#[derive(Debug)]
pub(super) enum Phase {
    /// Content moves.
    Moving(Pending<Ended>),
    /// All came and is being made durable.
    Committing { outcome: Pending<committer::Outcome>, size: u64, is_unverified: bool },
}

impl Work {
    /// Whether a transfer runs.
    pub(super) fn is_transfer(&self) -> bool {
        matches!(self, Self::Carrying(_))
    }

    /// Whether its turns belong to the bulk lane.
    pub(super) fn is_bulk(&self) -> bool {
        matches!(self, Self::Summing { .. } | Self::Telling { .. })
    }

    /// Has a transfer end: nobody is left who could be told that it is whole.
    pub(super) fn abort(&self) {
        if let Self::Carrying(carrying) = self {
            carrying.link.abort();
        }
    }
}

impl ControlConnection {
    /// Goes on with whatever the connection is busy with.
    pub(super) fn go_on(&mut self, turn: &mut Turn<'_>) -> io::Result<Stop> {
        match &self.work {
            Work::None => self.take_command(turn),
            Work::Encrypting => self.encrypt().map(|()| Stop::GoOn),
            Work::Handshaking { .. } => self.shake_hands(turn),
            Work::LoggingIn { .. } => Ok(self.finish_login()),
            Work::Carrying(_) => self.attend_transfer(turn),
            Work::Summing { .. } => self.sum(turn),
            Work::Telling { .. } => Ok(self.tell(turn)),
            Work::Closing { .. } => Ok(Stop::GoOn),
        }
    }

    fn take_command(&mut self, turn: &mut Turn<'_>) -> io::Result<Stop> {
        if turn.is_draining {
            self.reply(&Reply::new(421, "The server is stopping; come back in a moment."));
            self.begin_close();
            return Ok(Stop::GoOn);
        }
        if turn.quantum.is_spent() {
            return Ok(Stop::Spent);
        }
        if let Some(line) = self.held.pop_front() {
            self.serve(&line, turn);
            return Ok(Stop::GoOn);
        }
        match self.read_line(turn)? {
            Ok(Line::Command(line)) => self.serve(&line, turn),
            Ok(Line::TooLong) => {
                self.permit.charge(Offence::Garbage, turn.now);
                self.reply(&Reply::new(500, "The line is too long."));
            }
            Err(stop) => return Ok(stop),
        }
        Ok(Stop::GoOn)
    }

    fn serve(&mut self, line: &CommandLine, turn: &mut Turn<'_>) {
        match command::run(self, line, turn) {
            Ok(Served::Reply(reply)) | Err(Refusal(reply)) => self.reply(&reply),
            Ok(Served::Later) => {}
        }
    }

    fn shake_hands(&mut self, turn: &mut Turn<'_>) -> io::Result<Stop> {
        match self.channel.handshake(turn.cipher)? {
            Flow::Count(_) => {}
            Flow::Ended => return Ok(Stop::Over),
            Flow::Blocked => {
                let wants_write = self.channel.has_unsent();
                let interest = if wants_write { Interest::Writable } else { Interest::Readable };
                return Ok(Stop::Wait(interest));
            }
        }
        let greets = matches!(self.work, Work::Handshaking { greets: true });
        self.work = Work::None;
        if greets {
            self.greet();
        }
        Ok(Stop::GoOn)
    }

    /// Looks after a transfer: its outcome, and the few commands that are answered meanwhile.
    fn attend_transfer(&mut self, turn: &mut Turn<'_>) -> io::Result<Stop> {
        if self.take_outcome() {
            return Ok(Stop::GoOn);
        }
        if turn.quantum.is_spent() {
            return Ok(Stop::Spent);
        }
        self.hear(turn)
    }

    /// Hears one command beside work that takes its time. Beside a transfer, which has told that it
    /// began, a few are answered; any other waits, and those behind it, but for ABOR.
    fn hear(&mut self, turn: &mut Turn<'_>) -> io::Result<Stop> {
        if self.held.len() >= HELD_MAX {
            return Ok(Stop::Wait(Interest::Woken));
        }
        match self.read_line(turn)? {
            Ok(Line::Command(line))
                if line.verb == "ABOR"
                    || self.work.is_transfer()
                        && self.held.is_empty()
                        && command::is_served_meanwhile(&line) =>
            {
                self.serve(&line, turn);
            }
            Ok(Line::Command(line)) => self.held.push_back(line),
            Ok(Line::TooLong) => self.reply(&Reply::new(500, "The line is too long.")),
            Err(stop) => return Ok(stop),
        }
        Ok(Stop::GoOn)
    }

    /// Takes the transfer further if its outcome is there. Returns whether it was.
    fn take_outcome(&mut self) -> bool {
        let Work::Carrying(carrying) = &self.work else { return false };
        match &carrying.phase {
            Phase::Moving(outcome) => match outcome.take() {
                Some(ended) => self.transfer_ended(ended),
                None => return false,
            },
            Phase::Committing { outcome, size, is_unverified } => {
                let (size, is_unverified) = (*size, *is_unverified);
                let Some(committed) = outcome.take() else { return false };
                let reply = match committed {
                    Ok(_) => {
                        let end = if is_unverified { UNVERIFIED } else { "" };
                        let what = &carrying.what;
                        tracing::info!(peer = %self.peer, size, "{what}: stored{end}");
                        let whole = if is_unverified { "" } else { "whole and " };
                        Reply::new(226, format!("Stored: {size} bytes, {whole}durable{end}."))
                    }
                    Err(err) => Refusal::from(err).0,
                };
                self.end_transfer(&reply);
            }
        }
        true
    }

    /// The data connection is done: its outcome is told, or what it left to the committer awaited.
    pub(super) fn transfer_ended(&mut self, ended: Ended) {
        let Work::Carrying(carrying) = &mut self.work else { return };
        match ended {
            Ended::Committing { outcome, size, is_unverified } => {
                carrying.phase = Phase::Committing { outcome, size, is_unverified };
            }
            Ended::Sent => {
                let moved = carrying.link.moved();
                self.end_transfer(&Reply::new(226, format!("Sent: {moved} bytes.")));
            }
            Ended::Failed(reply) => {
                let shown = String::from_utf8_lossy(reply.as_bytes());
                tracing::info!(peer = %self.peer, "{}: {}", carrying.what, shown.trim_end());
                self.end_transfer(&reply);
            }
            Ended::Aborted => self.end_transfer(&Reply::new(426, "The transfer was given up.")),
        }
    }

    fn end_transfer(&mut self, reply: &Reply) {
        let Work::Carrying(carrying) = std::mem::replace(&mut self.work, Work::None) else {
            return;
        };
        self.reply(reply);
        for _ in 0..carrying.aborts {
            self.reply(&Reply::new(226, "ABOR is done."));
        }
    }

    /// Goes on with a checksum, as long as somebody waits for it.
    fn sum(&mut self, turn: &mut Turn<'_>) -> io::Result<Stop> {
        if turn.quantum.is_spent() {
            return Ok(Stop::Spent);
        }
        match self.hear(turn)? {
            Stop::Wait(Interest::Readable) => {}
            Stop::Wait(_) if !sys::is_closed_by_peer(self.channel.socket()) => {}
            Stop::Wait(_) => return Ok(Stop::Over),
            stop => return Ok(stop),
        }
        let Work::Summing { task, form, name } = &mut self.work else { return Ok(Stop::GoOn) };
        let reply = match task.turn(turn.content, &self.waker) {
            Ok(TaskState::Running(_)) => {
                turn.quantum.spend_bytes(turn.content.len());
                return Ok(Stop::GoOn);
            }
            Ok(TaskState::Finished(TaskOutcome::Checksum { value, end })) => {
                form.reply(&value, end, name)
            }
            Ok(TaskState::Finished(_)) => Reply::new(451, "No checksum came of it."),
            Err(err) => Refusal::from(err).0,
        };
        self.work = Work::None;
        self.reply(&reply);
        Ok(Stop::GoOn)
    }

    /// Sends the next lines of a listing over the control connection, once those before are out.
    fn tell(&mut self, turn: &mut Turn<'_>) -> Stop {
        let Work::Telling { telling, has_begun } = &mut self.work else { return Stop::GoOn };
        if turn.quantum.is_spent() {
            return Stop::Spent;
        }
        turn.quantum.spend_request();
        let mut lines = Vec::new();
        let told = telling.next_lines(&mut lines, &mut turn.quantum);
        let has_begun = std::mem::replace(has_begun, true);
        if !matches!(told, Ok(true)) {
            self.work = Work::None;
        }
        match told {
            Err(failure) => {
                self.listing_failed(failure, has_begun);
                return Stop::GoOn;
            }
            Ok(_) if !has_begun => self.reply(&Reply::begin_lines(213, "Status:")),
            Ok(_) => {}
        }
        if matches!(self.work, Work::None) {
            self.reply(&Reply::new(213, "End of status."));
            return Stop::GoOn;
        }
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            let mut shown = vec![b' '];
            push_shown(&mut shown, line.strip_suffix(b"\r\n").unwrap_or(line));
            shown.extend_from_slice(b"\r\n");
            self.reply_raw(&shown);
        }
        Stop::GoOn
    }

    /// Tells that a listing ends early. A reply of several lines ends with the code that it began
    /// with (RFC 959, section 4.2), so that only its text can say so.
    fn listing_failed(&mut self, failure: Failure, has_begun: bool) {
        let reply = failure.reply();
        let shown = String::from_utf8_lossy(reply.as_bytes()).trim_end().to_owned();
        tracing::warn!(peer = %self.peer, "STAT: {shown}");
        if has_begun {
            self.reply(&Reply::new(213, format!("Not all of it, for an error came: {shown}")));
        } else {
            self.reply(&reply);
        }
    }
}

/// Commands that wait for what runs; more are not read.
const HELD_MAX: usize = 16;

/// What is said of an upload whose end may be a cut.
const UNVERIFIED: &str = ", unverified: it ended without TLS close_notify";

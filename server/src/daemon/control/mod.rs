//! The channel by which `stop`, `status`, `reload` and the desktop app reach a running server.
//!
//! Loopback TCP at a random port with a random token of 256 bits, both in `running.json` (mode
//! 0600) in the state folder: this works on every system, and has no limit on the length of a
//! path as the addresses of Unix sockets have. One connection is one line each way. Another user
//! of this host may connect, but learns and moves nothing without the token.

mod caller;
mod channel;
mod running;

pub(super) use caller::{Absent, Answered, ask, wait_until_gone};
pub(super) use channel::{ControlChannel, Controlled};

use super::report::Report;
use crate::accounts::OwnerSecret;
use crate::daemon::circle::Circle;
use crate::penalties::PenaltyReport;
use serde::{Deserialize, Serialize};
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// What a running server can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wish {
    /// How it is.
    Status,
    /// To drain and end.
    Stop,
    /// To read its accounts again.
    Reload,
    /// What its owner logs in with.
    Owner,
    /// To let these in, and nobody else.
    LetIn(Circle),
    /// To go on, or not, when no window holds it.
    Keep {
        /// Whether it goes on.
        is_kept: bool,
    },
    /// To go on as long as this connection is open.
    Hold,
    /// What misbehaviour has cost whom.
    Penalties,
    /// To forget the penalties of an address, a name, or all.
    ClearPenalties(String),
}

#[derive(Serialize, Deserialize)]
struct Question {
    token: String,
    wish: Wish,
}

/// What a running server answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    /// How it is.
    Status(Box<Report>),
    /// It drains, for at most this time; the connection stays open until it ends.
    Stopping {
        /// Seconds, with a fraction.
        drain_secs: f64,
    },
    /// It has read its accounts again.
    Reloaded(Reloaded),
    /// What its owner logs in with.
    Owner(OwnerSecret),
    /// It does so.
    Done,
    /// What misbehaviour has cost whom.
    Penalties(PenaltyReport),
    /// So many penalties are forgotten.
    Cleared(usize),
    /// It could not.
    Failed(String),
}

/// What came of a reload whose accounts are in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reloaded {
    /// For a person.
    pub(super) told: String,
    /// Why the owner's certificate stays as it was, if it does although its files were read.
    pub(super) certificate_failure: Option<String>,
}

/// Longest line either way, in bytes.
const LINE_MAX: usize = 64 * 1024;

/// Sends one line before the deadline.
fn send_line(
    stream: &mut TcpStream,
    message: &impl Serialize,
    deadline: Instant,
) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    stream.set_write_timeout(Some(left_until(deadline)?))?;
    stream.write_all(&line)
}

/// Receives one line that ends before the deadline and is not longer than [`LINE_MAX`].
fn receive_line(stream: &mut TcpStream, deadline: Instant) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut chunk = [0; 4096];
    while line.len() <= LINE_MAX {
        stream.set_read_timeout(Some(left_until(deadline)?))?;
        let count = stream.read(&mut chunk)?;
        line.extend(chunk.iter().take(count));
        if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
            line.truncate(end);
            return Ok(line);
        }
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

fn left_until(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

#[cfg(test)]
mod tests;

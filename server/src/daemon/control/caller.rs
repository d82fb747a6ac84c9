//! The other end: a verb that asks a running server.

use super::running::Running;
use super::{Question, Reply, Wish, receive_line, send_line};
use crate::state_folder::{self, StateFolder};
use crate::sys;
use std::fmt;
use std::io::{self, Read as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Why a running server could not be asked.
#[derive(Debug)]
pub(in crate::daemon) enum Absent {
    /// None runs with this state folder.
    NotRunning(StateFolder),
    /// The process is there, but does not answer.
    Silent(u32),
    /// The state folder cannot be read.
    State(state_folder::Error),
}

/// An answer, and the connection that ends with the server that gave it.
#[derive(Debug)]
pub(in crate::daemon) struct Answered {
    pub(in crate::daemon) reply: Reply,
    pub(in crate::daemon) pid: u32,
    pub(in crate::daemon) stream: TcpStream,
}

const CONNECT_PATIENCE: Duration = Duration::from_secs(2);
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);
const EXIT_PAUSE: Duration = Duration::from_millis(5);

/// Asks the server of a state folder. A `running.json` that a killed server left counts as none.
pub(in crate::daemon) fn ask(state: &StateFolder, wish: Wish) -> Result<Answered, Absent> {
    let not_running = || Absent::NotRunning(state.clone());
    let running = Running::read(state).map_err(Absent::State)?.ok_or_else(not_running)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, running.port));
    let silent_or_gone = |_: io::Error| {
        if sys::process::is_alive(running.pid) {
            Absent::Silent(running.pid)
        } else {
            not_running()
        }
    };
    let stream = match TcpStream::connect_timeout(&address, CONNECT_PATIENCE) {
        Ok(stream) => stream,
        Err(err) if err.kind() == io::ErrorKind::ConnectionRefused => return Err(not_running()),
        Err(err) => return Err(silent_or_gone(err)),
    };
    exchange(stream, &running, wish).map_err(silent_or_gone)
}

fn exchange(mut stream: TcpStream, running: &Running, wish: Wish) -> io::Result<Answered> {
    let deadline = Instant::now() + ANSWER_PATIENCE;
    send_line(&mut stream, &Question { token: running.token.clone(), wish }, deadline)?;
    let line = receive_line(&mut stream, deadline)?;
    Ok(Answered { reply: serde_json::from_slice(&line)?, pid: running.pid, stream })
}

/// Waits for the end of a server that was asked to stop; says whether it came in time.
pub(in crate::daemon) fn wait_until_gone(mut answered: Answered, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    let closed = answered.stream.set_read_timeout(Some(patience)).is_ok()
        && match answered.stream.read(&mut [0]) {
            Ok(_) => true,
            Err(err) => !matches!(
                err.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
            ),
        };
    closed && has_left(answered.pid, deadline)
}

/// The connection ends a moment before the process does.
fn has_left(pid: u32, deadline: Instant) -> bool {
    while sys::process::is_alive(pid) {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(EXIT_PAUSE);
    }
    true
}

impl fmt::Display for Absent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRunning(state) => write!(
                formatter,
                "no server runs with the state folder {}; start one with `ferry-server start \
                 DIR`, or name its state folder with --state-dir",
                state.path().display()
            ),
            Self::Silent(pid) => write!(
                formatter,
                "the server (process {pid}) does not answer; if it stays so, end it with `kill \
                 {pid}`"
            ),
            Self::State(err) => err.fmt(formatter),
        }
    }
}

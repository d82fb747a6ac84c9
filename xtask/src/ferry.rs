//! Ferry's own programs as the benchmarks and end-to-end runs use them.

use crate::failure::{During as _, Failure};
use crate::process::{self, Background, Finished};
use crate::sys;
use crate::workspace::Programs;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A server in the foreground of a process of its own, killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    programs: Programs,
    process: Background,
    state: PathBuf,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Fingerprint of its key.
    pub(crate) fingerprint: String,
}

impl Server {
    /// Serves `share` on a free loopback port with a writing guest. State goes below `room`.
    pub(crate) fn serve(programs: &Programs, share: &Path, room: &Path) -> Result<Self, Failure> {
        Self::serve_with(programs, share, room, &[])
    }

    /// The same with further arguments.
    pub(crate) fn serve_with(
        programs: &Programs,
        share: &Path,
        room: &Path,
        arguments: &[&OsStr],
    ) -> Result<Self, Failure> {
        let free = ["--listen", "127.0.0.1:0"].map(OsStr::new);
        let arguments: Vec<&OsStr> = free.iter().chain(arguments).copied().collect();
        Self::serve_at(programs, share, room, &arguments)
    }

    /// The same where the arguments say at which address.
    pub(crate) fn serve_at(
        programs: &Programs,
        share: &Path,
        room: &Path,
        arguments: &[&OsStr],
    ) -> Result<Self, Failure> {
        let state = room.join("server-state");
        let log = std::fs::File::create(room.join("server.log")).during("server log")?;
        let mut command = Command::new(&programs.server);
        command.arg("serve").arg(share);
        command.args(["--guest", "write"]);
        command.arg("--state-dir").arg(&state).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let process = Background::start(&mut command)?;
        let status = wait_for_status(programs, &state, &process)
            .map_err(|err| Failure::new(format!("{err}: {}", last_lines(room))))?;
        Ok(Self {
            programs: programs.clone(),
            process,
            state,
            address: status.address,
            fingerprint: status.fingerprint,
        })
    }

    /// The URL of a path, which must be percent-encoded already.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("ferry://{}/{path}", self.address)
    }

    /// The client with this server's fingerprint; its state lies beside the server's.
    pub(crate) fn client(&self, verb: &str) -> Command {
        let mut command = client(&self.programs, &self.state.with_file_name("client-state"));
        command.arg(verb).arg("--fingerprint").arg(&self.fingerprint);
        command
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// The programs it is one of.
    pub(crate) fn programs(&self) -> &Programs {
        &self.programs
    }

    /// Its folder of state.
    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// User and system time so far.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        self.process.cpu()
    }

    /// Ends it by a signal.
    pub(crate) fn end(self, signal: sys::Signal) -> Result<ExitStatus, Failure> {
        self.process.end(signal, VERB_MAX)
    }
}

/// A client that asks nothing, with its state in a folder of its own.
pub(crate) fn client(programs: &Programs, state: &Path) -> Command {
    let mut command = Command::new(&programs.ferry);
    command.env("FERRY_STATE_DIR", state).stdin(Stdio::null());
    command
}

/// A verb of the server program.
pub(crate) fn server_verb(programs: &Programs, state: &Path, verb: &str) -> Command {
    let mut command = Command::new(&programs.server);
    command.arg(verb).arg("--state-dir").arg(state);
    command.stdin(Stdio::null());
    command
}

/// What `ferry-server status --json` says.
#[derive(Debug)]
pub(crate) struct Status {
    /// The first address it listens at.
    pub(crate) address: SocketAddr,
    /// Fingerprint of its key.
    pub(crate) fingerprint: String,
    /// Everything it said.
    pub(crate) json: serde_json::Value,
}

impl Status {
    /// Asks the server that keeps its state in this folder.
    pub(crate) fn ask(programs: &Programs, state: &Path) -> Result<Self, Failure> {
        let mut command = server_verb(programs, state, "status");
        let finished = process::run(command.arg("--json"), VERB_MAX)?;
        Self::parse(&finished.succeeded("ferry-server status")?)
    }

    fn parse(finished: &Finished) -> Result<Self, Failure> {
        let json: serde_json::Value =
            serde_json::from_slice(&finished.stdout).during("status is no JSON")?;
        let address = json["addresses"][0].as_str().during("status without addresses")?;
        let fingerprint = json["fingerprint"].as_str().during("status without fingerprint")?;
        Ok(Self {
            address: address.parse().during("address in status")?,
            fingerprint: fingerprint.to_owned(),
            json,
        })
    }
}

fn wait_for_status(
    programs: &Programs,
    state: &Path,
    process: &Background,
) -> Result<Status, Failure> {
    let limit = Instant::now() + START_MAX;
    loop {
        match Status::ask(programs, state) {
            Ok(status) => return Ok(status),
            Err(err) if Instant::now() > limit => return Err(err),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
        if sys::has_ended(process.pid()).during("ferry-server serve")? {
            return Err(Failure::new("ferry-server serve ended at once"));
        }
    }
}

fn last_lines(room: &Path) -> String {
    let log = std::fs::read_to_string(room.join("server.log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().rev().take(3).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
}

/// How long a server may take to answer after its start.
const START_MAX: Duration = Duration::from_secs(20);
/// How long a short verb may take.
pub(crate) const VERB_MAX: Duration = Duration::from_mins(1);

//! Processes that are killed: the client's command is given again, the server is started again,
//! and in the end everything is there.

use super::proxy::{Proxy, Weather};
use super::watcher::{Allowed, Watcher};
use super::{DEADLINE, NO_CONNECTION, Stage, ensure, payload, put};
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::process::Background;
use crate::{process, sys, tree};
use serde_json::Value;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A job of mixed files on its way up.
pub(super) fn up(stage: &mut Stage) -> Result<String, Failure> {
    run(stage, Way::Up, ("source", "share"))
}

/// The same on its way down.
pub(super) fn down(stage: &mut Stage) -> Result<String, Failure> {
    run(stage, Way::Down, ("share/x", "target"))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

/// The job takes the tree `source` to `x` in the folder `target`.
fn run(stage: &mut Stage, way: Way, (source, target): (&str, &str)) -> Result<String, Failure> {
    let kills_wanted = stage.count(100, 12);
    let (small, large) = (stage.count(3000, 400), stage.count(12, 3));
    let source = &stage.mixed_files(source, small, large, LARGE_LEN)?;
    let target = &stage.folder(target)?;
    let address = process::free_address()?;
    let mut allowed = Allowed::default();
    allowed.add_tree(source, &target.join("x"))?;
    let watcher = Watcher::start(target, allowed)?;
    let weather = Weather { rate: Some(RATE), ..Weather::default() };
    let proxy = Proxy::start(address, weather, stage.random.branch())?;
    let place = if way == Way::Up { source.clone() } else { target.join("x") };
    let mut job = Job { server: serve(stage, address)?, client: None, kills: 0, way, place };
    let limit = Instant::now() + JOB_MAX;
    while !job.has_ended(&proxy)? {
        ensure(Instant::now() < limit, || "the job never ended".to_owned())?;
        std::thread::sleep(Duration::from_millis(30 + stage.random.below(400)));
        if job.kills < kills_wanted {
            job.kill_one(stage, address)?;
        }
    }
    let looks = watcher.end()?;
    ensure(!tree::has_parts(target)?, || "a part was left".to_owned())?;
    tree::compare(source, &target.join("x"))?;
    let sent = if way == Way::Up { proxy.bytes_up() } else { proxy.bytes_down() };
    let (bytes, kills) = (payload(source)?, job.kills);
    ensure(kills >= kills_wanted / 2, || format!("only {kills} kills: the job was too short"))?;
    let bound = bytes + bytes / 20 + kills as u64 * IN_FLIGHT_MAX;
    ensure(sent < bound, || format!("{sent} bytes were sent for {bytes}, with {kills} kills"))?;
    let percent = sent * 100 / bytes.max(1);
    Ok(format!("{kills} kills, {percent} % of {} MiB sent, {looks} looks", bytes >> 20))
}

/// The job and who works on it.
struct Job {
    server: Server,
    client: Option<Background>,
    kills: usize,
    way: Way,
    /// Where the tree is, or will be, on the client's side.
    place: PathBuf,
}

impl Job {
    /// Whether the client ended well. One that is not there is started: it goes on with the job
    /// that a killed one left, if it got so far.
    fn has_ended(&mut self, proxy: &Proxy) -> Result<bool, Failure> {
        let Some(client) = &mut self.client else {
            let mut command = match self.left_job()? {
                Some(id) => self.resume(&id),
                None => self.begin(proxy),
            };
            let command = command.stdout(Stdio::null()).stderr(Stdio::null());
            self.client = Some(Background::start(command)?);
            return Ok(false);
        };
        match client.child().try_wait().during("the client")? {
            None => Ok(false),
            Some(status) if status.success() => Ok(true),
            // It met no server at all: a first connection is not tried again.
            Some(status) if status.code() == Some(NO_CONNECTION) => {
                self.client = None;
                Ok(false)
            }
            Some(status) => Err(Failure::new(format!("the client gave up: {status}"))),
        }
    }

    fn begin(&self, proxy: &Proxy) -> Command {
        match self.way {
            Way::Up => put(&self.server, &self.place, &proxy.url("x"), RETRY_FOR),
            Way::Down => {
                let mut get = self.server.client("get");
                get.arg(proxy.url("x")).arg(&self.place).args(["--retry-for", RETRY_FOR]);
                get
            }
        }
    }

    /// The job that a killed client left.
    fn left_job(&self) -> Result<Option<String>, Failure> {
        let mut list = self.server.client("jobs");
        let listed = process::run(list.arg("--json"), DEADLINE)?.succeeded("ferry jobs")?;
        let jobs = listed.stdout.split(|byte| *byte == b'\n');
        Ok(jobs.filter_map(|line| serde_json::from_slice::<Value>(line).ok()).find_map(|job| {
            let is_left = job["state"] != "done";
            job["job"].as_str().filter(|_| is_left).map(str::to_owned)
        }))
    }

    fn resume(&self, id: &str) -> Command {
        let mut resume = self.server.client("jobs");
        resume.args(["resume", id, "--retry-for", RETRY_FOR]);
        resume
    }

    fn kill_one(&mut self, stage: &mut Stage, address: SocketAddr) -> Result<(), Failure> {
        self.kills += 1;
        if stage.random.once_in(2) {
            // Dropped, it is killed; the next look starts another.
            self.client = None;
            return Ok(());
        }
        sys::signal(self.server.pid(), sys::KILL).during("kill")?;
        self.server = serve(stage, address)?;
        Ok(())
    }
}

/// The old process may hold the address for a moment after its end.
fn serve(stage: &Stage, address: SocketAddr) -> Result<Server, Failure> {
    let listen = address.to_string();
    let arguments = [OsStr::new("--listen"), OsStr::new(&listen)];
    let share = stage.folder("share")?;
    let start = || Server::serve_at(&stage.programs, &share, stage.room.path(), &arguments);
    start().or_else(|_| {
        std::thread::sleep(Duration::from_millis(200));
        start()
    })
}

const LARGE_LEN: usize = 6 * 1024 * 1024;
/// Bytes a second of one connection, so that the job is long enough to be killed.
const RATE: u64 = 4 * 1024 * 1024;
const JOB_MAX: Duration = Duration::from_mins(15);
const RETRY_FOR: &str = "2m";
/// Bytes that may be on their way when a process is killed: small files without an answer, and
/// what lies in the buffers of both ends and of the proxy.
const IN_FLIGHT_MAX: u64 = 2 * 1024 * 1024;

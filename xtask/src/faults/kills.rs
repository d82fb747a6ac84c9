//! Processes that are killed: the client's command is given again, the server is started again,
//! and in the end everything is there, and little of it was sent twice.
//!
//! Each kill is due after so many bytes, all of them together fewer than the job has, and until it
//! has come the proxy lets no more pass: so the job cannot end before the last of them.

use super::proxy::{Proxy, Weather};
use super::traffic::Way;
use super::watcher::{Allowed, Watcher};
use super::{DEADLINE, NO_CONNECTION, Stage, ensure, get, payload, put};
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::process::Background;
use crate::random::Random;
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

/// The job takes the tree `source` to `x` in the folder `target`.
fn run(stage: &mut Stage, way: Way, (source, target): (&str, &str)) -> Result<String, Failure> {
    let wanted = stage.count(100, 20);
    let (small, large) = (stage.count(3000, 600), stage.count(12, 3));
    let source = &stage.mixed_files(source, small, large, LARGE_LEN)?;
    let target = &stage.folder(target)?;
    let address = process::free_address()?;
    let mut allowed = Allowed::default();
    allowed.add_tree(source, &target.join("x"))?;
    let watcher = Watcher::start(target, allowed)?;
    let weather = Weather { rate: Some(RATE), ..Weather::default() };
    let proxy = Proxy::start(address, weather, stage.random.branch())?;
    let place = if way == Way::Up { source.clone() } else { target.join("x") };
    let bytes = payload(source)?;
    let mut job = Job { server: serve(stage, address)?, client: None, proxy, way, place };
    job.run(stage, wanted, bytes)?;
    let looks = watcher.end()?;
    ensure(!tree::has_parts(target)?, || "a part was left".to_owned())?;
    tree::compare(source, &target.join("x"))?;
    let traffic = job.proxy.traffic();
    let (sent, in_flight) = (traffic.passed(way), traffic.in_flight(way));
    let told = format!(
        "{wanted} kills, {} KiB sent for {} KiB and {} KiB in flight at the kills, {looks} looks",
        sent >> 10,
        bytes >> 10,
        in_flight >> 10
    );
    ensure(sent < bytes + bytes / 20 + in_flight, || format!("too much: {told}"))?;
    Ok(told)
}

/// The job and who works on it.
struct Job {
    server: Server,
    client: Option<Client>,
    proxy: Proxy,
    way: Way,
    /// Where the tree is, or will be, on the client's side.
    place: PathBuf,
}

struct Client {
    process: Background,
    /// Connections that there had been when it was started.
    links_before: usize,
}

impl Job {
    /// Runs it to its end through all the kills.
    fn run(&mut self, stage: &mut Stage, wanted: usize, bytes: u64) -> Result<(), Failure> {
        let limit = Instant::now() + JOB_MAX;
        let step_max = bytes / wanted.max(1) as u64;
        let mut kills = 0;
        let mut due = self.next_due(&mut stage.random, step_max)?;
        while !self.has_ended()? {
            ensure(Instant::now() < limit, || format!("the job never ended; {kills} kills"))?;
            if kills < wanted && self.passed() >= due && self.is_under_way()? {
                self.kill_one(stage)?;
                kills += 1;
                due = self.next_due(&mut stage.random, step_max)?;
                if kills == wanted {
                    self.proxy.traffic().hold(self.way, u64::MAX);
                }
            } else {
                std::thread::sleep(POLL);
            }
        }
        ensure(kills == wanted, || format!("the job ended after {kills} kills of {wanted}"))
    }

    /// How many bytes have passed when the next kill is due: half of them come soon, in the
    /// greeting or while the two ends agree what is missing.
    fn next_due(&self, random: &mut Random, step_max: u64) -> Result<u64, Failure> {
        let room = step_max.checked_sub(OVERSHOOT_MAX).filter(|room| *room > SOON);
        let room = room.during("the job is too small for its kills")?;
        let step_max = if random.once_in(2) { SOON } else { room };
        let due = self.passed() + 1 + random.below(step_max);
        self.proxy.traffic().hold(self.way, due + OVERSHOOT_MAX);
        Ok(due)
    }

    fn passed(&self) -> u64 {
        self.proxy.traffic().passed(self.way)
    }

    /// Whether the client is alive and has connected since it was started.
    fn is_under_way(&mut self) -> Result<bool, Failure> {
        let links = self.proxy.traffic().links();
        let Some(client) = &mut self.client else { return Ok(false) };
        let is_alive = client.process.child().try_wait().during("the client")?.is_none();
        Ok(is_alive && links > client.links_before)
    }

    /// Whether the client ended well. One that is not there is started: it goes on with the job
    /// that a killed one left, if it got so far.
    fn has_ended(&mut self) -> Result<bool, Failure> {
        let Some(client) = &mut self.client else {
            let mut command = match self.left_job()? {
                Some(id) => self.resume(&id),
                None => self.begin(),
            };
            let links_before = self.proxy.traffic().links();
            let command = command.stdout(Stdio::null()).stderr(Stdio::null());
            let process = Background::start(command)?;
            self.client = Some(Client { process, links_before });
            return Ok(false);
        };
        match client.process.child().try_wait().during("the client")? {
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

    fn begin(&self) -> Command {
        let url = self.proxy.url("x");
        match self.way {
            Way::Up => put(&self.server, &self.place, &url, RETRY_FOR),
            Way::Down => get(&self.server, &url, &self.place, RETRY_FOR),
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

    /// Kills the client, which the next look starts again, or the server.
    fn kill_one(&mut self, stage: &mut Stage) -> Result<(), Failure> {
        self.proxy.traffic().note_fault();
        if stage.random.once_in(2) {
            self.client = None;
            return Ok(());
        }
        let is_dead = sys::has_ended(self.server.pid()).during("server")?;
        ensure(!is_dead, || "the server ended by itself".to_owned())?;
        sys::signal(self.server.pid(), sys::KILL).during("kill")?;
        self.server = serve(stage, self.server.address)?;
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
/// Bytes a second of one connection, so that a kill comes soon after it is due.
const RATE: u64 = 4 * 1024 * 1024;
/// A kill that comes soon comes within so many bytes.
const SOON: u64 = 32 * 1024;
/// Bytes that may pass while a kill is due.
const OVERSHOOT_MAX: u64 = 128 * 1024;
const JOB_MAX: Duration = Duration::from_mins(15);
const RETRY_FOR: &str = "2m";
const POLL: Duration = Duration::from_millis(1);

//! Many silent connections: what each costs the server, whether a new client notices them, and
//! whether small requests notice bulk transfers.

use super::Bench;
use super::figures::{Goal, Report, Samples, as_f64};
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::load::Connection;
use crate::process::{self, Background};
use crate::sys;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Measures and judges.
pub(super) fn run(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let count = bench.size(10_000, 200);
    let open_files = sys::raise_open_files().during("limit of open files")?;
    if open_files < u64::from(count) + 1000 {
        return Err(Failure::new(format!(
            "{count} connections need more open files than {open_files}: raise the limit (ulimit -n)"
        )));
    }
    let share = bench.folder("idle/share")?;
    fs::write(share.join("large"), vec![7; LARGE_LEN]).during("large file")?;
    let server = serve(bench, &share)?;
    let probes = bench.size(200, 20);
    let alone = first_answers(&server, probes)?;
    let before = process::memory_kib(server.pid(), "VmRSS")?;
    let crowd = Load::start(bench, &server, "idle", count)?;
    let after = process::memory_kib(server.pid(), "VmRSS")?;
    let beside = first_answers(&server, probes)?;
    let each = kib(after.saturating_sub(before)) / f64::from(count);
    report.add(format!("{count} silent connections: KiB each"), each, Goal::AtMost(12.0));
    println!(
        "  first answer: {:.2} ms alone, {:.2} ms beside them",
        alone.median(),
        beside.median()
    );
    let medians = (beside.median(), alone.median());
    report.add_ratio(
        "a new client's first answer over that without them",
        medians,
        Goal::AtMost(2.0),
    );
    let bulk = Load::start(bench, &server, "bulk", BULK)?;
    let latencies = small_requests(&server, bench.size(2000, 100))?;
    for load in [crowd, bulk] {
        load.stop()?;
    }
    report.add(
        "small request beside 64 bulk downloads: median ms",
        latencies.median(),
        Goal::AtMost(10.0),
    );
    report.add(
        "small request beside 64 bulk downloads: p99 ms",
        latencies.quantile(0.99),
        Goal::AtMost(100.0),
    );
    Ok(())
}

/// A server on 16 workers whose limits let one address open all connections.
fn serve(bench: &Bench, share: &Path) -> Result<Server, Failure> {
    let room = bench.folder("idle/ferry")?;
    let config: PathBuf = room.join("ferry.toml");
    fs::write(&config, CONFIG).during(config.display())?;
    let arguments =
        [OsStr::new("--config"), config.as_os_str(), OsStr::new("--workers"), OsStr::new("16")];
    Server::serve_with(&bench.programs, share, &room, &arguments)
}

/// Milliseconds from the first packet to the answer of a stat, for new clients one by one.
fn first_answers(server: &Server, count: u32) -> Result<Samples, Failure> {
    (0..count)
        .map(|_| {
            let started = Instant::now();
            let mut connection = Connection::log_in(server.address)?;
            connection.stat(b"/large")?;
            Ok(millis(started.elapsed()))
        })
        .collect()
}

/// Milliseconds of stats on one open connection.
fn small_requests(server: &Server, count: u32) -> Result<Samples, Failure> {
    let mut connection = Connection::log_in(server.address)?;
    (0..count)
        .map(|_| {
            let started = Instant::now();
            connection.stat(b"/large")?;
            let took = millis(started.elapsed());
            // A person's pace rather than a flood, and a sample of more than one moment.
            std::thread::sleep(Duration::from_millis(2));
            Ok(took)
        })
        .collect()
}

/// A process of its own that loads the server until its standard input ends.
struct Load(Background);

impl Load {
    fn start(bench: &Bench, server: &Server, what: &str, count: u32) -> Result<Self, Failure> {
        let mut command = Command::new(&bench.own_program);
        command.args(["load", what, "--count", &count.to_string()]);
        command.arg("--address").arg(server.address.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Background::start(&mut command)?;
        let stdout = process.child().stdout.take().during("no output of the load")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).during("output of the load")?;
        if line.trim() != "ready" {
            return Err(Failure::new(format!("the {what} load did not come up")));
        }
        Ok(Self(process))
    }

    /// Ends it and fails if it had already failed.
    fn stop(mut self) -> Result<(), Failure> {
        if let Some(status) = self.0.child().try_wait().during("load")? {
            return Err(Failure::new(format!("a load ended early: {status}")));
        }
        Ok(())
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn kib(count: u64) -> f64 {
    as_f64(usize::try_from(count).unwrap_or(usize::MAX))
}

const BULK: u32 = 64;
const LARGE_LEN: usize = 64 * 1024 * 1024;
const CONFIG: &str = "[limits]\nconnections_max = 11000\nconnections_per_address = 11000\nconnections_per_account = 11000\nbefore_login_per_address = 11000\nidle_secs = 900\n";

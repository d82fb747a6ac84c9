//! Other programs: run with a deadline, measured, and never left behind.

use crate::failure::{During as _, Failure};
use crate::sys;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufReader, Read as _, Seek as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A program that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// What it printed.
    pub(crate) stdout: Vec<u8>,
    /// What it complained of.
    pub(crate) stderr: Vec<u8>,
    /// Time on the wall.
    pub(crate) wall: Duration,
    /// User and system time, its ended children included.
    pub(crate) cpu: Duration,
}

impl Finished {
    /// Its exit code; a signal gives 128 and the signal's number, as shells say it.
    pub(crate) fn code(&self) -> i32 {
        use std::os::unix::process::ExitStatusExt as _;
        let signalled = || self.status.signal().map(|signal| 128 + signal);
        self.status.code().or_else(signalled).unwrap_or(-1)
    }

    /// Itself if it ended well, else a failure with what it said.
    pub(crate) fn succeeded(self, name: &str) -> Result<Self, Failure> {
        if self.status.success() {
            return Ok(self);
        }
        Err(Failure::new(format!("{name} ended with {}: {}", self.code(), self.complaint())))
    }

    /// The end of what it said on standard error.
    pub(crate) fn complaint(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        let start = text.len().saturating_sub(COMPLAINT_MAX);
        let start = text.ceil_char_boundary(start);
        text.get(start..).unwrap_or_default().trim().to_owned()
    }
}

/// Runs a program to its end; it is killed when the deadline passes.
pub(crate) fn run(command: &mut Command, deadline: Duration) -> Result<Finished, Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let stdout = tempfile::tempfile().during("could not make a temporary file")?;
    let stderr = tempfile::tempfile().during("could not make a temporary file")?;
    let to_child = |file: &File| file.try_clone().map(Stdio::from);
    command.stdout(to_child(&stdout).during(&name)?).stderr(to_child(&stderr).during(&name)?);
    let started = Instant::now();
    let mut child = Background::start(command)?;
    let cpu = child.until_ended(started, deadline)?;
    let wall = started.elapsed();
    let status = child.child.wait().during(&name)?;
    Ok(Finished {
        status,
        stdout: all_of(stdout).during(&name)?,
        stderr: all_of(stderr).during(&name)?,
        wall,
        cpu,
    })
}

/// A program in the background, killed and reaped when dropped.
#[derive(Debug)]
pub(crate) struct Background {
    child: Child,
    name: String,
}

impl Background {
    /// Starts it. Its standard input is closed unless the command says otherwise.
    pub(crate) fn start(command: &mut Command) -> Result<Self, Failure> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().during(format!("could not start {name} (is it installed?)"))?;
        Ok(Self { child, name })
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its pipes, where the command asked for them.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// User and system time so far of the process and all below it.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        cpu_of_tree(self.pid()).during(format!("could not read the times of {}", self.name))
    }

    /// Waits until something accepts connections at the address.
    pub(crate) fn wait_until_open(&mut self, address: SocketAddr) -> Result<(), Failure> {
        let limit = Instant::now() + START_MAX;
        while TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err() {
            if self.child.try_wait().during(&self.name)?.is_some() {
                return Err(Failure::new(format!("{} ended at once", self.name)));
            }
            if Instant::now() > limit {
                return Err(Failure::new(format!("{} does not answer", self.name)));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Sends a signal and waits for the end, which says how it ended.
    pub(crate) fn end(
        mut self,
        signal: sys::Signal,
        deadline: Duration,
    ) -> Result<ExitStatus, Failure> {
        sys::signal(self.pid(), signal).during(&self.name)?;
        self.until_ended(Instant::now(), deadline)?;
        self.child.wait().during(&self.name)
    }

    /// Waits for the end without reaping and returns the time it took of the processors.
    fn until_ended(&self, started: Instant, deadline: Duration) -> Result<Duration, Failure> {
        while !sys::has_ended(self.pid()).during(&self.name)? {
            if started.elapsed() > deadline {
                let secs = deadline.as_secs();
                return Err(Failure::new(format!("{} did not end within {secs} s", self.name)));
            }
            std::thread::sleep(POLL);
        }
        let times = Times::read(self.pid()).during(&self.name)?;
        Ok(times.all())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            drop(self.child.kill());
        }
        drop(self.child.wait());
    }
}

/// An address on loopback that nothing listens at now.
pub(crate) fn free_address() -> Result<SocketAddr, Failure> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .during("no free port")
}

/// A line of `/proc/PID/status` in KiB, such as `VmRSS` or `VmHWM`.
pub(crate) fn memory_kib(pid: u32, line: &str) -> Result<u64, Failure> {
    let status =
        fs::read_to_string(format!("/proc/{pid}/status")).during("could not read memory")?;
    status
        .lines()
        .find_map(|text| text.strip_prefix(line)?.strip_prefix(':'))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .during(format!("no {line} of process {pid}"))
}

/// User and system time so far of a process and all below it.
pub(crate) fn cpu_of_tree(root: u32) -> std::io::Result<Duration> {
    let mut children: HashMap<u32, Vec<(u32, Times)>> = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // A process may end while its line is read.
        if let Ok(times) = Times::read(pid) {
            children.entry(times.parent).or_default().push((pid, times));
        }
    }
    let mut total = Times::read(root)?.all();
    let mut open = vec![root];
    while let Some(pid) = open.pop() {
        for (child, times) in children.remove(&pid).unwrap_or_default() {
            total += times.all();
            open.push(child);
        }
    }
    Ok(total)
}

struct Times {
    parent: u32,
    /// User, system, and the same of reaped children, in hundredths of a second.
    ticks: u64,
}

impl Times {
    fn read(pid: u32) -> std::io::Result<Self> {
        let line = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        Self::parse(&line).ok_or_else(|| std::io::Error::other("unreadable process line"))
    }

    /// The program's name may hold spaces and brackets, so fields count from its end.
    fn parse(line: &str) -> Option<Self> {
        let (_, rest) = line.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let times = fields.get(11..15)?;
        let ticks: Option<Vec<u64>> = times.iter().map(|field| field.parse().ok()).collect();
        Some(Self { parent: fields.get(1)?.parse().ok()?, ticks: ticks?.iter().sum() })
    }

    fn all(&self) -> Duration {
        Duration::from_millis(self.ticks * MILLIS_PER_TICK)
    }
}

fn all_of(file: File) -> std::io::Result<Vec<u8>> {
    let mut file = BufReader::new(file);
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Linux counts process times in hundredths of a second for every program.
const MILLIS_PER_TICK: u64 = 10;
/// How often a child is asked whether it has ended: the error of a time on the wall.
const POLL: Duration = Duration::from_millis(1);
/// How long a server may take to accept connections.
const START_MAX: Duration = Duration::from_secs(20);
/// Most bytes of a program's complaint that are repeated.
const COMPLAINT_MAX: usize = 600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let line = "7 (a) b) S 3 7 7 0 -1 0 0 0 0 0 10 20 30 40 20 0 1 0";
        let times = Times::parse(line).unwrap();
        assert_eq!((times.parent, times.ticks), (3, 100));
    }

    #[test]
    fn a_program_that_hangs_is_killed() {
        let err = run(Command::new("sleep").arg("60"), Duration::from_millis(50)).unwrap_err();
        assert!(err.to_string().contains("did not end"), "{err}");
    }

    #[test]
    fn what_a_program_says_is_kept() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2; exit 3"]);
        let finished = run(&mut command, Duration::from_secs(20)).unwrap();
        assert_eq!(finished.code(), 3);
        assert_eq!(finished.stdout, b"out\n");
        assert_eq!(finished.complaint(), "err");
    }
}

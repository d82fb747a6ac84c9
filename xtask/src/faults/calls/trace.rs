//! strace: has calls of a process fail, and tells which it makes.

use super::table::{self, Fault};
use crate::failure::{During as _, Failure};
use crate::faults::{DEADLINE, ensure};
use crate::process::{self, Background, Finished};
use crate::random::Random;
use crate::sys;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One time at which a thread makes a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The thread's name.
    pub(super) thread: String,
    pub(super) call: String,
    /// The first is 1.
    pub(super) when: u64,
}

impl Place {
    /// How strace is told to have it fail.
    pub(super) fn injection(&self, fault: Fault) -> String {
        format!("{}:{}:when={}", self.call, fault.injection(), self.when)
    }
}

/// How often each thread makes each call that the disk answers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Profile(BTreeMap<(String, String), u64>);

impl Profile {
    /// Reads what strace noted. `name_of` names threads by their ids. The disk answers what concerns
    /// a path below `room`.
    pub(super) fn read<'a>(
        log: &str,
        name_of: impl Fn(&str) -> &'a str,
        room: &Path,
    ) -> Result<Self, Failure> {
        let room = room.display().to_string();
        let mut made: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
        for (thread, call, rest) in log.lines().filter_map(parse_line) {
            let who = (name_of(thread).to_owned(), call.to_owned());
            let (on_disk, in_all) = made.entry(who).or_default();
            *on_disk += u64::from(rest.contains(&room));
            *in_all += 1;
        }
        made.retain(|_, (on_disk, _)| *on_disk > 0);
        for (_, call) in made.keys() {
            table::check_known(call)?;
        }
        Ok(Self(made.into_iter().map(|(who, (_, in_all))| (who, in_all)).collect()))
    }

    /// Who makes which call, and how often.
    pub(super) fn calls(&self) -> impl Iterator<Item = (&str, &str, u64)> {
        self.0.iter().map(|((thread, call), times)| (thread.as_str(), call.as_str(), *times))
    }

    /// Some of the places of the calls that are wanted, and how many there are of them in all.
    pub(super) fn some_places(
        &self,
        count: usize,
        is_wanted: impl Fn(&str) -> bool,
        random: &mut Random,
    ) -> (Vec<Place>, usize) {
        let mut places = Vec::new();
        for (thread, call, times) in self.calls().filter(|(_, call, _)| is_wanted(call)) {
            let (thread, call) = (thread.to_owned(), call.to_owned());
            let place = |when| Place { thread: thread.clone(), call: call.clone(), when };
            places.extend((1..=times).map(place));
        }
        let in_all = places.len();
        let mut some = Vec::new();
        while some.len() < count && !places.is_empty() {
            some.push(places.swap_remove(random.index(places.len())));
        }
        (some, in_all)
    }
}

/// Thread, call and the rest of a line; `None` for the end of a call that was begun above.
fn parse_line(line: &str) -> Option<(&str, &str, &str)> {
    let (thread, rest) = line.split_once(' ')?;
    let (call, rest) = rest.trim_start().split_once('(')?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    call.bytes().all(is_name).then_some((thread, call, rest))
}

/// Which threads of a running process.
#[derive(Clone, Copy, Debug)]
pub(super) enum Threads<'a> {
    All,
    Named(&'a str),
}

/// strace on a running process.
pub(super) struct Tracer {
    process: Background,
    log: PathBuf,
}

impl Tracer {
    /// Has calls fail: `injection` says which, how and when.
    pub(super) fn inject(
        pid: u32,
        threads: Threads<'_>,
        injection: &str,
        log: &Path,
    ) -> Result<Self, Failure> {
        Self::attach(pid, threads, &injecting(injection)?, log)
    }

    /// Has all calls noted that take a path or a descriptor.
    pub(super) fn note(pid: u32, log: &Path) -> Result<Self, Failure> {
        Self::attach(pid, Threads::All, &NOTING, log)
    }

    fn attach(
        pid: u32,
        threads: Threads<'_>,
        options: &[impl AsRef<OsStr>],
        log: &Path,
    ) -> Result<Self, Failure> {
        drop(fs::remove_file(log));
        let mut strace = Command::new("strace");
        let traced = match threads {
            Threads::All => {
                strace.args(["-f", "-p", &pid.to_string()]);
                thread_names(pid)?.into_keys().collect()
            }
            Threads::Named(name) => {
                let ids = thread_names(pid)?.into_iter().filter(|(_, found)| found == name);
                let ids: Vec<String> = ids.map(|(id, _)| id).collect();
                ensure(!ids.is_empty(), || format!("the server has no thread {name}"))?;
                strace.args(ids.iter().flat_map(|id| ["-p", id]));
                ids
            }
        };
        strace.arg("-o").arg(log).args(options);
        let stderr = fs::File::create(log.with_extension("told")).during("strace")?;
        let process = Background::start(strace.stdout(Stdio::null()).stderr(stderr))?;
        let mut tracer = Self { process, log: log.to_owned() };
        tracer.wait_until_attached(pid, &traced)?;
        Ok(tracer)
    }

    fn wait_until_attached(&mut self, pid: u32, traced: &[String]) -> Result<(), Failure> {
        let limit = Instant::now() + Duration::from_secs(20);
        while !traced.iter().all(|thread| is_traced(pid, thread)) {
            let has_ended = self.process.child().try_wait().during("strace")?.is_some();
            ensure(!has_ended, || {
                let told = fs::read_to_string(self.log.with_extension("told"));
                format!("strace ended: {}", told.unwrap_or_default().trim())
            })?;
            ensure(Instant::now() < limit, || "strace does not attach".to_owned())?;
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// Lets go of the process, and returns what was noted.
    pub(super) fn end(&mut self) -> Result<String, Failure> {
        // It ended by itself if the process did.
        drop(sys::signal(self.process.pid(), sys::INTERRUPT));
        self.process.child().wait().during("strace")?;
        read_log(&self.log)
    }
}

/// Runs a program under strace, all its threads counted each for itself, and returns what was noted.
pub(super) fn run(
    program: &Command,
    options: &[impl AsRef<OsStr>],
    log: &Path,
) -> Result<(Finished, String), Failure> {
    let mut strace = Command::new("strace");
    strace.arg("-f").arg("-o").arg(log).args(options).arg(program.get_program());
    strace.args(program.get_args()).stdin(Stdio::null());
    strace.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    // The system's certificates are a hundred files that nobody asks for here.
    strace.env("SSL_CERT_FILE", "none").env("SSL_CERT_DIR", "none");
    let finished = process::run(&mut strace, DEADLINE)?;
    Ok((finished, read_log(log)?))
}

/// How strace is told to have calls fail.
pub(super) fn injecting(injection: &str) -> Result<[String; 2], Failure> {
    let (calls, _) = injection.split_once(':').during("injection")?;
    Ok([format!("--trace={calls}"), format!("--inject={injection}")])
}

fn read_log(log: &Path) -> Result<String, Failure> {
    fs::read(log).map(|log| String::from_utf8_lossy(&log).into_owned()).during("strace's log")
}

/// The line of the fault that came about, if one did.
pub(super) fn struck(log: &str) -> Option<String> {
    let is_fault = |line: &&str| line.contains("(INJECTED)") || line.contains(KILLED);
    log.lines().find(is_fault).map(str::to_owned)
}

/// Whether the line of a fault says that its process was killed.
pub(super) fn was_killed(line: &str) -> bool {
    line.contains(KILLED)
}

const KILLED: &str = "+++ killed by SIGKILL";

/// The names of a process's threads by their ids.
pub(super) fn thread_names(pid: u32) -> Result<BTreeMap<String, String>, Failure> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).during("the server's threads")?;
    let name_of = |task: fs::DirEntry| {
        let name = fs::read_to_string(task.path().join("comm")).ok()?;
        Some((task.file_name().into_string().ok()?, name.trim().to_owned()))
    };
    Ok(tasks.flatten().filter_map(name_of).collect())
}

/// Whether a thread has a tracer. One that has ended meanwhile needs none.
fn is_traced(pid: u32, thread: &str) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{pid}/task/{thread}/status")) else {
        return true;
    };
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|tracer| tracer.trim() != "0")
}

/// Notes every call that takes a path or a descriptor, with the path of each descriptor.
pub(super) const NOTING: [&str; 4] = ["-y", "--trace=%file,%desc", "--string-limit=0", "-qq"];

/// A client's threads, which come and go, by one name.
pub(super) const CLIENT: &str = "client";

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
7  openat2(5</room/share>, \"x\", {flags=0}, 24) = 9</room/share/x>
7  close(9</room/share/x>) = 0
7  close(8<socket:[1]>) = 0
8  writev(8<socket:[1]>, [{iov_base=\"\"..., iov_len=24}], 1 <unfinished ...>
7  openat2(5</room/share>, \"y\", {flags=0}, 24 <unfinished ...>
8  <... writev resumed>) = 24
7  <... openat2 resumed>) = 9</room/share/y>
7  +++ exited with 0 +++
";

    fn profile(log: &str) -> Result<Profile, Failure> {
        let name_of = |thread: &str| if thread == "7" { "worker" } else { "other" };
        Profile::read(log, name_of, Path::new("/room"))
    }

    #[test]
    fn calls_on_the_disk_are_counted_by_thread() {
        let profile = profile(LOG).unwrap();
        let calls: Vec<_> = profile.calls().collect();
        assert_eq!(calls, [("worker", "close", 2), ("worker", "openat2", 2)]);
        let mut random = Random::new(1);
        let (some, in_all) = profile.some_places(9, |call| call == "openat2", &mut random);
        assert_eq!((some.len(), in_all), (2, 2));
        assert_eq!(profile.some_places(1, |_| true, &mut random).0.len(), 1);
    }

    #[test]
    fn a_call_that_is_in_no_list_is_told() {
        let err = profile("7 sendfile(3</room/a>, 4</room/b>, 0, 9) = 9\n").unwrap_err();
        assert!(err.to_string().starts_with("sendfile"), "{err}");
        assert!(profile("7 sendfile(3</elsewhere>, 4<socket:[1]>, 0, 9) = 9\n").is_ok());
    }
}

//! System calls that fail: each call of an upload, each time it is made, fails once; or the server
//! is killed at it. strace does both, from the moment when the server is at rest.

use super::watcher::{Allowed, Watcher};
use super::{DEADLINE, Stage, ensure, put};
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::process::{self, Background};
use crate::{sys, tree};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Every call on the way of an upload that the disk answers.
const CALLS: &[&str] = &[
    "openat,openat2",
    "pwrite64",
    "fsync,fdatasync",
    "syncfs",
    "rename,renameat,renameat2",
    "linkat",
    "symlinkat",
    "unlinkat",
    "mkdirat",
    "fchmod,fchmodat",
    "utimensat",
    "ftruncate",
    "fallocate",
    "fstatfs,fstat,newfstatat,statx",
];

/// Each fails with an error of the disk.
pub(super) fn fail(stage: &mut Stage) -> Result<String, Failure> {
    each_call(stage, "error=EIO")
}

/// The server dies in each.
pub(super) fn kill(stage: &mut Stage) -> Result<String, Failure> {
    each_call(stage, "signal=KILL")
}

/// Calls that a signal can interrupt where nothing is wrong.
const INTERRUPTED: &[&str] = &[
    "pwrite64",
    "recvfrom,recvmsg,readv",
    "sendto,sendmsg,writev",
    "epoll_wait,epoll_pwait,epoll_pwait2",
];

/// Each is interrupted every second time it is made, and the upload comes whole at the first try.
pub(super) fn interrupt(stage: &mut Stage) -> Result<String, Failure> {
    let ground = Ground::make(stage)?;
    let mut hit = 0;
    for calls in INTERRUPTED {
        let injection = format!("{calls}:error=EINTR:when=1+2");
        let run = ground
            .one_run(stage, &injection)
            .map_err(|err| Failure::new(format!("with {injection}: {err}")))?;
        ensure(run.is_whole, || format!("with {injection} the first upload failed"))?;
        ensure(run.was_hit, || format!("nobody makes {calls}"))?;
        hit += 1;
    }
    Ok(format!("{hit} kinds of calls"))
}

fn each_call(stage: &mut Stage, fault: &str) -> Result<String, Failure> {
    let times_max = stage.count(60, 6);
    let ground = Ground::make(stage)?;
    let (mut faults, mut whole_runs) = (0, 0);
    for calls in CALLS {
        for when in 1..=times_max {
            let injection = format!("{calls}:{fault}:when={when}");
            let run = ground
                .one_run(stage, &injection)
                .map_err(|err| Failure::new(format!("with {injection}: {err}")))?;
            if !run.was_hit {
                whole_runs += 1;
                break;
            }
            faults += 1;
        }
    }
    ensure(faults >= CALLS.len(), || format!("only {faults} faults came about"))?;
    Ok(format!("{faults} faults, {whole_runs} of {} calls to their last", CALLS.len()))
}

/// What came of an upload with a fault.
struct Run {
    /// Whether the fault came about.
    was_hit: bool,
    /// Whether the first try succeeded.
    is_whole: bool,
}

/// What is sent, over what.
struct Ground {
    before: PathBuf,
    after: PathBuf,
}

impl Ground {
    /// A tree and its successor: files that are new, replaced, and the same; small and large.
    fn make(stage: &mut Stage) -> Result<Self, Failure> {
        let before = stage.mixed_files("before", 3, 1, 2 * 1024 * 1024)?;
        let after = stage.mixed_files("after", 4, 1, 2 * 1024 * 1024 + 5)?;
        fs::create_dir_all(after.join("new folder")).during("folder")?;
        fs::write(after.join("new folder/new"), b"new").during("file")?;
        Ok(Self { before, after })
    }

    /// One upload with one fault, and the same upload again.
    fn one_run(&self, stage: &Stage, injection: &str) -> Result<Run, Failure> {
        let share = stage.path("share");
        drop(fs::remove_dir_all(&share));
        copy_tree(&self.before, &share.join("x"))?;
        let mut allowed = Allowed::default();
        allowed.add_tree(&self.before, &share.join("x"))?;
        allowed.add_tree(&self.after, &share.join("x"))?;
        let server = stage.serve(&[OsStr::new("--workers"), OsStr::new("2")])?;
        let watcher = Watcher::start(&share, allowed)?;
        let mut tracer = Tracer::attach(&server, injection, &stage.path("strace.log"))?;
        // It may fail, and say so; it may not lie.
        let first = process::run(&mut self.put(&server, "0"), DEADLINE)?;
        let was_hit = tracer.end()?;
        if first.status.success() {
            self.compare(&share)?;
        }
        let is_dead = sys::has_ended(server.pid()).during("server")?;
        let server = if is_dead {
            drop(server);
            stage.serve(&[])?
        } else {
            server
        };
        process::run(&mut self.put(&server, "5s"), DEADLINE)?
            .succeeded("the same command again")?;
        self.compare(&share)?;
        watcher.end()?;
        self.nothing_is_lost(&share)?;
        Ok(Run { was_hit, is_whole: first.status.success() })
    }

    /// What was there before is there still, or undo keeps it.
    fn nothing_is_lost(&self, share: &Path) -> Result<(), Failure> {
        let places = [share.to_owned(), share.join(".ferry-undo")];
        let mut found = HashSet::new();
        for place in places {
            for path in tree::files(&place)? {
                // Records are links that lead nowhere.
                if path.is_file() {
                    found.insert(blake3::hash(&fs::read(&path).during(path.display())?));
                }
            }
        }
        for path in tree::files(&self.before)? {
            let content = fs::read(&path).during(path.display())?;
            let is_there = found.contains(&blake3::hash(&content));
            ensure(is_there, || format!("the old {} is lost", path.display()))?;
        }
        Ok(())
    }

    fn put(&self, server: &Server, retry_for: &str) -> Command {
        let mut put = put(server, &self.after, &server.url("x"), retry_for);
        put.args(["--if-exists", "replace", "--connections", "1"]);
        put
    }

    /// Everything that was sent is there.
    fn compare(&self, share: &Path) -> Result<(), Failure> {
        for path in tree::files(&self.after)? {
            let target = share.join("x").join(path.strip_prefix(&self.after).during("path")?);
            let (sent, found) = (fs::read(&path), fs::read(&target));
            let is_equal = sent.during(path.display())? == found.during(target.display())?;
            ensure(is_equal, || format!("{} is not what was sent", target.display()))?;
        }
        Ok(())
    }
}

/// strace on a running server.
struct Tracer {
    process: Background,
    log: PathBuf,
}

impl Tracer {
    fn attach(server: &Server, injection: &str, log: &Path) -> Result<Self, Failure> {
        let (calls, _) = injection.split_once(':').during("injection")?;
        drop(fs::remove_file(log));
        let mut strace = Command::new("strace");
        strace.args(["-f", "-p", &server.pid().to_string(), "-o"]).arg(log);
        strace.arg(format!("--trace={calls}")).arg(format!("--inject={injection}"));
        let stderr = fs::File::create(log.with_extension("told")).during("strace")?;
        let process = Background::start(strace.stdout(Stdio::null()).stderr(stderr))?;
        let mut tracer = Self { process, log: log.to_owned() };
        tracer.wait_until_attached(server.pid())?;
        Ok(tracer)
    }

    /// Every thread of the server has a tracer.
    fn wait_until_attached(&mut self, pid: u32) -> Result<(), Failure> {
        let limit = Instant::now() + Duration::from_secs(20);
        while !are_all_traced(pid) {
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

    /// Lets go of the server, and says whether anything was injected.
    fn end(&mut self) -> Result<bool, Failure> {
        // It ended by itself if the server did.
        drop(sys::signal(self.process.pid(), sys::INTERRUPT));
        self.process.child().wait().during("strace")?;
        let log = fs::read_to_string(&self.log).during("strace's log")?;
        Ok(log.contains("(INJECTED)") || log.contains("+++ killed by SIGKILL"))
    }
}

fn are_all_traced(pid: u32) -> bool {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return false };
    tasks.flatten().all(|task| {
        let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
        status
            .lines()
            .any(|line| line.strip_prefix("TracerPid:").is_some_and(|tracer| tracer.trim() != "0"))
    })
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), Failure> {
    for path in tree::files(from)? {
        let target = to.join(path.strip_prefix(from).during("path")?);
        fs::create_dir_all(target.parent().during("no folder")?).during("folder")?;
        fs::copy(&path, &target).during(target.display())?;
    }
    Ok(())
}

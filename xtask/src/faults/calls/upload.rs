//! Uploads of all kinds to a server whose calls fail: one that goes on with a part, new files,
//! replaced ones, one that is there already, and an undo. Each may fail, and say so; none may lie.
//! The same commands again, without a fault, have everything there.

use super::trace::{self, CLIENT, NOTING, Profile, Threads, Tracer};
use crate::failure::{During as _, Failure};
use crate::faults::proxy::{Proxy, Weather};
use crate::faults::watcher::{Allowed, Watcher};
use crate::faults::{DEADLINE, Stage, ensure, put};
use crate::ferry::Server;
use crate::{process, sys, tree};
use serde_json::Value;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A server, what lies there, and what an interrupted upload left at both ends: made once, and laid
/// out anew for every run.
pub(super) struct Uploads {
    /// What the folders hold in which each run begins.
    made: PathBuf,
    /// Everything is sent by this address, also what was begun before.
    address: SocketAddr,
}

/// Whose calls fail.
#[derive(Clone, Copy, Debug)]
pub(super) enum Victim<'a> {
    /// Threads of the server, in all that it is asked for.
    Server(Threads<'a>),
    /// The client, in one command.
    Client(Act),
}

/// What came of a run.
pub(super) struct Run {
    /// The fault, if it came about.
    pub(super) struck: Option<String>,
    /// Whether all went well all the same.
    pub(super) is_whole: bool,
    /// What the commands said that failed.
    pub(super) told: String,
}

/// One command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Goes on with the part of an upload that was cut.
    GoOn,
    /// Sends a tree over another.
    Replace,
    /// Sends what is there already.
    Repeat,
    /// Brings back what was replaced.
    Undo,
}

/// An undo that comes again would undo itself.
const ACTS: [Act; 4] = [Act::GoOn, Act::Replace, Act::Repeat, Act::Undo];
const ACTS_AGAIN: [Act; 3] = [Act::GoOn, Act::Replace, Act::Repeat];

impl Uploads {
    pub(super) fn make(stage: &mut Stage) -> Result<Self, Failure> {
        let files = [
            ("cut", 3 * LARGE_LEN),
            ("before/small", 3000),
            ("before/large", LARGE_LEN),
            ("before/same", 5000),
            ("after/small", 4000),
            ("after/large", LARGE_LEN + 5),
            ("after/empty", 0),
            ("after/new/folder/new", 70),
            ("repeated/small", 2000),
            ("repeated/large", LARGE_LEN + 9),
        ];
        for (name, len) in files {
            let path = stage.path(name);
            fs::create_dir_all(path.parent().during("no folder")?).during("folder")?;
            fs::write(&path, stage.content(len)).during(path.display())?;
        }
        fs::copy(stage.path("before/same"), stage.path("after/same")).during("copy")?;
        let share = stage.folder("share")?;
        copy(&stage.path("before"), &share.join("x"))?;
        copy(&stage.path("repeated"), &share.join("repeated"))?;
        let address = cut_an_upload(stage)?;
        let made = stage.folder("made")?;
        for name in LAID_OUT {
            fs::rename(stage.path(name), made.join(name)).during(name)?;
        }
        Ok(Self { made, address })
    }

    /// The calls that the server makes in all of it.
    pub(super) fn profile_of_server(&self, stage: &Stage) -> Result<Profile, Failure> {
        let server = self.lay_out(stage)?;
        let mut tracer = Tracer::note(server.pid(), &stage.path(LOG))?;
        let names = trace::thread_names(server.pid())?;
        for act in ACTS {
            let done = process::run(&mut act.command(stage, &server, "0"), DEADLINE)?;
            done.succeeded(&format!("{act:?} without a fault"))?;
            act.check(stage)?;
        }
        let name_of = |thread: &str| names.get(thread).map_or("unnamed", String::as_str);
        Profile::read(&tracer.end()?, name_of, stage.room.path())
    }

    /// The calls that the client makes in a command, all of them as one thread's.
    pub(super) fn profile_of_client(&self, stage: &Stage, act: Act) -> Result<Profile, Failure> {
        let server = self.lay_out(stage)?;
        let command = act.command(stage, &server, "0");
        let (done, log) = trace::run(&command, &NOTING, &stage.path(LOG))?;
        done.succeeded(&format!("{act:?} without a fault"))?;
        Profile::read(&log, |_| CLIENT, stage.room.path())
    }

    /// All of it with a fault, and again without one.
    pub(super) fn run(
        &self,
        stage: &Stage,
        victim: Victim<'_>,
        injection: &str,
        keeps_past: bool,
    ) -> Result<Run, Failure> {
        let mut server = self.lay_out(stage)?;
        let share = stage.path("share");
        let watcher = Watcher::start(&share, allowed(stage)?)?;
        let run = match victim {
            Victim::Server(threads) => strike_server(stage, &server, threads, injection),
            Victim::Client(act) => strike_client(stage, &server, act, injection),
        }?;
        // A killed process ends in its own time, after the thread that was struck.
        let was_killed = matches!(victim, Victim::Server(_))
            && run.struck.as_deref().is_some_and(trace::was_killed);
        if was_killed || sys::has_ended(server.pid()).during("server")? {
            server.end(sys::KILL)?;
            server = serve(stage, self.address)?;
        }
        let judged = judge(stage, &server, keeps_past, &run).and_then(|()| watcher.end());
        let Run { struck, told, .. } = &run;
        judged.map_err(|err| Failure::new(format!("{err}; after {struck:?}, and {told}")))?;
        Ok(run)
    }

    fn lay_out(&self, stage: &Stage) -> Result<Server, Failure> {
        for name in LAID_OUT {
            drop(fs::remove_dir_all(stage.path(name)));
            copy(&self.made.join(name), &stage.path(name))?;
        }
        serve(stage, self.address)
    }
}

impl Act {
    fn command(self, stage: &Stage, server: &Server, retry_for: &str) -> Command {
        let sent =
            |from: &str, to: &str| put(server, &stage.path(from), &server.url(to), retry_for);
        let mut command = match self {
            Self::GoOn => sent("cut", "cut"),
            Self::Replace => sent("after", "x"),
            Self::Repeat => sent("repeated", "repeated"),
            Self::Undo => {
                let mut undo = server.client("undo");
                undo.arg(server.url("x/small")).args(["--if-exists", "replace"]);
                undo.args(["--retry-for", retry_for]);
                return undo;
            }
        };
        if matches!(self, Self::Replace) {
            command.args(["--if-exists", "replace"]);
        }
        command.args(["--connections", "1"]);
        command
    }

    /// Fails unless what the command says to have done is done.
    fn check(self, stage: &Stage) -> Result<(), Failure> {
        let share = stage.path("share");
        match self {
            Self::GoOn => equal(&stage.path("cut"), &share.join("cut")),
            Self::Replace => all_equal(&stage.path("after"), &share.join("x")),
            Self::Repeat => all_equal(&stage.path("repeated"), &share.join("repeated")),
            Self::Undo => equal(&stage.path("before/small"), &share.join("x/small")),
        }
    }
}

fn strike_server(
    stage: &Stage,
    server: &Server,
    threads: Threads<'_>,
    injection: &str,
) -> Result<Run, Failure> {
    let mut tracer = Tracer::inject(server.pid(), threads, injection, &stage.path(LOG))?;
    let (mut is_whole, mut told) = (true, Vec::new());
    for act in ACTS {
        // What is undone in the middle of a job is not sent again by it.
        if act == Act::Undo && !is_whole {
            continue;
        }
        let done = process::run(&mut act.command(stage, server, "0"), DEADLINE)?;
        if done.status.success() {
            act.check(stage)
                .map_err(|err| Failure::new(format!("{act:?} is no success: {err}; {told:?}")))?;
        } else {
            is_whole = false;
            told.push(format!("{act:?}: {}", done.complaint()));
        }
    }
    Ok(Run { struck: trace::struck(&tracer.end()?), is_whole, told: told.join("; ") })
}

fn strike_client(
    stage: &Stage,
    server: &Server,
    act: Act,
    injection: &str,
) -> Result<Run, Failure> {
    let command = act.command(stage, server, "0");
    let (done, log) = trace::run(&command, &trace::injecting(injection)?, &stage.path(LOG))?;
    let is_whole = done.status.success();
    if is_whole {
        act.check(stage)?;
    }
    Ok(Run { struck: trace::struck(&log), is_whole, told: done.complaint() })
}

/// Goes on with the jobs that failed, as the client said that it would.
fn resume_failed(server: &Server) -> Result<(), Failure> {
    let mut list = server.client("jobs");
    let listed = process::run(list.arg("--json"), DEADLINE)?.succeeded("ferry jobs")?;
    for line in listed.stdout.split(|byte| *byte == b'\n') {
        let Ok(job) = serde_json::from_slice::<Value>(line) else { continue };
        if let (Some("failed"), Some(id)) = (job["state"].as_str(), job["job"].as_str()) {
            let mut resume = server.client("jobs");
            resume.args(["resume", id, "--retry-for", "5s"]);
            process::run(&mut resume, DEADLINE)?.succeeded("ferry jobs resume")?;
        }
    }
    Ok(())
}

/// The same commands again, without a fault, and what is there then.
fn judge(stage: &Stage, server: &Server, keeps_past: bool, run: &Run) -> Result<(), Failure> {
    resume_failed(server)?;
    for act in ACTS_AGAIN {
        let done = process::run(&mut act.command(stage, server, "5s"), DEADLINE)?;
        done.succeeded(&format!("{act:?} again"))?;
        act.check(stage)?;
    }
    // Who was told that a job's journal cannot be read knows that its part stays.
    let may_leave_part = run.told.contains("journal");
    let has_parts = tree::has_parts(&stage.path("share"))?;
    ensure(!has_parts || may_leave_part, || "a part was left".to_owned())?;
    if keeps_past { nothing_is_lost(stage) } else { Ok(()) }
}

/// Leaves the part of an upload, and returns the address by which it was sent.
fn cut_an_upload(stage: &mut Stage) -> Result<SocketAddr, Failure> {
    let server = stage.serve(&[])?;
    let half = LARGE_LEN as u64;
    let weather = Weather { cut_after: Some(half..half + 1), ..Weather::default() };
    let proxy = Proxy::start(server.address, weather, stage.random.branch())?;
    let mut cut = put(&server, &stage.path("cut"), &proxy.url("cut"), "0");
    let done = process::run(cut.args(["--connections", "1"]), DEADLINE)?;
    ensure(!done.status.success(), || "the upload was not cut".to_owned())?;
    let address = proxy.address;
    drop(proxy);
    server.end(sys::TERMINATE)?;
    ensure(tree::parts(&stage.path("share"))? == 1, || "no part was left".to_owned())?;
    Ok(address)
}

/// One worker, so that a thread's calls come in the same order each time.
fn serve(stage: &Stage, address: SocketAddr) -> Result<Server, Failure> {
    let address = address.to_string();
    let arguments = ["--listen", &address, "--workers", "1"].map(OsStr::new);
    Server::serve_at(&stage.programs, &stage.folder("share")?, stage.room.path(), &arguments)
}

fn allowed(stage: &Stage) -> Result<Allowed, Failure> {
    let share = stage.path("share");
    let mut allowed = Allowed::default();
    for (from, to) in [("before", "x"), ("after", "x"), ("repeated", "repeated")] {
        allowed.add_tree(&stage.path(from), &share.join(to))?;
    }
    allowed.add(&share.join("cut"), &fs::read(stage.path("cut")).during("cut")?);
    Ok(allowed)
}

/// What was there before is there still, or undo keeps it.
fn nothing_is_lost(stage: &Stage) -> Result<(), Failure> {
    let share = stage.path("share");
    let mut found = HashSet::new();
    for place in [share.join(".ferry-undo"), share] {
        for path in tree::files(&place)? {
            // Records are links that lead nowhere.
            if path.is_file() {
                found.insert(blake3::hash(&fs::read(&path).during(path.display())?));
            }
        }
    }
    for path in tree::files(&stage.path("before"))? {
        let content = fs::read(&path).during(path.display())?;
        let is_there = found.contains(&blake3::hash(&content));
        ensure(is_there, || format!("the old {} is lost", path.display()))?;
    }
    Ok(())
}

/// Everything below `sent` is below `found`.
pub(super) fn all_equal(sent: &Path, found: &Path) -> Result<(), Failure> {
    for path in tree::files(sent)? {
        equal(&path, &found.join(path.strip_prefix(sent).during("path")?))?;
    }
    Ok(())
}

pub(super) fn equal(sent: &Path, found: &Path) -> Result<(), Failure> {
    let read = |path: &Path| fs::read(path).during(path.display());
    let is_equal = read(sent)? == read(found)?;
    ensure(is_equal, || format!("{} is not what was sent", found.display()))
}

/// Copies a tree with its times, links and all.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let mut copy = Command::new("cp");
    process::run(copy.arg("-a").arg(from).arg(to), DEADLINE)?.succeeded("cp").map(drop)
}

/// Folders that are laid out anew: the share, and the state of both ends.
const LAID_OUT: [&str; 3] = ["share", "server-state", "client-state"];
const LARGE_LEN: usize = 1280 * 1024;
/// Where strace notes.
pub(super) const LOG: &str = "strace.log";

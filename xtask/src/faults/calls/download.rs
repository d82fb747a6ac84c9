//! Downloads by a client whose calls fail: one that goes on with what a cut one left, and a tree
//! with new and replaced files. Each may fail, and say so; none may lie. The same command again,
//! without a fault, has everything there.

use super::trace::{self, CLIENT, NOTING, Profile};
use super::upload::{LOG, all_equal, copy, equal};
use crate::failure::{During as _, Failure};
use crate::faults::proxy::{Proxy, Weather};
use crate::faults::watcher::{Allowed, Watcher};
use crate::faults::{DEADLINE, Stage, ensure, get};
use crate::ferry::Server;
use crate::process::Finished;
use crate::{process, sys, tree};
use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A server, and what the client's folders hold in which each run begins.
pub(super) struct Downloads {
    server: Server,
    made: PathBuf,
}

/// One command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Goes on with a download that was cut.
    FetchRest,
    /// Fetches a tree over another.
    FetchTree,
}

pub(super) const ACTS: [Act; 2] = [Act::FetchRest, Act::FetchTree];

impl Downloads {
    pub(super) fn make(stage: &mut Stage) -> Result<Self, Failure> {
        let files = [
            ("share/cut", 3 * LARGE_LEN),
            ("share/x/small", 4000),
            ("share/x/large", LARGE_LEN + 5),
            ("share/x/empty", 0),
            ("share/x/new/folder/new", 70),
            ("before/small", 3000),
        ];
        for (name, len) in files {
            let path = stage.path(name);
            fs::create_dir_all(path.parent().during("no folder")?).during("folder")?;
            fs::write(&path, stage.content(len)).during(path.display())?;
        }
        copy(&stage.path("before"), &stage.folder("target")?.join("x"))?;
        let server = cut_a_download(stage)?;
        let made = stage.folder("made")?;
        for name in LAID_OUT {
            fs::rename(stage.path(name), made.join(name)).during(name)?;
        }
        Ok(Self { server, made })
    }

    /// The calls that the client makes in a command, all of them as one thread's.
    pub(super) fn profile(&self, stage: &Stage, act: Act) -> Result<Profile, Failure> {
        self.lay_out(stage)?;
        let command = act.command(stage, &self.server);
        let (done, log) = trace::run(&command, &NOTING, &stage.path(LOG))?;
        done.succeeded(&format!("{act:?} without a fault"))?;
        Profile::read(&log, |_| CLIENT, stage.room.path())
    }

    /// A command with a fault, and again without one. Returns whether the fault came about.
    pub(super) fn run(&self, stage: &Stage, act: Act, injection: &str) -> Result<bool, Failure> {
        self.lay_out(stage)?;
        let target = stage.path("target");
        let mut allowed = Allowed::default();
        allowed.add_tree(&stage.path("before"), &target.join("x"))?;
        allowed.add_tree(&stage.path("share"), &target)?;
        let watcher = Watcher::start(&target, allowed)?;
        let mut command = act.command(stage, &self.server);
        let (done, log) = trace::run(&command, &trace::injecting(injection)?, &stage.path(LOG))?;
        let struck = trace::struck(&log);
        let told = || format!("{}; {:?}: {}", done.code(), struck, done.complaint());
        judge(stage, act, &mut command, &done)
            .map_err(|err| Failure::new(format!("{err}; the first ended with {}", told())))?;
        watcher.end()?;
        Ok(struck.is_some())
    }

    fn lay_out(&self, stage: &Stage) -> Result<(), Failure> {
        for name in LAID_OUT {
            drop(fs::remove_dir_all(stage.path(name)));
            copy(&self.made.join(name), &stage.path(name))?;
        }
        Ok(())
    }
}

impl Act {
    fn command(self, stage: &Stage, server: &Server) -> Command {
        let (from, to) = match self {
            Self::FetchRest => ("cut", "target/cut"),
            Self::FetchTree => ("x", "target/x"),
        };
        let mut get = get(server, &server.url(from), &stage.path(to), "0");
        get.args(["--if-exists", "replace", "--connections", "1"]);
        get
    }

    /// Fails unless what the command says to have done is done.
    fn check(self, stage: &Stage) -> Result<(), Failure> {
        let (share, target) = (stage.path("share"), stage.path("target"));
        match self {
            Self::FetchRest => equal(&share.join("cut"), &target.join("cut")),
            Self::FetchTree => all_equal(&share.join("x"), &target.join("x")),
        }
    }
}

/// What was said to be done is, and the same command again does it.
fn judge(stage: &Stage, act: Act, command: &mut Command, first: &Finished) -> Result<(), Failure> {
    if first.status.success() {
        act.check(stage)?;
    }
    process::run(command, DEADLINE)?.succeeded("the same command again")?;
    act.check(stage)?;
    // What the other command's cut left is there still, and who was told that a job's journal
    // cannot be read knows that its part stays.
    let expected = usize::from(act == Act::FetchTree);
    let may_stay = usize::from(first.complaint().contains("journal"));
    let parts = tree::parts(&stage.path("target"))?;
    ensure((expected..=expected + may_stay).contains(&parts), || "a part was left".to_owned())
}

/// Leaves what came of a download, and a server at the address by which it was asked for.
fn cut_a_download(stage: &mut Stage) -> Result<Server, Failure> {
    let server = stage.serve(&[])?;
    let half = LARGE_LEN as u64;
    let weather = Weather { cut_after: Some(half..half + 1), ..Weather::default() };
    let proxy = Proxy::start(server.address, weather, stage.random.branch())?;
    let mut get = get(&server, &proxy.url("cut"), &stage.path("target/cut"), "0");
    get.args(["--if-exists", "replace", "--connections", "1"]);
    let done = process::run(&mut get, DEADLINE)?;
    ensure(!done.status.success(), || "the download was not cut".to_owned())?;
    ensure(tree::parts(&stage.path("target"))? == 1, || "no part was left".to_owned())?;
    let address = proxy.address.to_string();
    drop(proxy);
    server.end(sys::TERMINATE)?;
    let arguments = ["--listen", &address].map(OsStr::new);
    Server::serve_at(&stage.programs, &stage.path("share"), stage.room.path(), &arguments)
}

/// Folders that are laid out anew: the target, and the client's state.
const LAID_OUT: [&str; 2] = ["target", "client-state"];
const LARGE_LEN: usize = 1280 * 1024;

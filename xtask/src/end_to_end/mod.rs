//! The real programs on real folders. Each scenario is a function with a folder of its own; what
//! it starts is killed when it ends.

mod bad_peers;
mod bad_places;
mod cuts;
mod daemon;
mod ftp;
mod keyring;
mod script;
mod secrets;
mod stranger;
mod trees;
mod trust;
mod verbs;
mod window;

use crate::failure::{During as _, Failure};
use crate::ferry::{self, Server};
use crate::process::{self, Finished};
use crate::sys;
use crate::workspace::Programs;
use clap::Args;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Which scenarios run.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Run only scenarios whose name contains one of these.
    names: Vec<String>,
    /// Fail where this machine does not allow a scenario.
    #[arg(long)]
    all: bool,
    /// Folder for the files of the run [default: the system's].
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// What a scenario gets.
#[derive(Debug)]
struct Stage {
    programs: Programs,
    room: TempDir,
}

/// How a scenario ended, where that is no failure.
#[derive(Debug)]
enum Outcome {
    Passed,
    /// This machine does not allow it, and why.
    NotPossible(String),
}

type Scenario = fn(&Stage) -> Result<Outcome, Failure>;

const FAMILIES: &[&[(&str, Scenario)]] = &[
    trees::SCENARIOS,
    verbs::SCENARIOS,
    script::SCENARIOS,
    daemon::SCENARIOS,
    trust::SCENARIOS,
    keyring::SCENARIOS,
    secrets::SCENARIOS,
    cuts::SCENARIOS,
    bad_places::SCENARIOS,
    bad_peers::SCENARIOS,
    stranger::SCENARIOS,
    ftp::SCENARIOS,
    window::SCENARIOS,
];

/// Runs the scenarios and returns whether none failed.
pub(crate) fn run(options: &Options) -> Result<bool, Failure> {
    let is_wanted = |name: &str| {
        options.names.is_empty() || options.names.iter().any(|wanted| name.contains(wanted))
    };
    // The desktop app takes minutes to build, so it is built only where it is needed.
    let needs_window = window::SCENARIOS.iter().any(|(name, _)| is_wanted(name));
    let programs = if needs_window { Programs::build_with_gui()? } else { Programs::build()? };
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (name, scenario) in FAMILIES.iter().flat_map(|family| family.iter()) {
        if !is_wanted(name) {
            continue;
        }
        let started = Instant::now();
        print!("{name} ... ");
        std::io::stdout().flush().during("output")?;
        let stage = Stage::new(&programs, options.dir.as_deref())?;
        let outcome = scenario(&stage);
        let secs = started.elapsed().as_secs_f64();
        match outcome {
            Ok(Outcome::Passed) => {
                passed += 1;
                println!("ok ({secs:.1} s)");
            }
            Ok(Outcome::NotPossible(why)) => {
                skipped += 1;
                println!("not possible here: {why}");
            }
            Err(err) => {
                failed += 1;
                println!("FAILED ({secs:.1} s): {err}");
                stage.tell_logs();
            }
        }
    }
    println!("end-to-end: {passed} passed, {failed} failed, {skipped} not possible here");
    Ok(failed == 0 && passed > 0 && !(options.all && skipped > 0))
}

impl Stage {
    fn new(programs: &Programs, dir: Option<&Path>) -> Result<Self, Failure> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("ferry-end-to-end-");
        let room = match dir {
            Some(dir) => builder.tempdir_in(dir),
            None => builder.tempdir(),
        };
        Ok(Self { programs: programs.clone(), room: room.during("no temporary folder")? })
    }

    /// What may explain a failure: how the logs of its programs end, and the room on its disk.
    fn tell_logs(&self) {
        let room = self.room.path();
        match sys::room_left(room) {
            Ok(bytes) => println!("    {} MiB are left on its disk", bytes >> 20),
            Err(err) => println!("    the room on its disk is not known: {err}"),
        }
        let files = std::fs::read_dir(room).into_iter().flatten().flatten();
        let logs = files.map(|file| file.path());
        for log in logs.filter(|path| path.extension().is_some_and(|end| end == "log")) {
            println!("    {}:", log.display());
            let text = std::fs::read(&log).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            let lines: Vec<&str> = text.lines().rev().take(LOG_LINES).collect();
            lines.iter().rev().for_each(|line| println!("      {line}"));
        }
    }

    /// A path in the scenario's own folder.
    fn path(&self, name: &str) -> PathBuf {
        self.room.path().join(name)
    }

    /// A folder in the scenario's own folder, made if it is missing.
    fn folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.path(name);
        std::fs::create_dir_all(&path).during(path.display())?;
        Ok(path)
    }

    /// A server in the foreground that shares the folder `share`.
    fn serve(&self) -> Result<Server, Failure> {
        Server::serve(&self.programs, &self.folder("share")?, self.room.path())
    }

    /// A client whose state is this scenario's own and that knows no server.
    fn client(&self) -> Command {
        ferry::client(&self.programs, &self.path("other-client-state"))
    }

    /// A verb of the server program on this scenario's own state.
    fn server_verb(&self, verb: &str) -> Command {
        ferry::server_verb(&self.programs, &self.path("server-state"), verb)
    }
}

/// Runs a command that must end with this code.
fn expect_code(command: &mut Command, code: i32) -> Result<Finished, Failure> {
    let finished = process::run(command, DEADLINE)?;
    if finished.code() == code {
        return Ok(finished);
    }
    Err(Failure::new(format!(
        "{command:?} ended with {}, not {code}: {}",
        finished.code(),
        finished.complaint()
    )))
}

/// Runs a command that must end with this code and whose complaint must hold one of the words.
fn expect_complaint(command: &mut Command, code: i32, words: &[&str]) -> Result<(), Failure> {
    let finished = expect_code(command, code)?;
    let said = finished.complaint().to_lowercase();
    if words.iter().any(|word| said.contains(word)) {
        return Ok(());
    }
    Err(Failure::new(format!("the message names none of {words:?}: {said}")))
}

/// Fails with the text unless the condition holds.
fn ensure(holds: bool, text: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(text())) }
}

/// Asks again and again until the answer is yes.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) -> Result<(), Failure> {
    let limit = Instant::now() + DEADLINE;
    while !is_so() {
        if Instant::now() > limit {
            return Err(Failure::new(format!("waited in vain: {what}")));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// How much of a log is told of a scenario that failed.
const LOG_LINES: usize = 20;
/// Longest run of one program.
const DEADLINE: Duration = Duration::from_mins(2);

//! Faults: the real programs while links break, processes are killed, disks fill up and system
//! calls fail. A seed repeats the choices of a run. Whatever happens, a file is whole or absent
//! under its name, and the job ends with all files equal.

mod calls;
mod disks;
mod kills;
mod links;
mod proxy;
mod traffic;
mod twins;
mod watcher;

use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::random::Random;
use crate::tree;
use crate::workspace::Programs;
use clap::Args;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What goes wrong, and how often.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Run only scenarios whose name contains one of these
    names: Vec<String>,
    /// Fewer of each, for every change
    #[arg(long)]
    quick: bool,
    /// Repeats an earlier run
    #[arg(long)]
    seed: Option<u64>,
}

/// What a scenario gets.
struct Stage {
    programs: Programs,
    room: TempDir,
    random: Random,
    quick: bool,
}

type Scenario = fn(&mut Stage) -> Result<String, Failure>;

const SCENARIOS: &[(&str, Scenario)] = &[
    ("links cut, stall, slow down, split and flip", links::run),
    ("client and server are killed", kills::up),
    ("client and server are killed on the way down", kills::down),
    ("two clients upload one name", twins::run),
    ("the disk is full at every stage of an upload", disks::up),
    ("the disk is full at every stage of a download", disks::down),
    ("the disk has room for no more names", disks::no_more_names),
    ("the past makes way on a full disk", disks::past_makes_way),
    ("the past makes way for a name", disks::past_makes_way_for_a_name),
    ("undo on a disk of its own", disks::past_elsewhere),
    ("idle parts make way on a full disk", disks::idle_parts_make_way),
    ("every system call of an upload fails once", calls::fail),
    ("every system call of an upload that can finds the disk full once", calls::full),
    ("every system call of an upload that can finds the quota used up once", calls::over_quota),
    ("every system call of a client that sends fails once", calls::fail_put),
    ("every system call of a client that fetches fails once", calls::fail_get),
    ("every second system call of an upload is interrupted", calls::interrupt),
    ("the server is killed at every system call of an upload", calls::kill),
];

/// Runs the scenarios and returns whether none failed.
pub(crate) fn run(options: &Options) -> Result<bool, Failure> {
    let programs = Programs::build()?;
    let seed = options.seed.unwrap_or_else(Random::fresh_seed);
    println!("faults with --seed {seed}");
    let (mut passed, mut failed) = (0, 0);
    for (name, scenario) in SCENARIOS {
        let is_chosen = options.names.is_empty()
            || options.names.iter().any(|wanted| name.contains(wanted.as_str()));
        if !is_chosen {
            continue;
        }
        let started = Instant::now();
        let room = tempfile::tempdir().during("no temporary folder")?;
        let (programs, random) = (programs.clone(), Random::new(seed));
        let mut stage = Stage { programs, room, random, quick: options.quick };
        let outcome = scenario(&mut stage);
        let secs = started.elapsed().as_secs_f64();
        match outcome {
            Ok(told) => {
                passed += 1;
                println!("{name}: ok in {secs:.1} s; {told}");
            }
            Err(err) => {
                failed += 1;
                println!("{name}: FAILED in {secs:.1} s, --seed {seed}: {err}");
            }
        }
    }
    println!("faults: {passed} passed, {failed} failed");
    Ok(failed == 0 && passed > 0)
}

impl Stage {
    /// A count for a long run, or for a quick one.
    fn count(&self, long: usize, quick: usize) -> usize {
        if self.quick { quick } else { long }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.room.path().join(name)
    }

    fn folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.path(name);
        fs::create_dir_all(&path).during(path.display())?;
        Ok(path)
    }

    /// A server that shares the folder `share`.
    fn serve(&self, arguments: &[&OsStr]) -> Result<Server, Failure> {
        let share = self.folder("share")?;
        Server::serve_with(&self.programs, &share, self.room.path(), arguments)
    }

    /// Files of mixed lengths below a folder `name`: small ones, then large ones of this length.
    fn mixed_files(
        &mut self,
        name: &str,
        small: usize,
        large: usize,
        large_len: usize,
    ) -> Result<PathBuf, Failure> {
        let root = self.folder(name)?;
        for index in 0..small {
            let folder = self.folder(&format!("{name}/{}", index % 7))?;
            self.write(&folder.join(format!("small {index}")), SMALL_LEN_MAX)?;
        }
        for index in 0..large {
            let path = root.join(format!("large {index}"));
            let content = self.content(large_len);
            fs::write(&path, content).during(path.display())?;
        }
        fs::write(root.join("empty"), b"").during("file")?;
        Ok(root)
    }

    fn write(&mut self, path: &Path, len_max: usize) -> Result<(), Failure> {
        let len = self.random.index(len_max);
        let content = self.content(len);
        fs::write(path, content).during(path.display())
    }

    /// Content that nobody else has.
    fn content(&mut self, len: usize) -> Vec<u8> {
        let mut content = vec![0; len];
        blake3::Hasher::new().update(&self.random.id()).finalize_xof().fill(&mut content);
        content
    }
}

/// Bytes of all files below a folder.
fn payload(root: &Path) -> Result<u64, Failure> {
    let mut bytes = 0;
    for path in tree::files(root)? {
        bytes += fs::metadata(&path).during(path.display())?.len();
    }
    Ok(bytes)
}

/// `ferry put FROM URL` with everything that such a run needs.
fn put(server: &Server, from: &Path, url: &str, retry_for: &str) -> Command {
    let mut command = server.client("put");
    command.arg(from).arg(url).args(["--retry-for", retry_for]);
    command
}

/// `ferry get URL TO` with everything that such a run needs.
fn get(server: &Server, url: &str, to: &Path, retry_for: &str) -> Command {
    let mut command = server.client("get");
    command.arg(url).arg(to).args(["--retry-for", retry_for]);
    command
}

/// Fails with the text unless the condition holds.
fn ensure(holds: bool, text: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(text())) }
}

/// Exit code of a client that met no server.
const NO_CONNECTION: i32 = 3;
/// Small files are shorter than this.
const SMALL_LEN_MAX: usize = 16 * 1024;
/// Longest run of one program.
const DEADLINE: Duration = Duration::from_mins(5);

//! A job of a million tiny files: the peak memory of both ends; and what durability costs many
//! small files on a disk.

use super::Bench;
use super::figures::{Goal, Report, Series, as_f64};
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::process::{self, Background};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Measures and judges.
pub(super) fn run(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    memory(bench, report)?;
    durability(bench, report)
}

/// Sends and fetches a job of many tiny files while both ends are watched.
fn memory(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let share = bench.folder("jobs/share")?;
    let (tree, local) = (bench.folder("jobs/tree")?, bench.folder("jobs/local")?);
    let count = bench.size(1_000_000, 5_000);
    link_tree(&tree, count)?;
    for way in ["up", "down"] {
        let server = Server::serve(&bench.programs, &share, &bench.folder("jobs/ferry")?)?;
        let mut command = server.client(if way == "up" { "put" } else { "get" });
        if way == "up" {
            command.arg(&tree).arg(server.url("tree"));
        } else {
            command.arg(server.url("tree")).arg(local.join("tree"));
        }
        let began = Instant::now();
        let client = peak_of(&mut command)?;
        let rate = as_f64(count) / began.elapsed().as_secs_f64();
        let own = process::memory_kib(server.pid(), "VmHWM")?;
        println!("  {count} tiny files {way}: {rate:.0} files/s");
        let job = format!("a job of {count} tiny files {way}: peak MiB of the");
        report.add(format!("{job} client"), mib(client), Goal::AtMost(CLIENT_MIB_MAX));
        report.add(format!("{job} server"), mib(own), Goal::AtMost(SERVER_MIB_MAX));
    }
    Ok(())
}

/// Many names for a few files: a million of them cost folders, and no content.
fn link_tree(root: &Path, count: usize) -> Result<(), Failure> {
    for index in 0..count {
        let folder = root.join(format!("folder-{:04}", index / 1000));
        let first = folder.join("file-000.dat");
        if index % 1000 == 0 {
            fs::create_dir(&folder).during(folder.display())?;
            fs::write(&first, index.to_string()).during(first.display())?;
            continue;
        }
        let path = folder.join(format!("file-{:03}.dat", index % 1000));
        fs::hard_link(&first, &path).during(path.display())?;
    }
    Ok(())
}

/// Runs a program to its end and returns the most memory it had, in KiB.
fn peak_of(command: &mut Command) -> Result<u64, Failure> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut process = Background::start(command)?;
    let (until, mut peak) = (Instant::now() + DEADLINE, 0);
    loop {
        if let Some(status) = process.child().try_wait().during("client")? {
            let ended = format!("the client ended with {status}");
            return if status.success() { Ok(peak) } else { Err(Failure::new(ended)) };
        }
        if Instant::now() > until {
            return Err(Failure::new("the client did not end".to_owned()));
        }
        // It may end between the two looks.
        peak = process::memory_kib(process.pid(), "VmHWM").unwrap_or(0).max(peak);
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The same small files with each durability, on a disk: in memory nothing of it costs anything.
fn durability(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let room = tempfile::Builder::new()
        .prefix("ferry-bench-")
        .tempdir_in(&bench.disk)
        .during(bench.disk.display())?;
    let tree = bench.folder("jobs/small")?;
    let count = bench.size(10_000, 300);
    super::small::write_tree(&tree, count)?;
    let mut rates = Series::default();
    for round in 0..bench.rounds {
        for kind in DURABILITIES {
            let place = room.path().join(format!("{kind}-{round}"));
            let share = place.join("share");
            fs::create_dir_all(&share).during(share.display())?;
            let config = place.join("ferry.toml");
            fs::write(&config, format!("durability = \"{kind}\"\n")).during(config.display())?;
            let arguments = [OsStr::new("--config"), config.as_os_str()];
            let server = Server::serve_with(&bench.programs, &share, &place, &arguments)?;
            let mut command = server.client("put");
            command.arg(&tree).arg(server.url("tree"));
            let finished = process::run(&mut command, DEADLINE)?.succeeded(kind)?;
            rates.push(kind, as_f64(count) / finished.wall.as_secs_f64());
        }
    }
    rates.print("files/s");
    let pair = (rates.median("group"), rates.median("file"));
    let name = format!("{count} files of 4 KiB on a disk: group over file");
    report.add_ratio(&name, pair, Goal::AtLeast(2.0));
    Ok(())
}

fn mib(kib: u64) -> f64 {
    as_f64(usize::try_from(kib).unwrap_or(usize::MAX)) / 1024.0
}

const DURABILITIES: [&str; 3] = ["none", "group", "file"];
const CLIENT_MIB_MAX: f64 = 256.0;
const SERVER_MIB_MAX: f64 = 128.0;
const DEADLINE: Duration = Duration::from_mins(30);

//! The desktop app: a large folder on the screen, beside FileZilla in the same X server, and
//! frames over a million rows.

use super::Bench;
use super::figures::{Goal, Report};
use super::peers::vsftpd::Vsftpd;
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::process;
use crate::window::{Desktop, Screen, Script};
use crate::workspace::{self, Programs};
use serde_json::Value;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const SCREEN: Screen = Screen { size: (1280, 900), scale: 1 };
const SCRIPT: &str = include_str!("measure.py");
const SCRIPT_MAX: Duration = Duration::from_mins(8);
const MILLION: usize = 1_000_000;
const FRAMES_MAX: Duration = Duration::from_mins(30);

/// Measures and judges.
pub(super) fn run(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let share = bench.folder("gui/share")?;
    let count = bench.size(100_000, 5000);
    super::list::write_folder(&share.join("large"), count)?;
    bench.folder("gui/share/empty")?;
    large_folder(bench, report, (&share, count))?;
    if bench.is_quick {
        println!("  frames: left out of a quick run, since they take a build of their own");
        return Ok(());
    }
    frames(bench, report)
}

fn large_folder(
    bench: &Bench,
    report: &mut Report,
    (share, count): (&Path, usize),
) -> Result<(), Failure> {
    let room = bench.folder("gui/server")?;
    let server = Server::serve(&bench.programs, share, &room)?;
    let ftp = Vsftpd::start(share, &bench.folder("gui/vsftpd")?)?;
    let programs = Programs::build_with_gui()?;
    let desktop = Desktop::open(&bench.folder("gui/desktop")?, SCREEN)?;
    let measure = |words: &[&OsStr]| -> Result<Value, Failure> {
        let script =
            Script { name: "measure", text: SCRIPT, arguments: words, deadline: SCRIPT_MAX };
        let told = desktop.run(&script, &programs)?;
        let line = String::from_utf8_lossy(&told.stdout).trim().to_owned();
        let line = line.lines().last().unwrap_or_default();
        serde_json::from_str(line).during(format!("measure.py said {line}"))
    };
    let (link, counted) =
        (format!("ferry://{}/#fp={}", server.address, server.fingerprint), count.to_string());
    let (url, log) = (ftp.url("large/"), ftp.log().to_owned());
    let mut ours = Vec::new();
    for _ in 0..bench.rounds {
        ours.push(measure(&["ferry".as_ref(), link.as_ref(), counted.as_ref()])?);
    }
    let other = measure(&["filezilla".as_ref(), url.as_ref(), log.as_os_str()])?;
    let median = |name: &str| {
        ours.iter()
            .filter_map(|round| round[name].as_f64())
            .collect::<super::figures::Samples>()
            .median()
    };
    let entries = format!("window, {count} entries");
    let first = median("first_rows_secs");
    report.add(format!("{entries}: first rows, ms"), first * 1000.0, Goal::AtMost(300.0));
    report.add(
        format!("{entries}: idle CPU in 5 s, s"),
        median("idle_cpu_secs"),
        Goal::AtMost(0.0),
    );
    println!(
        "  {entries}: first rows {:.0} ms, all {:.0} ms, {:.0} MB; FileZilla with vsftpd: {:.0} ms, \
         {:.0} MB, {:.1} s CPU",
        first * 1000.0,
        median("whole_secs") * 1000.0,
        median("memory_mb"),
        other["first_rows_secs"].as_f64().unwrap_or_default() * 1000.0,
        other["memory_mb"].as_f64().unwrap_or_default(),
        other["cpu_secs"].as_f64().unwrap_or_default(),
    );
    Ok(())
}

/// The frame loop by itself, without a screen: what `logic` and `ui` cost over many rows.
fn frames(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let folder = bench.folder("gui/million")?;
    super::list::write_folder(&folder, MILLION)?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(workspace::root()).args(["bench", "--quiet", "--package", "ferry-gui"]);
    command.args(["--bench", "frames", "--"]).arg(&folder).stdin(Stdio::null());
    let told = process::run(&mut command, FRAMES_MAX)?.succeeded("the bench of frames")?;
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    let figures: Value = text
        .lines()
        .find_map(|line| serde_json::from_str(line).ok())
        .during(format!("the bench of frames said {text}"))?;
    let figure = |name: &str| figures[name].as_f64().during(name.to_owned());
    let rows = format!("frames over {MILLION} rows");
    report.add(format!("{rows}: CPU, ms"), figure("frame_ms")?, Goal::AtMost(8.0));
    report.add(format!("{rows}: filter, ms"), figure("filter_ms")?, Goal::AtMost(100.0));
    report.add(format!("{rows}: memory, MB"), figure("memory_mb")?, Goal::AtMost(600.0));
    Ok(())
}

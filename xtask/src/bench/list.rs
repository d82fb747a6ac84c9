//! A folder of many entries, listed: processor seconds against curl with pure-ftpd, and the
//! server's memory against a small folder.

use super::Bench;
use super::figures::{Goal, Report, Series};
use super::peers::pure_ftpd::PureFtpd;
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::process;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Measures and judges.
pub(super) fn run(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let share = bench.folder("list/share")?;
    let count = bench.size(100_000, 5000);
    write_folder(&share.join("large"), count)?;
    let few = bench.size(FEW, FEW_QUICK);
    write_folder(&share.join("small"), few)?;
    let room = bench.folder("list/ferry")?;
    let grown = memory_growth(bench, &share, &room)?;
    let ferry = Server::serve(&bench.programs, &share, &bench.folder("list/ferry-cpu")?)?;
    let ftp = PureFtpd::start(&share, &bench.folder("list/ftp")?)?;
    let mut cpu = Series::default();
    for _ in 0..bench.rounds {
        cpu.push_time("ferry ls", ferry_cpu(&ferry, count)?);
        cpu.push_time("curl and pure-ftpd", curl_cpu(&ftp)?);
    }
    cpu.print(&format!("s CPU for {REPEATS} listings"));
    let ratio = (cpu.median("ferry ls"), cpu.median("curl and pure-ftpd"));
    let entries = format!("{count} entries listed");
    report.add_ratio(&format!("{entries}: CPU over curl and pure-ftpd"), ratio, Goal::AtMost(1.5));
    report.add(format!("{entries}: server memory beyond {few}, KiB"), grown, Goal::AtMost(1024.0));
    Ok(())
}

/// Process times come in hundredths of a second, so several listings are taken together.
fn ferry_cpu(server: &Server, count: usize) -> Result<Duration, Failure> {
    let before = server.cpu()?;
    let mut total = Duration::ZERO;
    for _ in 0..REPEATS {
        let listed = list(server, "large")?;
        total += listed.cpu;
        let lines = listed.stdout.split(|byte| *byte == b'\n').count();
        if lines < count {
            return Err(Failure::new(format!("ferry ls printed {lines} of {count} lines")));
        }
    }
    Ok(total + server.cpu()?.saturating_sub(before))
}

fn curl_cpu(ftp: &PureFtpd) -> Result<Duration, Failure> {
    let before = ftp.cpu()?;
    let mut total = Duration::ZERO;
    for _ in 0..REPEATS {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--fail", "--user", &PureFtpd::login()]);
        total += process::run(command.arg(ftp.url("large/")), DEADLINE)?.succeeded("curl")?.cpu;
    }
    Ok(total + ftp.cpu()?.saturating_sub(before))
}

/// How much more the server ever held after the large folder than after the small one, in KiB.
fn memory_growth(bench: &Bench, share: &Path, room: &Path) -> Result<f64, Failure> {
    let server = Server::serve(&bench.programs, share, room)?;
    let mut peaks = Vec::new();
    for folder in ["small", "large"] {
        // Many times, so that every worker's first use of its buffers counts in neither.
        for _ in 0..8 {
            list(&server, folder)?;
        }
        peaks.push(process::memory_kib(server.pid(), "VmHWM")?);
    }
    let grown = peaks.last().unwrap_or(&0) - peaks.first().unwrap_or(&0);
    Ok(u32::try_from(grown).map_or(f64::MAX, f64::from))
}

fn list(server: &Server, folder: &str) -> Result<process::Finished, Failure> {
    let mut command = server.client("ls");
    process::run(command.arg(server.url(folder)), DEADLINE)?.succeeded("ferry ls")
}

/// Fills a folder with empty files.
pub(super) fn write_folder(folder: &Path, count: usize) -> Result<(), Failure> {
    fs::create_dir_all(folder).during(folder.display())?;
    for index in 0..count {
        let path = folder.join(format!("entry-{index:07}.txt"));
        File::create(&path).during(path.display())?;
    }
    Ok(())
}

/// So many that every worker has had its first page, and few beside the large folder.
const FEW: usize = 20_000;
const FEW_QUICK: usize = 1000;
const REPEATS: usize = 3;
const DEADLINE: Duration = Duration::from_mins(1);

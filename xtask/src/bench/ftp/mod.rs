//! The FTP door beside vsftpd, pure-ftpd and ProFTPD, with the same clients in one run: a large
//! file, many small ones, long listings, and logins. Each is a part that can be run by itself.

mod large;
mod lists;
mod logins;
mod small;

use super::Bench;
use super::figures::{Goal, Report, Series};
use super::peers::ftp::FtpServer;
use crate::failure::{During as _, Failure};
use crate::process::{self, Finished};
use clap::ValueEnum;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// One part of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// One file of 1 GiB each way, plain and over TLS.
    Large,
    /// 10,000 files of 4 KiB each way.
    Small,
    /// LIST and MLSD of 100,000 entries.
    Lists,
    /// 300 logins.
    Logins,
}

/// Measures and judges the parts that are named; all of them if none is.
pub(super) fn run(bench: &Bench, parts: &[Part], report: &mut Report) -> Result<(), Failure> {
    for part in Part::value_variants() {
        if !parts.is_empty() && !parts.contains(part) {
            continue;
        }
        let stage = Stage::set(bench, *part)?;
        let mut figures = Figures::default();
        match part {
            Part::Large => large::run(bench, &stage, &mut figures)?,
            Part::Small => small::run(bench, &stage, &mut figures)?,
            Part::Lists => lists::run(bench, &stage, &mut figures)?,
            Part::Logins => logins::run(bench, &stage, &mut figures)?,
        }
        figures.wall.print("s wall");
        figures.cpu.print("s CPU of the server");
        part.judge(&figures, report);
    }
    Ok(())
}

const PEERS: [&str; 3] = ["vsftpd", "pure-ftpd", "proftpd"];

impl Part {
    /// What the server's processor time is judged of, and what time on the wall.
    fn judged(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Large => (&["down", "up", "down tls", "up tls"], &[]),
            Self::Small => (&[], &["tree up", "tree down"]),
            Self::Lists => (&["LIST", "MLSD"], &["LIST", "MLSD"]),
            Self::Logins => (&[], &["logins"]),
        }
    }

    fn judge(self, figures: &Figures, report: &mut Report) {
        let (cpu, wall) = self.judged();
        for (series, unit, work) in [(&figures.cpu, "CPU", cpu), (&figures.wall, "time", wall)] {
            for work in work {
                let medians = PEERS.map(|peer| series.median(&format!("{work} {peer}")));
                // A peer that cannot do it has no figure.
                let best =
                    medians.into_iter().filter(|median| *median > 0.0).fold(f64::NAN, f64::min);
                let ours = series.median(&format!("{work} ferry"));
                let name = format!("ftp {work}: {unit} over the best");
                // Uploads are to be level: the others neither hide nor sync them.
                let goal = if work.contains("up") { LEVEL } else { 1.0 };
                report.add_ratio(&name, (ours, best), Goal::AtMost(goal));
            }
        }
    }
}

/// What counts as level: medians of one program differ as much from run to run.
const LEVEL: f64 = 1.05;

#[derive(Default)]
struct Figures {
    wall: Series,
    cpu: Series,
}

impl Figures {
    /// Runs a client, and measures it and the server. Less time than can be told from none counts
    /// as the least that can.
    fn measure(
        &mut self,
        server: &FtpServer,
        work: &str,
        command: &mut Command,
    ) -> Result<Finished, Failure> {
        let before = server.cpu().used()?;
        let name = format!("{work} {}", server.name);
        let finished = process::run(command, DEADLINE)?.succeeded(&name)?;
        // A session of a server that forks ends a moment after its client.
        std::thread::sleep(SETTLE);
        let used = server.cpu().used()?.saturating_sub(before).max(server.cpu().resolution());
        self.wall.push_time(&name, finished.wall);
        self.cpu.push_time(&name, used);
        Ok(finished)
    }
}

/// The servers, and the folder that all of them serve.
struct Stage {
    share: PathBuf,
    servers: Vec<FtpServer>,
}

impl Stage {
    fn set(bench: &Bench, part: Part) -> Result<Self, Failure> {
        let room = |name: &str| bench.folder(&format!("ftp-{part:?}/{name}"));
        let share = room("share")?;
        // Each server writes as a user of its own.
        let open = Permissions::from_mode(0o777);
        fs::set_permissions(room("share/up")?, open).during("folder for uploads")?;
        let servers = vec![
            FtpServer::pure_ftpd(&share, &room("pure-ftpd")?)?,
            FtpServer::vsftpd(&share, &room("vsftpd")?)?,
            FtpServer::proftpd(&share, &room("proftpd")?)?,
            FtpServer::ferry(&bench.programs, &share, &room("ferry")?)?,
        ];
        Ok(Self { share, servers })
    }
}

fn curl(server: &FtpServer, options: &[&str]) -> Command {
    let (user, password) = server.login;
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--fail", "--user", &format!("{user}:{password}")]);
    command.args(options);
    command
}

const DEADLINE: Duration = Duration::from_mins(5);
const SETTLE: Duration = Duration::from_millis(100);

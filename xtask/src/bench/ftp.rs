//! The FTP door beside vsftpd, pure-ftpd and ProFTPD, with the same clients in one run: a large
//! file, many small ones, a long listing, and logins.

use super::Bench;
use super::figures::{Goal, Report, Series};
use super::peers::ftp::FtpServer;
use super::small::write_tree;
use super::transfer::write_large;
use crate::failure::{During as _, Failure};
use crate::process::{self, Finished};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Measures and judges.
pub(super) fn run(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let stage = Stage::set(bench)?;
    let mut figures = Figures::default();
    for round in 0..bench.rounds {
        for server in &stage.servers {
            stage.large(server, &mut figures)?;
            stage.small(server, round, &mut figures)?;
            stage.listings(server, &mut figures)?;
            stage.logins(server, &mut figures)?;
        }
    }
    figures.wall.print("s wall");
    figures.cpu.print("s CPU of the server");
    figures.judge(report);
    Ok(())
}

#[derive(Default)]
struct Figures {
    wall: Series,
    cpu: Series,
}

/// What is judged: by the server's processor time, or by time on the wall.
const CPU_WORK: [&str; 6] = ["down", "up", "down tls", "up tls", "LIST", "MLSD"];
const WALL_WORK: [&str; 3] = ["tree up", "tree down", "logins"];
const PEERS: [&str; 3] = ["vsftpd", "pure-ftpd", "proftpd"];

impl Figures {
    fn judge(&self, report: &mut Report) {
        for (series, unit, work) in
            [(&self.cpu, "CPU", &CPU_WORK[..]), (&self.wall, "time", &WALL_WORK[..])]
        {
            for work in work {
                let medians = PEERS.map(|peer| series.median(&format!("{work} {peer}")));
                // A peer that cannot do it has no figure.
                let best =
                    medians.into_iter().filter(|median| *median > 0.0).fold(f64::NAN, f64::min);
                let ours = series.median(&format!("{work} ferry"));
                // Uploads are verified and durable here, and neither there.
                let goal = Goal::AtMost(if work.starts_with("up") { 1.1 } else { 1.0 });
                report.add_ratio(&format!("ftp {work}: {unit} over the best"), (ours, best), goal);
            }
        }
    }
}

/// The servers, and the folder that all of them serve.
struct Stage {
    count: usize,
    entries: usize,
    logins: usize,
    share: PathBuf,
    local: PathBuf,
    servers: Vec<FtpServer>,
}

impl Stage {
    fn set(bench: &Bench) -> Result<Self, Failure> {
        let share = bench.folder("ftp/share")?;
        write_large(&share.join("large"), bench.size(1024, 64))?;
        let count = bench.size(10_000, 500);
        write_tree(&bench.folder("ftp/share/tree")?, count)?;
        let entries = bench.size(100_000, 5000);
        write_entries(&bench.folder("ftp/share/entries")?, entries)?;
        // Each server writes as a user of its own.
        let open = Permissions::from_mode(0o777);
        fs::set_permissions(bench.folder("ftp/share/up")?, open).during("folder for uploads")?;
        let room = |name: &str| bench.folder(&format!("ftp/{name}"));
        let servers = vec![
            FtpServer::pure_ftpd(&share, &room("pure-ftpd")?)?,
            FtpServer::vsftpd(&share, &room("vsftpd")?)?,
            FtpServer::proftpd(&share, &room("proftpd")?)?,
            FtpServer::ferry(&bench.programs, &share, &room("ferry")?)?,
        ];
        let logins = bench.size(300, 20);
        Ok(Self { count, entries, logins, share, local: bench.folder("ftp/local")?, servers })
    }

    /// One file each way, plain and over TLS.
    fn large(&self, server: &FtpServer, figures: &mut Figures) -> Result<(), Failure> {
        for (suffix, tls) in [("", &[][..]), (" tls", &["--insecure", "--ssl-reqd"])] {
            let target = format!("up/{}{}", server.name, suffix.trim());
            let mut down = curl(server, tls);
            down.args(["--output", "/dev/null"]).arg(server.url("large"));
            measure(server, figures, &format!("down{suffix}"), &mut down)?;
            let mut up = curl(server, tls);
            up.arg("--upload-file").arg(self.share.join("large")).arg(server.url(&target));
            measure(server, figures, &format!("up{suffix}"), &mut up)?;
            let arrived = self.share.join(target);
            let len =
                |path: &Path| fs::metadata(path).map(|found| found.len()).during(path.display());
            if len(&arrived)? != len(&self.share.join("large"))? {
                return Err(Failure::new(format!("{} arrived incomplete", arrived.display())));
            }
            fs::remove_file(&arrived).during(arrived.display())?;
        }
        Ok(())
    }

    /// The tree both ways by lftp, eight at a time.
    fn small(
        &self,
        server: &FtpServer,
        round: usize,
        figures: &mut Figures,
    ) -> Result<(), Failure> {
        let (user, password) = server.login;
        let open = format!(
            "set ftp:ssl-allow no; set net:max-retries 2; set cmd:fail-exit yes; \
             set ftp:sync-mode no; open -u {user},{password} {}",
            server.url("")
        );
        let target = format!("{}-{round}", server.name);
        let tree = self.share.join("tree");
        let back = self.local.join(&target);
        let (from, to) = (tree.display(), back.display());
        for (work, mirror) in [
            ("tree up", format!("mirror -R -P8 {from} up/{target}")),
            ("tree down", format!("mirror -P8 tree {to}")),
        ] {
            let mut lftp = Command::new("lftp");
            lftp.args(["--norc", "-c", &format!("{open}; {mirror}")]);
            measure(server, figures, work, &mut lftp)?;
        }
        for arrived in [self.share.join("up").join(target), back] {
            let found = super::small::files_below(&arrived)?;
            if found != self.count {
                return Err(Failure::new(format!("{found} files in {}", arrived.display())));
            }
        }
        Ok(())
    }

    fn listings(&self, server: &FtpServer, figures: &mut Figures) -> Result<(), Failure> {
        for work in ["LIST", "MLSD"] {
            // vsftpd never learned it.
            if work == "MLSD" && server.name == "vsftpd" {
                continue;
            }
            let mut list = curl(server, &["--request", work]);
            let listed = measure(server, figures, work, list.arg(server.url("entries/")))?;
            let lines = listed.stdout.split(|byte| *byte == b'\n').count();
            if lines < self.entries {
                return Err(Failure::new(format!("{} {work}: {lines} lines", server.name)));
            }
        }
        Ok(())
    }

    /// Logins that stay until the last has come.
    fn logins(&self, server: &FtpServer, figures: &mut Figures) -> Result<(), Failure> {
        let (user, password) = server.login;
        let mut python = Command::new("python3");
        python.arg("-c").arg(LOGINS).arg(server.address().port().to_string());
        python.args([user, password, &self.logins.to_string()]);
        measure(server, figures, "logins", &mut python).map(drop)
    }
}

const LOGINS: &str = "\
import ftplib, sys
port, user, password, count = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
held = []
for _ in range(count):
    ftp = ftplib.FTP()
    ftp.connect('127.0.0.1', port, timeout=60)
    ftp.login(user, password)
    held.append(ftp)
";

fn curl(server: &FtpServer, options: &[&str]) -> Command {
    let (user, password) = server.login;
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--fail", "--user", &format!("{user}:{password}")]);
    command.args(options);
    command
}

fn measure(
    server: &FtpServer,
    figures: &mut Figures,
    work: &str,
    command: &mut Command,
) -> Result<Finished, Failure> {
    let before = server.cpu()?;
    let name = format!("{work} {}", server.name);
    let finished = process::run(command, DEADLINE)?.succeeded(&name)?;
    // A session of a server that forks ends a moment after its client.
    std::thread::sleep(SETTLE);
    figures.wall.push_time(&name, finished.wall);
    figures.cpu.push_time(&name, server.cpu()?.saturating_sub(before));
    Ok(finished)
}

fn write_entries(folder: &Path, count: usize) -> Result<(), Failure> {
    for index in 0..count {
        let path = folder.join(format!("entry-{index:07}.txt"));
        File::create(&path).during(path.display())?;
    }
    Ok(())
}

const DEADLINE: Duration = Duration::from_mins(5);
const SETTLE: Duration = Duration::from_millis(100);

//! Many small files, up and down, against rsync's daemon and lftp with pure-ftpd.

use super::Bench;
use super::figures::{Goal, Report, Series, as_f64};
use super::peers::pure_ftpd::PureFtpd;
use super::peers::rsync::Rsync;
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::process;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Measures and judges.
pub(super) fn run(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let stage = Stage::set(bench)?;
    let mut rates = Series::default();
    let mut widths = LFTP_WIDTHS.to_vec();
    for round in 0..bench.rounds {
        stage.round(round, &widths, &mut rates)?;
        if round == 0 {
            widths = best_widths(&rates);
        }
    }
    rates.print("files/s");
    for way in WAYS {
        let ours = rates.median(&format!("{way} ferry"));
        let rsync = rates.median(&format!("{way} rsync"));
        let lftp = best(&rates, way).1;
        let small = format!("{} files of 4 KiB {way}", stage.count);
        report.add_ratio(
            &format!("{small}: files/s over rsync"),
            (ours, rsync),
            Goal::AtLeast(1.0),
        );
        report.add_ratio(&format!("{small}: files/s over lftp"), (ours, lftp), Goal::AtLeast(5.0));
    }
    Ok(())
}

/// The servers, the tree, and the folder that all serve. Every run has a new target, and nothing
/// is deleted before the end.
struct Stage {
    count: usize,
    tree: PathBuf,
    local: PathBuf,
    ferry: Server,
    rsync: Rsync,
    ftp: PureFtpd,
}

impl Stage {
    fn set(bench: &Bench) -> Result<Self, Failure> {
        let share = bench.folder("small/share")?;
        let count = bench.size(10_000, 500);
        let tree = bench.folder("small/share/tree")?;
        write_tree(&tree, count)?;
        Ok(Self {
            count,
            tree,
            local: bench.folder("small/local")?,
            ferry: Server::serve(&bench.programs, &share, &bench.folder("small/ferry")?)?,
            rsync: Rsync::start(&share, &bench.folder("small/rsync")?)?,
            ftp: PureFtpd::start(&share, &bench.folder("small/ftp")?)?,
        })
    }

    fn round(&self, round: usize, widths: &[u32], rates: &mut Series) -> Result<(), Failure> {
        for way in WAYS {
            let mut runs = vec![("ferry".to_owned(), self.with_ferry(way, round))];
            runs.push(("rsync".to_owned(), self.with_rsync(way, round)));
            for width in widths {
                runs.push((format!("lftp -P{width}"), self.with_lftp(way, round, *width)));
            }
            for (peer, mut command) in runs {
                let finished = process::run(&mut command, DEADLINE)?.succeeded(&peer)?;
                self.check(way, &peer, round)?;
                let rate = as_f64(self.count) / finished.wall.as_secs_f64();
                rates.push(format!("{way} {peer}"), rate);
            }
        }
        Ok(())
    }

    fn with_ferry(&self, way: &str, round: usize) -> Command {
        let target = target("ferry", way, round);
        if way == "up" {
            let mut command = self.ferry.client("put");
            command.arg(&self.tree).arg(self.ferry.url(&target));
            return command;
        }
        let mut command = self.ferry.client("get");
        command.arg(self.ferry.url("tree")).arg(self.local.join(target));
        command
    }

    fn with_rsync(&self, way: &str, round: usize) -> Command {
        let target = target("rsync", way, round);
        let mut command = Command::new("rsync");
        command.arg("--archive");
        if way == "up" {
            let mut from = self.tree.clone().into_os_string();
            from.push("/");
            command.arg(from).arg(self.rsync.url(&target));
        } else {
            command.arg(self.rsync.url("tree/")).arg(self.local.join(target));
        }
        command
    }

    fn with_lftp(&self, way: &str, round: usize, width: u32) -> Command {
        let target = target(&format!("lftp -P{width}"), way, round);
        let (open, tree, local) = (self.ftp.lftp_open(), self.tree.display(), self.local.display());
        let mirror = if way == "up" {
            format!("mirror -R -P{width} {tree} {target}")
        } else {
            format!("mirror -P{width} tree {local}/{target}")
        };
        let mut command = Command::new("lftp");
        command.args(["--norc", "-c", &format!("{open}; {mirror}")]);
        command
    }

    /// Counts what arrived.
    fn check(&self, way: &str, peer: &str, round: usize) -> Result<(), Failure> {
        let base = if way == "up" { self.tree.parent() } else { Some(self.local.as_path()) };
        let folder = base.during("no share")?.join(target(peer, way, round));
        let count = files_below(&folder)?;
        if count == self.count {
            return Ok(());
        }
        Err(Failure::new(format!("{peer} {way}: {count} of {} files arrived", self.count)))
    }
}

fn target(peer: &str, way: &str, round: usize) -> String {
    format!("{way}-{}-{round}", peer.replace(" -P", ""))
}

fn best(rates: &Series, way: &str) -> (u32, f64) {
    let medians = LFTP_WIDTHS.map(|width| (width, rates.median(&format!("{way} lftp -P{width}"))));
    medians.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default()
}

/// After the first round only the best go on: the slow ones would take most of the time.
fn best_widths(rates: &Series) -> Vec<u32> {
    let mut widths: Vec<u32> = WAYS.iter().map(|way| best(rates, way).0).collect();
    widths.sort_unstable();
    widths.dedup();
    widths
}

/// A hundred files a folder, as in a tree of sources.
pub(super) fn write_tree(root: &Path, count: usize) -> Result<(), Failure> {
    let mut content = [0; 4096];
    for index in 0..count {
        let folder = root.join(format!("folder-{:04}", index / 100));
        if index % 100 == 0 {
            fs::create_dir(&folder).during(folder.display())?;
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(&index.to_le_bytes());
        hasher.finalize_xof().fill(&mut content);
        let path = folder.join(format!("file-{index:06}.dat"));
        fs::write(&path, content).during(path.display())?;
    }
    Ok(())
}

fn files_below(root: &Path) -> Result<usize, Failure> {
    let mut count = 0;
    let mut open = vec![root.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).during(folder.display())? {
            let entry = entry.during(folder.display())?;
            if entry.file_type().during(folder.display())?.is_dir() {
                open.push(entry.path());
            } else {
                count += 1;
            }
        }
    }
    Ok(count)
}

const WAYS: [&str; 2] = ["up", "down"];
const LFTP_WIDTHS: [u32; 4] = [1, 4, 8, 16];
const DEADLINE: Duration = Duration::from_mins(3);

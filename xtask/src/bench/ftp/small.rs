//! A tree of small files each way by lftp, with the count of connections that is best for each
//! server.

use super::{Figures, Stage};
use crate::bench::Bench;
use crate::bench::peers::ftp::FtpServer;
use crate::bench::small::{files_below, write_tree};
use crate::failure::Failure;
use std::path::{Path, PathBuf};
use std::process::Command;

/// It is found out for each server and way first, which count is best; then each has its turn in
/// every round, so that a machine that is slower for a while is so for all.
pub(super) fn run(bench: &Bench, stage: &Stage, figures: &mut Figures) -> Result<(), Failure> {
    let count = bench.size(10_000, 500);
    let tree = bench.folder("ftp-Small/share/tree")?;
    write_tree(&tree, count)?;
    let mut trial = Trial { count, tree, local: bench.folder("ftp-Small/local")?, number: 0 };
    let mut best = Vec::new();
    for server in &stage.servers {
        for way in WAYS {
            let width = trial.best_width(stage, server, way)?;
            println!("  {way} {}: best with -P{width}", server.name);
            best.push((server, way, width));
        }
    }
    for _ in 0..bench.rounds {
        for (server, way, width) in &best {
            trial.run(stage, server, (way, *width), figures)?;
        }
    }
    Ok(())
}

const WAYS: [&str; 2] = ["tree up", "tree down"];
const WIDTHS: [u32; 3] = [2, 4, 8];

/// Every run has a new target, and nothing is deleted before the end.
struct Trial {
    count: usize,
    tree: PathBuf,
    local: PathBuf,
    number: u32,
}

impl Trial {
    fn best_width(&mut self, stage: &Stage, server: &FtpServer, way: &str) -> Result<u32, Failure> {
        let mut best = (f64::INFINITY, 0);
        for width in WIDTHS {
            let mut tried = Figures::default();
            self.run(stage, server, (way, width), &mut tried)?;
            let wall = tried.wall.median(&format!("{way} {}", server.name));
            if wall < best.0 {
                best = (wall, width);
            }
        }
        Ok(best.1)
    }

    fn run(
        &mut self,
        stage: &Stage,
        server: &FtpServer,
        (way, width): (&str, u32),
        figures: &mut Figures,
    ) -> Result<(), Failure> {
        self.number += 1;
        let target = format!("{}-{}", server.name, self.number);
        let back = self.local.join(&target);
        let (mirror, arrived) = match way {
            "tree up" => {
                let from = self.tree.display();
                (
                    format!("mirror -R -P{width} {from} up/{target}"),
                    stage.share.join("up").join(&target),
                )
            }
            _ => (format!("mirror -P{width} tree {}", back.display()), back),
        };
        figures.measure(server, way, &mut lftp(server, &mirror))?;
        self.expect_all(&arrived)
    }

    fn expect_all(&self, arrived: &Path) -> Result<(), Failure> {
        let found = files_below(arrived)?;
        if found == self.count {
            return Ok(());
        }
        Err(Failure::new(format!("{found} files in {}", arrived.display())))
    }
}

fn lftp(server: &FtpServer, mirror: &str) -> Command {
    let (user, password) = server.login;
    let script = format!(
        "set ftp:ssl-allow no; set net:max-retries 2; set cmd:fail-exit yes; \
         set ftp:sync-mode no; open -u {user},{password} {}; {mirror}",
        server.url("")
    );
    let mut command = Command::new("lftp");
    command.args(["--norc", "-c", &script]);
    command
}

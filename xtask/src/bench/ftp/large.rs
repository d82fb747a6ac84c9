//! One large file each way, plain and over TLS, by curl.

use super::{Figures, Stage, curl};
use crate::bench::Bench;
use crate::bench::peers::ftp::FtpServer;
use crate::bench::transfer::write_large;
use crate::failure::{During as _, Failure};
use std::fs;
use std::path::Path;

/// Every server has its turn in every round.
pub(super) fn run(bench: &Bench, stage: &Stage, figures: &mut Figures) -> Result<(), Failure> {
    write_large(&stage.share.join("large"), bench.size(1024, 64))?;
    for _ in 0..bench.rounds {
        for server in &stage.servers {
            for (suffix, tls) in WAYS {
                both_ways(stage, server, (suffix, tls), figures)?;
            }
        }
    }
    Ok(())
}

const WAYS: [(&str, &[&str]); 2] = [("", &[]), (" tls", &["--insecure", "--ssl-reqd"])];

fn both_ways(
    stage: &Stage,
    server: &FtpServer,
    (suffix, tls): (&str, &[&str]),
    figures: &mut Figures,
) -> Result<(), Failure> {
    let mut down = curl(server, tls);
    down.args(["--output", "/dev/null"]).arg(server.url("large"));
    figures.measure(server, &format!("down{suffix}"), &mut down)?;
    let target = format!("up/{}{}", server.name, suffix.trim());
    let large = stage.share.join("large");
    let mut up = curl(server, tls);
    up.arg("--upload-file").arg(&large).arg(server.url(&target));
    figures.measure(server, &format!("up{suffix}"), &mut up)?;
    let arrived = stage.share.join(target);
    let len = |path: &Path| fs::metadata(path).map(|found| found.len()).during(path.display());
    if len(&arrived)? != len(&large)? {
        return Err(Failure::new(format!("{} arrived incomplete", arrived.display())));
    }
    fs::remove_file(&arrived).during(arrived.display())
}

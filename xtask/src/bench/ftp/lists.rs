//! A long folder, listed both ways by curl.

use super::{Figures, Stage, curl};
use crate::bench::Bench;
use crate::failure::{During as _, Failure};
use std::fs::File;
use std::path::Path;

/// Every server has its turn in every round.
pub(super) fn run(bench: &Bench, stage: &Stage, figures: &mut Figures) -> Result<(), Failure> {
    let entries = bench.size(100_000, 5000);
    write_entries(&bench.folder("ftp-Lists/share/entries")?, entries)?;
    for _ in 0..bench.rounds {
        for server in &stage.servers {
            for work in ["LIST", "MLSD"] {
                // vsftpd never learned it.
                if work == "MLSD" && server.name == "vsftpd" {
                    continue;
                }
                let mut list = curl(server, &["--request", work]);
                let listed = figures.measure(server, work, list.arg(server.url("entries/")))?;
                let lines = listed.stdout.split(|byte| *byte == b'\n').count() - 1;
                if lines < entries {
                    return Err(Failure::new(format!("{} {work}: {lines} lines", server.name)));
                }
            }
        }
    }
    Ok(())
}

fn write_entries(folder: &Path, count: usize) -> Result<(), Failure> {
    for index in 0..count {
        let path = folder.join(format!("entry-{index:07}.txt"));
        File::create(&path).during(path.display())?;
    }
    Ok(())
}

//! Full disks: the refusal says so, nothing half is visible and nothing is left; with more room
//! the same command ends well.

use super::watcher::{Allowed, Watcher};
use super::{DEADLINE, Stage, ensure, put};
use crate::failure::{During as _, Failure};
use crate::mount::Mounted;
use crate::{process, tree};
use std::ffi::OsStr;
use std::fs;

pub(super) fn run(stage: &mut Stage) -> Result<String, Failure> {
    let step = stage.count(160, 640) as u64;
    let source = stage.mixed_files("source", 60, 2, 1536 * 1024)?;
    let share = stage.folder("share")?;
    let (mut tried, mut refused) = (0, 0);
    for kib in (64..4400).step_by(usize::try_from(step).during("step")?) {
        let mounted = Mounted::in_memory(kib, &share)?.during("mounting is not allowed")?;
        let server = stage.serve(&[])?;
        let mut allowed = Allowed::default();
        allowed.add_tree(&source, &share.join("x"))?;
        let watcher = Watcher::start(&share, allowed)?;
        let first = process::run(&mut put(&server, &source, &server.url("x"), "0"), DEADLINE)?;
        if !first.status.success() {
            refused += 1;
            let said = first.complaint();
            ensure(said.contains("space"), || format!("{kib} KiB: the refusal says {said}"))?;
            ensure(!tree::has_parts(&share)?, || format!("{kib} KiB: a part was left"))?;
            mounted.resize(16 * 1024)?;
            process::run(&mut put(&server, &source, &server.url("x"), "0"), DEADLINE)?
                .succeeded("ferry put, with more room")?;
        }
        tree::compare(&source, &share.join("x"))?;
        watcher.end()?;
        tried += 1;
    }
    ensure(refused > 0 && refused < tried, || format!("{refused} of {tried} were full"))?;
    Ok(format!("{tried} disks, {refused} of them full"))
}

/// What undo keeps fills the disk, and still the next upload fits.
pub(super) fn past_makes_way(stage: &mut Stage) -> Result<String, Failure> {
    let share = stage.folder("share")?;
    let _mounted = Mounted::in_memory(24 * 1024, &share)?.during("mounting is not allowed")?;
    let config = stage.path("config.toml");
    fs::write(&config, "[undo]\ndisk_percent = 90\n").during("configuration")?;
    let server = stage.serve(&[OsStr::new("--config"), config.as_os_str()])?;
    let mut rounds = 0;
    for round in 0..6 {
        let file = stage.path("file");
        let content = stage.content(7 * 1024 * 1024);
        fs::write(&file, &content).during("file")?;
        let url = server.url("same");
        let mut put = put(&server, &file, &url, "0");
        process::run(put.args(["--if-exists", "replace"]), DEADLINE)?
            .succeeded(&format!("replacing for the {round}. time"))?;
        let found = fs::read(share.join("same")).during("target")?;
        ensure(found == content, || format!("round {round}: the target is not what was sent"))?;
        rounds += 1;
    }
    let mut list = server.client("undo");
    list.args(["--list", "--json"]).arg(server.url(""));
    let listed = process::run(&mut list, DEADLINE)?.succeeded("ferry undo --list")?;
    let kept = String::from_utf8_lossy(&listed.stdout).lines().count();
    ensure((1..rounds).contains(&kept), || format!("{kept} things are kept after {rounds}"))?;
    Ok(format!("{rounds} replacements of 7 MiB in 24 MiB, {kept} kept"))
}

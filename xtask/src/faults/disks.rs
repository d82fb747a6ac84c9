//! Full disks: the refusal says so, nothing half is visible and nothing is left; with more room
//! the same command ends well.

use super::proxy::{Proxy, Weather};
use super::traffic::Way;
use super::watcher::{Allowed, Watcher};
use super::{DEADLINE, Stage, ensure, get, put};
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::mount::Mounted;
use crate::{process, tree};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// An upload to a disk that fills up.
pub(super) fn up(stage: &mut Stage) -> Result<String, Failure> {
    let source = stage.mixed_files("source", 60, 2, 1536 * 1024)?;
    too_small_from_the_start(stage, &source)?;
    at_every_stage(stage, Way::Up, &source)
}

/// A download to one.
pub(super) fn down(stage: &mut Stage) -> Result<String, Failure> {
    let source = stage.mixed_files("share/x", 60, 2, 1536 * 1024)?;
    at_every_stage(stage, Way::Down, &source)
}

/// Disks that are full sooner or later.
fn at_every_stage(stage: &mut Stage, way: Way, source: &Path) -> Result<String, Failure> {
    let step = stage.count(160, 640);
    let (mut tried, mut full) = (0, 0);
    for kib in (64..4400).step_by(step) {
        let is_full = fills_meanwhile(stage, way, source, kib)
            .map_err(|err| Failure::new(format!("{kib} KiB: {err}")))?;
        full += usize::from(is_full);
        tried += 1;
    }
    ensure(full > 0 && full < tried, || format!("{full} of {tried} were full"))?;
    Ok(format!("{tried} disks, {full} of them full"))
}

/// What cannot fit is refused before its first byte.
fn too_small_from_the_start(stage: &Stage, source: &Path) -> Result<(), Failure> {
    let share = stage.folder("share")?;
    let _mounted = Mounted::in_memory(1024, &share)?.during("mounting is not allowed")?;
    let server = stage.serve(&[])?;
    let refused = process::run(&mut put(&server, source, &server.url("x"), "0"), DEADLINE)?;
    let said = refused.complaint();
    let is_told = !refused.status.success() && said.contains("there is room for");
    ensure(is_told, || format!("of too small a disk was said {said}"))?;
    ensure(!share.join("x").exists(), || "a job that cannot fit was begun".to_owned())
}

/// There is room when the job begins, and then others take all but `kib` KiB of the disk. Returns
/// whether it became full.
fn fills_meanwhile(stage: &mut Stage, way: Way, source: &Path, kib: u64) -> Result<bool, Failure> {
    let target = stage.folder(if way == Way::Up { "share" } else { "target" })?;
    let mounted = Mounted::in_memory(ROOMY_KIB, &target)?.during("mounting is not allowed")?;
    let server = stage.serve(&[])?;
    let mut allowed = Allowed::default();
    allowed.add_tree(source, &target.join("x"))?;
    let watcher = Watcher::start(&target, allowed)?;
    let weather = Weather { rate: Some(RATE), ..Weather::default() };
    let proxy = Proxy::start(server.address, weather, stage.random.branch())?;
    let mut job = match way {
        Way::Up => put(&server, source, &proxy.url("x"), "0"),
        Way::Down => get(&server, &proxy.url("x"), &target.join("x"), "0"),
    };
    let (first, shrunk) = std::thread::scope(|scope| {
        let shrinking = scope.spawn(|| shrink_once_begun(&mounted, &target, kib));
        (process::run(&mut job, DEADLINE), shrinking.join())
    });
    shrunk.map_err(|_panic| Failure::new("the disk's thread panicked"))??;
    let first = first?;
    let is_full = !first.status.success();
    if is_full {
        let said = first.complaint();
        ensure(said.contains("space"), || format!("the refusal says {said}"))?;
        ensure(!tree::has_parts(&target)?, || "a part was left".to_owned())?;
        mounted.resize(ROOMY_KIB)?;
        process::run(&mut job, DEADLINE)?.succeeded("the same command, with more room")?;
    }
    tree::compare(source, &target.join("x"))?;
    ensure(!tree::has_parts(&target)?, || "a part was left in the end".to_owned())?;
    watcher.end()?;
    Ok(is_full)
}

/// A disk that has room, but not for all the names: those of new files, of their parts, and of what
/// undo keeps of the old ones.
pub(super) fn no_more_names(stage: &mut Stage) -> Result<String, Failure> {
    let before = stage.mixed_files("before", 4, 1, 9000)?;
    let after = stage.mixed_files("after", 6, 1, 9001)?;
    let least = tree::read(&before)?.len() as u64 + 2;
    let (mut tried, mut full) = (0, 0);
    for names in (least..least + 48).step_by(stage.count(1, 6)) {
        let is_full = lacks_names(stage, (&before, &after), names)
            .map_err(|err| Failure::new(format!("{names} names: {err}")))?;
        full += usize::from(is_full);
        tried += 1;
    }
    ensure(full > 0 && full < tried, || format!("{full} of {tried} were full"))?;
    Ok(format!("{tried} disks, {full} of them full"))
}

fn lacks_names(
    stage: &Stage,
    (before, after): (&Path, &Path),
    names: u64,
) -> Result<bool, Failure> {
    let share = stage.folder("share")?;
    let mounted = Mounted::in_memory_for(names, &share)?.during("mounting is not allowed")?;
    let mut copy = Command::new("cp");
    process::run(copy.arg("-a").arg(before).arg(share.join("x")), DEADLINE)?.succeeded("cp")?;
    let server = stage.serve(&[])?;
    let mut allowed = Allowed::default();
    allowed.add_tree(before, &share.join("x"))?;
    allowed.add_tree(after, &share.join("x"))?;
    let watcher = Watcher::start(&share, allowed)?;
    let mut put = put(&server, after, &server.url("x"), "0");
    let first = process::run(put.args(["--if-exists", "replace"]), DEADLINE)?;
    let is_full = !first.status.success();
    if is_full {
        let said = first.complaint();
        ensure(said.contains("space"), || format!("the refusal says {said}"))?;
        ensure(!tree::has_parts(&share)?, || "a part was left".to_owned())?;
        mounted.resize_for(NAMES_ENOUGH)?;
        process::run(&mut put, DEADLINE)?.succeeded("the same command, with more room")?;
    }
    for path in tree::files(after)? {
        let target = share.join("x").join(path.strip_prefix(after).during("path")?);
        let read = |path: &Path| fs::read(path).during(path.display());
        let is_equal = read(&path)? == read(&target)?;
        ensure(is_equal, || format!("{} is not what was sent", target.display()))?;
    }
    watcher.end()?;
    Ok(is_full)
}

/// Takes room away as soon as the job is begun: all but `kib` KiB, or what is filled already.
fn shrink_once_begun(disk: &Mounted, target: &Path, kib: u64) -> Result<(), Failure> {
    let limit = Instant::now() + Duration::from_secs(20);
    while !target.join("x").exists() {
        ensure(Instant::now() < limit, || "the job does not begin".to_owned())?;
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut sizes = (kib..ROOMY_KIB).step_by(64);
    let is_done = sizes.any(|kib| disk.resize(kib).is_ok());
    ensure(is_done, || "the disk cannot be made smaller".to_owned())
}

/// What undo keeps fills the disk, and still the next upload fits.
pub(super) fn past_makes_way(stage: &mut Stage) -> Result<String, Failure> {
    let share = stage.folder("share")?;
    let _mounted = Mounted::in_memory(24 * 1024, &share)?.during("mounting is not allowed")?;
    let config = stage.path("config.toml");
    fs::write(&config, "[undo]\ndisk_percent = 90\n").during("configuration")?;
    let server = stage.serve(&[OsStr::new("--config"), config.as_os_str()])?;
    replace_often(stage, &server, "same")?;
    let kept = kept(&server)?;
    ensure((1..ROUNDS).contains(&kept), || format!("{kept} things are kept after {ROUNDS}"))?;
    Ok(format!("{ROUNDS} replacements of 7 MiB in 24 MiB, {kept} kept"))
}

/// What is removed on a disk that has room for no name more is kept, and the oldest is not.
pub(super) fn past_makes_way_for_a_name(stage: &mut Stage) -> Result<String, Failure> {
    let share = stage.folder("share")?;
    let _mounted = Mounted::in_memory_for(NAMES_FEW, &share)?.during("mounting is not allowed")?;
    for name in ["older", "newer"] {
        fs::write(share.join(name), name).during(name)?;
    }
    let server = stage.serve(&[])?;
    let remove = |name: &str| {
        process::run(&mut verb(&server, "rm", &[name]), DEADLINE)?.succeeded("ferry rm").map(drop)
    };
    remove("older")?;
    let mut fillers = (0..NAMES_FEW).map(|number| share.join(number.to_string()));
    let is_full = fillers.any(|filler| fs::write(filler, "").is_err());
    ensure(is_full, || "the disk is not full".to_owned())?;
    remove("newer")?;
    let listed = list_kept(&server)?;
    let holds = |name: &str| listed.contains(&format!("/{name}"));
    ensure(holds("newer") && !holds("older"), || format!("what is kept is {listed}"))?;
    Ok("what was removed is kept, and what was before is not".to_owned())
}

/// Another disk below the root keeps what is replaced on it, outlives the server, gives it back,
/// and makes way when that disk is full.
pub(super) fn past_elsewhere(stage: &mut Stage) -> Result<String, Failure> {
    let other = stage.folder("share/deep/other")?;
    let _mounted = Mounted::in_memory(24 * 1024, &other)?.during("mounting is not allowed")?;
    let config = stage.path("config.toml");
    fs::write(&config, "[undo]\ndisk_percent = 90\n").during("configuration")?;
    let arguments = [OsStr::new("--config"), config.as_os_str()];
    fs::write(other.join("same"), "first").during("file")?;
    let server = stage.serve(&arguments)?;
    replace_often(stage, &server, "deep/other/same")?;
    let removed = process::run(&mut verb(&server, "rm", &["deep/other/same"]), DEADLINE)?;
    removed.succeeded("ferry rm")?;
    ensure(!other.join("same").exists(), || "what was removed is there".to_owned())?;
    drop(server);
    let server = stage.serve(&arguments)?;
    let before = kept(&server)?;
    ensure((1..=ROUNDS).contains(&before), || format!("{before} are kept after a restart"))?;
    process::run(&mut verb(&server, "undo", &["deep/other/same"]), DEADLINE)?
        .succeeded("ferry undo")?;
    let len = fs::metadata(other.join("same")).during("what came back")?.len();
    ensure(len == REPLACED_LEN as u64, || format!("{len} bytes came back"))?;
    Ok(format!("{before} kept on a disk of its own, one brought back"))
}

/// A part that nobody goes on with fills the disk, and still an upload fits.
pub(super) fn idle_parts_make_way(stage: &mut Stage) -> Result<String, Failure> {
    let share = stage.folder("share")?;
    let _mounted = Mounted::in_memory(24 * 1024, &share)?.during("mounting is not allowed")?;
    let server = stage.serve(&[])?;
    let file = stage.path("file");
    fs::write(&file, stage.content(20 * 1024 * 1024)).during("file")?;
    let weather = Weather { cut_after: Some(12 << 20..13 << 20), ..Weather::default() };
    let proxy = Proxy::start(server.address, weather, stage.random.branch())?;
    let mut cut = put(&server, &file, &proxy.url("cut"), "0");
    let first = process::run(cut.args(["--connections", "1"]), DEADLINE)?;
    let is_left = !first.status.success() && tree::has_parts(&share)?;
    ensure(is_left, || "no part was left to make way".to_owned())?;
    let content = stage.content(18 * 1024 * 1024);
    fs::write(&file, &content).during("file")?;
    process::run(&mut put(&server, &file, &server.url("next"), "0"), DEADLINE)?
        .succeeded("the next upload")?;
    let found = fs::read(share.join("next")).during("target")?;
    ensure(found == content, || "the target is not what was sent".to_owned())?;
    ensure(!tree::has_parts(&share)?, || "the idle part is there still".to_owned())?;
    Ok("a part of 12 MiB in 24 MiB made way for 18 MiB".to_owned())
}

/// Replaces one file so often that its disk cannot keep all of it.
fn replace_often(stage: &mut Stage, server: &Server, name: &str) -> Result<(), Failure> {
    for round in 0..ROUNDS {
        let file = stage.path("file");
        let content = stage.content(REPLACED_LEN);
        fs::write(&file, &content).during("file")?;
        let mut put = put(server, &file, &server.url(name), "0");
        process::run(put.args(["--if-exists", "replace"]), DEADLINE)?
            .succeeded(&format!("replacing for the {round}. time"))?;
        let found = fs::read(stage.path("share").join(name)).during("target")?;
        ensure(found == content, || format!("round {round}: the target is not what was sent"))?;
    }
    Ok(())
}

/// How much undo keeps.
fn kept(server: &Server) -> Result<usize, Failure> {
    Ok(list_kept(server)?.lines().count())
}

/// What undo keeps, a line each.
fn list_kept(server: &Server) -> Result<String, Failure> {
    let mut list = verb(server, "undo", &[""]);
    let listed =
        process::run(list.args(["--list", "--json"]), DEADLINE)?.succeeded("ferry undo --list")?;
    Ok(String::from_utf8_lossy(&listed.stdout).into_owned())
}

fn verb(server: &Server, verb: &str, paths: &[&str]) -> Command {
    let mut command = server.client(verb);
    command.args(paths.iter().map(|path| server.url(path)));
    command
}

/// How often a file is replaced, and its length.
const ROUNDS: usize = 6;
const REPLACED_LEN: usize = 7 * 1024 * 1024;
/// More than the job takes, twice.
const ROOMY_KIB: u64 = 16 * 1024;
/// Names for which there is room where it ends soon.
const NAMES_FEW: u64 = 32;
/// Names for which there is room in the end.
const NAMES_ENOUGH: u64 = 1000;
/// Bytes a second of one connection, so that the disk is full before the job is done.
const RATE: u64 = 4 * 1024 * 1024;

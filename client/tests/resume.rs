//! Jobs that outlive their process, against the real server: the program is killed in the middle,
//! and what it began is gone on with.
#![expect(clippy::unwrap_used, reason = "helpers of tests may give up")]

mod support;

use serde_json::Value;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use support::gate::Gate;
use support::place::{Place, contents, noise};

const BIG: u32 = 12_000_000;
/// What the gate lets through before the program is killed.
const BEFORE: u64 = 8_000_000;
const UNBOUNDED: u64 = u64::MAX;
const SEGMENT: usize = 256 * 1024;

fn ferry(place: &Place, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ferry"));
    as_ordinary_user(place, &mut command);
    command
        .args(arguments)
        .args(["--json", "--fingerprint", &place.fingerprint])
        .current_dir(place.path(""))
        .env("FERRY_STATE_DIR", place.path("state"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Permission bits mean nothing to root, should it run the tests.
fn as_ordinary_user(place: &Place, command: &mut Command) {
    const NOBODY: u32 = 65534;
    if rustix::process::geteuid().is_root() {
        for folder in ["", "down"].map(|name| place.path(name)).iter().filter(|at| at.exists()) {
            chown(folder, Some(NOBODY), None).unwrap();
        }
        command.uid(NOBODY);
    }
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn run(place: &Place, arguments: &[&str]) -> (Option<i32>, Vec<Value>) {
    let output = ferry(place, arguments).output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines = lines(&output);
    assert!(output.status.code() != Some(101), "{complaints}");
    (output.status.code(), lines)
}

/// Runs the program until the gate holds it still, and kills it.
fn kill_in_the_middle(place: &Place, gate: &Gate, arguments: &[&str]) {
    kill_when(place, gate, arguments, || true);
}

/// The same, but not before something has come to pass.
fn kill_when(place: &Place, gate: &Gate, arguments: &[&str], is_time: impl Fn() -> bool) {
    let mut child = ferry(place, arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let child = child.as_mut().unwrap();
    gate.wait_until_stalled();
    while !is_time() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The only job, as `jobs list` shows it.
fn only_job(place: &Place) -> Value {
    let (exit, mut jobs) = run(place, &["jobs"]);
    assert_eq!((exit, jobs.len()), (Some(0), 1), "{jobs:?}");
    jobs.remove(0)
}

fn parts_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let is_part = |path: &Path| path.to_string_lossy().contains(".ferry-part-");
    contents(folder).into_iter().map(|(path, ..)| path).filter(|path| is_part(path)).collect()
}

/// Segments of the big file that the parts below a folder hold; connections leave gaps.
fn segments_held_by_parts(folder: &Path) -> u64 {
    let whole = noise(BIG);
    let held = |part: std::path::PathBuf| {
        let part = fs::read(folder.join(part)).unwrap();
        let pairs = part.chunks(SEGMENT).zip(whole.chunks(SEGMENT));
        pairs.filter(|(part, whole)| part == whole).count() as u64
    };
    parts_below(folder).into_iter().map(held).sum()
}

/// The only part below a folder.
fn only_part(folder: &Path) -> std::path::PathBuf {
    let [part] = parts_below(folder).try_into().unwrap();
    folder.join(part)
}

#[test]
fn a_killed_upload_goes_on_where_it_was() {
    let place = Place::new();
    fs::write(place.path("big"), noise(BIG)).unwrap();
    let gate = Gate::start(place.port(), BEFORE);
    let url = format!("ferry://127.0.0.1:{}/big", gate.port);
    kill_in_the_middle(&place, &gate, &["put", "big", &url]);
    let job = only_job(&place);
    assert_eq!((&job["state"], &job["direction"]), (&"interrupted".into(), &"upload".into()));

    gate.open(UNBOUNDED);
    let id = job["job"].as_str().unwrap();
    let (exit, out) = run(&place, &["jobs", "resume", &id[..4]]);
    let passed = gate.open(UNBOUNDED);
    assert_eq!(exit, Some(0), "{out:?}");
    // What was on its way when it was killed may come again, and no more.
    let most = u64::from(BIG) - BEFORE / 2;
    assert!(passed < most, "{passed} bytes passed, and {BEFORE} before");
    assert_eq!(fs::read(place.path("share/big")).unwrap(), noise(BIG));
    assert!(parts_below(&place.path("share")).is_empty());
    assert!(run(&place, &["jobs"]).1.is_empty(), "a job that is done is not kept");
}

/// A download of a big file that was killed in its middle.
struct KilledDownload {
    place: Place,
    gate: Gate,
    url: String,
    down: std::path::PathBuf,
}

impl KilledDownload {
    fn new() -> Self {
        let place = Place::new();
        let down = place.path("down");
        fs::create_dir(&down).unwrap();
        fs::write(place.path("share/big"), noise(BIG)).unwrap();
        let gate = Gate::start(place.port(), BEFORE);
        let url = format!("ferry://127.0.0.1:{}/big", gate.port);
        let has_come = || segments_held_by_parts(&down) >= BEFORE / SEGMENT as u64 / 2;
        kill_when(&place, &gate, &["get", &url, "down/"], has_come);
        Self { place, gate, url, down }
    }

    /// How many bytes of the file its part has right.
    fn held(&self) -> u64 {
        segments_held_by_parts(&self.down) * SEGMENT as u64
    }

    /// The same command again fetches what is missing, and hardly more.
    fn goes_on_from(&self, held: u64) {
        self.gate.open(UNBOUNDED);
        let (exit, out) = run(&self.place, &["get", &self.url, "down/"]);
        let passed = self.gate.open(UNBOUNDED);
        assert_eq!(exit, Some(0), "{out:?}");
        let left = u64::from(BIG) - held;
        assert!(held > 0 && passed < left + 500_000, "{passed} bytes for the last {left}");
        assert_eq!(fs::read(self.down.join("big")).unwrap(), noise(BIG));
        assert!(parts_below(&self.down).is_empty());
    }
}

#[test]
fn a_killed_download_goes_on_where_it_was_and_the_same_command_does_it() {
    let killed = KilledDownload::new();
    assert_eq!(only_job(&killed.place)["state"], "interrupted");
    killed.goes_on_from(killed.held());
}

/// A killed download, of whose part a byte was altered, one in the middle of what came, and the last
/// bytes were lost: what is wrong is fetched again, and nothing else.
#[test]
fn a_damaged_part_costs_its_segments_alone() {
    let killed = KilledDownload::new();
    let part = only_part(&killed.down);
    let mut content = fs::read(&part).unwrap();
    content[SEGMENT + 77] ^= 1;
    content.truncate(content.len() - 1000);
    fs::write(&part, content).unwrap();
    let held = killed.held();
    assert!(held > BEFORE / 4, "{held} bytes are right");
    killed.goes_on_from(held);
}

/// The part of a file that nobody may write has its permission bits before its name. Whoever was
/// killed in between once began from zero, and left the part behind.
#[test]
fn a_part_that_nobody_may_write_is_gone_on_with() {
    let killed = KilledDownload::new();
    let held = killed.held();
    fs::set_permissions(only_part(&killed.down), fs::Permissions::from_mode(0o444)).unwrap();
    killed.goes_on_from(held);
}

/// A folder that cannot be synced, as one that nobody may read. The failure is told, the file is
/// no success of the next run, and one that was there already is none before it is synced.
#[test]
fn a_name_that_is_not_on_stable_storage_is_no_success() {
    let place = Place::new();
    let down = place.path("down");
    fs::create_dir(&down).unwrap();
    fs::write(place.path("share/small"), "content").unwrap();
    let url = format!("ferry://127.0.0.1:{}/small", place.port());
    let get_with_bits = |bits| {
        fs::set_permissions(&down, fs::Permissions::from_mode(bits)).unwrap();
        run(&place, &["get", &url, "down/"])
    };
    let (exit, out) = get_with_bits(0o300);
    assert_eq!(exit, Some(1), "{out:?}");
    fs::set_permissions(&down, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(contents(&down).is_empty(), "the name is taken back");
    assert_eq!(get_with_bits(0o700).0, Some(0));
    assert_eq!(get_with_bits(0o300).0, Some(1), "it is there, and may not stay");
    assert_eq!(get_with_bits(0o700).0, Some(0));
    assert_eq!(fs::read(down.join("small")).unwrap(), b"content");
}

#[test]
fn a_file_of_the_server_that_changed_meanwhile_is_fetched_anew() {
    let place = Place::new();
    fs::create_dir(place.path("down")).unwrap();
    fs::write(place.path("share/big"), noise(BIG)).unwrap();
    let gate = Gate::start(place.port(), BEFORE);
    let url = format!("ferry://127.0.0.1:{}/big", gate.port);
    let down = place.path("down");
    let has_come = || segments_held_by_parts(&down) > 0;
    kill_when(&place, &gate, &["get", &url, "down/"], has_come);
    let changed: Vec<u8> = noise(BIG).into_iter().map(|byte| !byte).collect();
    fs::write(place.path("share/big"), &changed).unwrap();
    gate.open(UNBOUNDED);
    let (exit, out) = run(&place, &["get", &url, "down/"]);
    assert_eq!(exit, Some(0), "{out:?}");
    assert_eq!(fs::read(place.path("down/big")).unwrap(), changed);
    assert!(parts_below(&place.path("down")).is_empty());
}

#[test]
fn a_source_that_changed_meanwhile_is_sent_anew() {
    let place = Place::new();
    fs::write(place.path("big"), noise(BIG)).unwrap();
    let gate = Gate::start(place.port(), BEFORE);
    let url = format!("ferry://127.0.0.1:{}/big", gate.port);
    kill_in_the_middle(&place, &gate, &["put", "big", &url]);
    let changed: Vec<u8> = noise(BIG).into_iter().map(|byte| !byte).collect();
    fs::write(place.path("big"), &changed).unwrap();
    gate.open(UNBOUNDED);
    let (exit, out) = run(&place, &["put", "big", &url]);
    assert_eq!(exit, Some(0), "{out:?}");
    assert_eq!(fs::read(place.path("share/big")).unwrap(), changed);
    assert!(parts_below(&place.path("share")).is_empty(), "what was begun is forgotten");
}

/// Killed again and again, a job of mixed files moves little more than its payload.
#[test]
fn a_tree_survives_many_kills_both_ways() {
    let place = Place::new();
    let tree = place.make_tree();
    let gate = Gate::start(place.port(), 0);
    let url = format!("ferry://127.0.0.1:{}/up", gate.port);
    let verbs: [&[&str]; 2] = [&["put", "tree", &url], &["get", &url, "down"]];
    for verb in verbs {
        for kill in 1..=4 {
            gate.open(kill * 700_000);
            kill_in_the_middle(&place, &gate, verb);
        }
        gate.open(UNBOUNDED);
        let (exit, out) = run(&place, verb);
        assert_eq!(exit, Some(0), "{out:?}");
    }
    assert_eq!(contents(&tree), contents(&place.path("share/up")));
    assert_eq!(contents(&tree), contents(&place.path("down")));
    assert!(run(&place, &["jobs"]).1.is_empty());
}

#[test]
fn a_cancelled_job_leaves_nothing_here_and_can_be_cleared() {
    let place = Place::new();
    fs::create_dir(place.path("down")).unwrap();
    fs::write(place.path("share/big"), noise(BIG)).unwrap();
    let gate = Gate::start(place.port(), BEFORE);
    let url = format!("ferry://127.0.0.1:{}/big", gate.port);
    kill_in_the_middle(&place, &gate, &["get", &url, "down/"]);
    let job = only_job(&place);
    let id = job["job"].as_str().unwrap();
    let (exit, _) = run(&place, &["jobs", "clear", id]);
    assert_eq!(exit, Some(1), "it is not over yet");
    assert_eq!(run(&place, &["jobs", "cancel", id]).0, Some(0));
    assert!(parts_below(&place.path("down")).is_empty());
    assert_eq!(only_job(&place)["state"], "cancelled");
    assert_eq!(run(&place, &["jobs", "resume", id]).0, Some(1), "it is over");
    assert_eq!(run(&place, &["jobs", "clear"]).0, Some(0));
    assert!(run(&place, &["jobs"]).1.is_empty());
}

/// Another process sees a running job as such, and can pause it.
#[test]
fn a_job_of_another_process_is_shown_and_paused() {
    let place = Place::new();
    fs::write(place.path("big"), noise(BIG)).unwrap();
    let gate = Gate::start(place.port(), BEFORE);
    let url = format!("ferry://127.0.0.1:{}/big", gate.port);
    let child = ferry(&place, &["put", "big", &url]).spawn().unwrap();
    gate.wait_until_stalled();
    let job = only_job(&place);
    assert_eq!(job["state"], "running");
    let id = job["job"].as_str().unwrap();
    assert_eq!(run(&place, &["jobs", "resume", id]).0, Some(1), "it runs");
    let (exit, out) = run(&place, &["jobs", "pause", id]);
    assert_eq!((exit, &out[0]["asked"]), (Some(0), &true.into()), "{out:?}");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(only_job(&place)["state"], "paused");
}

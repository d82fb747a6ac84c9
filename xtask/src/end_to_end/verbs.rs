//! One-shot verbs: exit codes, messages, JSON, and the commands that the README shows.

use super::{Outcome, Scenario, Stage, ensure, expect_code, expect_complaint};
use crate::failure::{During as _, Failure};
use crate::process;
use crate::tidy::{ReadmeCommand, readme_commands};
use crate::workspace;
use std::fs;
use std::path::Path;
use std::process::Command;

pub(super) const SCENARIOS: &[(&str, Scenario)] = &[
    ("every verb does its work", every_verb),
    ("exit codes tell what happened", exit_codes),
    ("a differing target is refused and the rules are named", differing_target),
    ("machine-readable output is one object a line", json),
    ("bad names are refused and reach nothing", bad_names),
    ("the programs know what the README shows", readme),
];

fn every_verb(stage: &Stage) -> Result<Outcome, Failure> {
    let server = stage.serve()?;
    let file = stage.path("file");
    fs::write(&file, b"content").during("file")?;
    let run = |verb: &str, places: &[String]| expect_code(server.client(verb).args(places), 0);
    run("mkdir", &[server.url("a")])?;
    expect_code(server.client("put").arg(&file).arg(server.url("a/b")), 0)?;
    run("mv", &[server.url("a/b"), server.url("a/c")])?;
    let listed = run("ls", &[server.url("a")])?;
    ensure(contains(&listed.stdout, b"c"), || "ls shows no file".to_owned())?;
    let digest = run("digest", &[server.url("a/c")])?;
    let expected = blake3::hash(b"content").to_hex();
    ensure(contains(&digest.stdout, expected.as_bytes()), || {
        "digest differs from b3sum's".to_owned()
    })?;
    run("stat", &[server.url("a/c")])?;
    run("rm", &[server.url("a/c")])?;
    ensure(!stage.path("share/a/c").exists(), || "rm left the file".to_owned())?;
    Ok(Outcome::Passed)
}

fn exit_codes(stage: &Stage) -> Result<Outcome, Failure> {
    let server = stage.serve()?;
    let back = stage.path("back");
    expect_code(server.client("ls").arg(server.url("")), 0)?;
    expect_complaint(server.client("get").arg(server.url("none")).arg(&back), 1, &["none"])?;
    expect_code(stage.client().arg("nothing-like-a-verb").arg("x"), 64)?;
    expect_code(server.client("get").arg("--no-such-flag"), 64)?;
    let free = process::free_address()?;
    let mut unreachable = stage.client();
    unreachable.args(["ls", &format!("ferry://{free}/"), "--retry-for", "0"]);
    expect_complaint(&mut unreachable, 3, &["listens", "reach"])?;
    fs::write(stage.path("share/there"), b"x").during("file")?;
    let folder = stage.folder("into")?;
    let mut partly = server.client("get");
    partly.arg(server.url("there")).arg(server.url("none")).arg(folder.join(""));
    expect_code(&mut partly, 2)?;
    ensure(folder.join("there").exists(), || "the other file was not fetched".to_owned())?;
    Ok(Outcome::Passed)
}

fn differing_target(stage: &Stage) -> Result<Outcome, Failure> {
    let server = stage.serve()?;
    let file = stage.path("file");
    fs::write(&file, b"new").during("file")?;
    fs::write(stage.path("share/x"), b"old").during("file")?;
    let put = || {
        let mut command = server.client("put");
        command.arg(&file).arg(server.url("x"));
        command
    };
    expect_complaint(&mut put(), 1, &["--if-exists"])?;
    ensure(read(&stage.path("share/x"))? == b"old", || "the target was changed".to_owned())?;
    expect_code(put().args(["--if-exists", "skip"]), 0)?;
    expect_code(put().args(["--if-exists", "replace"]), 0)?;
    ensure(read(&stage.path("share/x"))? == b"new", || "the target was not replaced".to_owned())?;
    expect_code(&mut put(), 0)?;
    Ok(Outcome::Passed)
}

fn json(stage: &Stage) -> Result<Outcome, Failure> {
    let server = stage.serve()?;
    crate::tree::build(&stage.folder("share/tree")?)?;
    let listed = expect_code(server.client("ls").arg(server.url("tree/files")).arg("--json"), 0)?;
    let mut lines = 0;
    for line in listed.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let object: serde_json::Value = serde_json::from_slice(line).during("a line is no JSON")?;
        let is_named = object["name"].is_string() || object["name_hex"].is_string();
        ensure(is_named, || format!("a line without a name: {object}"))?;
        lines += 1;
    }
    let names = crate::tree::HARD_NAMES.len();
    ensure(lines == names, || format!("{lines} lines for {names} names"))?;
    Ok(Outcome::Passed)
}

fn bad_names(stage: &Stage) -> Result<Outcome, Failure> {
    let server = stage.serve()?;
    let outside = stage.path("outside");
    fs::write(&outside, b"secret").during("file")?;
    std::os::unix::fs::symlink(&outside, stage.path("share/link")).during("link")?;
    let long = "n".repeat(256);
    let names = ["../outside", "%2e%2e/outside", "a%00b", "link", ".ferry-part-0", long.as_str()];
    for name in names {
        let back = stage.path("back");
        let mut get = server.client("get");
        get.args(["--retry-for", "0"]).arg(server.url(name)).arg(&back);
        let finished = process::run(&mut get, super::DEADLINE)?;
        ensure(matches!(finished.code(), 1 | 64), || {
            format!("{name}: {} {}", finished.code(), finished.complaint())
        })?;
        ensure(!back.exists(), || format!("{name} was fetched"))?;
    }
    expect_code(server.client("ls").arg(server.url("")), 0)?;
    Ok(Outcome::Passed)
}

fn readme(stage: &Stage) -> Result<Outcome, Failure> {
    let page = fs::read_to_string(workspace::root().join("README.md")).during("README.md")?;
    for command in readme_commands(&page) {
        let program = match command.program.as_str() {
            "ferry" => stage.programs.ferry.clone(),
            "ferry-server" => stage.programs.server.clone(),
            _ => std::env::current_exe().during("own program")?,
        };
        is_known(&program, &command)?;
    }
    Ok(Outcome::Passed)
}

/// Asks the program itself for help on the verb.
fn is_known(program: &Path, command: &ReadmeCommand) -> Result<(), Failure> {
    let mut help = Command::new(program);
    let finished = expect_code(help.args(&command.verbs).arg("--help"), 0)
        .during(format!("README.md:{}", command.line))?;
    for flag in &command.flags {
        let flag = format!("--{flag}");
        let is_there = flag == "--help" || contains(&finished.stdout, flag.as_bytes());
        ensure(is_there, || format!("README.md:{}: {flag} does not exist", command.line))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).during(path.display())
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted)
}

//! The prompt, driven by a script on standard input.

use super::{Outcome, Scenario, Stage, ensure, expect_code};
use crate::failure::{During as _, Failure};
use crate::ferry::{self, Server};
use std::fs::{self, File};
use std::process::Command;

pub(super) const SCENARIOS: &[(&str, Scenario)] = &[
    ("a script on standard input", script),
    ("a failed line makes the exit code 1 at the end", failed_line),
    ("the address is asked for", asked_address),
];

fn script(stage: &Stage) -> Result<Outcome, Failure> {
    let server = stage.serve()?;
    fs::write(stage.path("one"), b"1").during("file")?;
    fs::write(stage.path("share/two"), b"2").during("file")?;
    let lines = "mkdir folder\nCD folder\npwd\nput\none\nLIST\ncd /\nRETR two\nquit\n";
    let mut command = prompt(stage, &server, lines)?;
    let finished = expect_code(command.arg(server.url("")), 0)?;
    let arrived = |path| fs::read(stage.path(path)).during(path);
    ensure(arrived("share/folder/one")? == b"1", || "put did not put".to_owned())?;
    ensure(arrived("two")? == b"2", || "RETR did not fetch".to_owned())?;
    let said = String::from_utf8_lossy(&finished.stdout).into_owned() + &finished.complaint();
    ensure(said.contains("/folder"), || format!("pwd says nothing: {said}"))?;
    Ok(Outcome::Passed)
}

fn failed_line(stage: &Stage) -> Result<Outcome, Failure> {
    let server = stage.serve()?;
    let mut command = prompt(stage, &server, "get none\nmkdir after\nexit\n")?;
    expect_code(command.arg(server.url("")), 1)?;
    let is_made = stage.path("share/after").is_dir();
    ensure(is_made, || "the script stopped at its failed line".to_owned())?;
    Ok(Outcome::Passed)
}

fn asked_address(stage: &Stage) -> Result<Outcome, Failure> {
    let server = stage.serve()?;
    let (host, port) = (server.address.ip(), server.address.port());
    let mut command = prompt(stage, &server, &format!("{host}\n{port}\nmkdir asked\nquit\n"))?;
    expect_code(&mut command, 0)?;
    let is_made = stage.path("share/asked").is_dir();
    ensure(is_made, || "nothing was done".to_owned())?;
    Ok(Outcome::Passed)
}

/// A client without a verb whose standard input is the script, in the scenario's folder.
fn prompt(stage: &Stage, server: &Server, lines: &str) -> Result<Command, Failure> {
    let script = stage.path("script");
    fs::write(&script, lines).during("script")?;
    let mut command = ferry::client(&stage.programs, &stage.path("client-state"));
    command.arg("--fingerprint").arg(&server.fingerprint);
    command.stdin(File::open(&script).during("script")?).current_dir(stage.room.path());
    Ok(command)
}

//! Pinned keys.

use super::{Outcome, Scenario, Stage, expect_code, expect_complaint};
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::sys;
use std::ffi::OsStr;
use std::fs;

pub(super) const SCENARIOS: &[(&str, Scenario)] = &[
    ("an unknown key is refused where nobody can be asked", unknown_key),
    ("a wrong fingerprint is a hard stop", wrong_fingerprint),
    ("a changed key is a hard stop until it is forgotten", changed_key),
];

fn unknown_key(stage: &Stage) -> Result<Outcome, Failure> {
    let server = stage.serve()?;
    let mut list = stage.client();
    list.arg("ls").arg(server.url(""));
    let finished = crate::process::run(&mut list, super::DEADLINE)?;
    let said = finished.complaint();
    super::ensure(!finished.status.success() && said.contains("--fingerprint"), || {
        format!("an unknown key ended with {}: {said}", finished.code())
    })?;
    Ok(Outcome::Passed)
}

fn wrong_fingerprint(stage: &Stage) -> Result<Outcome, Failure> {
    let server = stage.serve()?;
    let wrong = "a".repeat(server.fingerprint.len());
    let mut list = stage.client();
    list.arg("ls").arg(server.url("")).args(["--fingerprint", &wrong]);
    expect_code(&mut list, 4)?;
    Ok(Outcome::Passed)
}

fn changed_key(stage: &Stage) -> Result<Outcome, Failure> {
    let server = stage.serve()?;
    let address = server.address;
    let url = server.url("");
    expect_code(server.client("ls").arg(&url), 0)?;
    server.end(sys::KILL)?;
    fs::remove_dir_all(stage.path("server-state")).during("server state")?;
    let listen = address.to_string();
    let arguments = [OsStr::new("--listen"), OsStr::new(&listen)];
    let server = serve_again(stage, &arguments)?;
    let known = || crate::ferry::client(&stage.programs, &stage.path("client-state"));
    expect_complaint(known().arg("ls").arg(&url), 4, &["changed", "forget"])?;
    expect_code(known().arg("forget").arg(&listen), 0)?;
    expect_code(server.client("ls").arg(&url), 0)?;
    Ok(Outcome::Passed)
}

/// The server of a scenario once more, where it listened before.
pub(super) fn serve_again(stage: &Stage, arguments: &[&OsStr]) -> Result<Server, Failure> {
    let room = stage.room.path();
    Server::serve_at(&stage.programs, &stage.folder("share")?, room, arguments)
}

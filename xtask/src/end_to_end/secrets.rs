//! What nobody but its owner may know is in no log, no record and no file of state.

use super::{Outcome, Scenario, Stage, ensure, expect_code};
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::{process, sys, tree};
use std::fs;

pub(super) const SCENARIOS: &[(&str, Scenario)] =
    &[("no password and no invitation is in a log or a file", nothing_is_written)];

const RIGHT: &str = "correct horse battery";
const WRONG: &str = "incorrect horse battery";
/// Typed where the name belongs.
const AS_NAME: &str = "staple-as-name";
/// A password that an invitation sets.
const SET: &str = "another horse battery";

fn nothing_is_written(stage: &Stage) -> Result<Outcome, Failure> {
    let mut add = stage.server_verb("user");
    expect_code(add.args(["add", "ann"]).env("FERRY_PASSWORD", RIGHT), 0)?;
    let server = stage.serve()?;
    let url = |name: &str| format!("ferry://{name}@{}/", server.address);
    for (name, password) in [("ann", WRONG), (AS_NAME, WRONG)] {
        let mut ls = server.client("ls");
        expect_code(ls.arg(url(name)).env("FERRY_PASSWORD", password), 1)?;
    }
    let mut enrol = server.client("enrol");
    expect_code(enrol.arg(url("ann")).env("FERRY_PASSWORD", RIGHT), 0)?;
    let link = invite(stage)?;
    let mut open = stage.client();
    expect_code(open.arg("ls").arg(&link).env("FERRY_PASSWORD", SET), 0)?;
    // Used up: what is refused is told to the log too.
    let mut again = crate::ferry::client(&stage.programs, &stage.path("third-client-state"));
    expect_code(again.arg("ls").arg(&link), 1)?;
    let state = server.state().to_owned();
    end(server)?;
    let (_, invitation) = link.rsplit_once("&i=").during("the link has no invitation")?;
    look_for(stage, &[RIGHT, WRONG, AS_NAME, SET, invitation])?;
    ensure(state.join("audit.log").exists(), || "nothing was recorded".to_owned())?;
    Ok(Outcome::Passed)
}

/// A link that lets bob in once.
fn invite(stage: &Stage) -> Result<String, Failure> {
    let mut link = stage.server_verb("link");
    let told = process::run(link.args(["--user", "bob", "--json"]), super::DEADLINE)?;
    let told = told.succeeded("ferry-server link")?;
    let line: serde_json::Value = serde_json::from_slice(&told.stdout).during("link is no JSON")?;
    Ok(line["link"].as_str().during("no link")?.to_owned())
}

fn end(server: Server) -> Result<(), Failure> {
    let status = server.end(sys::TERMINATE)?;
    ensure(status.success(), || format!("the server ended with {status}"))
}

/// Looks through everything that server and clients wrote.
fn look_for(stage: &Stage, secrets: &[&str]) -> Result<(), Failure> {
    let mut looked_at = 0;
    for path in tree::files(stage.room.path())? {
        let Ok(content) = fs::read(&path) else { continue };
        looked_at += 1;
        for secret in secrets {
            let is_in = content.windows(secret.len()).any(|part| part == secret.as_bytes());
            ensure(!is_in, || format!("`{secret}` is in {}", path.display()))?;
        }
    }
    ensure(looked_at > 5, || format!("only {looked_at} files were written"))
}

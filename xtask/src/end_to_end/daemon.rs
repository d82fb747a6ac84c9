//! The server program: background, status, accounts, stop.

use super::{Outcome, Scenario, Stage, ensure, expect_code, expect_complaint};
use crate::failure::{During as _, Failure};
use crate::ferry::{Server, Status};
use crate::process::{self, Finished};
use crate::sys;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

pub(super) const SCENARIOS: &[(&str, Scenario)] = &[
    ("start, status, reload and stop", background),
    ("accounts let in whom they name", accounts),
    ("without accounts and guest it does not start", nobody_may_enter),
    ("Ctrl-C and SIGTERM end it well", signals),
    ("what root changes belongs to the server's user", by_root),
];

fn background(stage: &Stage) -> Result<Outcome, Failure> {
    expect_code(&mut stage.server_verb("status"), 1)?;
    expect_code(&mut stage.server_verb("stop"), 1)?;
    let mut start = stage.server_verb("start");
    start.arg(stage.folder("share")?).args(["--listen", "127.0.0.1:0", "--guest", "read"]);
    expect_code(&mut start, 0)?;
    let outcome = while_running(stage);
    expect_code(&mut stage.server_verb("stop"), 0)?;
    expect_code(&mut stage.server_verb("status"), 1)?;
    outcome
}

fn while_running(stage: &Stage) -> Result<Outcome, Failure> {
    let status = Status::ask(&stage.programs, &stage.path("server-state"))?;
    for key in
        ["link", "addresses", "fingerprint", "connections", "workers", "bytes_in", "bytes_out"]
    {
        ensure(!status.json[key].is_null(), || format!("status without {key}"))?;
    }
    let url = format!("ferry://{}/", status.address);
    let mut list = stage.client();
    list.arg("ls").arg(&url).arg("--fingerprint").arg(&status.fingerprint);
    expect_code(&mut list, 0)?;
    let mut make = stage.client();
    make.arg("mkdir").arg(format!("{url}x")).arg("--fingerprint").arg(&status.fingerprint);
    expect_code(&mut make, 1)?;
    expect_code(&mut stage.server_verb("reload"), 0)?;
    let mut second = stage.server_verb("start");
    second.arg(stage.folder("share")?).args(["--listen", "127.0.0.1:0", "--guest", "read"]);
    expect_complaint(&mut second, 1, &["running", "already"])?;
    Ok(Outcome::Passed)
}

fn accounts(stage: &Stage) -> Result<Outcome, Failure> {
    let (right, wrong) = (stage.path("right"), stage.path("wrong"));
    fs::write(&right, "a good password\n").during("password")?;
    fs::write(&wrong, "another password\n").during("password")?;
    let server = stage.serve()?;
    add(stage, &server, &right)?;
    let url = format!("ferry://anna@{}/made", server.address);
    let with = |verb: &str, password: &Path| -> Result<Finished, Failure> {
        let mut command = server.client(verb);
        process::run(command.arg(&url).arg("--password-file").arg(password), super::DEADLINE)
    };
    let refused = with("mkdir", &wrong)?;
    ensure(refused.code() == 1, || format!("a wrong password ended with {}", refused.code()))?;
    with("mkdir", &right)?.succeeded("mkdir with the right password")?;
    let mut remove = Command::new(&stage.programs.server);
    remove.args(["user", "remove", "anna", "--state-dir"]).arg(server.state());
    expect_code(&mut remove, 0)?;
    let gone = with("stat", &right)?;
    ensure(gone.code() == 1, || "a removed account still opens the door".to_owned())?;
    Ok(Outcome::Passed)
}

fn add(stage: &Stage, server: &Server, password: &Path) -> Result<(), Failure> {
    let mut add = Command::new(&stage.programs.server);
    add.args(["user", "add", "anna", "--rights", "write", "--password-file"]).arg(password);
    expect_code(add.arg("--state-dir").arg(server.state()), 0)?;
    let mut list = Command::new(&stage.programs.server);
    let listed = expect_code(list.args(["user", "list", "--state-dir"]).arg(server.state()), 0)?;
    let text = String::from_utf8_lossy(&listed.stdout);
    ensure(text.contains("anna"), || format!("the new account is not listed: {text}"))
}

/// As under the unit in `packaging`: the server runs as a user of its own, its verbs as root.
fn by_root(stage: &Stage) -> Result<Outcome, Failure> {
    if !sys::is_root() {
        return Ok(Outcome::NotPossible("only root can act for another user".to_owned()));
    }
    let state = stage.folder("server-state")?;
    std::os::unix::fs::chown(&state, Some(NOBODY), Some(NOBODY)).during(state.display())?;
    let mut add = stage.server_verb("user");
    expect_code(add.args(["add", "anna"]).env("FERRY_PASSWORD", "a good password"), 0)?;
    let mut written = 0;
    for entry in fs::read_dir(&state).during(state.display())? {
        let entry = entry.during(state.display())?;
        let metadata = entry.metadata().during(entry.path().display())?;
        written += 1;
        ensure((metadata.uid(), metadata.gid()) == (NOBODY, NOBODY), || {
            format!("{} belongs to {}", entry.path().display(), metadata.uid())
        })?;
    }
    ensure(written > 0, || "nothing was written".to_owned())?;
    Ok(Outcome::Passed)
}

/// A user and a group that every system has.
const NOBODY: u32 = 65534;

fn nobody_may_enter(stage: &Stage) -> Result<Outcome, Failure> {
    let mut serve = stage.server_verb("serve");
    serve.arg(stage.folder("share")?).args(["--listen", "127.0.0.1:0"]);
    expect_complaint(&mut serve, 1, &["--guest"])?;
    expect_complaint(&mut serve, 1, &["user add"])?;
    Ok(Outcome::Passed)
}

fn signals(stage: &Stage) -> Result<Outcome, Failure> {
    for signal in [sys::INTERRUPT, sys::TERMINATE] {
        let status = stage.serve()?.end(signal)?;
        ensure(status.success(), || format!("{signal:?} ended it with {status}"))?;
    }
    Ok(Outcome::Passed)
}

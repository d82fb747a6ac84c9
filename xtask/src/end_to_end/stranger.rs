//! A client in Python that was written from `PROTOCOL.md` alone.

use super::{DEADLINE, Outcome, Scenario, Stage};
use crate::failure::Failure;
use crate::process;
use crate::workspace;
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub(super) const SCENARIOS: &[(&str, Scenario)] =
    &[("a stranger's client is understood", stranger)];

fn stranger(stage: &Stage) -> Result<Outcome, Failure> {
    let server = stage.serve()?;
    let mut command = Command::new(python(stage)?);
    command.arg(workspace::root().join("xtask/src/end_to_end/stranger.py"));
    command.arg(server.address.ip().to_string()).arg(server.address.port().to_string());
    command.arg(&server.fingerprint).stdin(Stdio::null());
    process::run(&mut command, DEADLINE)?.succeeded("stranger.py")?;
    Ok(Outcome::Passed)
}

/// A Python that has blake3: the one that `FERRY_PYTHON` names, else a new environment.
fn python(stage: &Stage) -> Result<PathBuf, Failure> {
    if let Some(python) = std::env::var_os("FERRY_PYTHON") {
        return Ok(python.into());
    }
    let venv = stage.path("venv");
    let mut make = Command::new("python3");
    process::run(make.args(["-m", "venv"]).arg(&venv), DEADLINE)?.succeeded("python3 -m venv")?;
    let python = venv.join("bin/python");
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "blake3"]);
    process::run(&mut install, DEADLINE)?.succeeded("pip install blake3")?;
    Ok(python)
}

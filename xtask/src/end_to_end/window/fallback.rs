//! Where no window can open: the program says why in one line, with what helps, and shares the
//! folder under the prompt of `ferry` instead.

use super::super::{Outcome, Stage, ensure, expect_code};
use crate::failure::{During as _, Failure};
use std::fs::{self, File};
use std::process::Command;

/// There is no display.
pub(super) fn no_display(stage: &Stage) -> Result<Outcome, Failure> {
    let told = prompt_instead(stage, |_| Ok(()))?;
    ensure(told.contains("there is no display"), || format!("it says: {told}"))?;
    ensure(!told.contains("apt-get"), || format!("nothing is missing here: {told}"))?;
    Ok(Outcome::Passed)
}

/// A display library is missing, which would make the window system panic.
pub(super) fn no_library(stage: &Stage) -> Result<Outcome, Failure> {
    let libraries = stage.folder("libraries")?;
    // The loader finds this one first, and it is no library.
    fs::write(libraries.join(LIBRARY), b"").during(LIBRARY)?;
    let told = prompt_instead(stage, |command| {
        command.env("DISPLAY", ":4095").env("LD_LIBRARY_PATH", &libraries);
        Ok(())
    })?;
    ensure(told.contains(&format!("lacks {LIBRARY} (")), || format!("it says: {told}"))?;
    let helps = "`apt-get install -y --no-install-recommends libxi6` helps";
    ensure(told.contains(helps), || format!("it says: {told}"))?;
    Ok(Outcome::Passed)
}

const LIBRARY: &str = "libXi.so.6";

/// Runs the newcomer's first command on piped input, and returns the line that says why no window
/// opens.
fn prompt_instead(
    stage: &Stage,
    prepare: impl FnOnce(&mut Command) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let (share, here) = (stage.folder("share")?, stage.folder("here")?);
    fs::write(share.join("greeting 挨拶.txt"), "hello").during("greeting")?;
    fs::write(here.join("reply.txt"), "hello to you").during("reply")?;
    let script = stage.path("script");
    fs::write(&script, "ls\nget \"greeting 挨拶.txt\"\nput reply.txt\nquit\n").during("script")?;
    let mut command = Command::new(&stage.programs.gui);
    command.arg("--share").arg(&share).current_dir(&here);
    for variable in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "FERRY_PASSWORD"] {
        command.env_remove(variable);
    }
    command.env("FERRY_STATE_DIR", stage.path("state")).env("HOME", &here);
    command.stdin(File::open(&script).during("script")?);
    prepare(&mut command)?;
    let finished = expect_code(&mut command, 0)?;
    let listed = String::from_utf8_lossy(&finished.stdout).into_owned();
    ensure(listed.contains("greeting 挨拶.txt"), || format!("ls says: {listed}"))?;
    let arrived = |path: &std::path::Path| fs::read_to_string(path).during(path.display());
    ensure(arrived(&here.join("greeting 挨拶.txt"))? == "hello", || "get did not".to_owned())?;
    ensure(arrived(&share.join("reply.txt"))? == "hello to you", || "put did not".to_owned())?;
    is_over(stage)?;
    let said = String::from_utf8_lossy(&finished.stderr).into_owned();
    let mut lines = said.lines().filter(|line| line.contains("no window here"));
    match (lines.next(), lines.next()) {
        (Some(line), None) => Ok(line.to_owned()),
        _ => Err(Failure::new(format!("it is not said in one line: {said}"))),
    }
}

/// The embedded server went with the prompt.
fn is_over(stage: &Stage) -> Result<(), Failure> {
    let mut status = Command::new(&stage.programs.server);
    status.arg("status").arg("--state-dir").arg(stage.path("state/shared-folder"));
    expect_code(&mut status, 1).map(drop)
}

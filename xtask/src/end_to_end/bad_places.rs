//! Full disks, taken ports, folders that are missing or may not be read.

use super::{Outcome, Scenario, Stage, ensure, expect_code, expect_complaint};
use crate::failure::{During as _, Failure};
use crate::mount::Mounted;
use crate::sys;
use crate::tree;
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

pub(super) const SCENARIOS: &[(&str, Scenario)] = &[
    ("a full disk at the server is said and leaves nothing half", full_disk),
    ("a taken port names the program that holds it", taken_port),
    ("a folder that is not there", missing_folder),
    ("a folder that may not be read", unreadable_folder),
    ("a file that may not be read fails alone", unreadable_file),
];

fn full_disk(stage: &Stage) -> Result<Outcome, Failure> {
    if !sys::is_root() {
        return Ok(Outcome::NotPossible("only root can mount a small disk".to_owned()));
    }
    let share = stage.folder("share")?;
    let Some(_mounted) = Mounted::in_memory(8 * 1024, &share)? else {
        return Ok(Outcome::NotPossible("mounting is not allowed".to_owned()));
    };
    let server = stage.serve()?;
    let large = stage.path("large");
    fs::write(&large, tree::content(16 * 1024 * 1024)).during("file")?;
    let mut put = server.client("put");
    put.arg(&large).arg(server.url("target")).args(["--retry-for", "0"]);
    expect_complaint(&mut put, 1, &["space", "full", "room"])?;
    ensure(!stage.path("share/target").exists(), || "half a file is visible".to_owned())?;
    let small = stage.path("small");
    fs::write(&small, b"fits").during("file")?;
    expect_code(server.client("put").arg(&small).arg(server.url("small")), 0)?;
    server.end(sys::TERMINATE)?;
    Ok(Outcome::Passed)
}

fn taken_port(stage: &Stage) -> Result<Outcome, Failure> {
    let server = stage.serve()?;
    let mut second = Command::new(&stage.programs.server);
    second.arg("serve").arg(stage.folder("share")?).arg("--state-dir").arg(stage.path("second"));
    second.args(["--guest", "read", "--listen", &server.address.to_string()]);
    expect_complaint(&mut second, 1, &["ferry-server"])?;
    let pid = server.pid().to_string();
    expect_complaint(&mut second, 1, &[&pid])?;
    Ok(Outcome::Passed)
}

fn missing_folder(stage: &Stage) -> Result<Outcome, Failure> {
    let mut serve = stage.server_verb("serve");
    serve.arg(stage.path("no-such-folder")).args(["--guest", "read", "--listen", "127.0.0.1:0"]);
    expect_complaint(&mut serve, 1, &["no-such-folder"])?;
    Ok(Outcome::Passed)
}

/// Root may read everything, so this is tried as an ordinary user.
fn unreadable_folder(stage: &Stage) -> Result<Outcome, Failure> {
    let closed = stage.folder("closed")?;
    let room = stage.room.path();
    fs::set_permissions(room, Permissions::from_mode(0o777)).during("permissions")?;
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).during("permissions")?;
    let mut serve = as_ordinary_user(stage, "server")?;
    serve.arg("serve").arg(&closed).arg("--state-dir").arg(stage.path("ordinary-state"));
    serve.args(["--guest", "read", "--listen", "127.0.0.1:0"]);
    let outcome = expect_complaint(&mut serve, 1, &["permission", "not allowed", "denied"]);
    fs::set_permissions(&closed, Permissions::from_mode(0o755)).during("permissions")?;
    outcome.map(|()| Outcome::Passed)
}

fn unreadable_file(stage: &Stage) -> Result<Outcome, Failure> {
    let source = stage.folder("source")?;
    for name in ["open", "shut"] {
        fs::write(source.join(name), name).during(name)?;
    }
    fs::set_permissions(stage.room.path(), Permissions::from_mode(0o777)).during("permissions")?;
    fs::set_permissions(source.join("shut"), Permissions::from_mode(0o000))
        .during("permissions")?;
    let server = stage.serve()?;
    let mut put = as_ordinary_user(stage, "client")?;
    put.env("FERRY_STATE_DIR", stage.path("ordinary-state"));
    put.arg("put").arg("--fingerprint").arg(&server.fingerprint);
    expect_complaint(put.arg(&source).arg(server.url("x")), 2, &["shut"])?;
    let arrived = stage.path("share/x/open").exists() && !stage.path("share/x/shut").exists();
    ensure(arrived, || "the other file did not arrive".to_owned())?;
    Ok(Outcome::Passed)
}

/// One of our programs as nobody, when this runs as root. It is copied to where nobody may go.
fn as_ordinary_user(stage: &Stage, which: &str) -> Result<Command, Failure> {
    let program = if which == "server" { &stage.programs.server } else { &stage.programs.ferry };
    if !sys::is_root() {
        return Ok(Command::new(program));
    }
    let copy = stage.path(which);
    fs::copy(program, &copy).during("could not copy the program")?;
    fs::set_permissions(&copy, Permissions::from_mode(0o755)).during("permissions")?;
    let mut command = Command::new("setpriv");
    let ids = ["--reuid=65534", "--regid=65534", "--clear-groups"].map(OsString::from);
    command.args(ids).arg(copy).stdin(std::process::Stdio::null());
    Ok(command)
}

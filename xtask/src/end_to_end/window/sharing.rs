//! Sharing from the window, and the window in its desktop.

use super::super::{Outcome, Stage, ensure, expect_code};
use super::{Scene, link, same_files, write_files};
use crate::failure::{During as _, Failure};
use crate::process;
use crate::sys;
use std::ffi::OsStr;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A folder is shared, written to, opened to guests, read by one, closed and stopped.
pub(super) fn shares(stage: &Stage) -> Result<Outcome, Failure> {
    let mut scene = Scene::open(stage)?;
    let (shared, sent, fetched) =
        (stage.folder("shared")?, scene.home("files")?, stage.path("fetched"));
    write_files(&sent, 3)?;
    let arguments: [&OsStr; 3] = [shared.as_os_str(), sent.as_os_str(), fetched.as_os_str()];
    scene.play("shares", &arguments)?;
    crate::tree::compare(&sent, &fetched)?;
    same_files(&sent, &shared)
}

/// One person is invited, comes in by the link once, and is shut out; nobody else comes in.
pub(super) fn invites(stage: &Stage) -> Result<Outcome, Failure> {
    let mut scene = Scene::open(stage)?;
    let (shared, fetched) = (stage.folder("shared")?, stage.path("fetched"));
    write_files(&shared, 3)?;
    scene.play("invites", &[shared.as_os_str(), fetched.as_os_str()])?;
    same_files(&shared, &fetched)
}

/// A window closes and its sharing goes on; the next window finds it and stops it.
pub(super) fn kept(stage: &Stage) -> Result<Outcome, Failure> {
    let mut scene = Scene::open(stage)?;
    let shared = stage.folder("shared")?;
    scene.play("kept", &[shared.as_os_str()])?;
    Ok(Outcome::Passed)
}

/// The app is installed into an empty home, found by the desktop, opened by a link, and removed.
pub(super) fn installed(stage: &Stage) -> Result<Outcome, Failure> {
    let (server, mut scene) = (stage.serve()?, Scene::open(stage)?);
    write_files(&stage.path("share"), 1)?;
    let home = stage.path("desktop/home");
    let install = |words: &[&str]| -> Result<(), Failure> {
        let mut command = Command::new(std::env::current_exe().during("own program")?);
        command.arg("install").args(words).env("HOME", &home);
        command.env("XDG_DATA_HOME", stage.path("desktop/data"));
        command.env("XDG_CONFIG_HOME", stage.path("desktop/config"));
        if let Some(folder) = stage.programs.gui.parent() {
            command.env("FERRY_PROGRAMS", folder);
        }
        command.stdin(Stdio::null());
        expect_code(&mut command, 0).map(drop)
    };
    install(&[])?;
    let program = home.join(".local/bin/ferry-gui");
    ensure(program.is_file(), || "the program was not installed".to_owned())?;
    scene.play("installed", &[link(&server).as_ref()])?;
    server.end(sys::TERMINATE)?;
    install(&["--uninstall"])?;
    let left = process::run(
        Command::new("find").arg(stage.path("desktop")).args(["-name", "*ferry-gui*"]),
        Duration::from_secs(20),
    )?;
    let left = String::from_utf8_lossy(&left.stdout).into_owned();
    ensure(!left.contains("applications") && !left.contains("bin/"), || {
        format!("uninstalling left {left}")
    })?;
    let list = fs::read_to_string(stage.path("desktop/config/mimeapps.list")).unwrap_or_default();
    ensure(!list.contains("ferry"), || format!("links are still opened: {list}"))?;
    Ok(Outcome::Passed)
}

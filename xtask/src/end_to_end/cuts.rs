//! Processes killed in the middle of uploads and downloads: nothing half is ever visible, and the
//! next attempt succeeds.

use super::{DEADLINE, Outcome, Scenario, Stage, ensure, expect_code, trust, wait_until};
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::process::Background;
use crate::sys;
use crate::tree;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(super) const SCENARIOS: &[(&str, Scenario)] = &[
    ("the client is killed in mid-upload", client_killed),
    ("the client is killed in mid-download", client_killed_downloading),
    ("the server is killed in mid-upload, and the client goes on by itself", server_killed),
];

fn client_killed(stage: &Stage) -> Result<Outcome, Failure> {
    let (file, server) = (large_file(&stage.path("large"))?, stage.serve()?);
    let put = || put(&server, &file);
    let target = stage.path("share/target");
    let mut kills = 0;
    for _ in 0..KILLS {
        let client = Background::start(put().stdout(Stdio::null()).stderr(Stdio::null()))?;
        wait_until("a part appears or the upload ends", || {
            target.exists() || part_len(&stage.path("share")) > 0 || has_ended(&client)
        })?;
        client.end(sys::KILL, DEADLINE)?;
        kills += u32::from(!target.exists());
        whole_or_absent(&file, &target)?;
    }
    ensure(kills > 0, || "every upload was done before it could be killed".to_owned())?;
    expect_code(&mut put(), 0)?;
    whole(&file, &target)?;
    // The parts of the killed clients stay hidden at the server until its sweep.
    Ok(Outcome::Passed)
}

fn client_killed_downloading(stage: &Stage) -> Result<Outcome, Failure> {
    let share = stage.folder("share")?;
    let (file, server) = (large_file(&share.join("large"))?, stage.serve()?);
    let folder = stage.folder("back")?;
    let target = folder.join("target");
    let get = || {
        let mut command = server.client("get");
        command.arg(server.url("large")).arg(&target);
        command
    };
    for _ in 0..KILLS {
        let client = Background::start(get().stdout(Stdio::null()).stderr(Stdio::null()))?;
        wait_until("something arrives", || has_ended(&client) || !is_empty(&folder))?;
        client.end(sys::KILL, DEADLINE)?;
        whole_or_absent(&file, &target)?;
    }
    expect_code(&mut get(), 0)?;
    whole(&file, &target)?;
    Ok(Outcome::Passed)
}

fn server_killed(stage: &Stage) -> Result<Outcome, Failure> {
    let (file, mut server) = (large_file(&stage.path("large"))?, stage.serve()?);
    let listen = server.address.to_string();
    let arguments = [OsStr::new("--listen"), OsStr::new(&listen)];
    let target = stage.path("share/target");
    let mut put = put(&server, &file);
    let mut client = Background::start(put.stdout(Stdio::null()).stderr(Stdio::null()))?;
    for _ in 0..KILLS {
        let before = part_len(&stage.path("share"));
        wait_until("the part grows or the upload ends", || {
            has_ended(&client) || target.exists() || part_len(&stage.path("share")) > before
        })?;
        server.end(sys::KILL)?;
        whole_or_absent(&file, &target)?;
        server = trust::serve_again(stage, &arguments)?;
    }
    let status = client.child().wait().during("ferry put")?;
    ensure(status.success(), || format!("the client gave up with {status}"))?;
    whole(&file, &target)?;
    ensure(!tree::has_parts(&stage.path("share"))?, || "a part remained".to_owned())?;
    expect_code(server.client("stat").arg(server.url("target")), 0)?;
    Ok(Outcome::Passed)
}

fn put(server: &Server, file: &Path) -> Command {
    let mut command = server.client("put");
    command.arg(file).arg(server.url("target"));
    command
}

fn large_file(path: &Path) -> Result<PathBuf, Failure> {
    fs::write(path, tree::content(LARGE_LEN)).during(path.display())?;
    Ok(path.to_path_buf())
}

fn whole_or_absent(file: &Path, target: &Path) -> Result<(), Failure> {
    if target.exists() { whole(file, target) } else { Ok(()) }
}

fn whole(file: &Path, target: &Path) -> Result<(), Failure> {
    let read = |path: &Path| fs::read(path).during(path.display());
    let is_equal = read(file)? == read(target)?;
    ensure(is_equal, || format!("{} is visible and half", target.display()))
}

/// Bytes of the unfinished uploads in a folder.
fn part_len(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let parts = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(".ferry-part-"));
    parts.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

fn has_ended(client: &Background) -> bool {
    sys::has_ended(client.pid()).unwrap_or(true)
}

const KILLS: usize = 3;
const LARGE_LEN: usize = 384 * 1024 * 1024;

//! `start`: this executable again, as a server in the background.

use super::control::{Reply, Wish, ask};
use super::failure::Failure;
use super::password_input::PASSWORD_VARIABLE;
use super::report::Report;
use super::{configured, print, usable_accounts};
use crate::config::ServeArguments;
use crate::state_folder::StateFolder;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

const LOG_NAME: &str = "server.log";
const PATIENCE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(20);
/// Lines of the log that are shown when the server did not come up, and most bytes of them.
const TAIL_LINES: usize = 20;
const TAIL_BYTES: u64 = 16 * 1024;

/// Starts a server and returns once it answers.
pub(super) fn run(
    arguments: &ServeArguments,
    state_dir: Option<&Path>,
) -> Result<ExitCode, Failure> {
    let config = configured(arguments, state_dir)?;
    let state = StateFolder::at(&config.state_dir);
    if let Some(report) = running(&state) {
        return Err(already(&report, &config.state_dir));
    }
    usable_accounts(&config)?;
    let program = std::env::current_exe()
        .map_err(|err| Failure::refused(format!("cannot find this program: {err}")))?;
    let (report, _child) = launch(arguments, &state, Command::new(program))?;
    print(&report.announcement(&stop_command(state_dir)));
    Ok(ExitCode::SUCCESS)
}

/// Runs a program that understands `serve` after the words it has, and returns once its server
/// answers.
pub(super) fn launch(
    arguments: &ServeArguments,
    state: &StateFolder,
    program: Command,
) -> Result<(Report, Child), Failure> {
    state.create().map_err(Failure::refused)?;
    let log = state.append(LOG_NAME).map_err(Failure::refused)?;
    let mark = log.metadata().map_or(0, |metadata| metadata.len());
    let child = spawn(arguments, state.path(), program, log)
        .map_err(|err| Failure::refused(format!("cannot run this program again: {err}")))?;
    wait_for_answer(child, state, mark)
}

pub(super) fn running(state: &StateFolder) -> Option<Report> {
    match ask(state, Wish::Status).ok()?.reply {
        Reply::Status(report) => Some(*report),
        _ => None,
    }
}

fn already(report: &Report, state_dir: &Path) -> Failure {
    Failure::refused(format!(
        "a server already runs with the state folder {}: process {} shares {} at {}; stop it \
         first, or name another folder with --state-dir",
        state_dir.display(),
        report.pid,
        ferry_protocol::escape(report.share.as_bytes()),
        report.addresses.join(", ")
    ))
}

/// The command that ends it, with the state folder if it was named.
fn stop_command(state_dir: Option<&Path>) -> String {
    let folder = state_dir.map(|folder| format!(" --state-dir {}", folder.display()));
    format!("ferry-server stop{}", folder.unwrap_or_default())
}

/// None of the caller's streams is handed on: one who captures our output sees its end when we
/// end, not when the server does.
fn spawn(
    arguments: &ServeArguments,
    state_dir: &Path,
    mut program: Command,
    log: File,
) -> io::Result<Child> {
    program
        .arg("serve")
        .arg("--background")
        .arg("--state-dir")
        .arg(state_dir)
        .args(arguments.to_arguments())
        .env_remove(PASSWORD_VARIABLE)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
}

fn wait_for_answer(
    mut child: Child,
    state: &StateFolder,
    mark: u64,
) -> Result<(Report, Child), Failure> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(report) = running(state).filter(|report| report.pid == child.id()) {
            return Ok((report, child));
        }
        if let Ok(Some(_)) = child.try_wait() {
            // Another start may have been faster; its server may just have begun to answer.
            if let Some(report) = running(state) {
                return Err(already(&report, state.path()));
            }
            return Err(not_up("the server did not start", state, mark));
        }
        if Instant::now() > deadline {
            child.kill().and_then(|()| child.wait()).ok();
            let text = format!("the server did not answer within {} s", PATIENCE.as_secs());
            return Err(not_up(&text, state, mark));
        }
        std::thread::sleep(PAUSE);
    }
}

fn not_up(what: &str, state: &StateFolder, mark: u64) -> Failure {
    let path = state.file(LOG_NAME);
    let lines = tail(&path, mark).unwrap_or_default();
    let log = path.display();
    Failure::refused(if lines.is_empty() {
        format!("{what}, and wrote nothing to its log {log}")
    } else {
        format!("{what}; its log {log} says:\n{}", lines.join("\n"))
    })
}

/// The last lines of what was written after `mark`.
fn tail(path: &Path, mark: u64) -> io::Result<Vec<String>> {
    let mut log = File::open(path)?;
    let end = log.metadata()?.len();
    log.seek(SeekFrom::Start(mark.max(end.saturating_sub(TAIL_BYTES))))?;
    let mut bytes = Vec::new();
    log.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<String> = text.lines().map(|line| format!("  {line}")).collect();
    Ok(lines.into_iter().rev().take(TAIL_LINES).rev().collect())
}

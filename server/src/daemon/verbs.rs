//! `stop`, `status` and `reload`: what is asked of a running server.

use super::control::{Reply, Wish, ask, wait_until_gone};
use super::failure::Failure;
use super::print;
use crate::config;
use crate::state_folder::StateFolder;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// After the time for draining, for the server to end.
const AFTER_DRAIN: Duration = Duration::from_secs(5);

/// The state folder of a verb.
pub(super) fn state(named: Option<&Path>) -> Result<StateFolder, Failure> {
    config::state_dir(named).map(|path| StateFolder::at(&path)).map_err(Failure::refused)
}

/// Asks the server to drain, and returns when it is gone.
pub(super) fn stop(state_dir: Option<&Path>) -> Result<ExitCode, Failure> {
    let answered = ask(&state(state_dir)?, Wish::Stop).map_err(Failure::refused)?;
    let pid = answered.pid;
    let Reply::Stopping { drain_secs } = answered.reply else {
        return Err(unexpected(&answered.reply));
    };
    let drain = Duration::try_from_secs_f64(drain_secs).unwrap_or_default();
    let patience = drain.saturating_add(AFTER_DRAIN);
    if wait_until_gone(answered, patience) {
        print(&format!("stopped the server (process {pid})"));
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure::refused(format!(
        "the server (process {pid}) was told to stop, but still runs after {} s; end it with \
         `kill {pid}`",
        patience.as_secs()
    )))
}

/// Says how the server is.
pub(super) fn status(state_dir: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
    let answered = ask(&state(state_dir)?, Wish::Status).map_err(Failure::refused)?;
    let Reply::Status(report) = answered.reply else {
        return Err(unexpected(&answered.reply));
    };
    if json {
        print(&serde_json::to_string(&report).map_err(Failure::refused)?);
    } else {
        print(&report.table());
    }
    Ok(ExitCode::SUCCESS)
}

/// Lets the server read its accounts again.
pub(super) fn reload(state_dir: Option<&Path>) -> Result<ExitCode, Failure> {
    let answered = ask(&state(state_dir)?, Wish::Reload).map_err(Failure::refused)?;
    match answered.reply {
        Reply::Reloaded(told) => {
            print(&format!("reloaded: {told}"));
            Ok(ExitCode::SUCCESS)
        }
        Reply::Failed(cause) => {
            Err(Failure::refused(format!("not reloaded, the accounts stay as they were:\n{cause}")))
        }
        other => Err(unexpected(&other)),
    }
}

/// A server of another version may answer what this program does not know.
fn unexpected(reply: &Reply) -> Failure {
    Failure::refused(format!("the server gave an answer to another question ({reply:?})"))
}

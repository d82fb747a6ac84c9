//! `stop`, `status` and `reload`: what is asked of a running server.

use super::control::{Absent, Reloaded, Reply, Wish, ask, wait_until_gone};
use super::failure::Failure;
use super::print;
use crate::config;
use crate::state_folder::StateFolder;
use std::fmt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// After the time for draining, for the server to end.
const AFTER_DRAIN: Duration = Duration::from_secs(5);

/// The state folder of a verb.
pub(super) fn state(named: Option<&Path>) -> Result<StateFolder, Failure> {
    config::state_dir(named).map(|path| StateFolder::at(&path)).map_err(Failure::refused)
}

/// Why a server was not stopped.
#[derive(Debug)]
pub(super) enum NotStopped {
    /// It could not be asked.
    Absent(Absent),
    /// It still runs: its process, and how long it was waited for.
    StillRuns(u32, Duration),
    /// It answers what this program does not know.
    Unexpected(Box<Reply>),
}

/// Asks the server to drain, and returns when it is gone.
pub(super) fn stop(state_dir: Option<&Path>) -> Result<ExitCode, Failure> {
    let pid = stop_server(&state(state_dir)?).map_err(Failure::refused)?;
    print(&format!("stopped the server (process {pid})"));
    Ok(ExitCode::SUCCESS)
}

/// The same for the server of a state folder. Returns which process it was.
pub(super) fn stop_server(state: &StateFolder) -> Result<u32, NotStopped> {
    let answered = ask(state, Wish::Stop).map_err(NotStopped::Absent)?;
    let pid = answered.pid;
    let Reply::Stopping { drain_secs } = answered.reply else {
        return Err(NotStopped::Unexpected(Box::new(answered.reply)));
    };
    let drain = Duration::try_from_secs_f64(drain_secs).unwrap_or_default();
    let patience = drain.saturating_add(AFTER_DRAIN);
    if wait_until_gone(answered, patience) {
        Ok(pid)
    } else {
        Err(NotStopped::StillRuns(pid, patience))
    }
}

/// Says how the server is.
pub(super) fn status(state_dir: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
    let answered = ask(&state(state_dir)?, Wish::Status).map_err(Failure::refused)?;
    let Reply::Status(report) = answered.reply else {
        return Err(Failure::refused(unexpected(&answered.reply)));
    };
    if json {
        print(&serde_json::to_string(&report).map_err(Failure::refused)?);
    } else {
        print(&report.table());
    }
    Ok(ExitCode::SUCCESS)
}

/// Lets the server read its accounts and its owner's certificate again.
pub(super) fn reload(state_dir: Option<&Path>) -> Result<ExitCode, Failure> {
    let answered = ask(&state(state_dir)?, Wish::Reload).map_err(Failure::refused)?;
    match answered.reply {
        Reply::Reloaded(Reloaded { told, certificate_failure: None }) => {
            print(&format!("reloaded: {told}"));
            Ok(ExitCode::SUCCESS)
        }
        Reply::Reloaded(Reloaded { told, certificate_failure: Some(cause) }) => {
            Err(Failure::refused(format!(
                "the accounts are in use, but the certificate stays as it was:\n{cause}\n{told}"
            )))
        }
        Reply::Failed(cause) => {
            Err(Failure::refused(format!("not reloaded, the accounts stay as they were:\n{cause}")))
        }
        other => Err(Failure::refused(unexpected(&other))),
    }
}

impl fmt::Display for NotStopped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(absent) => absent.fmt(formatter),
            Self::StillRuns(pid, patience) => write!(
                formatter,
                "the server (process {pid}) was told to stop, but still runs after {} s; end it \
                 with `kill {pid}`",
                patience.as_secs()
            ),
            Self::Unexpected(reply) => formatter.write_str(&unexpected(reply)),
        }
    }
}

/// A server of another version may answer what this program does not know.
pub(super) fn unexpected(reply: &Reply) -> String {
    format!("the server gave an answer to another question ({reply:?})")
}

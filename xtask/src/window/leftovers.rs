//! Processes of a session that outlived it: found by the session's own runtime folder in their
//! environment, waited for, and ended.

use crate::failure::{During as _, Failure};
use crate::sys;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Daemons of the session end by themselves when its bus is gone; the desktop app's server needs
/// some seconds to see that its window is.
const PATIENCE: Duration = Duration::from_secs(25);

/// Waits until no process of the session is left; ends those that stay, and names them.
pub(super) fn end_all(runtime_folder: &Path) -> Result<Vec<String>, Failure> {
    let limit = Instant::now() + PATIENCE;
    loop {
        let left = of_session(runtime_folder)?;
        if left.is_empty() {
            return Ok(Vec::new());
        }
        if Instant::now() > limit {
            for (pid, _) in &left {
                // It may have ended by now.
                sys::signal(*pid, sys::KILL).ok();
            }
            return Ok(left.into_iter().map(|(pid, name)| format!("{name} ({pid})")).collect());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn of_session(runtime_folder: &Path) -> Result<Vec<(u32, String)>, Failure> {
    let mut variable = b"XDG_RUNTIME_DIR=".to_vec();
    variable.extend(runtime_folder.as_os_str().as_bytes());
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").during("/proc")? {
        let entry = entry.during("/proc")?;
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // Processes of others, and those that have just ended, cannot be read.
        let Ok(environment) = fs::read(entry.path().join("environ")) else { continue };
        if environment.split(|byte| *byte == 0).any(|line| line == variable) {
            let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            found.push((pid, name.trim().to_owned()));
        }
    }
    Ok(found)
}

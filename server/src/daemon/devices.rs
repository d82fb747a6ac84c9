//! `devices`: shows and revokes devices that log in without a password.

use super::failure::Failure;
use super::print;
use super::report::rows;
use super::user::tell_server;
use super::verbs::state;
use crate::accounts::{Device, DeviceLine, DevicesFile};
use crate::config::DevicesCommand;
use std::path::Path;
use std::process::ExitCode;

/// Shows or revokes devices.
pub(super) fn run(
    command: Option<&DevicesCommand>,
    json: bool,
    state_dir: Option<&Path>,
) -> Result<ExitCode, Failure> {
    let state = state(state_dir)?;
    let file = DevicesFile::of(state.path());
    match command {
        None => list(&file, json),
        Some(DevicesCommand::Revoke { id }) => {
            let revoked = file.revoke(id).map_err(Failure::refused)?;
            tell_server(&state, &format!("revoked {}", line(&revoked)))
        }
    }
}

fn list(file: &DevicesFile, json: bool) -> Result<ExitCode, Failure> {
    let devices = file.read().map_err(Failure::refused)?;
    if json {
        for device in &devices {
            print(&serde_json::to_string(&DeviceLine::of(device)).map_err(Failure::refused)?);
        }
    } else if !devices.is_empty() {
        let lines: Vec<_> =
            devices.iter().map(|device| (device.id.as_str(), line(device))).collect();
        print(&rows(&lines));
    }
    Ok(ExitCode::SUCCESS)
}

fn line(device: &Device) -> String {
    let name = ferry_protocol::escape(device.name.as_bytes());
    format!("{}; {name}; since {}", device.account, device.enrolled)
}

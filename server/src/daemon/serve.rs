//! `serve`: a server from its first check to its exit code.

use super::control::{ControlChannel, Controlled as _};
use super::failure::Failure;
use super::lock::ServerLock;
use super::serving::{Owned, Serving, not_started};
use super::signals::Caught;
use super::wall::Wall;
use super::{configured, print, usable_accounts};
use crate::accounts::Accounts;
use crate::config::{Config, DESCRIPTORS_WANTED, Findings, ServeArguments};
use crate::identity::{self, Identity};
use crate::state_folder::StateFolder;
use crate::{Server, Stopped, listener, log, sys};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

/// Exit code of a server that was stopped before its transfers were done.
const CUT: u8 = 3;

/// Ports that are tried for a desktop window's server while others are faster.
const PORT_ATTEMPTS: u16 = 8;

/// Serves until it is told to stop.
pub(super) fn run(
    arguments: &ServeArguments,
    state_dir: Option<&Path>,
) -> Result<ExitCode, Failure> {
    sys::process::raise_descriptors(DESCRIPTORS_WANTED);
    let config = configured(arguments, state_dir)?;
    let arguments = arguments.rooted();
    if arguments.background {
        leave(&config)?;
    }
    log::to_stderr();
    let owned = arguments.owned.then(Owned::default);
    let accounts = Arc::new(accounts_of(&config, owned.as_ref())?);
    let state = StateFolder::at(&config.state_dir);
    // Dropped last: as long as it is held, no other server may use this folder.
    let _lock = ServerLock::take(&state)?;
    let identity = identity_of(&arguments, &config.state_dir).map_err(Failure::refused)?;
    let signals = Caught::new()?;
    let (server, wall) = start_server(&config, &accounts, &identity, &arguments)?;
    let serving = Serving::new(server, accounts, config, arguments, &identity);
    let serving = Arc::new(serving.with_owned(owned).with_wall(wall));
    // Before the channel opens: whoever is answered may already look for it.
    serving.log_start();
    let controlled: Arc<Serving> = Arc::clone(&serving);
    let channel = ControlChannel::open(&state, controlled)?;
    // An account that was added before the channel was open could not be told.
    if let Err(err) = serving.accounts.reload() {
        tracing::warn!("the accounts have changed and are not used: {err}");
    }
    let acting = Arc::clone(&serving);
    let watcher = signals.watch(move |signal| acting.on_signal(signal))?;
    let watched = Arc::clone(&serving);
    let leash = thread::Builder::new()
        .name("leash".to_owned())
        .spawn(move || watched.watch_windows())
        .map_err(Failure::refused)?;

    print(&serving.report().announcement("Ctrl-C, or `ferry-server stop`"));
    let stopped = serving.server.wait();
    serving.ended();
    leash.join().ok();
    drop(watcher);
    drop(channel);
    Ok(exit_code(stopped))
}

/// The owner's own certificate and key, or those of the state folder.
fn identity_of(arguments: &ServeArguments, state_dir: &Path) -> Result<Identity, identity::Error> {
    match Findings::read(arguments, Some(state_dir)).tls {
        Some(files) => Identity::of_files(&files),
        None => Identity::load_or_create(state_dir),
    }
}

/// Starts the server; that of a desktop window takes the next free port where its own is taken.
fn start_server(
    config: &Config,
    accounts: &Arc<Accounts>,
    identity: &Identity,
    arguments: &ServeArguments,
) -> Result<(Server, Wall), Failure> {
    let mut wall = Wall::none("the configuration says so");
    // Not the configuration itself, which a reload compares with what it reads.
    let mut config = config.clone();
    let is_owned = arguments.owned;
    for step in 0..PORT_ATTEMPTS {
        if is_owned {
            for address in &mut config.listen {
                // After the first attempt somebody was faster at the port that was free.
                address.set_port(listener::next_free_port(address.port().saturating_add(step)));
            }
        }
        let confine = || {
            if config.sandbox {
                wall = Wall::put_up(&config, accounts, arguments);
            }
        };
        match Server::start_confined(&config, Arc::clone(accounts), identity, confine) {
            Err(err) if is_owned && err.address_in_use().is_some() => {}
            Err(err) => return Err(Failure::refused(not_started(&err))),
            Ok(server) => return Ok((server, wall)),
        }
    }
    Err(Failure::refused("no port is free on this computer; stop a program that listens on one"))
}

fn accounts_of(config: &Config, owned: Option<&Owned>) -> Result<Accounts, Failure> {
    if owned.is_none() {
        return usable_accounts(config);
    }
    let accounts = Accounts::open(&config.state_dir, config.guest).map_err(Failure::refused)?;
    Ok(accounts.with_owner())
}

/// Leaves terminal and folder behind: neither must be kept busy by a server in the background.
fn leave(config: &Config) -> Result<(), Failure> {
    sys::process::leave_terminal()
        .and_then(|()| std::env::set_current_dir(&config.state_dir))
        .map_err(|err| Failure::refused(format!("cannot go to the background: {err}")))
}

fn exit_code(stopped: Stopped) -> ExitCode {
    match stopped {
        Stopped::Drained => {
            tracing::info!("stopped, nothing cut");
            ExitCode::SUCCESS
        }
        Stopped::Cut => {
            tracing::warn!("stopped, running transfers cut");
            ExitCode::from(CUT)
        }
    }
}

//! `serve`: a server from its first check to its exit code.

use super::control::{ControlChannel, Controlled};
use super::failure::Failure;
use super::link::link;
use super::lock::ServerLock;
use super::report::Report;
use super::signals::{Caught, Signal};
use super::{configured, port_holder, print, usable_accounts};
use crate::accounts::Accounts;
use crate::config::{Access, Config, DESCRIPTORS_WANTED, ServeArguments};
use crate::identity::Identity;
use crate::state_folder::StateFolder;
use crate::{Server, StartError, Stopped, log, sys};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Exit code of a server that was stopped before its transfers were done.
const CUT: u8 = 3;

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
    let accounts = Arc::new(usable_accounts(&config)?);
    let state = StateFolder::at(&config.state_dir);
    // Dropped last: as long as it is held, no other server may use this folder.
    let _lock = ServerLock::take(&state)?;
    let identity = Identity::load_or_create(&config.state_dir).map_err(Failure::refused)?;
    let signals = Caught::new()?;
    let server = Server::start(&config, Arc::clone(&accounts), &identity)
        .map_err(|err| not_started(&err))?;
    let serving = Arc::new(Serving::new(server, accounts, config, arguments, &identity));
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

    print(&serving.report().announcement("Ctrl-C, or `ferry-server stop`"));
    let stopped = serving.server.wait();
    drop(watcher);
    drop(channel);
    Ok(exit_code(stopped))
}

/// Leaves terminal and folder behind: neither must be kept busy by a server in the background.
fn leave(config: &Config) -> Result<(), Failure> {
    sys::process::leave_terminal()
        .and_then(|()| std::env::set_current_dir(&config.state_dir))
        .map_err(|err| Failure::refused(format!("cannot go to the background: {err}")))
}

fn not_started(err: &StartError) -> Failure {
    match err.address_in_use() {
        Some(address) => Failure::refused(format!("{err}: {}", port_holder::describe(address))),
        None => Failure::refused(err),
    }
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

/// A running server, and what those who control it need.
struct Serving {
    server: Server,
    accounts: Arc<Accounts>,
    config: Config,
    /// Where the configuration came from, to see on a reload whether it has changed.
    arguments: ServeArguments,
    fingerprint: String,
    started: Instant,
    ending: AtomicBool,
}

impl Serving {
    fn new(
        server: Server,
        accounts: Arc<Accounts>,
        config: Config,
        arguments: ServeArguments,
        identity: &Identity,
    ) -> Self {
        let fingerprint = identity.fingerprint.clone();
        let (started, ending) = (Instant::now(), AtomicBool::new(false));
        Self { server, accounts, config, arguments, fingerprint, started, ending }
    }

    fn log_start(&self) {
        let report = self.report();
        tracing::info!(
            "serving {} on {} with {} workers and {} accounts, process {}",
            ferry_protocol::escape(report.share.as_bytes()),
            report.addresses.join(", "),
            report.workers,
            self.accounts.count(),
            report.pid
        );
    }

    fn on_signal(&self, signal: Signal) {
        match signal {
            Signal::Reload => drop(self.reload()),
            Signal::End if self.ending.load(Ordering::Acquire) => {
                tracing::warn!("told to stop again: stopping now");
                self.server.stop_now();
            }
            Signal::End => {
                self.drain();
            }
        }
    }

    /// What a reload cannot change, told if it is different now.
    fn told_of_configuration(&self) -> String {
        let read = Config::resolve(&self.arguments, Some(&self.config.state_dir));
        match read {
            Ok(config) if config == self.config => String::new(),
            Ok(_) => "; the configuration has changed too: stop and start the server to use it"
                .to_owned(),
            Err(mistakes) => format!("; the configuration has mistakes now:\n{mistakes}"),
        }
    }
}

impl Controlled for Serving {
    fn report(&self) -> Report {
        let counters = self.server.counters();
        let addresses = self.server.addresses();
        Report {
            link: link(addresses, &self.fingerprint),
            addresses: addresses.iter().map(ToString::to_string).collect(),
            ftp: self.server.ftp_addresses().iter().map(ToString::to_string).collect(),
            fingerprint: self.fingerprint.clone(),
            connections: counters.connections,
            workers: counters.workers,
            bytes_in: counters.bytes_in,
            bytes_out: counters.bytes_out,
            pid: std::process::id(),
            share: self.config.share.to_string_lossy().into_owned(),
            uptime_secs: self.started.elapsed().as_secs(),
            guest: self.config.guest.map(Access::of),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    fn drain(&self) -> Duration {
        if !self.ending.swap(true, Ordering::AcqRel) {
            tracing::info!("told to stop: finishing running transfers");
        }
        self.server.drain();
        self.config.limits.drain
    }

    fn reload(&self) -> Result<String, String> {
        match self.accounts.reload() {
            Ok(()) => {
                let configuration = self.told_of_configuration();
                let told = format!("{} accounts in use{configuration}", self.accounts.count());
                tracing::info!("reloaded: {told}");
                Ok(told)
            }
            Err(err) => {
                tracing::warn!("not reloaded, the accounts stay as they were: {err}");
                Err(err.to_string())
            }
        }
    }
}

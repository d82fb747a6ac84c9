//! A running server, and what those who control it can make it do.

use super::circle::Circle;
use super::control::{Controlled, Reloaded};
use super::folders;
use super::leash::Leash;
use super::link::KnownBy;
use super::port_holder;
use super::report::{Report, counted};
use super::signals::Signal;
use super::wall::Wall;
use crate::accounts::{Accounts, OwnerSecret};
use crate::config::{Access, Config, Findings, ServeArguments};
use crate::identity::Identity;
use crate::penalties::PenaltyReport;
use crate::{Server, StartError};
use parking_lot::Mutex;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A running server, and what those who control it need.
pub(super) struct Serving {
    pub(super) server: Server,
    pub(super) accounts: Arc<Accounts>,
    config: Config,
    /// Where the configuration came from, to see on a reload whether it has changed.
    arguments: ServeArguments,
    known_by: Mutex<KnownBy>,
    /// Whether the certificate that it began with is renewed by its owner.
    has_own_certificate: bool,
    started: Instant,
    ending: AtomicBool,
    owned: Option<Owned>,
    wall: Wall,
    /// What the wall was put up around.
    folders: Vec<PathBuf>,
}

/// What a server has that belongs to a desktop window.
#[derive(Default)]
pub(super) struct Owned {
    pub(super) leash: Leash,
}

impl Serving {
    pub(super) fn new(
        server: Server,
        accounts: Arc<Accounts>,
        config: Config,
        arguments: ServeArguments,
        identity: &Identity,
    ) -> Self {
        let known_by = Mutex::new(KnownBy::of(identity));
        let has_own_certificate = identity.is_owners;
        let (started, ending) = (Instant::now(), AtomicBool::new(false));
        let owned = None;
        let wall = Wall::none("nobody put it up");
        let folders = folders::of(&config, &accounts);
        Self {
            server,
            accounts,
            config,
            arguments,
            known_by,
            has_own_certificate,
            started,
            ending,
            owned,
            wall,
            folders,
        }
    }

    /// The same for the server of a desktop window.
    pub(super) fn with_owned(self, owned: Option<Owned>) -> Self {
        Self { owned, ..self }
    }

    /// The same behind a wall.
    pub(super) fn with_wall(self, wall: Wall) -> Self {
        Self { wall, ..self }
    }

    /// Returns when the windows that this server belongs to are gone, or it ends by itself.
    pub(super) fn watch_windows(&self) {
        let Some(owned) = &self.owned else { return };
        if owned.leash.wait_until_let_go() {
            tracing::info!("the window that started this server is gone");
            self.drain();
        }
    }

    /// No more windows are waited for: the server has ended.
    pub(super) fn ended(&self) {
        if let Some(owned) = &self.owned {
            owned.leash.cut();
        }
    }

    fn leash(&self) -> Result<&Leash, String> {
        self.owned.as_ref().map(|owned| &owned.leash).ok_or_else(|| NOT_OWNED.to_owned())
    }

    pub(super) fn log_start(&self) {
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

    pub(super) fn on_signal(&self, signal: Signal) {
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

    /// Folders beyond the wall, which cannot grow, told if there are any.
    fn told_of_folders(&self) -> String {
        if !self.wall.is_up() {
            return String::new();
        }
        let now = folders::of(&self.config, &self.accounts);
        let is_inside =
            |folder: &PathBuf| self.folders.iter().any(|known| folder.starts_with(known));
        match now.iter().filter(|folder| !is_inside(folder)).count() {
            0 => String::new(),
            count => format!(
                "; {count} folders of accounts are new and cannot be reached from the server's \
                 sandbox: stop and start the server to use them"
            ),
        }
    }

    /// Presents the owner's certificate as its files have it now.
    fn renew_certificate(&self) -> Result<(), String> {
        let read = Findings::read(&self.arguments, Some(&self.config.state_dir));
        let Some(files) = read.tls else {
            // Told as done, the old certificate would be presented until it is out of date.
            let is_lost = self.has_own_certificate && !read.mistakes.is_empty();
            return if is_lost { Err(read.mistakes.to_string()) } else { Ok(()) };
        };
        let identity = Identity::of_files(&files).map_err(|err| err.to_string())?;
        self.server.present(&identity).map_err(|err| err.to_string())?;
        *self.known_by.lock() = KnownBy::of(&identity);
        Ok(())
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
    fn penalties(&self) -> PenaltyReport {
        self.server.penalties()
    }

    fn clear_penalties(&self, whom: &str) -> usize {
        let count = self.server.clear_penalties(whom);
        tracing::info!("penalties of {} cleared", ferry_protocol::escape(whom.as_bytes()));
        count
    }

    fn report(&self) -> Report {
        let counters = self.server.counters();
        let addresses = self.server.addresses();
        let known_by = self.known_by.lock().clone();
        Report {
            link: known_by.link(&addresses),
            addresses: addresses.iter().map(ToString::to_string).collect(),
            ftp: self.server.ftp_addresses().iter().map(ToString::to_string).collect(),
            fingerprint: known_by.fingerprint,
            connections: counters.connections,
            workers: counters.workers,
            bytes_in: counters.bytes_in,
            bytes_out: counters.bytes_out,
            refused: counters.refused,
            timed_out: counters.timed_out,
            sent_away: counters.shed,
            panics: counters.panics,
            held_workers: counters.held_workers,
            held_secs: counters.held_secs,
            banned: self.server.penalties().banned_count,
            sandbox: self.wall.to_string(),
            audit: self.server.audit_health(),
            pid: std::process::id(),
            share: self.config.share.to_string_lossy().into_owned(),
            uptime_secs: self.started.elapsed().as_secs(),
            guest: self.accounts.guest().map(|guest| Access::of(guest.rights())),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            is_open_to_network: addresses.iter().any(|address| !address.ip().is_loopback()),
            is_kept: self.owned.as_ref().map(|owned| owned.leash.is_kept()),
            windows: self.owned.as_ref().map(|owned| owned.leash.windows()),
        }
    }

    fn drain(&self) -> Duration {
        if !self.ending.swap(true, Ordering::AcqRel) {
            tracing::info!("told to stop: finishing running transfers");
        }
        self.server.drain();
        self.config.limits.drain
    }

    fn reload(&self) -> Result<Reloaded, String> {
        let certificate_failure = self.renew_certificate().err();
        if let Some(err) = &certificate_failure {
            tracing::warn!("the certificate stays as it was: {err}");
        }
        if let Err(err) = self.accounts.reload() {
            tracing::warn!("the accounts stay as they were: {err}");
            return Err(err.to_string());
        }
        let (configuration, folders) = (self.told_of_configuration(), self.told_of_folders());
        let accounts = counted(self.accounts.count(), "account", "accounts");
        let told = format!("{accounts} in use{folders}{configuration}");
        tracing::info!("reloaded: {told}");
        Ok(Reloaded { told, certificate_failure })
    }

    fn owner(&self) -> Result<OwnerSecret, String> {
        let admitted = self.accounts.admit_owner();
        let admitted =
            admitted.map_err(|err| format!("the system has no random numbers: {err}"))?;
        admitted.ok_or_else(|| NOT_OWNED.to_owned())
    }

    fn let_in(&self, circle: Circle) -> Result<Report, String> {
        self.leash()?;
        // Who may come no more is kept out first, and who may come now is let in last.
        if circle.guest().is_none() {
            self.accounts.set_guest(None);
        }
        if !circle.is_open() {
            self.accounts.admit_none_but_owner(true);
        }
        let listen: &[IpAddr] = if circle.is_open() { &[] } else { &[LOOPBACK] };
        if circle.is_open() != self.report().is_open_to_network {
            self.server.move_to(listen).map_err(|err| not_started(&err))?;
        }
        self.accounts.set_guest(circle.guest().map(Access::rights));
        self.accounts.admit_none_but_owner(!circle.is_open());
        let report = self.report();
        tracing::info!("now on {}, {}", report.addresses.join(", "), told_of_guest(report.guest));
        Ok(report)
    }

    fn keep(&self, is_kept: bool) -> Result<(), String> {
        self.leash()?.keep(is_kept);
        Ok(())
    }

    fn hold(&self) -> Result<(), String> {
        self.leash()?.hold();
        Ok(())
    }

    fn let_go(&self) {
        if let Ok(leash) = self.leash() {
            leash.let_go();
        }
    }
}

/// Why a server could not start or move, with who is in its way.
pub(super) fn not_started(err: &StartError) -> String {
    match err.address_in_use() {
        Some(address) => format!("{err}: {}", port_holder::describe(address)),
        None => err.to_string(),
    }
}

fn told_of_guest(guest: Option<Access>) -> String {
    guest.map_or_else(|| "no guest".to_owned(), |access| format!("guests may {access}"))
}

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const NOT_OWNED: &str = "this server was not started by the desktop app; change its configuration \
                         and start it again";

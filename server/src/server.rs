//! A running server: everything put together, and taken apart again in the right order.

use crate::accounts::Accounts;
use crate::admission::Admission;
use crate::audit::{Audit, AuditHealth, AuditLog};
use crate::committer::Committer;
use crate::config::{Config, FtpConfig};
use crate::door::Door;
use crate::ftp::{FtpDoor, ImplicitTlsDoor, Surroundings};
use crate::identity::Identity;
use crate::listener::{self, Listener, Reception};
use crate::metrics::Metrics;
use crate::native::NativeDoor;
use crate::penalties::{Penalties, PenaltyReport};
use crate::pool::Pool;
use crate::service::{Desk, PartNames, Places, Service};
use crate::storage::Storage;
use crate::storage::local::{Disks, LocalFolder};
use crate::sweeper::Sweeper;
use crate::transport::tls::{FtpTls, Presented, TlsConfig};
use parking_lot::{Condvar, Mutex};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fmt, io};

/// A server that serves until it is told to stop.
#[derive(Debug)]
pub struct Server {
    addresses: Mutex<Vec<SocketAddr>>,
    ftp_addresses: Vec<SocketAddr>,
    presented: Arc<Presented>,
    metrics: Arc<Metrics>,
    penalties: Arc<Penalties>,
    log: AuditLog,
    workers: usize,
    drain_time: Duration,
    parts: Mutex<Option<Parts>>,
    phase: Mutex<Phase>,
    phase_changed: Condvar,
}

/// What has to be taken apart.
#[derive(Debug)]
struct Parts {
    listener: Listener,
    ftp_listeners: Vec<Listener>,
    pool: Pool,
    committer: Committer,
    sweeper: Sweeper,
    audit: Audit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Serving,
    Draining,
    Cutting,
}

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// All that ran was finished.
    Drained,
    /// Something was cut off; unfinished uploads are kept as parts.
    Cut,
}

/// Counters of a running server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Connections open now.
    pub connections: u64,
    /// Worker threads.
    pub workers: u64,
    /// Bytes received since the start, as they went over the network.
    pub bytes_in: u64,
    /// Bytes sent since the start, as they went over the network.
    pub bytes_out: u64,
    /// Faults of the server itself, each of which closed a connection or refused some uploads.
    pub panics: u64,
    /// Workers that something, as a disk that hangs, holds for 10 s and more.
    pub held_workers: u64,
    /// Seconds for which the first of them is held.
    pub held_secs: u64,
    /// Connections refused by a cap or a ban.
    pub refused: u64,
    /// Connections closed by a deadline.
    pub timed_out: u64,
    /// Requests answered with "busy" because the queues were too old.
    pub shed: u64,
}

/// Why a server does not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The shared folder cannot be opened.
    Share(std::path::PathBuf, io::Error),
    /// The address cannot be listened on.
    Listen(SocketAddr, io::Error),
    /// The certificate does not serve.
    Certificate(String),
    /// The system gives no thread or poller.
    System(io::Error),
}

impl Server {
    /// Starts to serve `config.share`.
    pub fn start(
        config: &Config,
        accounts: Arc<Accounts>,
        identity: &Identity,
    ) -> Result<Self, StartError> {
        Self::start_confined(config, accounts, identity, || {})
    }

    /// The same; `confine` shuts the process in, at the one moment when its ports are taken and
    /// none of its threads runs.
    pub(crate) fn start_confined(
        config: &Config,
        accounts: Arc<Accounts>,
        identity: &Identity,
        confine: impl FnOnce(),
    ) -> Result<Self, StartError> {
        let disks = Arc::<Disks>::default();
        let share = LocalFolder::open_on(&disks, &config.share, config.undo)
            .map_err(|err| StartError::Share(config.share.clone(), err))?;
        let sockets = listener::bind(&config.listen, config.port)?;
        confine();
        Self::start_on(sockets, config, (Arc::new(share), disks), accounts, identity)
    }

    /// Starts to serve a storage of any kind; `config.share` is not looked at.
    pub fn start_with(
        config: &Config,
        storage: Arc<dyn Storage>,
        accounts: Arc<Accounts>,
        identity: &Identity,
    ) -> Result<Self, StartError> {
        let sockets = listener::bind(&config.listen, config.port)?;
        Self::start_on(sockets, config, (storage, Arc::default()), accounts, identity)
    }

    fn start_on(
        sockets: Vec<TcpListener>,
        config: &Config,
        (storage, disks): (Arc<dyn Storage>, Arc<Disks>),
        accounts: Arc<Accounts>,
        identity: &Identity,
    ) -> Result<Self, StartError> {
        let presented = Presented::new(identity).map_err(unfit)?;
        let tls = TlsConfig::new(&presented).map_err(unfit)?;
        let addresses = local_addresses(&sockets)?;
        let metrics = Arc::<Metrics>::default();
        let committer = Committer::start(config.durability, &metrics)?;
        let places = Places {
            share: config.share.clone(),
            state_dir: config.state_dir.clone(),
            part_lifetime: config.limits.part_lifetime,
            undo: config.undo,
            disks,
        };
        let audit = Audit::start(&config.state_dir, &config.audit)?;
        let log = audit.log();
        let penalties = Arc::new(Penalties::new(config.penalties.clone(), log.clone()));
        let desk = Desk { penalties: Arc::clone(&penalties), log: log.clone() };
        let service = Service::start(storage, places, accounts, committer.queue(), desk)?;
        let service = Arc::new(service);
        let sweeper = Sweeper::start(&service, config.limits.part_lifetime)?;
        let texts = (config.name.as_str(), config.welcome.as_str());
        let door = NativeDoor::new(Arc::clone(&service), tls, &config.limits, &metrics, texts);
        let pool = Pool::start(config.workers, &config.limits, &metrics)?;
        let admission = Admission::new(&config.limits, Arc::clone(&penalties));
        let reception = |door| Reception {
            admission: Arc::clone(&admission),
            door,
            entrance: pool.entrance(),
            metrics: Arc::clone(&metrics),
        };
        let mut ftp_listeners = Vec::new();
        let mut ftp_addresses = Vec::new();
        if let Some(ftp) = &config.ftp {
            let surroundings = Surroundings {
                service,
                tls: FtpTls::new(&presented).map_err(unfit)?,
                part_names: PartNames::load_or_create(&config.state_dir)
                    .map_err(io::Error::other)?,
                limits: &config.limits,
                metrics: &metrics,
                intake: Arc::new(pool.entrance()),
                texts,
            };
            for (sockets, door) in open_ftp(ftp, surroundings)? {
                ftp_addresses.extend(local_addresses(&sockets)?);
                ftp_listeners.push(Listener::start(sockets, reception(door))?);
            }
        }
        let listener = Listener::start(sockets, reception(Arc::new(door)))?;
        let parts = Parts { listener, ftp_listeners, pool, committer, sweeper, audit };
        Ok(Self {
            addresses: Mutex::new(addresses),
            ftp_addresses,
            presented,
            metrics,
            penalties,
            log,
            workers: config.workers,
            drain_time: config.limits.drain,
            parts: Mutex::new(Some(parts)),
            phase: Mutex::new(Phase::Serving),
            phase_changed: Condvar::new(),
        })
    }

    /// Addresses that are listened on, with their real ports.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.addresses.lock().clone()
    }

    /// Listens at `listen`, empty for all addresses of this host, instead of where it did, and at
    /// the same port. Connections that are open stay.
    ///
    /// # Errors
    /// Where that cannot be listened at, or the server is stopping; then it listens where it did.
    pub fn move_to(&self, listen: &[IpAddr]) -> Result<(), StartError> {
        let parts = self.parts.lock();
        let parts = parts.as_ref().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected))?;
        let mut addresses = self.addresses.lock();
        let port = addresses.first().map_or(0, SocketAddr::port);
        let listen: Vec<_> = listen.iter().map(|ip| SocketAddr::new(*ip, port)).collect();
        *addresses = parts.listener.move_to(&listen, port)?;
        Ok(())
    }

    /// Addresses at which the FTP door is open: those for every client, then those for clients
    /// that begin with TLS.
    pub fn ftp_addresses(&self) -> &[SocketAddr] {
        &self.ftp_addresses
    }

    /// Counters now.
    pub fn counters(&self) -> Counters {
        let held = self.parts.lock().as_ref().map(|parts| parts.pool.held()).unwrap_or_default();
        Counters {
            connections: self.metrics.connections.value(),
            workers: self.workers as u64,
            bytes_in: self.metrics.bytes_in.value(),
            bytes_out: self.metrics.bytes_out.value(),
            panics: self.metrics.panics.value(),
            held_workers: held.count as u64,
            held_secs: held.longest.as_secs(),
            refused: self.metrics.refused.value(),
            timed_out: self.metrics.timed_out.value(),
            shed: self.metrics.shed.value(),
        }
    }

    /// How the record of who did what is.
    pub(crate) fn audit_health(&self) -> AuditHealth {
        self.log.health()
    }

    /// What misbehaviour has cost whom.
    pub(crate) fn penalties(&self) -> PenaltyReport {
        self.penalties.report(Instant::now())
    }

    /// Forgets the penalties of an address, of a name, or `all`. Returns how many that were.
    pub(crate) fn clear_penalties(&self, whom: &str) -> usize {
        self.penalties.clear(whom)
    }

    /// Presents another certificate from now on. Connections that are open stay.
    pub fn present(&self, identity: &Identity) -> Result<(), StartError> {
        self.presented.replace(identity).map_err(unfit)
    }

    /// Begins to stop, and returns at once: no new connections, idle ones told to go, running
    /// transfers finished up to the drain deadline.
    pub fn drain(&self) {
        self.enter(Phase::Draining);
    }

    /// Stops without finishing anything.
    pub fn stop_now(&self) {
        self.enter(Phase::Cutting);
    }

    /// Waits until the server was told to stop and is stopped.
    pub fn wait(&self) -> Stopped {
        let mut phase = self.phase.lock();
        while *phase == Phase::Serving {
            self.phase_changed.wait(&mut phase);
        }
        drop(phase);
        match self.parts.lock().take() {
            Some(parts) => self.take_apart(parts),
            None => Stopped::Drained,
        }
    }

    fn enter(&self, phase: Phase) {
        let mut current = self.phase.lock();
        if *current != Phase::Cutting {
            *current = phase;
        }
        self.phase_changed.notify_all();
    }

    fn take_apart(&self, parts: Parts) -> Stopped {
        let Parts { listener, ftp_listeners, pool, committer, sweeper, audit } = parts;
        tracing::info!("stopping");
        listener.close();
        ftp_listeners.into_iter().for_each(Listener::close);
        sweeper.stop();
        pool.drain();
        let until = Instant::now() + self.drain_time;
        let mut is_drained = false;
        while !is_drained && *self.phase.lock() != Phase::Cutting && Instant::now() < until {
            is_drained = pool.wait_until_empty(DRAIN_LOOK);
        }
        pool.stop_now();
        pool.wait_until_empty(CUT_TIME);
        pool.join();
        committer.join();
        audit.stop();
        tracing::info!(is_drained, "stopped");
        if is_drained { Stopped::Drained } else { Stopped::Cut }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop_now();
        self.wait();
    }
}

fn unfit(err: impl fmt::Display) -> StartError {
    StartError::Certificate(err.to_string())
}

fn local_addresses(sockets: &[TcpListener]) -> io::Result<Vec<SocketAddr>> {
    sockets.iter().map(TcpListener::local_addr).collect()
}

/// Sockets, and the door behind them.
type Doorway = (Vec<TcpListener>, Arc<dyn Door>);

/// Opens the FTP door, and its other entrance for clients that begin with TLS.
fn open_ftp(ftp: &FtpConfig, surroundings: Surroundings<'_>) -> Result<Vec<Doorway>, StartError> {
    let sockets = listener::bind(&ftp.listen, ftp.port)?;
    let door = Arc::new(FtpDoor::new(ftp, surroundings));
    let mut opened: Vec<Doorway> = vec![(sockets, Arc::clone(&door) as Arc<dyn Door>)];
    if let Some((listen, port)) = &ftp.implicit_tls {
        opened.push((listener::bind(listen, *port)?, Arc::new(ImplicitTlsDoor(door))));
    }
    Ok(opened)
}

impl StartError {
    /// The address that someone else listens on already, if that is the cause.
    pub fn address_in_use(&self) -> Option<SocketAddr> {
        match self {
            Self::Listen(address, err) if err.kind() == io::ErrorKind::AddrInUse => Some(*address),
            _ => None,
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share(path, err) => write!(f, "cannot open the folder {}: {err}", path.display()),
            Self::Listen(address, err) => write!(f, "cannot listen on {address}: {err}"),
            Self::Certificate(err) => write!(f, "the server's certificate does not serve: {err}"),
            Self::System(err) => write!(f, "the system refuses what a server needs: {err}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<io::Error> for StartError {
    fn from(err: io::Error) -> Self {
        Self::System(err)
    }
}

/// How often a draining server looks whether it was told to cut.
const DRAIN_LOOK: Duration = Duration::from_millis(100);

/// How long cut connections may take to close.
const CUT_TIME: Duration = Duration::from_secs(5);

//! Accepts connections and hands them to the pool. Nothing slow happens here: no handshake, no
//! lookup, no wait but the poller's.

use crate::admission::Admission;
use crate::door::{Door, Intake as _};
use crate::metrics::Metrics;
use crate::pool::Entrance;
use crate::server::StartError;
use crate::sys;
use parking_lot::Mutex;
use polling::{Event, Events, Poller};
use socket2::{Domain, Protocol, Socket, Type};
use std::fs::File;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The thread that accepts.
#[derive(Debug)]
pub(crate) struct Listener {
    gate: Arc<Gate>,
    thread: JoinHandle<()>,
}

#[derive(Debug)]
struct Gate {
    poller: Poller,
    /// Locked while accepting, which never waits, and while they are exchanged.
    sockets: Mutex<Vec<TcpListener>>,
    is_closed: AtomicBool,
}

/// What an accepted socket needs on its way in.
#[derive(Debug)]
pub(crate) struct Reception {
    /// Caps.
    pub(crate) admission: Arc<Admission>,
    /// What is behind the sockets.
    pub(crate) door: Arc<dyn Door>,
    /// The way into the pool.
    pub(crate) entrance: Entrance,
    /// Counters.
    pub(crate) metrics: Arc<Metrics>,
}

impl Listener {
    /// Starts to accept on `sockets`.
    pub(crate) fn start(sockets: Vec<TcpListener>, reception: Reception) -> io::Result<Self> {
        let gate = Gate {
            poller: Poller::new()?,
            sockets: Mutex::default(),
            is_closed: AtomicBool::new(false),
        };
        gate.open(sockets)?;
        let gate = Arc::new(gate);
        let mut desk =
            Desk { gate: Arc::clone(&gate), reception, spare: spare()?, warned_at: None };
        let thread = std::thread::Builder::new()
            .name("ferry-listener".to_owned())
            .spawn(move || desk.run())?;
        Ok(Self { gate, thread })
    }

    /// Listens at `addresses`, or at all addresses of this host at `port`, instead of where it
    /// did; connections that are open stay. Returns where it listens now.
    ///
    /// # Errors
    /// Where that cannot be listened at; then it listens where it did before, if that is still
    /// free.
    pub(crate) fn move_to(
        &self,
        addresses: &[SocketAddr],
        port: u16,
    ) -> Result<Vec<SocketAddr>, StartError> {
        // One port cannot be listened at twice, and all addresses include those of before.
        let before = self.gate.close()?;
        match bind(addresses, port) {
            Ok(sockets) => Ok(self.gate.open(sockets)?),
            Err(err) => {
                self.gate.open(bind(&before, port)?)?;
                Err(err)
            }
        }
    }

    /// Accepts no more: the sockets are closed when this returns.
    pub(crate) fn close(self) {
        self.gate.is_closed.store(true, Ordering::Release);
        if let Err(err) = self.gate.poller.notify() {
            tracing::warn!("the listener could not be notified: {err}");
        }
        if self.thread.join().is_err() {
            tracing::error!("the listener panicked");
        }
    }
}

impl Gate {
    /// Listens with these sockets; returns their addresses.
    fn open(&self, sockets: Vec<TcpListener>) -> io::Result<Vec<SocketAddr>> {
        for (key, socket) in sockets.iter().enumerate() {
            socket.set_nonblocking(true)?;
            sys::register(&self.poller, socket, Event::readable(key))?;
        }
        let addresses = sockets.iter().map(TcpListener::local_addr).collect();
        *self.sockets.lock() = sockets;
        addresses
    }

    /// Listens no more; returns the addresses of before.
    fn close(&self) -> io::Result<Vec<SocketAddr>> {
        let sockets = std::mem::take(&mut *self.sockets.lock());
        for socket in &sockets {
            self.poller.delete(socket)?;
        }
        sockets.iter().map(TcpListener::local_addr).collect()
    }
}

/// What the listener's thread owns.
struct Desk {
    gate: Arc<Gate>,
    reception: Reception,
    /// A descriptor kept in reserve: given up for a moment when there are no more, so that a
    /// waiting connection can be closed instead of staying in the backlog for ever.
    spare: Option<File>,
    warned_at: Option<Instant>,
}

impl Desk {
    fn run(&mut self) {
        let mut events = Events::new();
        while !self.gate.is_closed.load(Ordering::Acquire) {
            events.clear();
            if let Err(err) = self.gate.poller.wait(&mut events, None)
                && err.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!("the listener failed: {err}");
                break;
            }
            let ready: Vec<usize> = events.iter().map(|event| event.key).collect();
            for key in ready {
                self.accept_all(key);
            }
        }
        if let Err(err) = self.gate.close() {
            tracing::warn!("a listening socket could not be taken out: {err}");
        }
    }

    fn accept_all(&mut self, key: usize) {
        if self.spare.is_none() {
            // It was given up, and could not be had again then.
            self.spare = spare().ok().flatten();
        }
        // One that was exchanged may have a successor under its key, with nobody waiting: fine.
        let sockets = self.gate.sockets.lock();
        let Some(socket) = sockets.get(key) else { return };
        for _ in 0..ACCEPTS_AT_ONCE {
            match socket.accept() {
                Ok((accepted, peer)) => self.reception.welcome_in(accepted, peer),
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => break,
                // The peer was gone before it was accepted.
                Err(err) if err.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(err) => {
                    if sys::is_out_of_descriptors(&err) {
                        self.reception.accept_by_spare(&mut self.spare, socket);
                    }
                    warn_sometimes(&mut self.warned_at, &err);
                    std::thread::sleep(EXHAUSTED_PAUSE);
                    break;
                }
            }
        }
        if let Err(err) = self.gate.poller.modify(socket, Event::readable(key)) {
            tracing::error!("a listening socket could not be armed: {err}");
        }
    }
}

impl Reception {
    /// Takes whoever waits by the descriptor in reserve, and lets them in only where others have
    /// given descriptors back meanwhile.
    fn accept_by_spare(&self, reserve: &mut Option<File>, socket: &TcpListener) {
        *reserve = None;
        let accepted = socket.accept();
        *reserve = spare().ok().flatten();
        match accepted {
            Ok((accepted, peer)) if reserve.is_some() => self.welcome_in(accepted, peer),
            closed => {
                drop(closed);
                *reserve = spare().ok().flatten();
            }
        }
    }

    fn welcome_in(&self, socket: TcpStream, peer: SocketAddr) {
        let Some(permit) = self.admission.admit(peer.ip(), Instant::now()) else {
            self.metrics.refused.add(1);
            return;
        };
        if permit.refusal().is_some() {
            self.metrics.refused.add(1);
        }
        let waker = self.entrance.waker();
        let prepared = socket.set_nonblocking(true).and_then(|()| socket.set_nodelay(true));
        let received = prepared
            .and_then(|()| Arc::clone(&self.door).receive(socket, peer, permit, waker.clone()));
        match received {
            Ok((connection, until)) => self.entrance.admit(connection, waker, until),
            Err(err) => tracing::warn!(%peer, "a connection could not be taken in: {err}"),
        }
    }
}

/// Opens the listening sockets: those named, or all addresses of this host at `port`.
pub(crate) fn bind(addresses: &[SocketAddr], port: u16) -> Result<Vec<TcpListener>, StartError> {
    if !addresses.is_empty() {
        return addresses.iter().map(|address| bind_one(*address)).collect();
    }
    match bind_one(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))) {
        Ok(socket) => Ok(vec![socket]),
        Err(err) if err.address_in_use().is_some() => Err(err),
        // A host without IPv6.
        Err(_) => Ok(vec![bind_one(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))?]),
    }
}

/// The next port from `first` on that is free on all addresses of this host, so that a server
/// that begins on loopback can be opened to the network later. `first` if none is.
pub(crate) fn next_free_port(first: u16) -> u16 {
    let ports = first..=first.saturating_add(PORTS_TRIED);
    ports.into_iter().find(|port| is_free(*port)).unwrap_or(first)
}

fn is_free(port: u16) -> bool {
    [IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::UNSPECIFIED)].iter().all(|ip| {
        let bound = bound_socket(SocketAddr::new(*ip, port));
        // A host may lack one of the two families.
        bound.map_or_else(|err| err.kind() != io::ErrorKind::AddrInUse, |_| true)
    })
}

fn bind_one(address: SocketAddr) -> Result<TcpListener, StartError> {
    bound_socket(address)
        .and_then(|socket| socket.listen(BACKLOG).map(|()| socket.into()))
        .map_err(|err| StartError::Listen(address, err))
}

fn bound_socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // All addresses means IPv4 too; an IPv6 address by name means just itself.
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn spare() -> io::Result<Option<File>> {
    match File::open("/dev/null") {
        Ok(file) => Ok(Some(file)),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(err),
    }
}

fn warn_sometimes(warned_at: &mut Option<Instant>, err: &io::Error) {
    if warned_at.is_none_or(|at| at.elapsed() >= WARN_INTERVAL) {
        *warned_at = Some(Instant::now());
        tracing::warn!("a connection could not be accepted: {err}");
    }
}

/// Connections that the system may hold before they are accepted.
const BACKLOG: i32 = 4096;

/// Connections accepted before the poller is asked again.
const ACCEPTS_AT_ONCE: usize = 256;

/// Pause when the system is short of descriptors or memory.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(50);

/// How often a failing accept is logged.
const WARN_INTERVAL: Duration = Duration::from_secs(1);

/// Ports looked at for a free one.
const PORTS_TRIED: u16 = 200;

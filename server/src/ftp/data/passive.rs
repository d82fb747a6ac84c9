//! The listening socket of PASV and EPSV: one connection, from the client's address, within its
//! time. It lives with its control connection and goes with it.

use super::at_port;
use crate::config::FtpConfig;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::ops::RangeInclusive;
use std::time::Instant;

/// A socket that waits for the client's data connection.
#[derive(Debug)]
pub(in crate::ftp) struct Passive {
    listener: TcpListener,
    client: IpAddr,
    until: Instant,
}

impl Passive {
    /// Listens where the client reached us, on a port of the configured range, for a connection
    /// that comes before `until`.
    pub(in crate::ftp) fn open(
        local: SocketAddr,
        client: IpAddr,
        ports: Option<&RangeInclusive<u16>>,
        until: Instant,
    ) -> io::Result<Self> {
        let listener = listen_within(local, ports.unwrap_or(&DYNAMIC_PORTS))?;
        Ok(Self { listener, client: client.to_canonical(), until })
    }

    /// The port.
    pub(in crate::ftp) fn port(&self) -> io::Result<u16> {
        Ok(self.listener.local_addr()?.port())
    }

    /// When it is no longer of use.
    pub(in crate::ftp) fn until(&self) -> Instant {
        self.until
    }

    /// The client's connection, if it is there. A stranger's is closed, and the wait goes on.
    pub(in crate::ftp) fn accept(&self) -> io::Result<Option<TcpStream>> {
        loop {
            match self.listener.accept() {
                Ok((socket, peer)) if peer.ip().to_canonical() == self.client => {
                    socket.set_nonblocking(true)?;
                    return Ok(Some(socket));
                }
                Ok((_, peer)) => {
                    tracing::warn!(%peer, client = %self.client, "a stranger at a data port");
                }
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(err) if is_passing(&err) => {}
                Err(err) => return Err(err),
            }
        }
    }

    /// The socket to wait on.
    pub(in crate::ftp) fn socket(&self) -> SockRef<'_> {
        SockRef::from(&self.listener)
    }
}

/// The address to name to a client in the answer to PASV: that by which it reached us, unless the
/// configuration has another for its network. `None` where there is no IPv4 between us.
pub(in crate::ftp) fn announced(
    config: &FtpConfig,
    local: IpAddr,
    client: IpAddr,
) -> Option<Ipv4Addr> {
    let IpAddr::V4(local) = local.to_canonical() else { return None };
    let fitting = config.announce.iter().find(|announced| announced.network.contains(client));
    Some(fitting.map_or(local, |announced| announced.address))
}

/// Tries every port of the range, from a random one on, so that the next cannot be guessed.
fn listen_within(local: SocketAddr, ports: &RangeInclusive<u16>) -> io::Result<TcpListener> {
    let count = u32::from(ports.end() - ports.start()) + 1;
    let first = getrandom::u32().map_err(io::Error::other)?;
    let mut failure = io::Error::from(io::ErrorKind::AddrInUse);
    for index in 0..count {
        let step = u16::try_from(first.wrapping_add(index) % count).unwrap_or_default();
        match listen(at_port(local, ports.start() + step)) {
            Err(err) if err.kind() == io::ErrorKind::AddrInUse => failure = err,
            listening => return listening,
        }
    }
    Err(failure)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    // Each download leaves its port waiting for late packets, for a minute: those ports must not
    // count as taken, or there would soon be none left.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn is_passing(err: &io::Error) -> bool {
    matches!(err.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted)
}

/// The ports where no range is configured: those that belong to nobody (RFC 6335, section 6). The
/// system's own choice takes no port that waits for late packets, and looks through all of them
/// once most do.
const DYNAMIC_PORTS: RangeInclusive<u16> = 49_152..=65_535;

/// Connections that may wait to be looked at: the client's, and those of strangers before it.
const BACKLOG: i32 = 8;

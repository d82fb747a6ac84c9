//! The TCP connection: every address of a name in turn, IPv6 and IPv4 alternating.

use crate::{Cancel, ConnectOptions, Error, Stage};
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};

/// Connects to the first address that answers; `cancel` stops it between two.
pub(crate) fn connect(options: &ConnectOptions, cancel: &Cancel) -> Result<TcpStream, Error> {
    let found = (options.host.as_str(), options.port).to_socket_addrs();
    let addresses = alternating(found.map_err(|source| resolve(options, source))?.collect());
    let mut last = None;
    for address in addresses {
        cancel.check()?;
        match TcpStream::connect_timeout(&address, options.deadlines.connect) {
            Ok(socket) => {
                // Answers are small and awaited: they must not wait for each other.
                drop(socket.set_nodelay(true));
                return Ok(socket);
            }
            Err(err) => last = Some(err),
        }
    }
    Err(match last {
        None => resolve(options, io::ErrorKind::AddrNotAvailable.into()),
        Some(err) if err.kind() == io::ErrorKind::TimedOut => Error::TimedOut {
            server: options.server(),
            stage: Stage::Connect,
            after: options.deadlines.connect,
        },
        Some(source) => Error::Connect { server: options.server(), source },
    })
}

fn resolve(options: &ConnectOptions, source: io::Error) -> Error {
    Error::Resolve { host: options.host.clone(), source }
}

/// Keeps the system's order within each family and alternates between the two.
fn alternating(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(first) = addresses.first() else {
        return addresses;
    };
    let (own, other): (Vec<SocketAddr>, Vec<SocketAddr>) =
        addresses.iter().copied().partition(|address| address.is_ipv6() == first.is_ipv6());
    let mut own = own.into_iter();
    let mut other = other.into_iter();
    let mut ordered = Vec::with_capacity(addresses.len());
    while ordered.len() < addresses.len() {
        ordered.extend(own.next());
        ordered.extend(other.next());
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_alternate_and_none_is_lost() {
        let parse = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let given = parse(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"]);
        let wanted = parse(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"]);
        assert_eq!(alternating(given), wanted);
        assert!(alternating(Vec::new()).is_empty());
    }
}

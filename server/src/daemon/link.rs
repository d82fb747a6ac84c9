//! The link that clients open: an address that others can reach, and by what they know the server.

use crate::identity::Identity;
use crate::sys;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// By what others know the server.
#[derive(Clone, Debug)]
pub(super) struct KnownBy {
    /// Fingerprint of its key.
    pub(super) fingerprint: String,
    /// The host for which an authority vouches, whichever key it has.
    vouched_host: Option<String>,
}

impl KnownBy {
    pub(super) fn of(identity: &Identity) -> Self {
        let fingerprint = identity.fingerprint.clone();
        Self { fingerprint, vouched_host: identity.vouched_host() }
    }

    /// `ferry://HOST:PORT/#fp=FINGERPRINT` for a server that listens on these addresses.
    pub(super) fn link(&self, addresses: &[SocketAddr]) -> String {
        let authority = match (best(addresses), &self.vouched_host) {
            (Some(address), Some(host)) => format!("{host}:{}", address.port()),
            (Some(address), None) if address.ip().is_unspecified() => host_of_wildcard(address),
            (Some(address), None) => address.to_string(),
            (None, _) => String::new(),
        };
        let key = self.key().map(|key| format!("#{key}")).unwrap_or_default();
        format!("ferry://{authority}/{key}")
    }

    /// What a link says of the key: nothing where somebody vouches for it, since the link outlives
    /// it.
    pub(super) fn key(&self) -> Option<String> {
        let is_pinned = self.vouched_host.is_none();
        is_pinned.then(|| format!("fp={}", self.fingerprint))
    }
}

/// The address that most others can reach; loopback only where there is nothing else.
fn best(addresses: &[SocketAddr]) -> Option<&SocketAddr> {
    addresses.iter().min_by_key(|address| (address.ip().is_loopback(), address.is_ipv6()))
}

fn host_of_wildcard(address: &SocketAddr) -> String {
    let port = address.port();
    if let Some(ip) = outward_address() {
        return SocketAddr::new(ip, port).to_string();
    }
    let name = sys::process::host_name().unwrap_or_else(|| "localhost".to_owned());
    format!("{name}:{port}")
}

/// The address by which this host would reach the world, or its own network.
///
/// A datagram socket that is connected sends nothing; the system only chooses the way. The
/// addresses asked about are reserved for documentation.
fn outward_address() -> Option<IpAddr> {
    const FAR_V4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
    const FAR_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    const DISCARD_PORT: u16 = 9;
    let ways = [
        (IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V4(FAR_V4)),
        (IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V6(FAR_V6)),
    ];
    ways.into_iter().find_map(|(any, far)| {
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.connect((far, DISCARD_PORT)).ok()?;
        let own = socket.local_addr().ok()?.ip();
        (!own.is_unspecified() && !own.is_loopback()).then_some(own)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link_of(addresses: &[&str]) -> String {
        let addresses: Vec<_> = addresses.iter().map(|text| text.parse().unwrap()).collect();
        KnownBy { fingerprint: "abc".to_owned(), vouched_host: None }.link(&addresses)
    }

    /// Every renewal of the certificate would have made it a link of another server.
    #[test]
    fn a_host_that_is_vouched_for_is_named_without_its_key() {
        let vouched_host = Some("nas.example".to_owned());
        let known_by = KnownBy { fingerprint: "abc".to_owned(), vouched_host };
        let link = known_by.link(&["0.0.0.0:3000".parse().unwrap()]);
        assert_eq!(link, "ferry://nas.example:3000/");
    }

    #[test]
    fn a_named_address_is_the_host() {
        assert_eq!(link_of(&["127.0.0.1:3000"]), "ferry://127.0.0.1:3000/#fp=abc");
        assert_eq!(link_of(&["[::1]:3000"]), "ferry://[::1]:3000/#fp=abc");
        assert_eq!(link_of(&["127.0.0.1:1", "10.0.0.7:1"]), "ferry://10.0.0.7:1/#fp=abc");
    }

    #[test]
    fn all_addresses_become_one_that_others_can_reach() {
        let link = link_of(&["[::]:3000", "0.0.0.0:3000"]);
        assert!(!link.contains("0.0.0.0") && !link.contains("[::]"), "{link}");
        assert!(link.contains(":3000/#fp=abc"), "{link}");
    }
}

//! `ADDR:PORT` in all the ways people write it.

use ferry_protocol::limits::DEFAULT_PORT;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// Where to listen. `PORT`, `:PORT` and `[::]:PORT` mean all addresses, IPv6 and IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenOn {
    /// All addresses of this host at this port.
    All(u16),
    /// One address.
    One(SocketAddr),
}

impl ListenOn {
    /// As [`Config`](super::Config) has it: addresses (empty for all) and the port for all.
    pub(super) fn parts(self) -> (Vec<SocketAddr>, u16) {
        match self {
            Self::All(port) => (Vec::new(), port),
            Self::One(address) => (vec![address], address.port()),
        }
    }

    /// As it is typed.
    pub(crate) fn to_argument(self) -> String {
        match self {
            Self::All(port) => port.to_string(),
            Self::One(address) => address.to_string(),
        }
    }
}

impl Default for ListenOn {
    fn default() -> Self {
        Self::All(DEFAULT_PORT)
    }
}

impl From<SocketAddr> for ListenOn {
    fn from(address: SocketAddr) -> Self {
        if address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
            Self::All(address.port())
        } else {
            Self::One(address)
        }
    }
}

impl FromStr for ListenOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text, DEFAULT_PORT)
    }
}

impl ListenOn {
    /// Reads a place to listen on; `default_port` where it names none.
    ///
    /// # Errors
    /// What is wrong with it, and how it is written.
    pub fn parse(text: &str, default_port: u16) -> Result<Self, String> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(address.into());
        }
        if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse::<u16>() {
            return Ok(Self::All(port));
        }
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(ip) = bare.parse::<IpAddr>() {
            return Ok(SocketAddr::new(ip, default_port).into());
        }
        Err(format!(
            "not an address to listen on: write ADDR:PORT with the address as a number and a port \
             of at most 65535, such as 127.0.0.1:{default_port} or [::1]:{default_port}, or only \
             :{default_port} for all addresses"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_understood() {
        let one = |text: &str| ListenOn::One(text.parse().unwrap());
        let cases = [
            ("3000", ListenOn::All(3000)),
            (":0", ListenOn::All(0)),
            ("[::]:3000", ListenOn::All(3000)),
            ("0.0.0.0:3000", one("0.0.0.0:3000")),
            ("127.0.0.1:0", one("127.0.0.1:0")),
            ("127.0.0.1", one("127.0.0.1:3000")),
            ("[::1]:4000", one("[::1]:4000")),
            ("[::1]", one("[::1]:3000")),
            ("::1", one("[::1]:3000")),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse(), Ok(expected), "{text}");
            assert_eq!(expected.to_argument().parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_examples() {
        for text in ["", "localhost:3000", "65536", ":", "1.2.3:5", "127.0.0.1:99999", "-1"] {
            let refused = text.parse::<ListenOn>().unwrap_err();
            assert!(refused.contains("127.0.0.1:3000"), "{text}");
        }
    }
}

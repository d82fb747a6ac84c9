//! A set of addresses as people write it: one address, or a network with the length of its prefix.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// One address, or all that begin with the same bits. An IPv4 address that comes in the clothes of
/// an IPv6 one is taken as what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_len: u8,
}

impl Network {
    /// Whether the address belongs to it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = mask(u128::from(u32::MAX), 32, self.prefix_len);
                (u128::from(own.to_bits()) ^ u128::from(other.to_bits())) & mask == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()) & mask(u128::MAX, 128, self.prefix_len) == 0
            }
            _ => false,
        }
    }
}

/// The bits that a prefix of this length covers.
fn mask(all: u128, width: u8, prefix_len: u8) -> u128 {
    all & u128::MAX.checked_shl(u32::from(width.saturating_sub(prefix_len))).unwrap_or(0)
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refusal = || {
            "not an address or a network: write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32".to_owned()
        };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address = address.parse::<IpAddr>().ok().ok_or_else(refusal)?.to_canonical();
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix_len = match prefix {
            Some(prefix) => prefix.parse().ok().ok_or_else(refusal)?,
            None => width,
        };
        if prefix_len > width { Err(refusal()) } else { Ok(Self { address, prefix_len }) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.prefix_len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_addresses_and_no_other() {
        for (network, inside, outside) in [
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("10.0.0.0/8", "10.255.1.2", "11.0.0.0"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::1", "::1", "::2"),
            ("192.0.2.0/24", "::ffff:192.0.2.8", "::ffff:192.0.3.8"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{network} {inside}");
            assert!(!network.contains(outside.parse().unwrap()), "{network} {outside}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused_with_examples() {
        for text in ["", "localhost", "1.2.3", "1.2.3.4/33", "::/129", "1.2.3.4/-1", "1.2.3.4/"] {
            assert!(text.parse::<Network>().unwrap_err().contains("192.0.2.0/24"), "{text}");
        }
    }
}

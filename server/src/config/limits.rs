//! Bounds and deadlines of a server, with the values that hold where nothing is said.

use crate::sys;
use std::time::Duration;

/// Bounds and deadlines. Every wait of the server ends at one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at once.
    pub connections_max: usize,
    /// Connections open at once from one address.
    pub connections_per_address: usize,
    /// Connections logged in at once with one account; the guest is one, too.
    pub connections_per_account: usize,
    /// Connections that have not logged in.
    pub before_login_max: usize,
    /// Connections from one address that have not logged in.
    pub before_login_per_address: usize,
    /// From accept to the end of the TLS handshake.
    pub handshake: Duration,
    /// From the handshake to a login.
    pub login: Duration,
    /// From the first byte of a message to its last.
    pub message: Duration,
    /// Silence of a connection between requests.
    pub idle: Duration,
    /// Silence of a connection within a transfer.
    pub stall: Duration,
    /// For running transfers when the server stops.
    pub drain: Duration,
    /// For a refusal to be read before its connection is closed.
    pub linger: Duration,
    /// Age of the queue at which new work is answered with busy.
    pub busy_after: Duration,
    /// How long an unfinished upload is kept.
    pub part_lifetime: Duration,
}

/// Descriptors that are not for connections: files, listeners, the log.
const DESCRIPTORS_KEPT: usize = 256;
const CONNECTIONS_MAX: usize = 16_000;
/// Shortest and longest duration that a file may set.
pub(super) const SHORTEST: Duration = Duration::from_millis(1);
pub(super) const LONGEST: Duration = Duration::from_hours(10 * 365 * 24);

impl Default for Limits {
    fn default() -> Self {
        let connections_max = connections_max(sys::process::descriptors_max());
        Self {
            connections_max,
            before_login_max: before_login_max(connections_max),
            connections_per_address: 256,
            connections_per_account: 1024,
            before_login_per_address: 64,
            handshake: Duration::from_secs(10),
            login: Duration::from_secs(30),
            message: Duration::from_secs(15),
            idle: Duration::from_mins(5),
            stall: Duration::from_secs(30),
            drain: Duration::from_secs(30),
            linger: Duration::from_secs(2),
            busy_after: Duration::from_secs(1),
            part_lifetime: Duration::from_hours(7 * 24),
        }
    }
}

/// The last quarter of all connections is for those who have work here.
pub(super) fn before_login_max(connections_max: usize) -> usize {
    (connections_max / 4 * 3).max(1)
}

/// Where few descriptors are to be had, half of them are for connections.
fn connections_max(descriptors: usize) -> usize {
    descriptors.saturating_sub(DESCRIPTORS_KEPT).max(descriptors / 2).clamp(1, CONNECTIONS_MAX)
}

/// Descriptors that let the default limit reach its height.
pub(crate) const DESCRIPTORS_WANTED: u64 = (CONNECTIONS_MAX + DESCRIPTORS_KEPT) as u64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_follow_the_descriptors() {
        assert_eq!(connections_max(1024), 768);
        assert_eq!(connections_max(300), 150);
        assert_eq!(connections_max(0), 1);
        assert_eq!(connections_max(usize::MAX), CONNECTIONS_MAX);
    }
}

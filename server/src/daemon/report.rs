//! How a running server is: as JSON, and as a table for a person.

use crate::audit::AuditHealth;
use crate::config::Access;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write as _};

/// All that `status` tells. The names are those of the JSON object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Report {
    /// What clients open.
    pub(super) link: String,
    /// Where the server listens, as `ip:port`.
    pub(super) addresses: Vec<String>,
    /// Where the FTP door is open, as `ip:port`; empty while it is closed.
    pub(super) ftp: Vec<String>,
    /// Fingerprint of the server's key.
    pub(super) fingerprint: String,
    /// Connections open now.
    pub(super) connections: u64,
    /// Worker threads.
    pub(super) workers: u64,
    /// Bytes received since the start.
    pub(super) bytes_in: u64,
    /// Bytes sent since the start.
    pub(super) bytes_out: u64,
    /// Connections refused by a cap or a ban.
    #[serde(default)]
    pub(super) refused: u64,
    /// Connections closed by a deadline.
    #[serde(default)]
    pub(super) timed_out: u64,
    /// Requests answered with "busy" because there was too much to do.
    #[serde(default)]
    pub(super) sent_away: u64,
    /// Faults of the server itself, each of which closed a connection or refused some uploads.
    #[serde(default)]
    pub(super) panics: u64,
    /// Workers that something, as a disk that hangs, holds for 10 s and more.
    #[serde(default)]
    pub(super) held_workers: u64,
    /// Seconds for which the first of them is held.
    #[serde(default)]
    pub(super) held_secs: u64,
    /// Addresses that are shut out now.
    #[serde(default)]
    pub(super) banned: usize,
    /// How far the kernel keeps the server inside its folders.
    #[serde(default)]
    pub(super) sandbox: String,
    /// How the record of who did what is.
    #[serde(default)]
    pub(super) audit: AuditHealth,
    /// Process id.
    pub(super) pid: u32,
    /// The shared folder.
    pub(super) share: String,
    /// Seconds since the start.
    pub(super) uptime_secs: u64,
    /// What a guest may do.
    pub(super) guest: Option<Access>,
    /// Version of the program.
    pub(super) version: String,
    /// Whether others than this computer reach it.
    pub(super) is_open_to_network: bool,
    /// Whether it belongs to a desktop window, and then whether it goes on without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) is_kept: Option<bool>,
    /// How many desktop windows hold it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) windows: Option<usize>,
}

impl Report {
    /// An aligned table.
    pub(super) fn table(&self) -> String {
        rows(&[
            ("Sharing", shown(&self.share)),
            ("Link", self.link.clone()),
            ("Addresses", self.addresses.join(", ")),
            ("FTP", if self.ftp.is_empty() { "closed".to_owned() } else { self.ftp.join(", ") }),
            ("Fingerprint", self.fingerprint.clone()),
            ("Guest", self.guest.map_or_else(|| "none".to_owned(), |guest| guest.to_string())),
            ("Connections", self.connections.to_string()),
            ("Workers", self.workers()),
            ("Received", bytes(self.bytes_in)),
            ("Sent", bytes(self.bytes_out)),
            ("Refused", self.refused.to_string()),
            ("Shut out", counted(self.banned, "address", "addresses")),
            ("Sandbox", self.sandbox.clone()),
            ("Record", record(&self.audit)),
            ("Running for", duration(self.uptime_secs)),
            ("Process", self.pid.to_string()),
            ("Version", self.version.clone()),
        ])
    }

    /// How many workers there are, and what is wrong with them.
    fn workers(&self) -> String {
        let mut text = self.workers.to_string();
        if self.held_workers > 0 {
            let (held, time) = (self.held_workers, duration(self.held_secs));
            write!(text, "; {held} HELD for up to {time}: does the disk answer?").ok();
        }
        if self.panics > 0 {
            write!(text, "; {} FAULTS of the server, see its log", self.panics).ok();
        }
        text
    }

    /// The short block that a start prints; `stop` says how to end it.
    pub(super) fn announcement(&self, stop: &str) -> String {
        let mut lines = vec![
            ("Sharing", shown(&self.share)),
            ("Link", self.link.clone()),
            ("Addresses", self.addresses.join(", ")),
        ];
        if !self.ftp.is_empty() {
            lines.push(("FTP", self.ftp.join(", ")));
        }
        lines.push(("Stop", stop.to_owned()));
        rows(&lines)
    }
}

/// Names in two columns, without a line end at the end.
pub(super) fn rows(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for (index, (name, value)) in rows.iter().enumerate() {
        let separator = if index == 0 { "" } else { "\n" };
        write!(text, "{separator}{name:width$}  {value}").ok();
    }
    text
}

/// How the record of who did what is, for a person.
fn record(audit: &AuditHealth) -> String {
    match &audit.failure {
        Some(failure) => format!("NOT WRITTEN: {failure} ({} lines lost)", audit.lost_count),
        None => format!("written, {} lines lost", audit.lost_count),
    }
}

fn shown(path: &str) -> String {
    ferry_protocol::escape(path.as_bytes())
}

/// A number and its noun: `1 device`, `3 devices`.
pub(super) fn counted<N: Copy + fmt::Display + PartialEq + From<u8>>(
    number: N,
    one: &str,
    many: &str,
) -> String {
    format!("{number} {}", if number == N::from(1) { one } else { many })
}

/// `1536` as `1.5 KiB`.
fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut tenths = u128::from(count) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS.get(unit).unwrap_or(&""))
}

/// The two largest units that are not zero.
fn duration(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_times_read_well() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(1024 * 1024), "1.0 MiB");
        assert_eq!(bytes(u64::MAX), "15.9 EiB");
        assert_eq!(duration(59), "59 s");
        assert_eq!(duration(61), "1 min 1 s");
        assert_eq!(duration(7300), "2 h 1 min");
        assert_eq!(duration(90_000), "1 d 1 h");
    }

    #[test]
    fn columns_are_aligned() {
        let table = rows(&[("A", "1".to_owned()), ("Long", "2".to_owned())]);
        assert_eq!(table, "A     1\nLong  2");
    }
}

//! That nothing is left behind. A program of its own: it counts the descriptors of its process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use support::ftp::{FtpClient, serve_ftp};

/// What every descriptor of this process leads to.
fn descriptors() -> Vec<PathBuf> {
    let all = fs::read_dir("/proc/self/fd").unwrap();
    // One that was closed since it was listed leads nowhere.
    let mut targets: Vec<_> =
        all.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok()).collect();
    targets.sort();
    targets
}

/// Waits until `is_so`, for ten seconds at most.
fn wait_until(is_so: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !is_so() && Instant::now() < until {
        std::thread::yield_now();
    }
}

/// A thousand data ports that nobody came to, from clients that go on and clients that leave.
#[test]
fn abandoned_data_ports_leave_nothing_behind() {
    let fixture = serve_ftp();
    FtpClient::guest(&fixture);
    while fixture.server.counters().connections > 0 {
        std::thread::yield_now();
    }
    // The record's file stays open from its first line on, which a thread of its own writes: that
    // of the login above may come only now. On a busy machine it came after the count.
    let record = fixture.state.path().join("audit.log");
    wait_until(|| fs::metadata(&record).is_ok_and(|record| record.len() > 0));
    let before = descriptors();
    for _ in 0..20 {
        let mut client = FtpClient::guest(&fixture);
        for _ in 0..50 {
            client.passive_port();
        }
        assert!(
            descriptors().len() <= before.len() + 10,
            "a new port takes the place of the old one"
        );
    }
    for _ in 0..50 {
        let mut client = FtpClient::guest(&fixture);
        client.passive_port();
        client.expect("150", "LIST");
        drop(client);
    }
    while fixture.server.counters().connections > 0 {
        std::thread::yield_now();
    }
    // A socket may be closed a moment after its connection was counted out.
    wait_until(|| descriptors().len() <= before.len());
    let after = descriptors();
    assert!(after.len() <= before.len(), "before: {before:#?}, after: {after:#?}");
}

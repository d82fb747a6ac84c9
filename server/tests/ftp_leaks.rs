//! That nothing is left behind. A program of its own: it counts the descriptors of its process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::time::{Duration, Instant};
use support::ftp::{FtpClient, serve_ftp};

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// A thousand data ports that nobody came to, from clients that go on and clients that leave.
#[test]
fn abandoned_data_ports_leave_nothing_behind() {
    let fixture = serve_ftp();
    FtpClient::guest(&fixture);
    while fixture.server.counters().connections > 0 {
        std::thread::yield_now();
    }
    let before = descriptors();
    for _ in 0..20 {
        let mut client = FtpClient::guest(&fixture);
        for _ in 0..50 {
            client.passive_port();
        }
        assert!(descriptors() <= before + 10, "a new port takes the place of the old one");
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
    let until = Instant::now() + Duration::from_secs(10);
    while descriptors() > before && Instant::now() < until {
        std::thread::yield_now();
    }
    assert_eq!(descriptors(), before);
}

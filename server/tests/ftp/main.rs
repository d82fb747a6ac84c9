//! The FTP door over real sockets: what programs lean on, word by word, and those that mean ill.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod data_ports;
mod dialogue;
mod hostile;
mod names;
mod resumed;
mod tls;
mod transfers;

use support::Fixture;
use support::ftp::FtpClient;

fn read(fixture: &Fixture, name: &str) -> Vec<u8> {
    std::fs::read(fixture.share.path().join(name)).unwrap()
}

fn write(fixture: &Fixture, name: &str, content: &[u8]) {
    std::fs::write(fixture.share.path().join(name), content).unwrap();
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// Waits until the server has let go of all connections.
fn wait_until_alone(fixture: &Fixture) {
    while fixture.server.counters().connections > 0 {
        std::thread::yield_now();
    }
}

/// STAT tells when so many bytes have come.
fn wait_for_bytes(client: &mut FtpClient, count: usize) {
    let wanted = format!(" {count} bytes so far");
    while !client.expect("211", "STAT").contains(&wanted) {
        std::thread::yield_now();
    }
}

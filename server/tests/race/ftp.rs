//! The same by the other door.

use super::support::Fixture;
use super::support::ftp::{FtpClient, Stream};
use super::{OUTSIDE, Tally};
use std::io::Write as _;

/// An FTP client in the race.
pub(crate) struct Racer {
    client: FtpClient,
    pub(crate) tally: Tally,
}

impl Racer {
    /// Logs in as the guest.
    pub(crate) fn new(fixture: &Fixture) -> Self {
        Self { client: FtpClient::guest(fixture), tally: Tally::default() }
    }

    /// One of every command that takes a path, behind a door and on the file.
    pub(crate) fn round(&mut self, door: &str) {
        self.store(&format!("{door}/by-ftp"));
        self.store(&format!("{door}/secret"));
        for path in ["by-ftp", "secret", "inner/deep"].map(|name| format!("{door}/{name}")) {
            self.read(&path);
        }
        self.read("/file");
        self.list(door);
        for path in [&format!("{door}/by-ftp"), &format!("{door}/inner"), "/file"] {
            self.done("SITE CHMOD", "200", &format!("SITE CHMOD 600 {path}"));
            self.done("MFMT", "213", &format!("MFMT 20010203040506 {path}"));
        }
        self.move_about(door);
        self.done("CWD", "250", &format!("CWD {door}"));
        assert!(!self.client.ask("CWD inner").starts_with("250"), "entered outside");
        self.client.expect("250", "CWD /");
        for name in ["by-ftp", "secret"] {
            self.done("DELE", "250", &format!("DELE {door}/{name}"));
        }
        for name in ["made", "hollow"] {
            self.done("RMD", "250", &format!("RMD {door}/{name}"));
        }
    }

    fn move_about(&mut self, door: &str) {
        self.done("MKD", "257", &format!("MKD {door}/made"));
        self.store("/carried");
        let inside = format!("{door}/carried");
        for (from, to) in [("/carried", inside.as_str()), (&inside, "/carried")] {
            self.rename(from, to);
        }
        self.rename(&format!("{door}/inner"), "/taken-by-ftp");
    }

    fn rename(&mut self, from: &str, to: &str) {
        let is_there = self.client.ask(&format!("RNFR {from}")).starts_with("350");
        let is_done = is_there && self.client.ask(&format!("RNTO {to}")).starts_with("250");
        self.tally.add("RNTO", is_done);
    }

    fn done(&mut self, operation: &'static str, code: &str, line: &str) -> String {
        let reply = self.client.ask(line);
        self.tally.add(operation, reply.starts_with(code));
        reply
    }

    fn store(&mut self, path: &str) {
        let socket = self.client.data();
        let mut is_done = false;
        if self.client.ask(&format!("STOR {path}")).starts_with("150") {
            let mut data = Stream::Plain(socket);
            data.write_all(b"from an FTP client").ok();
            data.finish();
            is_done = self.client.reply().starts_with("226");
        }
        self.tally.add("STOR", is_done);
    }

    fn read(&mut self, path: &str) {
        let content = self.fetch("RETR", &format!("RETR {path}"));
        assert_ne!(content.as_deref(), Some(OUTSIDE), "{path} was sent from outside");
        let length = OUTSIDE.len();
        let size = self.done("SIZE", "213", &format!("SIZE {path}"));
        assert_ne!(size.trim_end(), format!("213 {length}"), "{path} was measured outside");
        let facts = self.done("MLST", "250", &format!("MLST {path}"));
        let size = format!("size={length};");
        assert!(!facts.to_lowercase().contains(&size), "{path} was seen outside: {facts}");
        self.done("MDTM", "213", &format!("MDTM {path}"));
        let hash = self.done("XSHA256", "250", &format!("XSHA256 {path}"));
        let hash = hash.to_lowercase();
        assert!(!hash.contains(OUTSIDE_SHA256), "{path} was hashed outside");
    }

    fn list(&mut self, door: &str) {
        for command in ["MLSD", "LIST", "NLST"] {
            let Some(listing) = self.fetch(command, &format!("{command} {door}")) else { continue };
            let listing = String::from_utf8_lossy(&listing).into_owned();
            let is_outside = |line: &str| line.ends_with("inner") || line.ends_with("hollow");
            assert!(!listing.lines().any(is_outside), "listed from outside: {listing}");
        }
    }

    /// What comes by a data connection; nothing where the command is refused.
    fn fetch(&mut self, operation: &'static str, line: &str) -> Option<Vec<u8>> {
        let socket = self.client.data();
        let content = self.client.ask(line).starts_with("150").then(|| {
            let content = Stream::Plain(socket).read_all();
            self.client.reply().starts_with("226").then_some(content)
        });
        let content = content.flatten();
        self.tally.add(operation, content.is_some());
        content
    }
}

/// The checksum of what lies outside.
const OUTSIDE_SHA256: &str = "31207a2065f46a5b948fce6fe5c13e85abaf5631e2f894b47dcd4fce14f6c57b";

//! rsync's own daemon, which does not encrypt.

use crate::failure::{During as _, Failure};
use crate::process::{Background, free_address};
use crate::sys;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

/// A running rsync daemon.
#[derive(Debug)]
pub(crate) struct Rsync {
    /// Killed when dropped.
    _process: Background,
    address: SocketAddr,
}

impl Rsync {
    /// Serves `share`; its settings go to `room`.
    pub(crate) fn start(share: &Path, room: &Path) -> Result<Self, Failure> {
        let address = free_address()?;
        let settings = room.join("rsyncd.conf");
        let owner = if sys::is_root() { "uid = root\ngid = root\n" } else { "" };
        let (share, log) = (share.display(), room.join("rsyncd.log"));
        let text = format!(
            "use chroot = no\nlog file = {}\n{owner}[share]\npath = {share}\nread only = no\n",
            log.display()
        );
        fs::write(&settings, text).during(settings.display())?;
        let mut command = Command::new("rsync");
        command.args(["--daemon", "--no-detach", "--address=127.0.0.1"]);
        command.arg(format!("--port={}", address.port()));
        command.arg(format!("--config={}", settings.display()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = Background::start(&mut command)?;
        process.wait_until_open(address)?;
        Ok(Self { _process: process, address })
    }

    /// The URL of a path in the share.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("rsync://{}/share/{path}", self.address)
    }
}

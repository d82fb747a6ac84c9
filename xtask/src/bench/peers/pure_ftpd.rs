//! pure-ftpd without TLS, with one virtual user. It takes no other user than root or an ordinary
//! one that it can become, so the share is given to an ordinary one.

use crate::failure::{During as _, Failure};
use crate::process::{Background, free_address, run};
use crate::sys;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A running pure-ftpd.
#[derive(Debug)]
pub(crate) struct PureFtpd {
    process: Background,
    address: SocketAddr,
}

impl PureFtpd {
    /// Serves `share`; its files go to `room`.
    pub(crate) fn start(share: &Path, room: &Path) -> Result<Self, Failure> {
        Self::start_with(share, room, &[])
    }

    /// The same with further arguments.
    pub(crate) fn start_with(share: &Path, room: &Path, more: &[&OsStr]) -> Result<Self, Failure> {
        if sys::is_root() {
            std::os::unix::fs::chown(share, Some(OWNER), Some(OWNER)).during(share.display())?;
        }
        let address = free_address()?;
        let (text, base) = (room.join("users"), room.join("users.pdb"));
        let line = format!("{USER}:{HASH}:{OWNER}:{OWNER}::{}/./::::::::::::\n", share.display());
        std::fs::write(&text, line).during(text.display())?;
        let mut make = Command::new("pure-pw");
        make.arg("mkdb").arg(&base).arg("-f").arg(&text);
        run(&mut make, Duration::from_secs(10))?.succeeded("pure-pw")?;
        let mut command = Command::new("pure-ftpd");
        command.arg("--login").arg(format!("puredb:{}", base.display()));
        command.arg("--bind").arg(format!("127.0.0.1,{}", address.port()));
        // The daemon's own bounds would cut long listings and many connections.
        command.args(["--limitrecursion", "200000:8", "--maxclientsnumber", "512"]);
        command.args(["--maxclientsperip", "512", "--minuid", "1", "--dontresolve"]);
        command.arg("--pidfile").arg(room.join("pid")).args(more);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = Background::start(&mut command)?;
        process.wait_until_open(address)?;
        Ok(Self { process, address })
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("ftp://{}/{path}", self.address)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// User and password.
    pub(crate) fn user() -> (&'static str, &'static str) {
        (USER, PASSWORD)
    }

    /// User and password as curl takes them.
    pub(crate) fn login() -> String {
        format!("{USER}:{PASSWORD}")
    }

    /// lftp's command that opens the server, without retries.
    pub(crate) fn lftp_open(&self) -> String {
        let quiet = "set net:max-retries 2; set cmd:fail-exit yes; set ftp:sync-mode no";
        format!("{quiet}; open -u {USER},{PASSWORD} ftp://{}", self.address)
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// User and system time so far, sessions included.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        self.process.cpu()
    }
}

const USER: &str = "bench";
const PASSWORD: &str = "bench-password";
/// The password as crypt writes it. The hash that pure-pw itself would choose takes a second of
/// every login, and a login is not what is measured.
const HASH: &str = "$1$ferry$XMiEkxa1Cl/uS6UFfImH71";
const OWNER: u32 = 65534;

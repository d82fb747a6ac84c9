//! pure-ftpd without TLS, with one virtual user. It takes no other user than root or an ordinary
//! one that it can become, so the share is given to an ordinary one.

use crate::failure::{During as _, Failure};
use crate::process::{Background, free_address, run};
use std::io::Write as _;
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
        let address = free_address()?;
        let (text, base) = (room.join("users"), room.join("users.pdb"));
        let mut add = Command::new("pure-pw");
        add.args(["useradd", USER, "-u", OWNER, "-g", OWNER, "-d"])
            .arg(share);
        add.arg("-f").arg(&text).arg("-F").arg(&base).arg("-m");
        let mut password = tempfile::tempfile().during("temporary file")?;
        password
            .write_all(format!("{PASSWORD}\n{PASSWORD}\n").as_bytes())
            .during("password")?;
        std::io::Seek::rewind(&mut password).during("password")?;
        run(add.stdin(password), Duration::from_secs(10))?.succeeded("pure-pw")?;
        let mut command = Command::new("pure-ftpd");
        command
            .arg("--login")
            .arg(format!("puredb:{}", base.display()));
        command
            .arg("--bind")
            .arg(format!("127.0.0.1,{}", address.port()));
        // The daemon's own bounds would cut long listings and many connections.
        command.args(["--limitrecursion", "200000:8", "--maxclientsnumber", "64"]);
        command.args(["--maxclientsperip", "64", "--minuid", "1", "--dontresolve"]);
        command.arg("--pidfile").arg(room.join("pid"));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut process = Background::start(&mut command)?;
        process.wait_until_open(address)?;
        Ok(Self { process, address })
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("ftp://{}/{path}", self.address)
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

    /// User and system time so far, sessions included.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        self.process.cpu()
    }
}

const USER: &str = "bench";
const PASSWORD: &str = "bench-password";
const OWNER: &str = "65534";

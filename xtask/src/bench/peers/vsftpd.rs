//! vsftpd without TLS, for everyone. It may be unpacked and not installed, since Debian's package
//! conflicts with that of pure-ftpd.

use crate::failure::{During as _, Failure};
use crate::process::{Background, free_address};
use crate::sys;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A running vsftpd.
#[derive(Debug)]
pub(crate) struct Vsftpd {
    _process: Background,
    address: SocketAddr,
    log: PathBuf,
}

impl Vsftpd {
    /// Serves `share` for reading; its files go to `room`.
    pub(crate) fn start(share: &Path, room: &Path) -> Result<Self, Failure> {
        let address = free_address()?;
        let (empty, log) = (room.join("empty"), room.join("vsftpd.log"));
        fs::create_dir_all(&empty).during(empty.display())?;
        let as_launcher = if sys::is_root() { "NO" } else { "YES" };
        // vsftpd begins in its user's home: daemon has one, nobody has none.
        let text = format!(
            "listen=YES\nlisten_address=127.0.0.1\nlisten_port={}\nbackground=NO\n\
             anonymous_enable=YES\nno_anon_password=YES\nlocal_enable=NO\nftp_username=daemon\n\
             anon_root={}\nrun_as_launching_user={as_launcher}\nsecure_chroot_dir={}\n\
             seccomp_sandbox=NO\nxferlog_enable=YES\nlog_ftp_protocol=YES\nvsftpd_log_file={}\n",
            address.port(),
            share.display(),
            empty.display(),
            log.display()
        );
        let config = room.join("vsftpd.conf");
        fs::write(&config, text).during(config.display())?;
        let program = std::env::var_os("FERRY_VSFTPD").unwrap_or_else(|| "vsftpd".into());
        let mut command = Command::new(program);
        command.arg(&config);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = Background::start(&mut command)?;
        process.wait_until_open(address)?;
        Ok(Self { _process: process, address, log })
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("ftp://anonymous:bench@{}/{path}", self.address)
    }

    /// Where it says what it is asked for.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }
}

//! FTP servers, Ferry's among them, each with an anonymous or a virtual user who may write, and
//! with TLS for those who ask. vsftpd and ProFTPD conflict with pure-ftpd as packages, so they are
//! unpacked in the folder that `FERRY_PEERS` names.

use super::pure_ftpd::PureFtpd;
use crate::cpu_account::CpuAccount;
use crate::failure::{During as _, Failure};
use crate::ferry::{Server, Status, VERB_MAX, server_verb};
use crate::process::{self, Background, free_address};
use crate::tls::Certificate;
use crate::workspace::Programs;
use std::ffi::OsStr;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A running FTP server.
pub(crate) struct FtpServer {
    /// What it is called.
    pub(crate) name: &'static str,
    /// User and password.
    pub(crate) login: (&'static str, &'static str),
    /// The same of an account with a password, where that is another.
    pub(crate) with_password: Option<(&'static str, &'static str)>,
    address: SocketAddr,
    /// Before the process, whose leftovers it ends.
    cpu: CpuAccount,
    _process: Process,
}

/// Killed when dropped.
#[expect(dead_code, reason = "held for as long as it is to serve")]
enum Process {
    Ferry(Server),
    PureFtpd(PureFtpd),
    Other(Background),
}

impl FtpServer {
    /// Ferry's door.
    pub(crate) fn ferry(programs: &Programs, share: &Path, room: &Path) -> Result<Self, Failure> {
        let (name, password) = ACCOUNT;
        let password_file = room.join("password");
        fs::write(&password_file, password).during("password")?;
        let mut add = server_verb(programs, &room.join("server-state"), "user");
        add.args(["add", name, "--rights", "write", "--password-file"]).arg(&password_file);
        process::run(&mut add, VERB_MAX)?.succeeded("user add")?;
        // 300 logins come from one address.
        let config = room.join("config.toml");
        fs::write(&config, "[limits]\nconnections_per_address = 1000\n").during("configuration")?;
        let arguments = ["--ftp", "127.0.0.1:0", "--config"].map(OsStr::new);
        let arguments: Vec<_> = arguments.into_iter().chain([config.as_os_str()]).collect();
        let server = Server::serve_with(programs, share, room, &arguments)?;
        let status = Status::ask(programs, server.state())?;
        let address = status.json["ftp"][0].as_str().during("status without an FTP address")?;
        let address = address.parse().during("address in status")?;
        let cpu = CpuAccount::of(server.pid());
        let process = Process::Ferry(server);
        let with_password = Some(ACCOUNT);
        let login = ANONYMOUS;
        Ok(Self { name: "ferry", login, with_password, address, cpu, _process: process })
    }

    /// pure-ftpd with a virtual user.
    pub(crate) fn pure_ftpd(share: &Path, room: &Path) -> Result<Self, Failure> {
        let both = write_certificate(room)?.join("both.pem");
        let more = ["--tls", "1", "--certfile"].map(OsStr::new);
        let more: Vec<&OsStr> = more.into_iter().chain([both.as_os_str()]).collect();
        let server = PureFtpd::start_with(share, room, &more)?;
        let (address, login) = (server.address(), PureFtpd::user());
        let cpu = CpuAccount::of(server.pid());
        let process = Process::PureFtpd(server);
        let (name, with_password) = ("pure-ftpd", None);
        Ok(Self { name, login, with_password, address, cpu, _process: process })
    }

    /// vsftpd for the anonymous.
    pub(crate) fn vsftpd(share: &Path, room: &Path) -> Result<Self, Failure> {
        let address = free_address()?;
        let (room, port) = (write_certificate(room)?, address.port());
        fs::create_dir(room.join("empty")).during("empty folder")?;
        let (shown, share) = (room.display(), share.display());
        let settings = format!(
            "listen=YES\nlisten_address=127.0.0.1\nlisten_port={port}\nbackground=NO\n\
             anonymous_enable=YES\nlocal_enable=NO\nno_anon_password=YES\nwrite_enable=YES\n\
             anon_upload_enable=YES\nanon_mkdir_write_enable=YES\nanon_other_write_enable=YES\n\
             anon_umask=022\nanon_root={share}\nftp_username=daemon\nnopriv_user=nobody\n\
             secure_chroot_dir={shown}/empty\nseccomp_sandbox=NO\nisolate_network=NO\n\
             max_per_ip=0\nmax_clients=0\nxferlog_enable=NO\nssl_enable=YES\nallow_anon_ssl=YES\n\
             require_ssl_reuse=NO\nssl_ciphers=HIGH\nrsa_cert_file={shown}/certificate.pem\n\
             rsa_private_key_file={shown}/key.pem\n"
        );
        let file = room.join("vsftpd.conf");
        fs::write(&file, settings).during(file.display())?;
        let mut command = Command::new(unpacked()?.join("usr/sbin/vsftpd"));
        Self::start("vsftpd", address, command.arg(file))
    }

    /// ProFTPD for the anonymous.
    pub(crate) fn proftpd(share: &Path, room: &Path) -> Result<Self, Failure> {
        let address = free_address()?;
        let (room, port, peers) = (write_certificate(room)?, address.port(), unpacked()?);
        let (shown, share, modules) =
            (room.display(), share.display(), peers.join("usr/lib/proftpd"));
        let modules = modules.display();
        let settings = format!(
            "ServerName bench\nServerType standalone\nAuthPAM off\nAuthOrder mod_auth_unix.c\n\
             UseFtpUsers off\nDefaultAddress 127.0.0.1\nSocketBindTight on\nPort {port}\n\
             UseIPv6 off\nUser nobody\nGroup nogroup\nModulePath {modules}\nLoadModule mod_tls.c\n\
             PidFile {shown}/pid\nScoreboardFile {shown}/scores\nDelayEngine off\nSystemLog none\n\
             TransferLog none\nWtmpLog off\nMaxInstances none\nUseReverseDNS off\n\
             AllowStoreRestart on\nTLSEngine on\nTLSECCertificateFile {shown}/certificate.pem\n\
             TLSECCertificateKeyFile {shown}/key.pem\nTLSRequired off\n\
             TLSOptions NoSessionReuseRequired\nTLSLog none\n<Anonymous {share}>\nUser nobody\n\
             Group nogroup\nUserAlias anonymous nobody\nRequireValidShell off\nMaxClients none\n\
             AllowOverwrite on\n</Anonymous>\n"
        );
        let file = room.join("proftpd.conf");
        fs::write(&file, settings).during(file.display())?;
        let mut command = Command::new(peers.join("usr/sbin/proftpd"));
        command.env("LD_LIBRARY_PATH", peers.join("usr/lib/x86_64-linux-gnu"));
        Self::start("proftpd", address, command.args(["-n", "-q", "-c"]).arg(file))
    }

    fn start(
        name: &'static str,
        address: SocketAddr,
        command: &mut Command,
    ) -> Result<Self, Failure> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = Background::start(command)?;
        process.wait_until_open(address)?;
        let cpu = CpuAccount::of(process.pid());
        let (login, with_password, process) = (ANONYMOUS, None, Process::Other(process));
        Ok(Self { name, login, with_password, address, cpu, _process: process })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("ftp://{}/{path}", self.address)
    }

    /// Its processor time, with that of its sessions.
    pub(crate) fn cpu(&self) -> &CpuAccount {
        &self.cpu
    }
}

const ANONYMOUS: (&str, &str) = ("anonymous", "x");
const ACCOUNT: (&str, &str) = ("bench", "bench-password");

fn unpacked() -> Result<PathBuf, Failure> {
    std::env::var_os("FERRY_PEERS").map(PathBuf::from).during(
        "FERRY_PEERS names no folder: unpack vsftpd, proftpd-core and proftpd-mod-crypto into one",
    )
}

fn write_certificate(room: &Path) -> Result<PathBuf, Failure> {
    let certificate = Certificate::make()?;
    let both = format!("{}{}", certificate.key, certificate.certificate);
    for (name, text) in [
        ("certificate.pem", &certificate.certificate),
        ("key.pem", &certificate.key),
        ("both.pem", &both),
    ] {
        fs::write(room.join(name), text).during(name)?;
    }
    Ok(room.to_owned())
}

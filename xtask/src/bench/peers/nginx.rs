//! nginx with https, and PUT by its module `dav`.

use crate::failure::{During as _, Failure};
use crate::process::{Background, free_address};
use crate::tls::Certificate;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A running nginx.
#[derive(Debug)]
pub(crate) struct Nginx {
    process: Background,
    address: SocketAddr,
}

impl Nginx {
    /// Serves `share`; its own files go to `room`.
    pub(crate) fn start(share: &Path, room: &Path) -> Result<Self, Failure> {
        let address = free_address()?;
        let certificate = Certificate::make()?;
        let write = |name: &str, text: &str| fs::write(room.join(name), text).during(name);
        write("certificate.pem", &certificate.certificate)?;
        write("key.pem", &certificate.key)?;
        write("nginx.conf", &settings(share, room, address))?;
        let mut command = Command::new("nginx");
        command.arg("-e").arg(room.join("error.log")).arg("-c").arg(room.join("nginx.conf"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = Background::start(&mut command)?;
        process.wait_until_open(address)?;
        Ok(Self { process, address })
    }

    /// The URL of a file.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://{}/{path}", self.address)
    }

    /// User and system time so far.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        self.process.cpu()
    }
}

/// nginx's defaults, but for TLS 1.3 and temporary files beside the share, so that a PUT is
/// renamed and not copied. One process, so that killing it leaves nothing.
fn settings(share: &Path, room: &Path, address: SocketAddr) -> String {
    let (share, room) = (share.display(), room.display());
    format!(
        "daemon off;\nmaster_process off;\npid {room}/nginx.pid;\nevents {{}}\nhttp {{\n\
         access_log off;\nsendfile on;\ndefault_type application/octet-stream;\n\
         client_body_temp_path {room}/body;\nproxy_temp_path {room}/proxy;\n\
         fastcgi_temp_path {room}/fastcgi;\nuwsgi_temp_path {room}/uwsgi;\n\
         scgi_temp_path {room}/scgi;\nserver {{\nlisten {address} ssl;\nroot {share};\n\
         ssl_certificate {room}/certificate.pem;\nssl_certificate_key {room}/key.pem;\n\
         ssl_protocols TLSv1.3;\nclient_max_body_size 0;\ndav_methods PUT;\n}}\n}}\n"
    )
}

//! A blocking, encrypted stream with deadlines.
//!
//! rustls reads its socket in steps of 4 KiB, so a buffer of [`INPUT_LEN`] stands in front of
//! it. It makes a record of whatever is written at once, so small messages gather until they fill
//! one; and records leave in pieces of about [`OUTPUT_LEN`].

use super::{TlsError, vouched};
use crate::cancel::Registered;
use crate::trust::Fingerprint;
use crate::{Cancel, ConnectOptions, Error, Stage, sys};
use ferry_protocol::limits::ALPN;
use ferry_protocol::{DEVICE_EXPORTER_LABEL, DEVICE_EXPORTER_LEN};
use rustls::{AlertDescription, ClientConnection};
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const INPUT_LEN: usize = 256 * 1024;
const OUTPUT_LEN: usize = 256 * 1024;

/// Bytes of plaintext in the longest record (RFC 8446, section 5.1).
const RECORD_LEN: usize = 16 * 1024;

pub(crate) struct Transport {
    socket: TcpStream,
    tls: ClientConnection,
    input: Box<[u8]>,
    unread: std::ops::Range<usize>,
    /// Less than a record of what is to be encrypted.
    gathered: Vec<u8>,
    unflushed: usize,
    deadline: Duration,
    server: String,
    cancel: Cancel,
    _registered: Registered,
}

impl Transport {
    pub(crate) fn new(
        socket: TcpStream,
        mut tls: ClientConnection,
        server: &str,
        cancel: &Cancel,
    ) -> Result<Self, Error> {
        tls.set_buffer_limit(None);
        let lost = |source| Error::ConnectionLost { server: server.to_owned(), source };
        let registered = cancel.register(socket.try_clone().map_err(lost)?)?;
        Ok(Self {
            socket,
            tls,
            input: vec![0; INPUT_LEN].into_boxed_slice(),
            unread: 0..0,
            gathered: Vec::with_capacity(RECORD_LEN),
            unflushed: 0,
            deadline: Duration::ZERO,
            server: server.to_owned(),
            cancel: cancel.clone(),
            _registered: registered,
        })
    }

    /// `HOST:PORT` of the other end.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Longest silence that is borne from now on.
    pub(crate) fn set_deadlines(&mut self, deadline: Duration) {
        if self.deadline != deadline {
            self.deadline = deadline;
            // Only a zero duration is refused, and there is none.
            drop(self.socket.set_read_timeout(Some(deadline)));
            drop(self.socket.set_write_timeout(Some(deadline)));
        }
    }

    pub(crate) fn shake_hands(&mut self, within: Duration) -> Result<(), Error> {
        let until = Instant::now() + within;
        let mut began: Vec<u8> = Vec::new();
        while self.tls.is_handshaking() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.failed(io::ErrorKind::TimedOut.into(), Stage::Handshake));
            }
            self.set_deadlines(left);
            self.flush_at(Stage::Handshake)?;
            self.fill(Stage::Handshake).map_err(|err| no_ferry_if_closed(err, &self.server))?;
            if began.is_empty() {
                began.extend(self.input.iter().take(self.unread.end.min(8)));
            }
            self.decrypt().map_err(|err| self.handshake_error(err, &began))?;
        }
        self.flush_at(Stage::Handshake)?;
        if self.tls.alpn_protocol() != Some(ALPN) {
            return Err(self.no_ferry("it speaks TLS, but not Ferry"));
        }
        Ok(())
    }

    /// Fingerprint of the key that the peer has proved to hold.
    pub(crate) fn peer_fingerprint(&self) -> Result<Fingerprint, Error> {
        let certificate = self
            .tls
            .peer_certificates()
            .and_then(|chain| chain.first())
            .ok_or_else(|| self.no_ferry("it showed no certificate"))?;
        let end_entity = webpki::EndEntityCert::try_from(certificate)
            .map_err(|_bad| self.no_ferry("its certificate cannot be read"))?;
        let spki = end_entity.subject_public_key_info();
        Ok(Fingerprint::of_public_key(spki.as_ref()))
    }

    /// Whether one of the authorities vouches for the peer's key under the name that was asked for.
    pub(crate) fn is_vouched_for(&self, options: &ConnectOptions) -> bool {
        let Some((end_entity, intermediates)) =
            self.tls.peer_certificates().and_then(<[_]>::split_first)
        else {
            return false;
        };
        vouched::is_vouched_for(end_entity, intermediates, options)
    }

    /// The exporter's value of this connection, which binds a device's signature to it.
    pub(crate) fn exporter(&self) -> Result<[u8; DEVICE_EXPORTER_LEN], Error> {
        let value = [0; DEVICE_EXPORTER_LEN];
        let exported = self.tls.export_keying_material(value, DEVICE_EXPORTER_LABEL, None);
        exported.map_err(|err| self.tls_error(err))
    }

    /// Reads at least one byte.
    pub(crate) fn read(&mut self, into: &mut [u8], stage: Stage) -> Result<usize, Error> {
        loop {
            match self.tls.reader().read(into) {
                Ok(0) => return Err(self.failed(io::ErrorKind::UnexpectedEof.into(), stage)),
                Ok(count) => return Ok(count),
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => {}
                Err(err) => return Err(self.failed(err, stage)),
            }
            if self.unread.is_empty() {
                self.flush_at(stage)?;
                self.fill(stage)?;
            }
            self.decrypt().map_err(|err| self.tls_error(err))?;
        }
    }

    pub(crate) fn read_exact(&mut self, mut into: &mut [u8], stage: Stage) -> Result<(), Error> {
        while !into.is_empty() {
            let count = self.read(into, stage)?;
            into = into.get_mut(count..).unwrap_or_default();
        }
        Ok(())
    }

    /// Whether something can be read without waiting. It may turn out to be half a message.
    pub(crate) fn look(&mut self) -> Result<bool, Error> {
        loop {
            let state = self.tls.process_new_packets().map_err(|err| self.tls_error(err))?;
            if state.plaintext_bytes_to_read() > 0 || state.peer_has_closed() {
                return Ok(true);
            }
            if self.unread.is_empty() {
                match sys::receive_at_once(&self.socket, &mut self.input) {
                    Ok(0) => return Ok(true),
                    Ok(count) => self.unread = 0..count,
                    Err(err) if err.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                    Err(err) => return Err(self.failed(err, Stage::Transfer)),
                }
            }
            self.decrypt().map_err(|err| self.tls_error(err))?;
        }
    }

    /// Encrypts; what has collected is sent once it is worth a system call.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let room = RECORD_LEN.saturating_sub(self.gathered.len());
        let (first, rest) = bytes.split_at(room.min(bytes.len()));
        self.gathered.extend_from_slice(first);
        self.unflushed += bytes.len();
        if first.len() == room {
            self.encrypt_gathered(Stage::Transfer)?;
            let (records, tail) = rest.split_at(rest.len() - rest.len() % RECORD_LEN);
            self.encrypt(records, Stage::Transfer)?;
            self.gathered.extend_from_slice(tail);
        }
        if self.unflushed >= OUTPUT_LEN {
            self.flush()?;
        }
        Ok(())
    }

    fn encrypt_gathered(&mut self, stage: Stage) -> Result<(), Error> {
        let mut gathered = std::mem::take(&mut self.gathered);
        let encrypted = self.encrypt(&gathered, stage);
        // There may be a password in it.
        gathered.fill(0);
        gathered.clear();
        self.gathered = gathered;
        encrypted
    }

    fn encrypt(&mut self, bytes: &[u8], stage: Stage) -> Result<(), Error> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.tls.writer().write_all(bytes).map_err(|err| self.failed(err, stage))
    }

    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.flush_at(Stage::Transfer)
    }

    /// Says goodbye to the peer's TLS; failures do not matter any more.
    pub(crate) fn close(&mut self) {
        drop(self.flush());
        self.tls.send_close_notify();
        drop(self.flush());
    }

    fn flush_at(&mut self, stage: Stage) -> Result<(), Error> {
        self.encrypt_gathered(stage)?;
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut self.socket) {
                Ok(0) => return Err(self.failed(io::ErrorKind::WriteZero.into(), stage)),
                Ok(_) => {}
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) => return Err(self.failed(err, stage)),
            }
        }
        self.unflushed = 0;
        Ok(())
    }

    fn fill(&mut self, stage: Stage) -> Result<(), Error> {
        loop {
            match self.socket.read(&mut self.input) {
                Ok(0) => return Err(self.failed(io::ErrorKind::UnexpectedEof.into(), stage)),
                Ok(count) => {
                    self.unread = 0..count;
                    return Ok(());
                }
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) => return Err(self.failed(err, stage)),
            }
        }
    }

    /// Hands ciphertext to rustls until there is plaintext or no ciphertext left.
    fn decrypt(&mut self) -> Result<(), rustls::Error> {
        while !self.unread.is_empty() {
            let mut unread = self.input.get(self.unread.clone()).unwrap_or_default();
            let count = self.tls.read_tls(&mut unread).unwrap_or(0);
            self.unread.start += count;
            let state = self.tls.process_new_packets()?;
            if state.plaintext_bytes_to_read() > 0 || state.peer_has_closed() {
                return Ok(());
            }
            if count == 0 {
                return Err(rustls::Error::General("message too long".to_owned()));
            }
        }
        Ok(())
    }

    fn failed(&self, source: io::Error, stage: Stage) -> Error {
        if self.cancel.is_cancelled() {
            return Error::Cancelled;
        }
        let server = self.server.clone();
        match source.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                Error::TimedOut { server, stage, after: self.deadline }
            }
            _ => Error::ConnectionLost { server, source },
        }
    }

    fn tls_error(&self, source: rustls::Error) -> Error {
        if self.cancel.is_cancelled() {
            return Error::Cancelled;
        }
        Error::Tls { server: self.server.clone(), source: TlsError(source) }
    }

    fn handshake_error(&self, err: rustls::Error, began: &[u8]) -> Error {
        match err {
            rustls::Error::AlertReceived(
                AlertDescription::NoApplicationProtocol | AlertDescription::ProtocolVersion,
            ) => self.no_ferry("it speaks TLS, but not Ferry"),
            rustls::Error::InvalidMessage(_) if began.starts_with(b"HTTP/") => {
                self.no_ferry("it answers like a web server")
            }
            rustls::Error::InvalidMessage(_) if began.starts_with(b"SSH-") => {
                self.no_ferry("it answers like an SSH server")
            }
            rustls::Error::InvalidMessage(_) if began.starts_with(b"220") => {
                self.no_ferry("it answers like an FTP or mail server")
            }
            rustls::Error::InvalidMessage(_) => self.no_ferry("it does not speak TLS"),
            other => self.tls_error(other),
        }
    }

    fn no_ferry(&self, what: &'static str) -> Error {
        Error::NotFerry { server: self.server.clone(), what }
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        // There may be a password in it.
        self.gathered.fill(0);
    }
}

fn no_ferry_if_closed(err: Error, server: &str) -> Error {
    match err {
        Error::ConnectionLost { .. } => Error::NotFerry {
            server: server.to_owned(),
            what: "it closed the connection at once (or it has too much to do)",
        },
        other => other,
    }
}

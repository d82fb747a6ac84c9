//! TLS by rustls, the one place of the server that names it.
//!
//! Bytes of a connection can lie where the poller does not see them: in rustls, and in the
//! worker's [`CipherBuffer`]. [`TlsStream::read`] therefore says "blocked" only when both are
//! empty, and what is left in the worker's buffer at a turn's end is kept by
//! [`TlsStream::stow`].

mod tickets;

use crate::identity::Identity;
use crate::metrics::Metrics;
use ferry_protocol::limits::ALPN;
use ferry_protocol::{DEVICE_EXPORTER_LABEL, DEVICE_EXPORTER_LEN};
use parking_lot::RwLock;
use rustls::server::{ClientHello, NoServerSessionStorage, ProducesTickets, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{HandshakeKind, ServerConfig, ServerConnection};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use tickets::BoundTickets;

/// A worker's buffer between socket and rustls. rustls reads a socket in steps of 4 KiB; through
/// this buffer a bulk upload costs a sixth less.
#[derive(Debug)]
pub(crate) struct CipherBuffer {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
    fill_max: usize,
}

impl CipherBuffer {
    /// A buffer of 256 KiB.
    pub(crate) fn new() -> Self {
        Self { bytes: vec![0; BUFFER_LEN].into(), start: 0, end: 0, fill_max: BUFFER_LEN }
    }

    /// From now to the turn's end only what is here already is used.
    pub(crate) fn stop_filling(&mut self) {
        self.fill_max = 0;
    }

    /// Whether [`CipherBuffer::stop_filling`] was called in this turn.
    pub(super) fn is_stopped(&self) -> bool {
        self.fill_max == 0
    }

    /// Begins a turn with nothing left from the last one.
    pub(super) fn begin_turn(&mut self) {
        self.load(&[]);
    }

    /// From now to the turn's end no more than a record is taken from the socket at a time, so
    /// that a stranger can make the server hold no more.
    pub(crate) fn fill_sparingly(&mut self) {
        self.fill_max = self.fill_max.min(SPARING_LEN);
    }

    /// From now to the turn's end no more is taken from the socket at a time than some small
    /// requests need: what they leave is copied at the turn's end, and again at the next one's
    /// beginning.
    pub(crate) fn fill_moderately(&mut self) {
        self.fill_max = self.fill_max.min(MODERATE_LEN);
    }

    /// All of the buffer, for whoever needs none of what is in it.
    pub(super) fn room(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn unread(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    fn load(&mut self, bytes: &[u8]) {
        self.start = 0;
        self.end = bytes.len().min(self.bytes.len());
        self.fill_max = self.bytes.len();
        let end = self.end;
        if let (Some(to), Some(from)) = (self.bytes.get_mut(..end), bytes.get(..end)) {
            to.copy_from_slice(from);
        }
    }

    fn fill(&mut self, socket: &TcpStream) -> io::Result<Flow> {
        if self.fill_max == 0 {
            return Ok(Flow::Blocked);
        }
        self.start = 0;
        self.end = 0;
        let room = self.bytes.get_mut(..self.fill_max).unwrap_or_default();
        let flow = read_socket(socket, room)?;
        if let Flow::Count(count) = flow {
            self.end = count;
        }
        Ok(flow)
    }
}

impl Default for CipherBuffer {
    fn default() -> Self {
        Self::new()
    }
}

/// What came of an attempt to move bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// That many bytes, at least one.
    Count(usize),
    /// None now.
    Blocked,
    /// None any more.
    Ended,
}

/// One TLS connection at the server's end.
#[derive(Debug)]
pub(crate) struct TlsStream {
    socket: Arc<TcpStream>,
    tls: Box<ServerConnection>,
    tickets: Option<Arc<BoundTickets>>,
    required_alpn: Option<&'static [u8]>,
    stowed: Vec<u8>,
    /// Bytes of plaintext that were written, less what went out since: about what waits.
    unsent: usize,
    metrics: Arc<Metrics>,
}

impl TlsStream {
    /// Wraps a socket, which must be non-blocking.
    pub(crate) fn new(
        socket: impl Into<Arc<TcpStream>>,
        config: &TlsConfig,
        metrics: &Arc<Metrics>,
    ) -> io::Result<Self> {
        let mut tls =
            ServerConnection::new(Arc::clone(&config.rustls)).map_err(io::Error::other)?;
        // Writers look at `has_unsent` instead: a limit would cut messages at odd places.
        tls.set_buffer_limit(None);
        let metrics = Arc::clone(metrics);
        Ok(Self {
            socket: socket.into(),
            tls: Box::new(tls),
            tickets: config.tickets.clone(),
            required_alpn: config.required_alpn,
            stowed: Vec::new(),
            unsent: 0,
            metrics,
        })
    }

    /// The socket.
    pub(crate) fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// The socket, to be looked at.
    pub(super) fn shared_socket(&self) -> &Arc<TcpStream> {
        &self.socket
    }

    /// Whether the handshake still runs.
    pub(crate) fn is_handshaking(&self) -> bool {
        self.tls.is_handshaking()
    }

    /// Takes the handshake further. `Count` means that it is done.
    pub(crate) fn handshake(&mut self, cipher: &mut CipherBuffer) -> io::Result<Flow> {
        while self.tls.is_handshaking() {
            if !self.flush()? {
                return Ok(Flow::Blocked);
            }
            if self.tls.is_handshaking() {
                match self.take_ciphertext(cipher)? {
                    Flow::Count(_) => {}
                    stopped => return Ok(stopped),
                }
            }
        }
        if self.required_alpn.is_some() && self.tls.alpn_protocol() != self.required_alpn {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the peer did not ask for ferry/1",
            ));
        }
        Ok(Flow::Count(1))
    }

    /// The session that the peer resumed, as its ticket proves; `None` after a full handshake.
    pub(crate) fn resumed(&self) -> Option<u64> {
        let is_resumed = self.tls.handshake_kind() == Some(HandshakeKind::Resumed);
        self.tickets.as_ref().filter(|_| is_resumed)?.shown()
    }

    /// Whether the peer said that it will send nothing more, so that an end is no cut.
    pub(crate) fn has_said_goodbye(&mut self) -> bool {
        self.tls.process_new_packets().is_ok_and(|state| state.peer_has_closed())
    }

    /// The exporter's value of this connection, by which a device's signature is bound to it.
    pub(crate) fn exporter(&self) -> io::Result<[u8; DEVICE_EXPORTER_LEN]> {
        let value = [0; DEVICE_EXPORTER_LEN];
        let exported = self.tls.export_keying_material(value, DEVICE_EXPORTER_LABEL, None);
        exported.map_err(io::Error::other)
    }

    /// Reads plaintext into `out`.
    pub(crate) fn read(&mut self, out: &mut [u8], cipher: &mut CipherBuffer) -> io::Result<Flow> {
        loop {
            match self.tls.reader().read(out) {
                Ok(0) => return Ok(Flow::Ended),
                Ok(count) => return Ok(Flow::Count(count)),
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => {}
                Err(err) => return Err(err),
            }
            match self.take_ciphertext(cipher)? {
                Flow::Count(_) => {}
                stopped => return Ok(stopped),
            }
        }
    }

    /// Encrypts `plain`, to be sent by [`TlsStream::flush`].
    pub(crate) fn write(&mut self, plain: &[u8]) -> io::Result<()> {
        self.unsent += plain.len();
        self.tls.writer().write_all(plain)
    }

    /// Sends what was encrypted. Returns whether all of it is out.
    pub(crate) fn flush(&mut self) -> io::Result<bool> {
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut &*self.socket) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.unsent = self.unsent.saturating_sub(count);
                    self.metrics.bytes_out.add(count as u64);
                }
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) => return Err(err),
            }
        }
        self.unsent = 0;
        Ok(true)
    }

    /// About how many bytes wait to be sent.
    pub(crate) fn unsent_len(&self) -> usize {
        self.unsent
    }

    /// Whether bytes wait to be sent.
    pub(crate) fn has_unsent(&self) -> bool {
        self.tls.wants_write()
    }

    /// Says that nothing more will be sent, as far as that goes without waiting.
    pub(crate) fn send_close(&mut self) -> io::Result<bool> {
        self.tls.send_close_notify();
        self.flush()
    }

    /// Begins a turn: what the last one left unread comes first.
    pub(crate) fn unstow(&mut self, cipher: &mut CipherBuffer) {
        cipher.load(&self.stowed);
        self.stowed = Vec::new();
    }

    /// Ends a turn: keeps what the worker's buffer still holds.
    pub(crate) fn stow(&mut self, cipher: &CipherBuffer) {
        self.stowed = cipher.unread().to_vec();
    }

    /// Whether bytes wait here that the poller cannot see.
    pub(crate) fn has_hidden_input(&mut self) -> bool {
        !self.stowed.is_empty()
            || self.tls.process_new_packets().is_ok_and(|state| state.plaintext_bytes_to_read() > 0)
    }

    /// Reads and forgets what the peer still sends, so that closing does not destroy our last
    /// words by a reset.
    pub(crate) fn discard_input(&self, cipher: &mut CipherBuffer) -> io::Result<Flow> {
        read_socket(&self.socket, cipher.room())
    }

    fn take_ciphertext(&mut self, cipher: &mut CipherBuffer) -> io::Result<Flow> {
        if cipher.unread().is_empty() {
            match cipher.fill(&self.socket)? {
                Flow::Count(count) => self.metrics.bytes_in.add(count as u64),
                stopped => return Ok(stopped),
            }
        }
        let mut unread = cipher.unread();
        let count = self.tls.read_tls(&mut unread)?;
        cipher.start += count;
        if let Err(err) = self.tls.process_new_packets() {
            // The alert says to the peer what was wrong; whether it arrives does not matter.
            self.flush().ok();
            return Err(io::Error::new(io::ErrorKind::InvalidData, err));
        }
        Ok(Flow::Count(count))
    }
}

/// How the server presents itself: made once, shared by all connections.
#[derive(Clone, Debug)]
pub(crate) struct TlsConfig {
    rustls: Arc<ServerConfig>,
    tickets: Option<Arc<BoundTickets>>,
    required_alpn: Option<&'static [u8]>,
}

/// How the FTP door presents itself, on control and on data connections.
#[derive(Clone, Debug)]
pub(crate) struct FtpTls {
    rustls: ServerConfig,
    tickets: Arc<dyn ProducesTickets>,
}

/// The certificate that handshakes present from now on; another can take its place.
#[derive(Debug)]
pub(crate) struct Presented(RwLock<Arc<CertifiedKey>>);

impl Presented {
    /// Begins with this one.
    pub(crate) fn new(identity: &Identity) -> Result<Arc<Self>, rustls::Error> {
        Ok(Arc::new(Self(RwLock::new(Arc::new(certified(identity)?)))))
    }

    /// Goes on with this one. Connections that are open stay.
    pub(crate) fn replace(&self, identity: &Identity) -> Result<(), rustls::Error> {
        *self.0.write() = Arc::new(certified(identity)?);
        Ok(())
    }
}

impl ResolvesServerCert for Presented {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read()))
    }
}

fn certified(identity: &Identity) -> Result<CertifiedKey, rustls::Error> {
    let chain = std::iter::once(&identity.certificate_der).chain(&identity.intermediates);
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    CertifiedKey::from_der(chain.cloned().collect(), identity.key_der.clone_key(), &provider)
}

/// Whether a key belongs to a certificate.
pub(crate) fn check_pair(
    certificate: &CertificateDer<'static>,
    key: &PrivateKeyDer<'static>,
) -> Result<(), rustls::Error> {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    CertifiedKey::from_der(vec![certificate.clone()], key.clone_key(), &provider).map(drop)
}

impl TlsConfig {
    /// TLS 1.3 only, ALPN `ferry/1`, no early data, the server's own certificate.
    pub(crate) fn new(presented: &Arc<Presented>) -> Result<Self, rustls::Error> {
        let mut config = server_config(presented, &[&rustls::version::TLS13])?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(Self { rustls: Arc::new(config), tickets: None, required_alpn: Some(ALPN) })
    }
}

impl FtpTls {
    /// TLS 1.3 and, for the programs of old devices, 1.2. Sessions are resumed by tickets, which
    /// cost no memory and bind a data connection to its control connection; each data connection
    /// uses one up. A peer that asks for another protocol than FTP is refused (ALPACA, 2021).
    pub(crate) fn new(presented: &Arc<Presented>) -> Result<Self, rustls::Error> {
        let tickets = rustls::crypto::aws_lc_rs::Ticketer::new()?;
        let versions = [&rustls::version::TLS13, &rustls::version::TLS12];
        let mut rustls = server_config(presented, &versions)?;
        rustls.alpn_protocols = vec![b"ftp".to_vec()];
        rustls.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(Self { rustls, tickets })
    }

    /// For the control connection of this session, by whose number its tickets are known.
    pub(crate) fn control(&self, session: u64) -> TlsConfig {
        self.bound(session, CONTROL_TICKETS)
    }

    /// For a data connection that belongs to the control connection of this session, with so many
    /// tickets for further ones.
    pub(crate) fn data(&self, session: u64, tickets_given: usize) -> TlsConfig {
        self.bound(session, tickets_given)
    }

    fn bound(&self, session: u64, tickets_given: usize) -> TlsConfig {
        let tickets = BoundTickets::new(Arc::clone(&self.tickets), session);
        let mut config = self.rustls.clone();
        config.ticketer = Arc::clone(&tickets) as Arc<dyn ProducesTickets>;
        config.send_tls13_tickets = tickets_given;
        TlsConfig { rustls: Arc::new(config), tickets: Some(tickets), required_alpn: None }
    }
}

fn server_config(
    presented: &Arc<Presented>,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> Result<ServerConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(presented) as Arc<dyn ResolvesServerCert>);
    config.max_early_data_size = 0;
    Ok(config)
}

pub(super) fn read_socket(mut socket: &TcpStream, buffer: &mut [u8]) -> io::Result<Flow> {
    loop {
        match socket.read(buffer) {
            Ok(0) => return Ok(Flow::Ended),
            Ok(count) => return Ok(Flow::Count(count)),
            Err(err) if err.kind() == io::ErrorKind::WouldBlock => return Ok(Flow::Blocked),
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
}

/// Tickets given out on a control connection: a client may open several data connections before
/// it takes up what their handshakes bring.
const CONTROL_TICKETS: usize = 4;

/// Bytes of a worker's buffer.
const BUFFER_LEN: usize = 256 * 1024;

/// Bytes taken at a time from a stranger.
const SPARING_LEN: usize = 4 * 1024;

/// Bytes taken at a time for small requests.
const MODERATE_LEN: usize = 64 * 1024;

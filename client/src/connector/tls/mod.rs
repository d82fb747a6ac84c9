//! The TLS handshake, and in `transport` the stream that comes of it. Nothing else knows rustls.

mod transport;
mod vouched;

pub(crate) use transport::Transport;

use crate::site::Site;
use crate::{Cancel, Error};
use ferry_protocol::limits::ALPN;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls13_signature,
};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::fmt;
use std::net::TcpStream;
use std::sync::Arc;

/// What is common to all connections of one login: sessions are resumed within it.
pub(crate) type Config = Arc<ClientConfig>;

/// Why no encrypted connection came about, in the words of the library that speaks TLS.
#[derive(Clone, Debug)]
pub struct TlsError(rustls::Error);

/// TLS 1.3 with Ferry's ALPN name.
pub(crate) fn config() -> Result<Config, TlsError> {
    let mut provider = aws_lc_rs::default_provider();
    // As browsers order them: 128 bits are enough, and cost a fifth less than 256. The server
    // follows its client's order.
    provider.cipher_suites = vec![
        aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256,
        aws_lc_rs::cipher_suite::TLS13_AES_256_GCM_SHA384,
        aws_lc_rs::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
    ];
    let provider = Arc::new(provider);
    let verifier = AnyKey::new(&provider);
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(Arc::new(config))
}

/// Shakes hands on a connected socket. The key is not judged yet.
pub(crate) fn handshake(
    socket: TcpStream,
    site: &Site,
    cancel: &Cancel,
) -> Result<Transport, Error> {
    let host = site.options.host.clone();
    let name = ServerName::try_from(host)
        .or_else(|_unusual| ServerName::try_from("ferry"))
        .map_err(|_unusual| Error::NotFerry {
            server: site.server.clone(),
            what: "its name cannot be used",
        })?;
    let tls = ClientConnection::new(Arc::clone(site.tls()), name)
        .map_err(|source| Error::Tls { server: site.server.clone(), source: TlsError(source) })?;
    let mut transport = Transport::new(socket, tls, &site.server, cancel)?;
    transport.shake_hands(site.options.deadlines.greeting)?;
    Ok(transport)
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for TlsError {}

/// Accepts every certificate, but only with proof that the peer holds its key. Which key is the
/// right one is decided by its fingerprint, after the handshake and before anything is sent.
#[derive(Debug)]
struct AnyKey {
    algorithms: WebPkiSupportedAlgorithms,
}

impl AnyKey {
    fn new(provider: &CryptoProvider) -> Self {
        Self { algorithms: provider.signature_verification_algorithms }
    }
}

impl ServerCertVerifier for AnyKey {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 is not used".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

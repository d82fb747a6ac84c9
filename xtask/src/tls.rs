//! TLS for benchmarks: a throw-away certificate, and a client that trusts whatever it meets on
//! loopback. No part of it is fit for a program that users get.

use crate::failure::{During as _, Failure};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, ServerConfig, ServerConnection,
    SignatureScheme, StreamOwned,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use std::net::TcpStream;
use std::sync::{Arc, OnceLock};

/// The client's end of an encrypted connection.
pub(crate) type ClientStream = StreamOwned<ClientConnection, TcpStream>;
/// The server's end.
pub(crate) type ServerStream = StreamOwned<ServerConnection, TcpStream>;

/// A certificate for this run and its key, both as PEM.
#[derive(Debug)]
pub(crate) struct Certificate {
    /// The certificate.
    pub(crate) certificate: String,
    /// Its private key.
    pub(crate) key: String,
}

impl Certificate {
    /// Makes one for `localhost`.
    pub(crate) fn make() -> Result<Self, Failure> {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])
            .during("could not make a certificate")?;
        Ok(Self { certificate: made.cert.pem(), key: made.signing_key.serialize_pem() })
    }

    /// A server's settings: TLS 1.3, and AES-128-GCM as Ferry negotiates it.
    pub(crate) fn server(&self) -> Result<Arc<ServerConfig>, Failure> {
        let certificate = CertificateDer::from_pem_slice(self.certificate.as_bytes())
            .during("unreadable certificate")?;
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).during("unreadable key")?;
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .during("TLS settings")?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .during("TLS settings")?;
        // A ticket that the client never reads would turn its closing into a reset.
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }
}

/// A client's settings: TLS 1.3, AES-128-GCM, any certificate.
pub(crate) fn client(alpn: &[u8]) -> Result<Arc<ClientConfig>, Failure> {
    let provider = provider();
    let verifier = AnyCertificate(Arc::clone(&provider));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .during("TLS settings")?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    if !alpn.is_empty() {
        config.alpn_protocols = vec![alpn.to_vec()];
    }
    config.resumption = rustls::client::Resumption::disabled();
    Ok(Arc::new(config))
}

/// The settings of a Ferry client, shared by all its connections.
pub(crate) fn ferry() -> Result<Arc<ClientConfig>, Failure> {
    static SETTINGS: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(settings) = SETTINGS.get() {
        return Ok(Arc::clone(settings));
    }
    let made = client(ferry_protocol::limits::ALPN)?;
    Ok(Arc::clone(SETTINGS.get_or_init(|| made)))
}

/// Lays TLS over a client's socket; the handshake runs with the first bytes.
pub(crate) fn connect(
    config: &Arc<ClientConfig>,
    socket: TcpStream,
) -> Result<ClientStream, Failure> {
    let name = ServerName::try_from("localhost").during("server name")?;
    let connection = ClientConnection::new(Arc::clone(config), name).during("TLS")?;
    Ok(StreamOwned::new(connection, socket))
}

/// Lays TLS over an accepted socket.
pub(crate) fn accept(
    config: &Arc<ServerConfig>,
    socket: TcpStream,
) -> Result<ServerStream, Failure> {
    let connection = ServerConnection::new(Arc::clone(config)).during("TLS")?;
    Ok(StreamOwned::new(connection, socket))
}

fn provider() -> Arc<CryptoProvider> {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites = vec![aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256];
    Arc::new(provider)
}

#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
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
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.3 only".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

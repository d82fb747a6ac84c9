//! A scripted server: TLS with a certificate of its own, and exactly the answers that a test
//! writes down. It judges nothing.
#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses a part of it")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's own server may give up")]

pub(crate) mod authority;
pub(crate) mod gate;
pub(crate) mod place;
pub(crate) mod program;

use ferry_client::trust::KnownServers;
use ferry_client::{Client, ConnectOptions, Error, Questions};
use ferry_protocol::{
    Account, Answer, Content, Deframer, Digest, Entry, EntryFlags, EntryKind, Epoch, Frame, Page,
    Permissions, RemotePath, Request, Rights, Stored, Timestamp, Token, Welcome, WireLimits,
    encode_answer, encode_data_header,
};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// One accepted connection, seen from the server.
pub(crate) struct Peer {
    stream: StreamOwned<ServerConnection, TcpStream>,
    deframer: Deframer,
}

/// What a client sent.
#[derive(Debug)]
pub(crate) enum Sent {
    Request(u32, Request),
    Data(u32, u64, Vec<u8>),
}

impl Peer {
    /// The next message, or `None` once the client has closed.
    pub(crate) fn next(&mut self) -> Option<Sent> {
        loop {
            if let Some(frame) = self.deframer.frame(|_| 1 << 20).unwrap() {
                match frame {
                    Frame::Message { header, body } => {
                        let request = Request::decode(header.kind, body).unwrap().unwrap();
                        return Some(Sent::Request(header.request, request));
                    }
                    Frame::Data { header, prefix, content_len } => {
                        let mut content = vec![0; content_len as usize];
                        self.stream.read_exact(&mut content).ok()?;
                        return Some(Sent::Data(header.request, prefix.offset, content));
                    }
                }
            }
            let unfilled = self.deframer.unfilled();
            if unfilled.is_empty() {
                continue;
            }
            match self.stream.read(unfilled) {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.deframer.advance(count),
            }
        }
    }

    /// The next message, which must be a request.
    pub(crate) fn request(&mut self) -> (u32, Request) {
        match self.next() {
            Some(Sent::Request(number, request)) => (number, request),
            other => panic!("expected a request, got {other:?}"),
        }
    }

    pub(crate) fn answer(&mut self, number: u32, answer: &Answer) {
        let mut bytes = Vec::new();
        encode_answer(&mut bytes, number, answer);
        // The client may have given up; the test sees that at its own end.
        drop(self.stream.write_all(&bytes));
    }

    /// Sends bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        drop(self.stream.write_all(bytes));
    }

    pub(crate) fn data(&mut self, number: u32, offset: u64, content: &[u8]) {
        let len = u32::try_from(content.len()).unwrap();
        drop(self.stream.write_all(&encode_data_header(number, offset, len)));
        drop(self.stream.write_all(content));
    }

    /// Sends a whole file; `digest` is what the server claims of it.
    pub(crate) fn content(&mut self, number: u32, content: &[u8], digest: Digest) {
        self.answer(
            number,
            &Answer::Content(Content {
                file_size: content.len() as u64,
                len: content.len() as u64,
                modified: Timestamp(1_000_000_000),
                permissions: Permissions::from_mode(0o640),
            }),
        );
        if !content.is_empty() {
            self.data(number, 0, content);
        }
        self.answer(number, &Answer::ContentEnd(digest));
    }

    /// Answers hello and login.
    pub(crate) fn greet(&mut self) {
        self.greet_with(0);
    }

    /// The same, with these features in use.
    pub(crate) fn greet_with(&mut self, features: u64) {
        let (number, _hello) = self.request();
        self.answer(number, &Answer::Welcome(Welcome { features, ..welcome() }));
        let (number, _login) = self.request();
        self.answer(number, &Answer::LoggedIn(account()));
    }

    /// Takes one whole small put and returns its number, path and content.
    pub(crate) fn small_put(&mut self, number: u32) -> (Vec<u8>, Digest) {
        let mut content = Vec::new();
        loop {
            match self.next() {
                Some(Sent::Data(of, offset, bytes)) => {
                    assert_eq!((of, offset), (number, content.len() as u64));
                    content.extend(bytes);
                }
                Some(Sent::Request(of, Request::PutEnd(digest))) => {
                    assert_eq!(of, number);
                    return (content, digest);
                }
                other => panic!("in a put: {other:?}"),
            }
        }
    }
}

pub(crate) fn welcome() -> Welcome {
    Welcome {
        name: "harbour".to_owned(),
        program: "fake 1".to_owned(),
        text: "mind the gap".to_owned(),
        features: 0,
        limits: WireLimits::with_idle_ms(300_000),
    }
}

pub(crate) fn account() -> Account {
    Account {
        name: String::new(),
        rights: Rights::read_write(),
        token: Token::new([7; 32]),
        directory: RemotePath::root(),
        epoch: EPOCH,
    }
}

const EPOCH: Epoch = Epoch { run: [7; 16], failed_syncs: 0 };

/// What a server answers to a request that succeeds and has nothing to tell.
pub(crate) fn done(request: &Request) -> Answer {
    match request {
        Request::Sync => Answer::Synced(EPOCH),
        _ => Answer::Done,
    }
}

pub(crate) fn entry(name: &[u8], kind: EntryKind, size: u64) -> Entry {
    Entry {
        name: name.to_vec(),
        kind,
        flags: EntryFlags::default(),
        size,
        modified: Timestamp(1_000_000_000),
        permissions: Permissions::from_mode(0o755),
    }
}

pub(crate) fn page(entries: Vec<Entry>, is_last: bool) -> Answer {
    Answer::Page(Page { entries, is_last })
}

/// Takes small puts, which are not durable, and answers all else by `answer`, until the client
/// closes.
pub(crate) fn take_small(peer: &mut Peer, mut answer: impl FnMut(&Request) -> Answer) {
    while let Some(Sent::Request(number, request)) = peer.next() {
        let answer = match request {
            Request::Put(_) => {
                let (_, digest) = peer.small_put(number);
                Answer::Stored(Stored { digest, was_there: false, is_durable: false })
            }
            other => answer(&other),
        };
        peer.answer(number, &answer);
    }
}

/// A server that runs `script` for each connection in turn.
pub(crate) struct FakeServer {
    pub(crate) address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl FakeServer {
    /// Takes `connections` connections, each through TLS with the same new key.
    pub(crate) fn start(
        connections: usize,
        script: impl Fn(usize, &mut Peer) + Send + Sync + 'static,
    ) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["ferry".to_owned()]).unwrap();
        let key = made.signing_key.serialize_der();
        Self::start_as((made.cert.der().clone(), key), connections, script)
    }

    /// The same with this certificate and key.
    pub(crate) fn start_as(
        (certificate, key): (CertificateDer<'static>, Vec<u8>),
        connections: usize,
        script: impl Fn(usize, &mut Peer) + Send + Sync + 'static,
    ) -> Self {
        let config = tls_config(certificate, key);
        let script = Arc::new(script);
        Self::raw(connections, move |index, socket| {
            let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut peer =
                Peer { stream: StreamOwned::new(tls, socket), deframer: Deframer::new() };
            script(index, &mut peer);
        })
    }

    /// Takes connections as they are. Each gets a thread of its own.
    pub(crate) fn raw(
        connections: usize,
        script: impl Fn(usize, TcpStream) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let accept = move || {
            thread::scope(|scope| {
                for index in 0..connections {
                    let (socket, _) = listener.accept().unwrap();
                    let script = &script;
                    thread::Builder::new()
                        .name("fake".to_owned())
                        .spawn_scoped(scope, move || script(index, socket))
                        .unwrap();
                }
            });
        };
        let thread = thread::Builder::new().name("fake".to_owned()).spawn(accept);
        Self { address, thread: Some(thread.unwrap()) }
    }

    /// Waits for the scripts and passes their panics on.
    pub(crate) fn join(mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    pub(crate) fn options(&self, state: &Path) -> ConnectOptions {
        options(self.address, state)
    }

    pub(crate) fn connect(&self, state: &Path) -> Result<Client, Error> {
        Client::connect(self.options(state), Arc::new(TrustsAll))
    }
}

/// For a server on this computer.
pub(crate) fn options(server: SocketAddr, state: &Path) -> ConnectOptions {
    let known = KnownServers::in_folder(state);
    let mut options = ConnectOptions::new("127.0.0.1", server.port(), known);
    options.retry_for = Duration::from_secs(20);
    options
}

/// Trusts every new key and answers nothing else.
pub(crate) struct TrustsAll;

impl Questions for TrustsAll {
    fn trust_new_server(&self, _: &str, _: &ferry_client::trust::Fingerprint) -> bool {
        true
    }
    fn password(&self, _: &str, _: &str) -> Option<ferry_protocol::Secret> {
        None
    }
    fn conflict(&self, _: &ferry_client::Conflict) -> Option<ferry_client::Resolution> {
        None
    }
    fn notice(&self, _: &str) {}
}

fn tls_config(certificate: CertificateDer<'static>, key: Vec<u8>) -> Arc<ServerConfig> {
    let key = PrivatePkcs8KeyDer::from(key);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .unwrap();
    config.alpn_protocols = vec![b"ferry/1".to_vec()];
    Arc::new(config)
}

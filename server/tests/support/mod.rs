//! A server on a free port, and a client that speaks raw messages: not our client library, so
//! that it can also say what that never would.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "each test program uses a part of this, and a test may panic"
)]

pub mod faulty;
pub mod ftp;
mod tls;

pub use tls::{tls_config, tls_config_of};

use ferry_protocol::session::ClientSession;
use ferry_protocol::{
    Answer, DEVICE_EXPORTER_LABEL, DEVICE_EXPORTER_LEN, Deframer, Digest, Frame, Hello, IfExists,
    Kind, OperationId, Permissions, Put, PutValues, Request, RequestedPath, Rights, Secret,
    SegmentValue, Timestamp, TransferId, encode_data_header, encode_request, segment_start,
};
use ferry_server::accounts::{
    AccountName, Accounts, AccountsFile, Clock, PasswordHash, StoredAccount, Terms,
};
use ferry_server::config::Config;
use ferry_server::identity::Identity;
use ferry_server::{Server, storage::Storage};
use rustls::{ClientConnection, StreamOwned};
use socket2::{Domain, Socket, Type};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// A running server with its folders.
pub struct Fixture {
    pub server: Server,
    pub share: TempDir,
    pub state: TempDir,
}

/// Starts a server on a local folder, with a guest who may write.
pub fn serve() -> Fixture {
    serve_with(|_| {})
}

/// The same, with another configuration.
pub fn serve_with(change: impl FnOnce(&mut Config)) -> Fixture {
    let (share, state) = folders();
    Fixture::start(share, state, change)
}

/// Starts a server with these accounts, who may write, and no guest.
pub fn serve_accounts(people: &[(&str, &str)]) -> Fixture {
    serve_accounts_with(people, |_| {})
}

/// The same, with another configuration.
pub fn serve_accounts_with(people: &[(&str, &str)], change: impl FnOnce(&mut Config)) -> Fixture {
    let (share, state) = folders();
    for (name, password) in people {
        add(&state, name, password, Terms::new(Rights::read_write()));
    }
    Fixture::start(share, state, |config| {
        config.guest = None;
        change(config);
    })
}

/// Starts a server on a storage of the test's own.
pub fn serve_storage(storage: Arc<dyn Storage>, change: impl FnOnce(&mut Config)) -> Fixture {
    let (share, state) = folders();
    let config = config(&share, &state, change);
    let accounts = Arc::new(Accounts::open(state.path(), config.guest).unwrap());
    let identity = Identity::load_or_create(state.path()).unwrap();
    let server = Server::start_with(&config, storage, accounts, &identity).unwrap();
    Fixture { server, share, state }
}

/// Starts a server without a guest, whose accounts all have the password "secret".
pub fn serve_on_terms(terms: &[(&str, Terms)], clock: Clock) -> (Fixture, Arc<Accounts>) {
    serve_on_terms_with(terms, clock, |_| {})
}

/// The same, with another configuration.
pub fn serve_on_terms_with(
    terms: &[(&str, Terms)],
    clock: Clock,
    change: impl FnOnce(&mut Config),
) -> (Fixture, Arc<Accounts>) {
    let (share, state) = folders();
    for (name, terms) in terms {
        add(&state, name, "secret", terms.clone());
    }
    let config = config(&share, &state, |config| {
        config.guest = None;
        change(config);
    });
    let accounts = Arc::new(Accounts::open_at(state.path(), config.guest, clock).unwrap());
    let server = start(&config, &accounts);
    (Fixture { server, share, state }, accounts)
}

fn folders() -> (TempDir, TempDir) {
    (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap())
}

fn add(state: &TempDir, name: &str, password: &str, terms: Terms) {
    let name = AccountName::parse(name).unwrap();
    let hash = Some(PasswordHash::new(password.as_bytes()).unwrap());
    AccountsFile::of(state.path()).add(StoredAccount { name, hash, terms }).unwrap();
}

fn start(config: &Config, accounts: &Arc<Accounts>) -> Server {
    let identity = Identity::load_or_create(&config.state_dir).unwrap();
    Server::start(config, Arc::clone(accounts), &identity).unwrap()
}

fn config(share: &TempDir, state: &TempDir, change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config {
        guest: Some(Rights::read_write()),
        welcome: "Welcome aboard".to_owned(),
        name: "test".to_owned(),
        workers: 4,
        ..Config::on_loopback(share.path().to_owned(), state.path().to_owned())
    };
    change(&mut config);
    config
}

impl Fixture {
    fn start(share: TempDir, state: TempDir, change: impl FnOnce(&mut Config)) -> Self {
        let config = config(&share, &state, change);
        let accounts = Arc::new(Accounts::open(state.path(), config.guest).unwrap());
        let server = start(&config, &accounts);
        Self { server, share, state }
    }

    /// Ends the server at once and starts another on the same folders.
    pub fn restart(self, change: impl FnOnce(&mut Config)) -> Self {
        let Self { server, share, state } = self;
        server.stop_now();
        server.wait();
        drop(server);
        Self::start(share, state, change)
    }

    pub fn address(&self) -> SocketAddr {
        self.server.addresses()[0]
    }

    /// A client that said hello and logged in as the guest.
    pub fn guest(&self) -> RawClient {
        let mut client = RawClient::connect(self.address());
        client.greet();
        let answer = client.log_in("", "");
        assert!(matches!(answer, Answer::LoggedIn(_)), "{answer:?}");
        client
    }

    /// A client that logged in to an account.
    pub fn user(&self, name: &str) -> RawClient {
        let mut client = RawClient::connect(self.address());
        client.greet();
        let answer = client.log_in(name, "secret");
        assert!(matches!(answer, Answer::LoggedIn(_)), "{answer:?}");
        client
    }

    /// The same with these feature bits in use.
    pub fn guest_with(&self, features: u64) -> RawClient {
        let mut client = RawClient::connect(self.address());
        let Answer::Welcome(welcome) = client.greet_with(features) else { panic!("no welcome") };
        assert_eq!(welcome.features, features);
        let answer = client.log_in("", "");
        assert!(matches!(answer, Answer::LoggedIn(_)), "{answer:?}");
        client
    }

    /// Unfinished uploads in the share's top folder.
    pub fn parts(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.share.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with(".ferry-part-")).collect()
    }

    /// How many unfinished uploads the state folder has a note of.
    pub fn noted_parts(&self) -> usize {
        std::fs::read_dir(self.state.path().join("parts")).map_or(0, Iterator::count)
    }
}

/// A client of raw messages.
pub struct RawClient {
    stream: StreamOwned<ClientConnection, TcpStream>,
    order: ClientSession,
    deframer: Deframer,
}

/// A message from the server.
#[derive(Debug, PartialEq)]
pub enum Received {
    Answer(u32, Answer),
    Data(u64, Vec<u8>),
    Unknown(Kind),
}

impl RawClient {
    pub fn connect(address: SocketAddr) -> Self {
        Self::on(TcpStream::connect(address).unwrap())
    }

    /// Connects from one of the addresses of the loopback, each of which counts by itself.
    pub fn connect_from(own: Ipv4Addr, address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((own, 0)).into()).unwrap();
        socket.connect(&address.into()).unwrap();
        Self::on(socket.into())
    }

    /// On a connection of the test's own.
    pub fn on(socket: TcpStream) -> Self {
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        socket.set_nodelay(true).unwrap();
        let name = "ferry".try_into().unwrap();
        let tls = ClientConnection::new(tls_config(b"ferry/1"), name).unwrap();
        let stream = StreamOwned::new(tls, socket);
        Self { stream, order: ClientSession::new(), deframer: Deframer::new() }
    }

    pub fn greet(&mut self) -> Answer {
        self.greet_with(0)
    }

    pub fn greet_with(&mut self, features: u64) -> Answer {
        self.ask(&Request::Hello(Hello { program: "raw".to_owned(), features }))
    }

    /// Sends a whole segment of a put, and its value.
    pub fn send_segment(&mut self, number: u32, index: u32, content: &[u8]) {
        let value = SegmentValue::of(index, content).unwrap();
        self.send_segment_as(number, index, content, value);
    }

    /// Sends a whole segment of a put, and another value.
    pub fn send_segment_as(
        &mut self,
        number: u32,
        index: u32,
        content: &[u8],
        value: SegmentValue,
    ) {
        self.send_data(number, segment_start(index), content);
        self.send_values(number, index, vec![value]);
    }

    pub fn send_values(&mut self, number: u32, first: u32, values: Vec<SegmentValue>) {
        self.send_as(number, &Request::PutValues(PutValues { first, values }));
    }

    /// Announces a large put and returns its number with the segments that are missing.
    pub fn begin_segments(&mut self, put: &Put) -> (u32, Vec<(u32, u32)>) {
        let number = self.send(&Request::Put(put.clone()));
        (number, self.missing())
    }

    /// The segments that the next answer says are missing.
    pub fn missing(&mut self) -> Vec<(u32, u32)> {
        match self.answer() {
            Answer::Missing(missing) => {
                missing.ranges.iter().map(|range| (range.first, range.count)).collect()
            }
            other => panic!("expected missing segments, got {other:?}"),
        }
    }

    /// The TLS exporter's value of this connection for a device's login.
    pub fn exporter(&self) -> [u8; DEVICE_EXPORTER_LEN] {
        let value = [0; DEVICE_EXPORTER_LEN];
        self.stream.conn.export_keying_material(value, DEVICE_EXPORTER_LABEL, None).unwrap()
    }

    pub fn log_in(&mut self, name: &str, password: &str) -> Answer {
        let password = Secret::new(password.as_bytes());
        self.ask(&Request::LoginPassword { name: name.to_owned(), password })
    }

    /// Sends a request and returns its number.
    pub fn send(&mut self, request: &Request) -> u32 {
        let number = self.order.begin(request.kind());
        self.send_as(number, request);
        number
    }

    /// Sends a request under a number of the test's choice.
    pub fn send_as(&mut self, number: u32, request: &Request) {
        let mut bytes = Vec::new();
        encode_request(&mut bytes, number, request);
        self.send_bytes(&bytes);
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
        self.stream.flush().unwrap();
    }

    pub fn send_data(&mut self, number: u32, offset: u64, content: &[u8]) {
        let mut bytes = encode_data_header(number, offset, content.len() as u32).to_vec();
        bytes.extend_from_slice(content);
        self.send_bytes(&bytes);
    }

    /// Sends a request and returns its answer, progress left out.
    pub fn ask(&mut self, request: &Request) -> Answer {
        self.send(request);
        self.answer()
    }

    /// The next answer, progress left out.
    pub fn answer(&mut self) -> Answer {
        loop {
            match self.receive() {
                Some(Received::Answer(_, Answer::Progress(_))) => {}
                Some(Received::Answer(_, answer)) => return answer,
                other => panic!("expected an answer, got {other:?}"),
            }
        }
    }

    /// The next message; `None` when the server closed the connection.
    pub fn receive(&mut self) -> Option<Received> {
        loop {
            let order = &self.order;
            if let Some(frame) = self.deframer.frame(|kind| order.body_max(kind)).unwrap() {
                return Some(match frame {
                    Frame::Message { header, body } => {
                        let decoded = Answer::decode(header.kind, body).unwrap();
                        self.order.accept(&header).unwrap();
                        match decoded {
                            Some(answer) => Received::Answer(header.request, answer),
                            None => Received::Unknown(header.kind),
                        }
                    }
                    Frame::Data { header, prefix, content_len } => {
                        self.order.accept(&header).unwrap();
                        let mut content = vec![0; content_len as usize];
                        self.stream.read_exact(&mut content).unwrap();
                        Received::Data(prefix.offset, content)
                    }
                });
            }
            match self.stream.read(self.deframer.unfilled()) {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.deframer.advance(count),
            }
        }
    }

    /// Sends a small file in one go and returns the put's number.
    pub fn send_small(&mut self, path: &str, content: &[u8], if_exists: IfExists) -> u32 {
        let number = self.send(&Request::Put(put(path, content.len() as u64, if_exists)));
        if !content.is_empty() {
            for (index, piece) in content.chunks(256 * 1024).enumerate() {
                self.send_data(number, index as u64 * 256 * 1024, piece);
            }
        }
        self.send_as(number, &Request::PutEnd(Digest::of(content)));
        number
    }

    /// Sends a small file that the server may not read any more.
    pub fn try_send_small(&mut self, path: &str, content: &[u8]) {
        let announced = Request::Put(put(path, content.len() as u64, IfExists::Replace));
        let number = self.order.begin(announced.kind());
        let mut bytes = Vec::new();
        encode_request(&mut bytes, number, &announced);
        bytes.extend(encode_data_header(number, 0, content.len() as u32));
        bytes.extend(content);
        encode_request(&mut bytes, number, &Request::PutEnd(Digest::of(content)));
        self.stream.write_all(&bytes).and_then(|()| self.stream.flush()).ok();
    }

    /// Uploads a small file.
    pub fn put_small(&mut self, path: &str, content: &[u8], if_exists: IfExists) -> Answer {
        self.send_small(path, content, if_exists);
        self.answer()
    }

    /// Downloads; the content, and the last answer.
    pub fn get(&mut self, path: &str, range: ferry_protocol::Range) -> (Vec<u8>, Answer) {
        self.send(&Request::Get { path: at(path), range });
        let mut content = Vec::new();
        loop {
            match self.receive().unwrap() {
                Received::Answer(_, Answer::Content(_)) => {}
                Received::Data(_, piece) => content.extend(piece),
                Received::Answer(_, last) => return (content, last),
                Received::Unknown(kind) => panic!("unknown {kind}"),
            }
        }
    }

    /// The raw stream, for saying what is no message.
    pub fn stream(&mut self) -> &mut StreamOwned<ClientConnection, TcpStream> {
        &mut self.stream
    }
}

/// A put with a random transfer and operation id.
pub fn put(path: &str, size: u64, if_exists: IfExists) -> Put {
    Put {
        operation: operation(),
        transfer: TransferId(operation().0),
        path: at(path),
        size,
        modified: Timestamp::from_parts(1_600_000_000, 123_456_789),
        permissions: Permissions::from_mode(0o640),
        if_exists,
        resume: false,
        with_parents: false,
    }
}

/// An operation id that was never used.
pub fn operation() -> OperationId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    OperationId((u128::from(number) << 64 | u128::from(std::process::id())).to_be_bytes())
}

pub fn at(path: &str) -> RequestedPath {
    RequestedPath::parse(path.as_bytes()).unwrap()
}

pub fn status_of(answer: &Answer) -> ferry_protocol::Status {
    match answer {
        Answer::Error(fault) => fault.status,
        other => panic!("expected an error, got {other:?}"),
    }
}

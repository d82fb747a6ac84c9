//! An FTP client that says what it is told to, and nothing else.

use super::{Fixture, serve_with, tls_config, tls_config_of};
use ferry_server::config::{Config, FtpConfig, ListenOn};
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// Starts a server whose FTP door is open on loopback, with a guest who may write.
pub fn serve_ftp() -> Fixture {
    serve_ftp_with(|_, _| {})
}

/// The same, with another configuration.
pub fn serve_ftp_with(change: impl FnOnce(&mut Config, &mut FtpConfig)) -> Fixture {
    serve_with(|config| {
        let mut ftp = loopback();
        change(config, &mut ftp);
        config.ftp = Some(ftp);
    })
}

/// The door at a free port of loopback.
pub fn loopback() -> FtpConfig {
    FtpConfig::at(ListenOn::One("127.0.0.1:0".parse().unwrap()))
}

/// The next client is served as if nothing had been.
pub fn assert_still_serving(fixture: &Fixture) {
    let mut client = FtpClient::guest(fixture);
    assert!(client.put("STOR probe", b"probe").starts_with("226"));
    assert_eq!(client.get("RETR probe"), b"probe");
    client.expect("250", "DELE probe");
    client.expect("221", "QUIT");
    assert_eq!(fixture.server.counters().panics, 0);
}

/// A control connection, plain or encrypted.
pub struct FtpClient {
    stream: Option<Stream>,
    unread: Vec<u8>,
    pub address: SocketAddr,
    /// How data connections are encrypted.
    pub tls: Option<Arc<ClientConfig>>,
}

/// One connection.
pub enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    /// A plain connection to a port of the host at `address`.
    pub fn from_plain(address: SocketAddr, port: u16) -> Self {
        let socket = TcpStream::connect((address.ip(), port)).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self::Plain(socket)
    }

    pub fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &stream.sock,
        }
    }

    /// Ends what is sent, as an honest client does.
    pub fn finish(&mut self) {
        if let Self::Tls(stream) = self {
            stream.conn.send_close_notify();
            stream.flush().ok();
        }
        self.socket().shutdown(Shutdown::Write).ok();
    }

    /// Reads to the end.
    pub fn read_all(&mut self) -> Vec<u8> {
        let mut content = Vec::new();
        self.read_to_end(&mut content).ok();
        content
    }

    /// Closes with a reset.
    pub fn reset(self) {
        let socket = socket2::SockRef::from(self.socket());
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

impl FtpClient {
    /// Connects; the greeting was read.
    pub fn connect(fixture: &Fixture) -> Self {
        let mut client = Self::connect_to(fixture.server.ftp_addresses()[0]);
        let greeting = client.reply();
        assert!(greeting.starts_with("220"), "{greeting}");
        client
    }

    /// Connects without reading anything.
    pub fn connect_to(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        socket.set_nodelay(true).unwrap();
        Self { stream: Some(Stream::Plain(socket)), unread: Vec::new(), address, tls: None }
    }

    /// Connects to where clients begin with TLS, without reading anything.
    pub fn connect_encrypted(address: SocketAddr, config: &Arc<ClientConfig>) -> Self {
        let mut client = Self::connect_to(address);
        let Some(Stream::Plain(socket)) = client.stream.take() else { panic!("not plain") };
        client.stream = Some(tls(socket, config));
        client.tls = Some(Arc::clone(config));
        client
    }

    /// Connects and logs in as the guest.
    pub fn guest(fixture: &Fixture) -> Self {
        let mut client = Self::connect(fixture);
        client.log_in("anonymous", "x");
        client
    }

    pub fn log_in(&mut self, name: &str, password: &str) {
        assert!(self.ask(&format!("USER {name}")).starts_with("331"));
        let reply = self.ask(&format!("PASS {password}"));
        assert!(reply.starts_with("230"), "{reply}");
        assert!(self.ask("TYPE I").starts_with("200"));
    }

    /// Turns TLS on, for data too.
    pub fn encrypt(&mut self, config: &Arc<ClientConfig>) {
        assert!(self.ask("AUTH TLS").starts_with("234"));
        self.go_on_encrypted(config);
        assert!(self.ask("PBSZ 0").starts_with("200"));
        assert!(self.ask("PROT P").starts_with("200"));
        self.tls = Some(Arc::clone(config));
    }

    /// Begins TLS on this connection.
    pub fn go_on_encrypted(&mut self, config: &Arc<ClientConfig>) {
        let Some(Stream::Plain(socket)) = self.stream.take() else { panic!("encrypted twice") };
        self.stream = Some(tls(socket, config));
    }

    pub fn send(&mut self, bytes: &[u8]) {
        let stream = self.stream.as_mut().unwrap();
        stream.write_all(bytes).unwrap();
        stream.flush().unwrap();
    }

    /// Sends one line and returns its reply.
    pub fn ask(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n").as_bytes());
        self.reply()
    }

    /// Sends one line; its reply must begin with this code.
    pub fn expect(&mut self, code: &str, line: &str) -> String {
        let reply = self.ask(line);
        assert!(reply.starts_with(code), "{line}: {reply}");
        reply
    }

    /// The next reply, with all its lines; empty when the server closed the connection.
    pub fn reply(&mut self) -> String {
        let first = self.line();
        let mut reply = first.clone();
        if first.as_bytes().get(3) == Some(&b'-') {
            let end = format!("{} ", &first[..3]);
            loop {
                let line = self.line();
                reply.push_str(&line);
                if line.starts_with(&end) || line.is_empty() {
                    break;
                }
            }
        }
        reply
    }

    fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                return String::from_utf8_lossy(&line).into_owned();
            }
            let mut buffer = [0; 4096];
            match self.stream.as_mut().unwrap().read(&mut buffer) {
                Ok(0) | Err(_) => return String::new(),
                Ok(count) => self.unread.extend_from_slice(&buffer[..count]),
            }
        }
    }

    /// The port of a new data listener.
    pub fn passive_port(&mut self) -> u16 {
        let reply = self.expect("229", "EPSV");
        reply.split('|').nth(3).unwrap().parse().unwrap()
    }

    /// A data connection, with TLS if that is on; the command that uses it must follow.
    pub fn data(&mut self) -> TcpStream {
        let port = self.passive_port();
        let socket = TcpStream::connect((self.address.ip(), port)).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        socket
    }

    /// Opens a data connection and gives a command that uses it.
    pub fn begin(&mut self, line: &str) -> Stream {
        let socket = self.data();
        self.expect("150", line);
        match &self.tls {
            Some(config) => tls(socket, config),
            None => Stream::Plain(socket),
        }
    }

    /// Uploads; the last reply.
    pub fn put(&mut self, line: &str, content: &[u8]) -> String {
        let mut data = self.begin(line);
        data.write_all(content).unwrap();
        data.flush().unwrap();
        data.finish();
        self.reply()
    }

    /// Downloads or lists.
    pub fn get(&mut self, line: &str) -> Vec<u8> {
        let mut data = self.begin(line);
        let content = data.read_all();
        let reply = self.reply();
        assert!(reply.starts_with("226"), "{line}: {reply}");
        content
    }

    pub fn close_hard(mut self) {
        self.stream.take().unwrap().reset();
    }

    pub fn socket(&self) -> &TcpStream {
        self.stream.as_ref().unwrap().socket()
    }
}

fn tls(socket: TcpStream, config: &Arc<ClientConfig>) -> Stream {
    let name = "ferry".try_into().unwrap();
    let connection = ClientConnection::new(Arc::clone(config), name).unwrap();
    Stream::Tls(Box::new(StreamOwned::new(connection, socket)))
}

/// A client's TLS, with a memory of sessions of its own.
pub fn ftp_tls() -> Arc<ClientConfig> {
    tls_config(b"ftp")
}

/// The same as old programs have it.
pub fn ftp_tls_1_2() -> Arc<ClientConfig> {
    tls_config_of(b"ftp", &rustls::version::TLS12)
}

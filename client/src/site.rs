//! A server and a login on it: all that is needed to open one more connection.

use crate::connection::Connection;
use crate::connector::{tcp, tls};
use crate::trust::{Fingerprint, KnownServers};
use crate::{Cancel, Error, Questions, Stage};
use ferry_protocol::limits::LOGIN_ATTEMPTS_MAX;
use ferry_protocol::{Account, Answer, Request, Secret, Status, Token};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Who asks.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// The guest, where the server has one.
    Guest,
    /// An account of the server.
    Password {
        /// Its name.
        name: String,
        /// Its password; without one, [`Questions::password`] is asked.
        password: Option<Secret>,
    },
}

/// Longest waits of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// For the TCP connection, each address.
    pub connect: Duration,
    /// For the TLS handshake, the welcome and the login, each.
    pub greeting: Duration,
    /// For an answer, or the next sign of work on it.
    pub answer: Duration,
    /// For the next bytes of content, either way.
    pub transfer: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            greeting: Duration::from_secs(15),
            answer: Duration::from_mins(1),
            transfer: Duration::from_mins(1),
        }
    }
}

/// Where to connect, as whom, and how patiently.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// Host name or address, an IPv6 address without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The key that the server must have, from a link or an option.
    pub fingerprint: Option<Fingerprint>,
    /// The keys of servers met before.
    pub known_servers: KnownServers,
    /// Who asks.
    pub credentials: Credentials,
    /// How long a lost connection is tried again.
    pub retry_for: Duration,
    /// Name and version of the program, for the server's log.
    pub program: String,
    /// Stops the client from any thread.
    pub cancel: Cancel,
    /// Longest waits.
    pub deadlines: Deadlines,
}

impl ConnectOptions {
    /// A guest who retries for ten minutes.
    #[must_use]
    pub fn new(host: &str, port: u16, known_servers: KnownServers) -> Self {
        Self {
            host: host.to_owned(),
            port,
            fingerprint: None,
            known_servers,
            credentials: Credentials::Guest,
            retry_for: Duration::from_mins(10),
            program: concat!("ferry ", env!("CARGO_PKG_VERSION")).to_owned(),
            cancel: Cancel::new(),
            deadlines: Deadlines::default(),
        }
    }

    /// The account's name; `None` for the guest.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match &self.credentials {
            Credentials::Guest => None,
            Credentials::Password { name, .. } => Some(name),
        }
    }

    /// `HOST:PORT`, an IPv6 address in brackets.
    #[must_use]
    pub fn server(&self) -> String {
        authority(&self.host, self.port)
    }
}

/// `HOST:PORT`, an IPv6 address in brackets.
pub(crate) fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Shared by all connections of one login.
pub(crate) struct Site {
    pub(crate) options: ConnectOptions,
    pub(crate) server: String,
    pub(crate) questions: Arc<dyn Questions>,
    tls: tls::Config,
    login: Mutex<Login>,
    was_welcomed: AtomicBool,
}

#[derive(Default)]
struct Login {
    token: Option<Token>,
    password: Option<Secret>,
}

impl Site {
    pub(crate) fn new(
        options: ConnectOptions,
        questions: Arc<dyn Questions>,
    ) -> Result<Self, Error> {
        let server = options.server();
        let tls = tls::config().map_err(|source| Error::Tls { server: server.clone(), source })?;
        let password = match &options.credentials {
            Credentials::Guest => None,
            Credentials::Password { password, .. } => password.clone(),
        };
        Ok(Self {
            options,
            server,
            questions,
            tls,
            login: Mutex::new(Login { token: None, password }),
            was_welcomed: AtomicBool::new(false),
        })
    }

    /// Opens, greets and logs in. Nothing is retried here.
    pub(crate) fn open(&self, cancel: &Cancel) -> Result<Connection, Error> {
        let opened = self.open_once(cancel);
        match opened {
            Err(_) if cancel.is_cancelled() => Err(Error::Cancelled),
            // It was a Ferry server before: it is restarting, or has too much to do.
            Err(Error::NotFerry { server, .. }) if self.was_welcomed.load(Ordering::Relaxed) => {
                Err(Error::ConnectionLost {
                    server,
                    source: std::io::ErrorKind::ConnectionReset.into(),
                })
            }
            other => other,
        }
    }

    fn open_once(&self, cancel: &Cancel) -> Result<Connection, Error> {
        cancel.check()?;
        let socket = tcp::connect(&self.options)?;
        let mut transport = tls::handshake(socket, self, cancel)?;
        let presented = transport.peer_fingerprint()?;
        self.judge(presented)?;
        transport.set_deadlines(self.options.deadlines.greeting);
        let mut connection = Connection::new(transport, presented);
        connection.greet(&self.options.program)?;
        self.was_welcomed.store(true, Ordering::Relaxed);
        connection.account = Some(self.log_in(&mut connection)?);
        connection.set_deadlines(self.options.deadlines.answer);
        Ok(connection)
    }

    pub(crate) fn tls(&self) -> &tls::Config {
        &self.tls
    }

    /// Decides whether the server is the one that is meant, before anything is sent to it.
    fn judge(&self, presented: Fingerprint) -> Result<(), Error> {
        let known_servers = &self.options.known_servers;
        let read = |source| Error::local("read", &known_servers.file(), source);
        let known = match self.options.fingerprint {
            Some(given) => Some(given),
            None => known_servers.lookup(&self.server).map_err(read)?,
        };
        match known {
            Some(known) if known != presented => return Err(self.key_changed(known, presented)),
            Some(_) if self.options.fingerprint.is_none() => return Ok(()),
            Some(_) => {}
            None => {
                let is_trusted = self.questions.trust_new_server(&self.server, &presented);
                if !is_trusted {
                    return Err(Error::KeyUnknown { server: self.server.clone(), presented });
                }
            }
        }
        let pinned = known_servers
            .pin(&self.server, presented)
            .map_err(|source| Error::local("write", &known_servers.file(), source))?;
        if pinned != presented && self.options.fingerprint.is_none() {
            return Err(self.key_changed(pinned, presented));
        }
        Ok(())
    }

    fn key_changed(&self, known: Fingerprint, presented: Fingerprint) -> Error {
        Error::KeyChanged {
            server: self.server.clone(),
            known,
            presented,
            was_given: self.options.fingerprint.is_some(),
        }
    }

    fn log_in(&self, connection: &mut Connection) -> Result<Account, Error> {
        // Held over the whole login, so that a person is asked for one password at a time.
        let mut login = self.login.lock();
        let mut attempts_left = LOGIN_ATTEMPTS_MAX;
        if let Some(token) = login.token.take() {
            attempts_left -= 1;
            match attempt(connection, &Request::LoginToken(token)) {
                Err(err) if err.status() == Some(Status::LOGIN_REFUSED) => {}
                Err(err) => {
                    login.token = Some(token);
                    return Err(err);
                }
                Ok(account) => {
                    login.token = Some(account.token);
                    return Ok(account);
                }
            }
        }
        loop {
            attempts_left -= 1;
            let (request, was_asked) = self.password_request(&mut login)?;
            match attempt(connection, &request) {
                Ok(account) => {
                    login.token = Some(account.token);
                    return Ok(account);
                }
                Err(err) if err.status() == Some(Status::LOGIN_REFUSED) && was_asked => {
                    login.password = None;
                    if attempts_left == 0 {
                        return Err(err);
                    }
                    self.questions.notice("The server refused this name or password.");
                }
                Err(err) => return Err(err),
            }
        }
    }

    /// The login, and whether its password was typed in just now.
    fn password_request(&self, login: &mut Login) -> Result<(Request, bool), Error> {
        let name = match &self.options.credentials {
            Credentials::Guest => {
                let request =
                    Request::LoginPassword { name: String::new(), password: Secret::new(b"") };
                return Ok((request, false));
            }
            Credentials::Password { name, .. } => name.clone(),
        };
        let was_asked = login.password.is_none();
        if was_asked {
            login.password = self.questions.password(&name, &self.server);
        }
        match &login.password {
            Some(password) => {
                let password = password.clone();
                Ok((Request::LoginPassword { name, password }, was_asked))
            }
            None => Err(Error::PasswordNeeded { account: name }),
        }
    }
}

fn attempt(connection: &mut Connection, request: &Request) -> Result<Account, Error> {
    match connection.ask_at(request, b"", Stage::Login)? {
        Answer::LoggedIn(account) => Ok(account),
        _ => Err(ferry_protocol::PeerMisbehaved::UnexpectedAnswer.into()),
    }
}

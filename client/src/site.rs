//! A server and a login on it: all that is needed to open one more connection.

use crate::connection::Connection;
use crate::connector::{tcp, tls};
use crate::login::{self, Login};
use crate::trust::{Authorities, DeviceKeys, Enrolments, Fingerprint, KnownServers, ServerKey};
use crate::{Address, Cancel, Error, Questions, sys};
use ferry_protocol::{InvitationSecret, Secret};
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
    /// The invitation of a link, to be redeemed.
    pub invitation: Option<InvitationSecret>,
    /// The keys of servers met before.
    pub known_servers: KnownServers,
    /// Who may vouch for a key that is neither given nor known.
    pub authorities: Authorities,
    /// The key of this device, for accounts that it is enrolled for.
    pub device_keys: DeviceKeys,
    /// What this device is called where it is enrolled.
    pub device_name: String,
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
            invitation: None,
            authorities: Authorities::default(),
            device_keys: DeviceKeys::in_folder(known_servers.folder()),
            device_name: sys::host_name(),
            known_servers,
            credentials: Credentials::Guest,
            retry_for: Duration::from_mins(10),
            program: concat!("ferry ", env!("CARGO_PKG_VERSION")).to_owned(),
            cancel: Cancel::new(),
            deadlines: Deadlines::default(),
        }
    }

    /// What an address or a link says: host, port, key, invitation, and who asks.
    #[must_use]
    pub fn of_address(address: &Address, known_servers: KnownServers) -> Self {
        let credentials = match &address.user {
            Some(name) => Credentials::Password { name: name.clone(), password: None },
            None => Credentials::Guest,
        };
        Self {
            fingerprint: address.fingerprint,
            invitation: address.invitation,
            credentials,
            ..Self::new(&address.host, address.port, known_servers)
        }
    }

    /// The accounts that this device is enrolled for.
    #[must_use]
    pub fn enrolments(&self) -> Enrolments {
        Enrolments::in_folder(self.known_servers.folder())
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
    pub(crate) login: Mutex<Login>,
    was_welcomed: AtomicBool,
}

impl Site {
    pub(crate) fn new(
        options: ConnectOptions,
        questions: Arc<dyn Questions>,
    ) -> Result<Self, Error> {
        let server = options.server();
        let tls = tls::config().map_err(|source| Error::Tls { server: server.clone(), source })?;
        let invitation = options.invitation;
        let password = match &options.credentials {
            Credentials::Guest => None,
            Credentials::Password { password, .. } => password.clone(),
        };
        Ok(Self {
            options,
            server,
            questions,
            tls,
            login: Mutex::new(Login::new(password, invitation)),
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
        let socket = tcp::connect(&self.options, cancel)?;
        let mut transport = tls::handshake(socket, self, cancel)?;
        let presented = transport.peer_fingerprint()?;
        let key = self.judge(presented, &transport)?;
        transport.set_deadlines(self.options.deadlines.greeting);
        let mut connection = Connection::new(transport, presented, key);
        connection.greet(&self.options.program)?;
        self.was_welcomed.store(true, Ordering::Relaxed);
        connection.account = Some(login::log_in(self, &mut connection)?);
        connection.set_deadlines(self.options.deadlines.answer);
        Ok(connection)
    }

    pub(crate) fn tls(&self) -> &tls::Config {
        &self.tls
    }

    /// Decides whether the server is the one that is meant, before anything is sent to it. The key
    /// that a link or an option names has to be that of an earlier meeting, too: a link may come
    /// from anybody.
    fn judge(
        &self,
        presented: Fingerprint,
        transport: &tls::Transport,
    ) -> Result<ServerKey, Error> {
        let known_servers = &self.options.known_servers;
        let file = known_servers.file();
        let given = self.options.fingerprint;
        if let Some(given) = given.filter(|given| *given != presented) {
            return Err(self.key_changed(given, presented, true));
        }
        let read = |source| Error::local("read", &file, source);
        let pinned = match known_servers.lookup(&self.server).map_err(read)? {
            Some(pinned) => pinned,
            // Its key may change with its certificate, so it is not pinned.
            None if transport.is_vouched_for(&self.options) => return Ok(ServerKey::Vouched),
            None if given.is_some() || self.is_trusted_now(presented) => known_servers
                .pin(&self.server, presented)
                .map_err(|source| Error::local("write", &file, source))?,
            None => return Err(Error::KeyUnknown { server: self.server.clone(), presented }),
        };
        if pinned == presented {
            Ok(ServerKey::Pinned(pinned))
        } else {
            Err(self.key_changed(pinned, presented, false))
        }
    }

    fn is_trusted_now(&self, presented: Fingerprint) -> bool {
        self.questions.trust_new_server(&self.server, &presented)
    }

    fn key_changed(&self, known: Fingerprint, presented: Fingerprint, was_given: bool) -> Error {
        Error::KeyChanged { server: self.server.clone(), known, presented, was_given }
    }
}

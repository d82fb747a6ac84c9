//! The connect screen, and what the window is connected to.

use super::place::Place;
use super::problem::Problem;
use super::secret::Password;

/// Everything about being connected.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// How far it is.
    pub phase: Phase,
    /// What is typed into the connect screen.
    pub form: Form,
    /// Names the last attempt to connect: what comes of an earlier one is void.
    pub attempt: u64,
    /// Whether the connect screen is shown although a server is connected.
    pub is_choosing: bool,
    /// The address that the connected server is saved under.
    pub saved_as: String,
}

/// How far a connection is.
#[derive(Clone, Debug, Default)]
pub enum Phase {
    /// There is none.
    #[default]
    Offline,
    /// One is being made.
    Connecting(Connecting),
    /// The server has another key than before: a hard stop.
    KeyChanged(KeyChange),
    /// The window is connected.
    Online(Server),
}

/// A connection that is being made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connecting {
    /// The address, as it is shown.
    pub server: String,
    /// The key that a person is asked about.
    pub question: Option<TrustQuestion>,
    /// Whether it is the folder that this computer shares, which is no server to be remembered.
    pub is_own_share: bool,
}

/// Whether a server that was never seen before is the one that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustQuestion {
    /// `HOST:PORT`.
    pub server: String,
    /// The fingerprint of its key.
    pub fingerprint: String,
}

/// A server with another key than the one that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// `HOST:PORT`.
    pub server: String,
    /// The fingerprint that is known.
    pub known: String,
    /// The fingerprint that the server has now.
    pub presented: String,
    /// Whether the known one is from a link, which may be an old one.
    pub was_in_link: bool,
}

/// What is typed into the connect screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// An address or link.
    pub address: String,
    /// Name of the account; empty for the guest.
    pub account: String,
    /// Its password.
    pub password: Password,
    /// Why the last attempt did not work.
    pub problem: Option<Problem>,
}

/// A server that the window is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// `HOST:PORT`.
    pub address: String,
    /// The fingerprint of its key; none where an authority vouches for whichever it has.
    pub pinned: Option<String>,
    /// What it calls itself.
    pub name: String,
    /// Its message of the day, on as many lines as it has; empty once it was read.
    pub welcome: String,
    /// The account; empty for the guest.
    pub account: String,
    /// Whether the account may change anything.
    pub can_write: bool,
    /// Where the account begins.
    pub start: Place,
    /// What is being tried while the server does not answer.
    pub trouble: Option<Trouble>,
}

/// A server that does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Why, as far as it is known.
    pub problem: Problem,
    /// What is done about it; `None` once it is not tried any more.
    pub retry: Option<Retrying>,
}

/// An attempt that is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retrying {
    /// Which it is, the first that failed counted.
    pub attempt: u32,
    /// Seconds until then, from when it was told.
    pub in_secs: u64,
}

impl Server {
    /// The server, `HOST:PORT`, and the account.
    #[must_use]
    pub fn whose(&self) -> (String, String) {
        (self.address.clone(), self.account.clone())
    }
}

impl Connection {
    /// The server, if one is connected.
    #[must_use]
    pub fn server(&self) -> Option<&Server> {
        match &self.phase {
            Phase::Online(server) => Some(server),
            _ => None,
        }
    }

    /// The server, to change it.
    pub fn server_mut(&mut self) -> Option<&mut Server> {
        match &mut self.phase {
            Phase::Online(server) => Some(server),
            _ => None,
        }
    }

    /// Whether the panes are shown.
    #[must_use]
    pub fn shows_panes(&self) -> bool {
        self.server().is_some() && !self.is_choosing
    }
}

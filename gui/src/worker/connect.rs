//! From what was typed to a client that is logged in.

use super::problem;
use super::questions::AtWindow;
use crate::action::AttemptEvent;
use crate::request::Login;
use crate::state::connection::{KeyChange, Server};
use crate::state::place::{Place, shown_lines};
use crate::state::problem::{Fault, Problem};
use crate::text::problems as text;
use ferry_client::address::AddressError;
use ferry_client::protocol::{EntryKind, RemotePath, Rights, Secret, Status};
use ferry_client::trust::{KnownServers, SystemKeyring};
use ferry_client::{Address, Cancel, Client, ConnectOptions, Credentials, Error, state_folder};
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// What was typed, parsed.
pub(super) struct Target {
    pub(super) address: Address,
    password: Option<Secret>,
}

impl Target {
    pub(super) fn parse(login: &Login) -> Result<Self, Box<AttemptEvent>> {
        let parsed = Address::parse_typed(&login.address);
        let mut address = parsed.map_err(|err| {
            Box::new(AttemptEvent::Failed(Problem {
                summary: text::BAD_ADDRESS.to_owned(),
                details: text::bad_address(&match err {
                    AddressError::Password => text::PASSWORD_IN_ADDRESS.to_owned(),
                    err => err.to_string(),
                }),
                fault: Fault::Here,
            }))
        })?;
        if !login.account.is_empty() {
            address.user = Some(login.account.clone());
        }
        let password =
            (!login.password.is_empty()).then(|| Secret::new(login.password.reveal().as_bytes()));
        Ok(Self { address, password })
    }

    fn options(&self, state_folder: &Path, cancel: &Cancel) -> ConnectOptions {
        let known = KnownServers::in_folder(state_folder);
        let mut options = ConnectOptions::new(&self.address.host, self.address.port, known);
        options.fingerprint = self.address.fingerprint;
        options.invitation = self.address.invitation;
        // State that lies elsewhere has its keys there, too.
        let is_users_own = state_folder::client().is_some_and(|own| own == *state_folder);
        if is_users_own && !state_folder::is_moved() {
            let keys = options.device_keys.clone();
            options.device_keys = keys.with_keyring(Arc::new(SystemKeyring));
        }
        options.credentials = match &self.address.user {
            None => Credentials::Guest,
            Some(name) => {
                Credentials::Password { name: name.clone(), password: self.password.clone() }
            }
        };
        concat!("ferry-gui ", env!("CARGO_PKG_VERSION")).clone_into(&mut options.program);
        options.cancel = cancel.clone();
        options
    }

    /// Connects. Where a person was asked meanwhile, the server may have lost its patience: then
    /// it is tried once more.
    pub(super) fn connect(
        &self,
        state_folder: &Path,
        cancel: &Cancel,
        questions: &Arc<AtWindow>,
    ) -> Result<(Client, AttemptEvent), Box<AttemptEvent>> {
        let attempt = || {
            let asked: Arc<AtWindow> = Arc::clone(questions);
            Client::connect(self.options(state_folder, cancel), asked)
        };
        let mut connected = attempt();
        if connected.as_ref().is_err_and(Error::is_retryable) && questions.was_asked() {
            connected = attempt();
        }
        let mut client = connected.map_err(|err| Box::new(self.failed(&err)))?;
        let event = self.connected(&mut client);
        Ok((client, event))
    }

    fn failed(&self, err: &Error) -> AttemptEvent {
        let server = self.address.authority();
        if let Error::KeyChanged { server, known, presented, was_given } = err {
            let change = KeyChange {
                server: server.clone(),
                known: known.to_string(),
                presented: presented.to_string(),
                was_in_link: *was_given,
            };
            let (address, now_unix_secs) = self.saved_as();
            return AttemptEvent::KeyChanged { change, address, now_unix_secs };
        }
        let refuses_guest = self.address.user.is_none()
            && matches!(
                err.status(),
                Some(Status::LOGIN_REFUSED | Status::LOGIN_REQUIRED | Status::DENIED)
            );
        AttemptEvent::Failed(if refuses_guest {
            problem::of_guest_refused()
        } else {
            problem::of_connecting(&server, err)
        })
    }

    fn connected(&self, client: &mut Client) -> AttemptEvent {
        let wanted = if self.address.path.is_root() {
            client.account().directory.clone()
        } else {
            folder_at(client, &self.address.path)
        };
        let start = Place::parse(&client.account().directory.to_wire());
        let server = Server {
            address: self.address.authority(),
            pinned: client.server_key().pinned().map(|key| key.to_string()),
            name: client.welcome().name.clone(),
            welcome: shown_lines(&client.welcome().text),
            account: client.account().name.clone(),
            can_write: client.account().rights.includes(Rights::WRITE),
            start,
            trouble: None,
        };
        let (address, now_unix_secs) = self.saved_as();
        let place = Place::parse(&wanted.to_wire());
        AttemptEvent::Connected { server, address, place, now_unix_secs }
    }

    /// The address without its secrets, and the time, in seconds since 1970.
    fn saved_as(&self) -> (String, i64) {
        let saved = Address { fingerprint: None, ..self.address.clone() };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        (saved.to_string(), i64::try_from(now.as_secs()).unwrap_or(i64::MAX))
    }
}

/// The folder that a link means: of a link to a file the folder that holds it.
fn folder_at(client: &mut Client, path: &RemotePath) -> RemotePath {
    match client.stat(path) {
        Ok(entry) if entry.kind != EntryKind::Folder => {
            path.parent().unwrap_or_else(RemotePath::root)
        }
        _ => path.clone(),
    }
}

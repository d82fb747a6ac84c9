//! Logins, tokens, and the session that proves them.

use super::fetch::Fetch;
use super::password::{Attempt, Redemption};
use super::presence::Presence;
use super::sessions::Seat;
use super::{Error, Result, Service, View};
use crate::accounts::{self, Account, AccountId, Accounts, Device};
use crate::audit::{Action, Line, Origin, Who};
use crate::storage::Author;
use crate::wake::{Pending, Waker, promise};
use ferry_protocol::{
    DEVICE_EXPORTER_LEN, DeviceLogin, OperationId, Redeem, RemotePath, Rights, Secret, Token,
    UndoGroup,
};
use std::net::IpAddr;
use std::sync::Arc;

/// The proof of a login, and what the session remembers.
#[derive(Debug)]
pub(crate) struct Session {
    pub(super) view: View,
    login: Login,
    seat: Seat,
    /// The session's folder.
    pub(crate) directory: RemotePath,
    /// What is replaced and removed from now on belongs to this.
    pub(crate) undo_group: Option<UndoGroup>,
    /// The file that it fetches by segments.
    pub(super) fetch: Option<Arc<Fetch>>,
}

/// What was proved: an account, and the device that proved it, if one did.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    account: Arc<Account>,
    device: Option<Arc<Device>>,
}

/// What came of an invitation.
pub(crate) type Redeemed = Result<Login>;

/// What came of a password: the account, or nothing.
pub(crate) type LoginOutcome = Option<Arc<Account>>;

impl Session {
    /// Name of the account; empty for the guest.
    pub(crate) fn account_name(&self) -> &str {
        &self.view.account.name
    }

    /// What tells the account from others of its name.
    pub(super) fn account_id(&self) -> AccountId {
        self.view.account.id()
    }

    /// Whether what opened it holds good no more: the connection has to end.
    pub(crate) fn is_over(&self) -> bool {
        self.seat.is_over()
    }

    /// Everything that the account may do somewhere.
    pub(crate) fn rights(&self) -> Rights {
        self.view.account.rights()
    }

    /// What the account may do with what lies at `path`.
    pub(crate) fn rights_at(&self, path: &RemotePath) -> Rights {
        self.view.account.terms.rights_at(path)
    }

    /// Syncs that failed so far where the account's files lie.
    pub(crate) fn failed_syncs(&self) -> u64 {
        self.view.storage.failed_syncs()
    }

    /// Whose doing an operation of this session is.
    pub(super) fn author(&self, operation: OperationId) -> Author {
        let group = self.undo_group.unwrap_or(UndoGroup(operation.0));
        Author { account: self.account_name().to_owned(), group }
    }
}

impl Service {
    /// Checks a password on the password lane. The guest has the empty name and no password. A
    /// refusal is charged to the peer's address and the name here, whatever door asks.
    pub(crate) fn log_in(
        &self,
        name: String,
        password: Secret,
        origin: Origin,
        waker: &Waker,
    ) -> Result<Pending<LoginOutcome>> {
        let (promise, pending) = promise(waker, None);
        self.passwords.check(Attempt { name, password, origin, promise })?;
        Ok(pending)
    }

    /// Opens the session of an account that a login proved, for a peer from `origin`. `waker` brings
    /// its connection back when the session is over before it ends by itself.
    ///
    /// # Errors
    /// Where the account's terms do not let it in, or its folder cannot be used.
    pub(crate) fn open_session(
        &self,
        login: impl Into<Login>,
        origin: Origin,
        waker: &Waker,
    ) -> Result<Session> {
        let login = login.into();
        let who = Who { account: Some(login.account.name.clone()), origin };
        if let Err(err) = login.expect_admitted(&self.accounts, origin.peer.ip()) {
            self.desk.log.record(Line::new(&who, Action::LogIn).failed(&err.to_string()));
            return Err(err);
        }
        let presence = Presence::begin(who, &self.desk.log);
        let view = self.view(Arc::clone(&login.account), presence)?;
        let seat = self.sessions.seat(&login, origin.peer.ip(), waker);
        let directory = RemotePath::root();
        Ok(Session { view, login, seat, directory, undo_group: None, fetch: None })
    }

    /// A token by which further connections log in as this session did. Tokens are kept, so a door
    /// that has no use for one asks for none.
    pub(crate) fn token(&self, session: &Session) -> Token {
        self.tokens.issue(&session.login)
    }

    /// The login that a token stands for. A bad token is not charged: nobody guesses 256 random
    /// bits, and after a restart every honest client has one.
    pub(crate) fn log_in_by_token(&self, token: &Token) -> Option<Login> {
        self.tokens.login(token)?.as_it_is_now(&self.accounts)
    }

    /// The login of a device, whose signature is good on the connection with this exporter value.
    /// A bad one is charged to the peer's address.
    pub(crate) fn log_in_by_device(
        &self,
        login: &DeviceLogin,
        exporter: &[u8; DEVICE_EXPORTER_LEN],
        origin: Origin,
    ) -> Result<Login> {
        let Some((account, device)) = self.accounts.authenticate_device(login, exporter) else {
            self.desk.refuse_credential(origin, "a device that is not known");
            return Err(Error::DeviceUnknown);
        };
        Ok(Login::of_device((account, device)))
    }

    /// Redeems an invitation on the password lane. One that does not let in is charged to the
    /// peer's address.
    pub(crate) fn redeem(
        &self,
        redeem: Redeem,
        origin: Origin,
        waker: &Waker,
    ) -> Result<Pending<Redeemed>> {
        let (promise, pending) = promise(waker, Err(Error::LoginsBusy));
        self.passwords.redeem(Redemption { redeem, origin, promise })?;
        Ok(pending)
    }

    /// A name that somebody typed, for the log: one that there is not may be a password in the
    /// wrong field, and is not shown.
    pub(crate) fn typed_name<'n>(&self, name: &'n str) -> &'n str {
        match name {
            "" => "guest",
            known if self.accounts.account(known).is_some() => known,
            _ => "(no account of this server)",
        }
    }

    /// Whether an account has this name.
    pub(crate) fn has_account(&self, name: &str) -> bool {
        self.accounts.account(name).is_some()
    }

    /// Enrols a device for the session's account.
    pub(crate) fn enrol(&self, session: &Session, device: &ferry_protocol::Device) -> Result<()> {
        let enrolled = self.accounts.enrol(session.account_name(), device);
        enrolled.map_err(|err| match err {
            accounts::Error::BadName(_) | accounts::Error::Unknown(_) => Error::NoDevices,
            accounts::Error::DevicesFull(_) => Error::DevicesFull,
            err => not_kept(&err),
        })
    }

    /// Brings a session up to date with the accounts: terms may have changed, and a login that holds
    /// good no more, or an account that has ended, ends its sessions.
    pub(crate) fn refresh(&self, session: &mut Session) -> Result<()> {
        let peer = session.view.presence.origin().peer.ip();
        let present = session.login.expect_admitted(&self.accounts, peer)?.account;
        if !Arc::ptr_eq(&present, &session.view.account) {
            session.view = self.view(present, Arc::clone(&session.view.presence))?;
        }
        Ok(())
    }

    /// Ends sessions whose login holds good no more, or whose account's time is over.
    pub(crate) fn end_outdated_sessions(&self) {
        self.sessions.end_outdated(&self.accounts);
    }
}

impl From<Arc<Account>> for Login {
    fn from(account: Arc<Account>) -> Self {
        Self { account, device: None }
    }
}

impl Login {
    /// By a device.
    pub(super) fn of_device((account, device): accounts::DeviceOfAccount) -> Self {
        Self { account, device: Some(device) }
    }

    /// The same with the account as it is now; nothing if it holds good no more. A device's does until
    /// it is revoked, a password's until there is another.
    pub(super) fn as_it_is_now(&self, accounts: &Accounts) -> Option<Self> {
        let account = accounts.account(&self.account.name)?;
        let holds_good = match &self.device {
            Some(device) => !device.is_revoked(),
            None => account.has_login_of(&self.account),
        };
        holds_good.then(|| Self { account, device: self.device.clone() })
    }

    /// The same with the account as it is now, if that lets in whoever is at `peer`.
    pub(super) fn expect_admitted(&self, accounts: &Accounts, peer: IpAddr) -> Result<Self> {
        let present = self.as_it_is_now(accounts).ok_or(Error::AccountGone)?;
        let admitted = present.account.terms.expect_admitted(peer, accounts.clock().now());
        admitted.map(|()| present).map_err(|err| match err {
            accounts::Error::AccountEnded => Error::AccountEnded,
            _ => Error::NotFromHere,
        })
    }

    /// Who logged in.
    pub(crate) fn account(&self) -> &Account {
        &self.account
    }
}

/// What went wrong with the server's own files is told to its log alone.
pub(super) fn not_kept(err: &accounts::Error) -> Error {
    tracing::error!("a device could not be enrolled: {err}");
    Error::NotKept
}

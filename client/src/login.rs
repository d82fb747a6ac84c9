//! The ways in, tried in the order of what they cost: a session's token, this device's key, the
//! invitation of a link, and a password or the guest.

use crate::connection::Connection;
use crate::site::{Credentials, Site};
use crate::trust::Fingerprint;
use crate::{Error, Stage};
use ferry_protocol::limits::LOGIN_ATTEMPTS_MAX;
use ferry_protocol::{
    Account, Answer, Device, DeviceLogin, InvitationSecret, PeerMisbehaved, Redeem, Request,
    Secret, Status, Token, feature,
};
use std::collections::BTreeSet;

/// What was learned of logins at a server.
pub(crate) struct Login {
    token: Option<Token>,
    password: Option<Secret>,
    invitation: Option<InvitationSecret>,
    /// The account that an invitation led to.
    invited: Option<String>,
}

impl Login {
    pub(crate) fn new(password: Option<Secret>, invitation: Option<InvitationSecret>) -> Self {
        Self { token: None, password, invitation, invited: None }
    }
}

/// Logs in on a connection that was greeted.
pub(crate) fn log_in(site: &Site, connection: &mut Connection) -> Result<Account, Error> {
    // Held over the whole login, so that a person is asked for one password at a time.
    let mut login = site.login.lock();
    let mut attempts = Attempts { left: LOGIN_ATTEMPTS_MAX };
    let account = match without_password(site, &mut login, connection, &mut attempts)? {
        Some(account) => account,
        None => by_password(site, &mut login, connection, &mut attempts)?,
    };
    login.token = Some(account.token);
    Ok(account)
}

/// Logins that the server still listens to on this connection.
struct Attempts {
    left: u8,
}

impl Attempts {
    fn make(&mut self, connection: &mut Connection, request: &Request) -> Result<Account, Error> {
        self.left = self.left.saturating_sub(1);
        match connection.ask_at(request, b"", Stage::Login)? {
            Answer::LoggedIn(account) => Ok(account),
            _ => Err(PeerMisbehaved::UnexpectedAnswer.into()),
        }
    }
}

fn without_password(
    site: &Site,
    login: &mut Login,
    connection: &mut Connection,
    attempts: &mut Attempts,
) -> Result<Option<Account>, Error> {
    if let Some(token) = login.token.take() {
        match attempts.make(connection, &Request::LoginToken(token)) {
            Err(err) if err.status() == Some(Status::LOGIN_REFUSED) => {}
            Err(err) => {
                login.token = Some(token);
                return Err(err);
            }
            Ok(account) => return Ok(Some(account)),
        }
    }
    if !connection.uses(feature::DEVICES) {
        return match login.invitation {
            Some(_) => Err(Error::NoInvitations { server: site.server.clone() }),
            None => Ok(None),
        };
    }
    if let Some(account) = by_device(site, login, connection, attempts)? {
        return Ok(Some(account));
    }
    by_invitation(site, login, connection, attempts)
}

/// With the key of this device, where it is enrolled.
fn by_device(
    site: &Site,
    login: &Login,
    connection: &mut Connection,
    attempts: &mut Attempts,
) -> Result<Option<Account>, Error> {
    let enrolments = site.options.enrolments();
    let named = login.invited.as_deref().or_else(|| site.options.account());
    let read = |source| Error::local("read", &enrolments.file(), source);
    let here = enrolments.account_at(&site.server, named).map_err(read)?;
    let is_here = here.is_some();
    let Some(account) = here.or_else(|| elsewhere(site, connection.fingerprint, named)) else {
        return Ok(None);
    };
    match as_device_of(site, &account, connection, attempts) {
        Err(err) if err.status() == Some(Status::DEVICE_UNKNOWN) => {
            // Revoked: it is not tried again.
            let forgotten = enrolments.remove(&site.server, &account);
            forgotten.map_err(|source| Error::local("write", &enrolments.file(), source))?;
            site.questions.notice("The server does not know this device any more.");
            Ok(None)
        }
        Ok(Some(logged_in)) => {
            if !is_here {
                remember(site, &account)?;
            }
            Ok(Some(logged_in))
        }
        other => other,
    }
}

/// With the key of this device, if it can be had, as this account.
fn as_device_of(
    site: &Site,
    account: &str,
    connection: &mut Connection,
    attempts: &mut Attempts,
) -> Result<Option<Account>, Error> {
    let pair = match site.options.device_keys.pair() {
        Ok(pair) => pair,
        Err(err) => {
            site.questions.notice(&err.to_string());
            return Ok(None);
        }
    };
    let signature = pair.sign(&DeviceLogin::signed_text(&connection.exporter()?, account));
    let request = DeviceLogin { account: account.to_owned(), key: pair.public(), signature };
    attempts.make(connection, &Request::LoginDevice(request)).map(Some)
}

/// The account that this device is enrolled for at another address of the same server.
fn elsewhere(site: &Site, key: Fingerprint, named: Option<&str>) -> Option<String> {
    let known = site.options.known_servers.all().ok()?;
    let others = known.iter().filter(|known| known.fingerprint == key);
    let enrolments = site.options.enrolments();
    let accounts: BTreeSet<String> = others
        .filter_map(|other| enrolments.account_at(&other.server, named).ok().flatten())
        .collect();
    // Which of several is meant, only a name tells.
    if accounts.len() == 1 { accounts.into_iter().next() } else { None }
}

/// By the invitation of a link, which is used up by it.
fn by_invitation(
    site: &Site,
    login: &mut Login,
    connection: &mut Connection,
    attempts: &mut Attempts,
) -> Result<Option<Account>, Error> {
    let Some(invitation) = login.invitation else { return Ok(None) };
    let password = login.password.clone().unwrap_or_else(|| Secret::new(b""));
    let redeem = Redeem { invitation, device: device(site)?, password };
    let account = match attempts.make(connection, &Request::Redeem(redeem)) {
        Err(err) if err.status() == Some(Status::INVITATION_USED) => {
            // Perhaps by this device, and the answer was lost: then its key is known there.
            let named = site.options.account();
            match named.map(|named| as_device_of(site, named, connection, attempts)) {
                Some(Ok(Some(account))) => account,
                _ => return Err(err),
            }
        }
        other => other?,
    };
    login.invitation = None;
    login.invited = Some(account.name.clone());
    remember(site, &account.name)?;
    Ok(Some(account))
}

/// Enrols this device for the account that is logged in.
pub(crate) fn enrol(site: &Site, connection: &mut Connection, account: &str) -> Result<(), Error> {
    connection.ask(&Request::Enrol(device(site)?), b"")?;
    remember(site, account)
}

fn device(site: &Site) -> Result<Device, Error> {
    let keys = &site.options.device_keys;
    let key = keys.public().map_err(|source| Error::local("make", &keys.file(), source))?;
    Ok(Device { key, name: site.options.device_name.clone() })
}

fn remember(site: &Site, account: &str) -> Result<(), Error> {
    let enrolments = site.options.enrolments();
    let added = enrolments.add(&site.server, account);
    added.map_err(|source| Error::local("write", &enrolments.file(), source))
}

fn by_password(
    site: &Site,
    login: &mut Login,
    connection: &mut Connection,
    attempts: &mut Attempts,
) -> Result<Account, Error> {
    loop {
        let (request, was_asked) = password_request(site, login)?;
        match attempts.make(connection, &request) {
            Err(err) if err.status() == Some(Status::LOGIN_REFUSED) && was_asked => {
                login.password = None;
                if attempts.left == 0 {
                    return Err(err);
                }
                site.questions.notice("The server refused this name or password.");
            }
            other => return other,
        }
    }
}

/// The login, and whether its password was typed in just now.
fn password_request(site: &Site, login: &mut Login) -> Result<(Request, bool), Error> {
    let name = match &site.options.credentials {
        Credentials::Guest => {
            let request =
                Request::LoginPassword { name: String::new(), password: Secret::new(b"") };
            return Ok((request, false));
        }
        Credentials::Password { name, .. } => name.clone(),
    };
    let was_asked = login.password.is_none();
    if was_asked {
        login.password = site.questions.password(&name, &site.server);
    }
    match &login.password {
        Some(password) => {
            let password = password.clone();
            Ok((Request::LoginPassword { name, password }, was_asked))
        }
        None => Err(Error::PasswordNeeded { account: name }),
    }
}

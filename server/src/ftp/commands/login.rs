//! USER, PASS, QUIT (RFC 959, section 4.1.1).

use crate::accounts::Account;
use crate::audit::Origin;
use crate::door::{Interest, Turn};
use crate::ftp::command::{Served, done};
use crate::ftp::control::{ControlConnection, shown_name};
use crate::ftp::refusal::Refusal;
use crate::ftp::reply::Reply;
use crate::ftp::turn::Stop;
use crate::ftp::work::Work;
use ferry_protocol::Secret;
use std::sync::Arc;

/// USER. A client that would send its password in plain is told before it does.
pub(in crate::ftp) fn user(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let Ok(name) = std::str::from_utf8(argument) else {
        return done(501, "A name is UTF-8.");
    };
    if name.is_empty() {
        return done(501, "Name an account.");
    }
    if control.session.is_some() {
        return done(530, "You are logged in; connect again to change the account.");
    }
    if !control.channel.is_encrypted() && !control.may_be_plain() {
        return done(530, "Logins need TLS here: send AUTH TLS first.");
    }
    control.dialogue.user = Some(name.to_owned());
    done(331, "Send the password.")
}

/// PASS. The password is checked on its own lane; the reply follows when that is done.
pub(in crate::ftp) fn pass(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    if control.session.is_some() {
        return done(503, "You are logged in.");
    }
    let Some(user) = control.dialogue.user.take() else {
        return done(503, "Send USER first.");
    };
    let names_guest = ["anonymous", "ftp"].iter().any(|name| user.eq_ignore_ascii_case(name));
    let is_guest = names_guest && !control.door.service.has_account(&user);
    let (name, password) = if is_guest { ("", &b""[..]) } else { (user.as_str(), argument) };
    let secret = Secret::new(password);
    let origin = control.origin();
    control.permit.tries_to_log_in();
    let begun = control.door.service.log_in(name.to_owned(), secret, origin, &control.waker);
    let outcome = begun.inspect_err(|_| control.begin_close())?;
    control.work = Work::LoggingIn { outcome, name: name.to_owned() };
    Ok(Served::Later)
}

/// QUIT. One that comes during a transfer was held until its end.
pub(in crate::ftp) fn quit(
    control: &mut ControlConnection,
    _: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    control.begin_close();
    done(221, "Goodbye.")
}

impl ControlConnection {
    /// Goes on when the password was checked.
    pub(in crate::ftp) fn finish_login(&mut self) -> Stop {
        let Work::LoggingIn { outcome, .. } = &self.work else { return Stop::GoOn };
        let Some(account) = outcome.take() else { return Stop::Wait(Interest::Woken) };
        let Work::LoggingIn { name, .. } = std::mem::replace(&mut self.work, Work::None) else {
            return Stop::GoOn;
        };
        match account {
            Some(account) => self.open_session(account),
            None => self.refuse_login(&name),
        }
        Stop::GoOn
    }

    fn origin(&self) -> Origin {
        Origin { peer: self.peer, door: "ftp" }
    }

    fn open_session(&mut self, account: Arc<Account>) {
        if let Err(refusal) = self.permit.logged_in(&account.name, account.terms.connections) {
            self.turn_away(refusal);
            return;
        }
        let session = match self.door.service.open_session(account, self.origin(), &self.waker) {
            Ok(session) => session,
            Err(err) => {
                tracing::warn!(peer = %self.peer, "login refused (FTP): {err}");
                self.reply(&Reply::new(530, err.to_string()));
                self.begin_close();
                return;
            }
        };
        let account = shown_name(session.account_name());
        tracing::info!(peer = %self.peer, account, tls = self.channel.is_encrypted(), "logged in (FTP)");
        self.session = Some(session);
        self.reply(&Reply::new(230, "Logged in."));
    }

    fn refuse_login(&mut self, name: &str) {
        let account = self.door.service.typed_name(name);
        tracing::warn!(peer = %self.peer, account, "login refused (FTP)");
        self.dialogue.failed_logins += 1;
        let text = if name.is_empty() {
            "This server has no guest account; log in with a name and password."
        } else {
            "Wrong name or password."
        };
        self.reply(&Reply::new(530, text));
        if self.dialogue.failed_logins >= LOGINS_MAX {
            self.begin_close();
        }
    }
}

/// Wrong passwords on one connection.
const LOGINS_MAX: u32 = 3;

//! Hello, welcome and login.

use super::connection::{NativeConnection, Stop};
use super::deadline::Wait;
use super::status;
use super::work::Work;
use crate::admission::Refusal;
use crate::audit::Origin;
use crate::door::Interest;
use crate::service::{self, Login};
use ferry_protocol::{
    Answer, Busy, DeviceLogin, Fault, Hello, Redeem, Secret, Status, Token, escape,
};

impl NativeConnection {
    /// Answers the hello, or tells a client for whom there is no room when to come back.
    pub(super) fn greet(&mut self, hello: &Hello) -> Stop {
        tracing::debug!(peer = %self.peer, program = escape(hello.program.as_bytes()), "hello");
        if let Some(refusal) = self.permit.refusal() {
            self.turn_away(refusal);
            return Stop::GoOn;
        }
        self.order.welcomed();
        let mut welcome = self.door.welcome.clone();
        welcome.features &= hello.features;
        self.features = welcome.features;
        self.answer(Answer::Welcome(welcome));
        Stop::GoOn
    }

    /// Says that there is no room, and when to come back.
    fn turn_away(&mut self, refusal: Refusal) {
        let text = refusal.text();
        tracing::info!(peer = %self.peer, "refused: {text}");
        let retry_after = refusal.retry_after().as_millis();
        let retry_after_ms = u32::try_from(retry_after).unwrap_or(u32::MAX);
        let busy = Busy { retry_after_ms, text };
        self.replies.push(0, Answer::Busy(busy));
        self.begin_linger();
    }

    /// Sends a password to its lane.
    pub(super) fn check_password(&mut self, name: String, password: Secret) {
        self.permit.tries_to_log_in();
        match self.door.service.log_in(name.clone(), password, self.origin(), &self.waker) {
            Ok(outcome) => self.work = Work::LoggingIn { outcome, name },
            Err(err) => self.answer(status::answer(&err)),
        }
    }

    /// Goes on when the password was checked.
    pub(super) fn finish_login(&mut self) -> Stop {
        let Work::LoggingIn { outcome, .. } = &self.work else { return Stop::GoOn };
        let Some(account) = outcome.take() else {
            return Stop::Wait(Interest::Woken, Wait::Login);
        };
        let Work::LoggingIn { name, .. } = std::mem::replace(&mut self.work, Work::None) else {
            return Stop::GoOn;
        };
        match account {
            Some(account) => self.open_session(account, None),
            None => self.refuse_login(&name),
        }
        Stop::GoOn
    }

    /// Logs in without a password. A bad token is not charged, so the try alone answers for nothing.
    pub(super) fn log_in_by_token(&mut self, token: &Token) -> Stop {
        if let Some(login) = self.door.service.log_in_by_token(token) {
            self.open_session(login, Some(*token));
        } else {
            tracing::warn!(peer = %self.peer, "a token was refused");
            self.answer_refusal(WRONG);
        }
        Stop::GoOn
    }

    /// Logs in by a device's signature.
    pub(super) fn log_in_by_device(&mut self, login: &DeviceLogin) -> Stop {
        self.permit.tries_to_log_in();
        let service = &self.door.service;
        let proved = match self.stream.exporter() {
            Ok(exporter) => service.log_in_by_device(login, &exporter, self.origin()),
            Err(err) => {
                tracing::error!(peer = %self.peer, "TLS exports no value: {err}");
                Err(service::Error::DeviceUnknown)
            }
        };
        match proved {
            Ok(login) => self.open_session(login, None),
            Err(err) => self.refuse_credential("a device", &err),
        }
        Stop::GoOn
    }

    /// Sends an invitation to the lane of passwords.
    pub(super) fn redeem(&mut self, redeem: Redeem) {
        self.permit.tries_to_log_in();
        match self.door.service.redeem(redeem, self.origin(), &self.waker) {
            Ok(outcome) => self.work = Work::Redeeming(outcome),
            Err(err) => self.answer(status::answer(&err)),
        }
    }

    /// Goes on when the invitation was redeemed, or not.
    pub(super) fn finish_redeem(&mut self) -> Stop {
        let Work::Redeeming(outcome) = &self.work else { return Stop::GoOn };
        let Some(redeemed) = outcome.take() else {
            return Stop::Wait(Interest::Woken, Wait::Login);
        };
        self.work = Work::None;
        match redeemed {
            Ok(login) => self.open_session(login, None),
            Err(err) => self.refuse_credential("an invitation", &err),
        }
        Stop::GoOn
    }

    fn origin(&self) -> Origin {
        Origin { peer: self.peer, door: "ferry" }
    }

    /// Opens the session, and tells by which token further connections log in: by `token`, if it
    /// was that which logged this one in.
    fn open_session(&mut self, login: impl Into<Login>, token: Option<Token>) {
        let login = login.into();
        let account = login.account();
        if let Err(refusal) = self.permit.logged_in(&account.name, account.terms.connections) {
            self.turn_away(refusal);
            return;
        }
        let name = account.name.clone();
        let opened = self.door.service.open_session(login, self.origin(), &self.waker);
        let session = match opened {
            Ok(session) => session,
            Err(err) => {
                tracing::warn!(peer = %self.peer, account = shown_name(&name), "login refused: {err}");
                self.answer(status::answer(&err));
                self.begin_linger();
                return;
            }
        };
        tracing::info!(
            peer = %self.peer,
            account = shown_name(session.account_name()),
            "logged in"
        );
        self.order.logged_in();
        self.answer(Answer::LoggedIn(ferry_protocol::Account {
            name: session.account_name().to_owned(),
            rights: session.rights(),
            token: token.unwrap_or_else(|| self.door.service.token(&session)),
            directory: session.directory.clone(),
            epoch: self.door.service.epoch(session.failed_syncs()),
        }));
        self.session = Some(session);
    }

    fn refuse_credential(&mut self, what: &str, err: &service::Error) {
        tracing::warn!(peer = %self.peer, "{what} was refused: {err}");
        let may_try_again = self.order.login_failed();
        self.answer(status::answer(err));
        if !may_try_again {
            self.begin_linger();
        }
    }

    fn refuse_login(&mut self, name: &str) {
        let account = self.door.service.typed_name(name);
        tracing::warn!(peer = %self.peer, account, "login refused");
        let text = if name.is_empty() {
            "this server has no guest account; log in with a name and password"
        } else {
            WRONG
        };
        self.answer_refusal(text);
    }

    fn answer_refusal(&mut self, text: &str) {
        let may_try_again = self.order.login_failed();
        self.answer(Answer::Error(Fault::new(Status::LOGIN_REFUSED, text)));
        if !may_try_again {
            self.begin_linger();
        }
    }
}

/// Why a login is refused, whatever of it is wrong.
const WRONG: &str = "wrong name or password";

/// An account's name for the log.
pub(super) fn shown_name(name: &str) -> &str {
    if name.is_empty() { "guest" } else { name }
}

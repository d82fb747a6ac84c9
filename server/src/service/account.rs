//! Logins, tokens, and the session that proves them.

use super::password::Attempt;
use super::{Error, Result, Service, View};
use crate::accounts::Account;
use crate::penalties::Offence;
use crate::storage::Author;
use crate::wake::{Pending, Waker, promise};
use ferry_protocol::{OperationId, RemotePath, Rights, Secret, Token, UndoGroup};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The proof of a login, and what the session remembers.
#[derive(Debug)]
pub(crate) struct Session {
    pub(super) view: View,
    peer: IpAddr,
    /// The session's folder.
    pub(crate) directory: RemotePath,
    /// What is replaced and removed from now on belongs to this.
    pub(crate) undo_group: Option<UndoGroup>,
}

/// What came of a password: the account, or nothing.
pub(crate) type LoginOutcome = Option<Arc<Account>>;

impl Session {
    /// Name of the account; empty for the guest.
    pub(crate) fn account_name(&self) -> &str {
        &self.view.account.name
    }

    /// Everything that the account may do somewhere.
    pub(crate) fn rights(&self) -> Rights {
        self.view.account.rights()
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
        peer: IpAddr,
        waker: &Waker,
    ) -> Result<Pending<LoginOutcome>> {
        let (promise, pending) = promise(waker, None);
        self.passwords.check(Attempt { name, password, peer, promise })?;
        Ok(pending)
    }

    /// Opens the session of an account that a login or token proved, for a peer at `peer`.
    ///
    /// # Errors
    /// Where the account's terms do not let it in, or its folder cannot be used.
    pub(crate) fn open_session(
        &self,
        account: Arc<Account>,
        peer: IpAddr,
    ) -> Result<(Session, Token)> {
        self.admit(&account, peer)?;
        let token = self.tokens.issue(&account);
        let view = self.view(account)?;
        Ok((Session { view, peer, directory: RemotePath::root(), undo_group: None }, token))
    }

    /// The account that a token stands for. A bad token is charged to the peer's address.
    pub(crate) fn redeem(&self, token: &Token, peer: IpAddr) -> LoginOutcome {
        let account = self.tokens.account(token).and_then(|account| {
            self.lookup(&account.name).filter(|present| present.has_login_of(&account))
        });
        if account.is_none() {
            self.penalties.charge(peer, Offence::Credential, Instant::now());
        }
        account
    }

    /// Brings a session up to date with the accounts: terms may have changed, and an account that
    /// was removed or has ended ends its sessions.
    pub(crate) fn refresh(&self, session: &mut Session) -> Result<()> {
        let present = self.lookup(session.account_name()).ok_or(Error::AccountGone)?;
        self.admit(&present, session.peer)?;
        if !Arc::ptr_eq(&present, &session.view.account) {
            session.view = self.view(present)?;
        }
        Ok(())
    }

    fn admit(&self, account: &Account, peer: IpAddr) -> Result<()> {
        if !account.terms.admits(peer) {
            return Err(Error::NotFromHere);
        }
        let now = || self.accounts.clock().now();
        if account.terms.expires.is_some_and(|expiry| expiry.is_over(now())) {
            return Err(Error::AccountEnded);
        }
        Ok(())
    }

    fn lookup(&self, name: &str) -> LoginOutcome {
        if name.is_empty() { self.accounts.guest() } else { self.accounts.account(name) }
    }
}

/// Tokens of this server's run. Only their digests are kept, so that memory read by a stranger
/// opens nothing.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    issued: Mutex<HashMap<[u8; 32], Issued>>,
}

#[derive(Debug)]
struct Issued {
    account: Arc<Account>,
    used_at: Instant,
}

impl Tokens {
    fn issue(&self, account: &Arc<Account>) -> Token {
        let mut bytes = [0; 32];
        if let Err(err) = getrandom::fill(&mut bytes) {
            // Without randomness a token of zeros would be guessable: issue one nobody can redeem.
            tracing::error!("no random numbers from the system: {err}");
            return Token::new(bytes);
        }
        let now = Instant::now();
        let mut issued = self.issued.lock();
        if issued.len() >= TOKENS_MAX {
            issued.retain(|_, token| now.duration_since(token.used_at) < TOKEN_LIFE_CROWDED);
        }
        if issued.len() < TOKENS_MAX {
            issued.insert(digest(&bytes), Issued { account: Arc::clone(account), used_at: now });
        }
        Token::new(bytes)
    }

    fn account(&self, token: &Token) -> LoginOutcome {
        let mut issued = self.issued.lock();
        let found = issued.get_mut(&digest(token.expose()))?;
        if found.used_at.elapsed() > TOKEN_LIFE {
            return None;
        }
        found.used_at = Instant::now();
        Some(Arc::clone(&found.account))
    }
}

fn digest(token: &[u8; 32]) -> [u8; 32] {
    *blake3::hash(token).as_bytes()
}

/// Tokens kept at the most, 100 bytes each.
const TOKENS_MAX: usize = 20_000;

/// How long an unused token lives.
const TOKEN_LIFE: Duration = Duration::from_hours(24);

/// How long it lives when there are too many.
const TOKEN_LIFE_CROWDED: Duration = Duration::from_mins(10);

//! Tokens: what logs the further connections of a client in. A client keeps the one that its first
//! login was given for as long as that is good.

use super::account::Login;
use ferry_protocol::Token;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Tokens of this server's run. Only their digests are kept, so that memory read by a stranger
/// opens nothing. Each account has room of its own: one with too many loses that which was not used
/// for longest, and nobody else any.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    issued: HashMap<Digest, Issued>,
    /// By account, the one used last at the end.
    used: HashMap<String, VecDeque<Digest>>,
}

#[derive(Debug)]
struct Issued {
    login: Login,
    used_at: Instant,
}

type Digest = [u8; 32];

impl Tokens {
    /// A new token for a login.
    pub(super) fn issue(&self, login: &Login) -> Token {
        let mut bytes = [0; 32];
        if let Err(err) = getrandom::fill(&mut bytes) {
            // Without randomness a token of zeros would be guessable: issue one nobody can redeem.
            tracing::error!("no random numbers from the system: {err}");
            return Token::new(bytes);
        }
        self.0.lock().add(digest(&bytes), login);
        Token::new(bytes)
    }

    /// The login that it was issued for.
    pub(super) fn login(&self, token: &Token) -> Option<Login> {
        self.0.lock().used(&digest(token.expose()))
    }
}

impl Book {
    fn add(&mut self, digest: Digest, login: &Login) {
        let account = &login.account().name;
        let used = self.used.entry(account.clone()).or_default();
        used.push_back(digest);
        if used.len() > PER_ACCOUNT_MAX {
            used.pop_front().and_then(|unused| self.issued.remove(&unused));
        }
        self.issued.insert(digest, Issued { login: login.clone(), used_at: Instant::now() });
        if self.issued.len() > TOKENS_MAX {
            self.forget_one();
        }
    }

    fn used(&mut self, digest: &Digest) -> Option<Login> {
        let found = self.issued.get_mut(digest)?;
        if found.used_at.elapsed() > TOKEN_LIFE {
            return None;
        }
        found.used_at = Instant::now();
        if let Some(used) = self.used.get_mut(&found.login.account().name) {
            used.retain(|other| other != digest);
            used.push_back(*digest);
        }
        Some(found.login.clone())
    }

    /// The account with the most loses one.
    fn forget_one(&mut self) {
        let largest = self.used.values_mut().max_by_key(|used| used.len());
        if let Some(unused) = largest.and_then(VecDeque::pop_front) {
            self.issued.remove(&unused);
        }
    }
}

fn digest(token: &[u8; 32]) -> Digest {
    *blake3::hash(token).as_bytes()
}

/// Tokens of one account, each that of one running client.
const PER_ACCOUNT_MAX: usize = 256;

/// Tokens of all accounts, 200 bytes each.
const TOKENS_MAX: usize = 20_000;

/// How long an unused token lives.
const TOKEN_LIFE: Duration = Duration::from_hours(24);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Accounts;
    use ferry_protocol::Rights;

    fn login(accounts: &Accounts, rights: Rights) -> Login {
        accounts.set_guest(Some(rights));
        accounts.guest().unwrap().into()
    }

    #[test]
    fn a_flood_of_logins_costs_their_own_account_its_unused_tokens_alone() {
        let state = tempfile::tempdir().unwrap();
        let accounts = Accounts::open(state.path(), None).unwrap().with_owner();
        let owner: Login = accounts.account(crate::accounts::OWNER_NAME).unwrap().into();
        let guest = login(&accounts, Rights::read_only());
        let tokens = Tokens::default();
        let (first, in_use, unused) =
            (tokens.issue(&owner), tokens.issue(&guest), tokens.issue(&guest));
        for _ in 0..=TOKENS_MAX {
            assert!(tokens.login(&in_use).is_some(), "it is in use");
            let new = tokens.issue(&guest);
            assert!(tokens.login(&new).is_some(), "no token is dead from the start");
        }
        assert!(tokens.login(&unused).is_none());
        assert!(tokens.login(&first).is_some(), "it is another account's");
        assert_eq!(tokens.0.lock().issued.len(), PER_ACCOUNT_MAX + 1);
    }
}

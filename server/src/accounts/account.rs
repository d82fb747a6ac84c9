//! One who may log in, as a running server knows it.

use super::Terms;
use ferry_protocol::Rights;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An account. Equal values are handed out as the same `Arc`, until the accounts are read again
/// and something about this one has changed.
#[derive(Clone, Debug)]
pub struct Account {
    /// Name; empty for the guest.
    pub name: String,
    /// On what terms it is let in.
    pub terms: Terms,
    /// Stays the same as long as the password does.
    login: Arc<()>,
}

/// Tells an account from one that had its name before, or will have it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountId {
    /// Its name; empty for the guest.
    pub(crate) name: String,
    /// Since when it is there; empty for those who are in no file.
    pub(crate) since: String,
}

impl Account {
    pub(super) fn new(name: String, terms: Terms) -> Arc<Self> {
        Arc::new(Self { name, terms, login: Arc::default() })
    }

    /// The same account, whose password has not changed, on other terms.
    pub(super) fn on_terms(&self, terms: Terms) -> Arc<Self> {
        Arc::new(Self { name: self.name.clone(), terms, login: Arc::clone(&self.login) })
    }

    /// What belongs to this account, and to no other of its name, is known by this.
    pub(crate) fn id(&self) -> AccountId {
        let since = self.terms.added.map(|added| added.to_string()).unwrap_or_default();
        AccountId { name: self.name.clone(), since }
    }

    /// Everything that it may do somewhere.
    pub fn rights(&self) -> Rights {
        self.terms.rights_anywhere()
    }

    /// Whether what logged `other` in still logs this one in.
    pub fn has_login_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.login, &other.login)
    }
}

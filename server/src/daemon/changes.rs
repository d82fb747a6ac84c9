//! What a reload of the accounts changed: for the record, and for a wall that cannot grow.

use crate::accounts::{Account, Accounts};
use crate::config::Config;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The accounts at one moment.
pub(super) struct Snapshot(BTreeMap<String, Arc<Account>>);

impl Snapshot {
    pub(super) fn of(accounts: &Accounts) -> Self {
        let named = accounts.all().into_iter().map(|account| (account.name.clone(), account));
        Self(named.filter(|(name, _)| !name.is_empty()).collect())
    }

    /// Who is new, other or gone in `after`, in words; nothing where all are as they were.
    pub(super) fn changes(&self, after: &Self) -> Option<String> {
        let added = after.0.keys().filter(|name| !self.0.contains_key(*name));
        let removed = self.0.keys().filter(|name| !after.0.contains_key(*name));
        let changed = after.0.iter().filter(|(name, account)| {
            self.0.get(*name).is_some_and(|before| !Arc::ptr_eq(before, account))
        });
        let words: Vec<String> = added
            .map(|name| format!("added {name}"))
            .chain(changed.map(|(name, _)| format!("changed {name}")))
            .chain(removed.map(|name| format!("removed {name}")))
            .collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}

/// All folders that a server needs: the share, the state folder, and those of accounts.
pub(super) fn folders(config: &Config, accounts: &Accounts) -> Vec<PathBuf> {
    let mut folders = vec![config.share.clone(), config.state_dir.clone()];
    for account in accounts.all() {
        let root = account.terms.root.as_deref();
        let mounts = account.terms.mounts().map(|(_, folder)| folder);
        let named = root.into_iter().chain(mounts);
        folders.extend(named.map(|folder| config.share.join(folder)));
    }
    folders.sort();
    folders.dedup();
    folders
}

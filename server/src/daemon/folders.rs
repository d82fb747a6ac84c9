//! The folders that a server needs: what a wall that cannot grow is put up around.

use crate::accounts::Accounts;
use crate::config::Config;
use std::path::PathBuf;

/// All folders that a server needs: the share, the state folder, and those of accounts.
pub(super) fn of(config: &Config, accounts: &Accounts) -> Vec<PathBuf> {
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

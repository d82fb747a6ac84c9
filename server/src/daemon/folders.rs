//! The folders that a server needs: what a wall that cannot grow is put up around.

use crate::accounts::Accounts;
use crate::config::{Config, TlsFiles};
use std::path::{Path, PathBuf};

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

/// The folders that hold the configuration file and the owner's certificate and key, and those
/// that links lead to: an editor or a renewal puts new files there.
pub(super) fn of_files(config_file: Option<&Path>, tls: Option<&TlsFiles>) -> Vec<PathBuf> {
    let pair = tls.map(|files| [files.certificate.as_path(), &files.key]);
    let named: Vec<&Path> = config_file.into_iter().chain(pair.into_iter().flatten()).collect();
    let resolved = named.iter().filter_map(|path| path.canonicalize().ok());
    let all = named.iter().map(|path| path.to_path_buf()).chain(resolved);
    let folders = all.filter_map(|path| Some(path.parent()?.to_owned()));
    // A gate as wide as the whole system would be no wall.
    let mut folders: Vec<_> = folders.filter(|folder| folder.parent().is_some()).collect();
    folders.sort();
    folders.dedup();
    folders
}

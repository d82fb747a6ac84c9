//! `check`: reads everything that a start would read, changes nothing, and says what is wrong.

use super::failure::Failure;
use super::{NOBODY, print};
use crate::accounts::{
    self, AccountName, AccountsFile, DevicesFile, InvitationsFile, StoredAccount,
};
use crate::config::{self, Config, Findings, Mistake, Mistakes, ServeArguments};
use crate::identity::Identity;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

/// Prints every mistake, or that all is well. Notes are no mistakes.
pub(super) fn run(
    arguments: &ServeArguments,
    state_dir: Option<&Path>,
) -> Result<ExitCode, Failure> {
    let state_dir = config::state_dir(state_dir).map_err(Failure::refused)?;
    let Findings { config, file, tls, mut mistakes } = Findings::read(arguments, Some(&state_dir));
    let accounts = read_accounts(&state_dir, config.as_ref(), &mut mistakes);
    let devices = taken(DevicesFile::of(&state_dir).read(), &mut mistakes);
    let links = taken(InvitationsFile::of(&state_dir).read(), &mut mistakes);
    let identity = match &tls {
        Some(files) => Identity::of_files(files).map(drop),
        None => Identity::load(&state_dir).map(drop),
    };
    if let Err(err) = identity {
        mistakes.push(Mistake::general(err.to_string(), "then check again"));
    }
    for mistake in mistakes.iter() {
        print(&mistake.to_string());
    }
    if !mistakes.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    let file = file.map_or_else(|| "none".to_owned(), |file| file.display().to_string());
    let owners = devices.iter().map(|one| &one.account).chain(links.iter().map(|one| &one.account));
    let left_behind = left_behind(owners, &accounts);
    let accounts = accounts.len();
    print(&format!("all is well (configuration file: {file}; accounts: {accounts})"));
    let notes = notes(config.as_ref(), accounts, &AccountsFile::of(&state_dir));
    for note in notes.into_iter().chain(left_behind) {
        print(&format!("note: {note}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn read_accounts(
    state_dir: &Path,
    config: Option<&Config>,
    mistakes: &mut Mistakes,
) -> Vec<StoredAccount> {
    // Folders below a share that is not known cannot be looked at.
    let looked_at = |folder: &Path| match config {
        Some(config) => config::check_folder(&config.share.join(folder), state_dir).map(drop),
        None if folder.is_absolute() => config::check_folder(folder, state_dir).map(drop),
        None => Ok(()),
    };
    taken(AccountsFile::of(state_dir).read_checked(&looked_at), mistakes)
}

/// What was read, or nothing and what is wrong with it.
fn taken<T>(read: Result<Vec<T>, accounts::Error>, mistakes: &mut Mistakes) -> Vec<T> {
    match read {
        Ok(all) => return all,
        Err(accounts::Error::Mistakes(more)) => mistakes.append(more),
        Err(err) => mistakes.push(Mistake::general(err.to_string(), "then check again")),
    }
    Vec::new()
}

/// Devices and links let nobody in without their account, but would if it came back.
fn left_behind<'a>(
    owners: impl Iterator<Item = &'a AccountName>,
    accounts: &[StoredAccount],
) -> Option<String> {
    let is_there = |name: &AccountName| accounts.iter().any(|stored| stored.name == *name);
    let gone: BTreeSet<&str> =
        owners.filter(|name| !is_there(name)).map(AccountName::as_str).collect();
    let names = gone.into_iter().collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| {
        format!(
            "devices or links are left of accounts that are not there: {names}; revoke those that \
             `ferry-server devices` and `links` show"
        )
    })
}

/// What is not wrong, but may not be meant.
fn notes(config: Option<&Config>, accounts: usize, file: &AccountsFile) -> Vec<String> {
    let mut notes = Vec::new();
    if config.is_none() {
        notes.push("no folder to share is named; `serve` and `start` need one".to_owned());
    }
    if accounts == 0 && config.is_none_or(|config| config.guest.is_none()) {
        notes.push(format!("`serve` would refuse to start: {NOBODY}"));
    }
    if file.is_open_to_others() {
        let path = file.path();
        let path = path.display();
        notes.push(format!("other users can read {path}; close it with `chmod 600 {path}`"));
    }
    notes
}

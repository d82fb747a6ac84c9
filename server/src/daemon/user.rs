//! `user add|set|passwd|remove|list`: edits the accounts, and lets a running server know at once.

use super::control::{Absent, Reloaded, Reply, Wish, ask};
use super::failure::Failure;
use super::user_terms;
use super::{password_input, print};
use crate::accounts::{
    AccountName, AccountsFile, Device, DevicesFile, PasswordHash, StoredAccount, Terms, TermsLine,
};
use crate::config::{self, RightsWords, TermsArguments, UserCommand};
use crate::state_folder::StateFolder;
use ferry_protocol::Rights;
use std::path::Path;
use std::process::ExitCode;

/// Performs a command on the accounts of a state folder.
pub(super) fn run(command: &UserCommand, state_dir: Option<&Path>) -> Result<ExitCode, Failure> {
    let state_dir = config::state_dir(state_dir).map_err(Failure::refused)?;
    let file = AccountsFile::of(&state_dir);
    let done = match command {
        UserCommand::List { json } => return list(&file, *json),
        UserCommand::Add { name, terms, password_file, no_password } => {
            add(&file, name, terms, |name| match no_password {
                true => Ok(None),
                false => new_hash(name, password_file.as_deref()).map(Some),
            })?
        }
        UserCommand::Set { name, terms } => set(&file, name, terms)?,
        UserCommand::Passwd { name, password_file } => {
            let devices = DevicesFile::of(&state_dir);
            passwd(&file, &devices, name, password_file.as_deref())?
        }
        UserCommand::Remove { name } => {
            let name = parse(name)?;
            file.remove(&name).map_err(Failure::refused)?;
            format!("removed {name}")
        }
    };
    tell_server(&StateFolder::at(&state_dir), &done)
}

pub(super) fn parse(name: &str) -> Result<AccountName, Failure> {
    AccountName::parse(name).map_err(Failure::refused)
}

fn add(
    file: &AccountsFile,
    name: &str,
    typed: &TermsArguments,
    hash: impl FnOnce(&AccountName) -> Result<Option<PasswordHash>, Failure>,
) -> Result<String, Failure> {
    let name = parse(name)?;
    let mut terms = Terms::new(Rights::read_only());
    user_terms::apply(typed, &mut terms)?;
    file.expect_free(&name).map_err(Failure::refused)?;
    let hash = hash(&name)?;
    let done = format!("added {name}, who may {}", RightsWords(terms.rights));
    file.add(StoredAccount { name, hash, terms }).map_err(Failure::refused)?;
    Ok(done)
}

fn set(file: &AccountsFile, name: &str, typed: &TermsArguments) -> Result<String, Failure> {
    let name = parse(name)?;
    let stored = file.read().map_err(Failure::refused)?;
    let mut terms = stored
        .into_iter()
        .find(|stored| stored.name == name)
        .map_or_else(|| Terms::new(Rights::none()), |stored| stored.terms);
    user_terms::apply(typed, &mut terms)?;
    let changed = file.change(&name, |stored| {
        stored.terms = terms;
        Ok(())
    });
    changed.map_err(Failure::refused)?;
    Ok(format!("changed {name}"))
}

fn passwd(
    file: &AccountsFile,
    devices: &DevicesFile,
    name: &str,
    password_file: Option<&Path>,
) -> Result<String, Failure> {
    let name = parse(name)?;
    file.expect_known(&name).map_err(Failure::refused)?;
    let hash = new_hash(&name, password_file)?;
    file.set_password(&name, hash).map_err(Failure::refused)?;
    // Whoever had the old one may have enrolled a device with it.
    let devices = devices.read().map_err(Failure::refused)?;
    let own = devices.iter().filter(|device| device.account == name);
    let lines: Vec<_> = own.map(|device| format!("{} ({})", escaped(device), device.id)).collect();
    let changed = format!("changed the password of {name}");
    Ok(if lines.is_empty() {
        changed
    } else {
        let lines = lines.join(", ");
        format!("{changed}; still getting in, until `ferry-server devices revoke ID`: {lines}")
    })
}

fn escaped(device: &Device) -> String {
    ferry_protocol::escape(device.name.as_bytes())
}

fn new_hash(name: &AccountName, file: Option<&Path>) -> Result<PasswordHash, Failure> {
    let password = password_input::read(file, name.as_str())?;
    PasswordHash::new(&password).map_err(Failure::refused)
}

/// Prints what was done, and lets a running server act on it.
pub(super) fn tell_server(state: &StateFolder, done: &str) -> Result<ExitCode, Failure> {
    match ask(state, Wish::Reload).map(|answered| answered.reply) {
        // What it cannot do without a restart is said here, not only to whoever reloads.
        Ok(Reply::Reloaded(Reloaded { told, certificate_failure })) => {
            print(&format!("{done}; the running server knows it now: {told}"));
            if let Some(cause) = certificate_failure {
                print(&format!("its certificate stays as it was: {cause}"));
            }
        }
        Err(Absent::NotRunning(_)) => print(done),
        Ok(Reply::Failed(cause)) => return Err(untold(done, &cause)),
        Ok(other) => return Err(untold(done, &format!("{other:?}"))),
        Err(absent) => return Err(untold(done, &absent.to_string())),
    }
    Ok(ExitCode::SUCCESS)
}

fn untold(done: &str, cause: &str) -> Failure {
    Failure::refused(format!(
        "{done}, but the running server goes on with the old accounts: {cause}; then try \
         `ferry-server reload`"
    ))
}

fn list(file: &AccountsFile, json: bool) -> Result<ExitCode, Failure> {
    let accounts = file.read().map_err(Failure::refused)?;
    if json {
        for account in &accounts {
            let line = json_line(account).map_err(Failure::refused)?;
            print(&line.to_string());
        }
    } else if !accounts.is_empty() {
        let lines: Vec<_> = accounts
            .iter()
            .map(|stored| (stored.name.as_str(), user_terms::line(stored)))
            .collect();
        print(&super::report::rows(&lines));
    }
    Ok(ExitCode::SUCCESS)
}

fn json_line(account: &StoredAccount) -> serde_json::Result<serde_json::Value> {
    let mut line = serde_json::to_value(TermsLine::of(&account.terms))?;
    if let Some(fields) = line.as_object_mut() {
        fields.insert("name".to_owned(), account.name.as_str().into());
        fields.insert("has_password".to_owned(), account.hash.is_some().into());
    }
    Ok(line)
}

//! `user add|passwd|remove|list`: edits the accounts, and lets a running server know at once.

use super::control::{Absent, Reply, Wish, ask};
use super::failure::Failure;
use super::report::rows;
use super::{password_input, print};
use crate::accounts::{AccountName, AccountsFile, PasswordHash, StoredAccount};
use crate::config::{self, Access, UserCommand};
use crate::state_folder::StateFolder;
use std::path::Path;
use std::process::ExitCode;

/// Performs a command on the accounts of a state folder.
pub(super) fn run(command: &UserCommand, state_dir: Option<&Path>) -> Result<ExitCode, Failure> {
    let state_dir = config::state_dir(state_dir).map_err(Failure::refused)?;
    let file = AccountsFile::of(&state_dir);
    let done = match command {
        UserCommand::List { json } => return list(&file, *json),
        UserCommand::Add { name, rights, password_file } => {
            add(&file, name, *rights, password_file.as_deref())?
        }
        UserCommand::Passwd { name, password_file } => {
            passwd(&file, name, password_file.as_deref())?
        }
        UserCommand::Remove { name } => {
            let name = parse(name)?;
            file.remove(&name).map_err(Failure::refused)?;
            format!("removed {name}")
        }
    };
    tell_server(&StateFolder::at(&state_dir), &done)
}

fn parse(name: &str) -> Result<AccountName, Failure> {
    AccountName::parse(name).map_err(Failure::refused)
}

fn add(
    file: &AccountsFile,
    name: &str,
    access: Access,
    password_file: Option<&Path>,
) -> Result<String, Failure> {
    let name = parse(name)?;
    file.expect_free(&name).map_err(Failure::refused)?;
    let hash = new_hash(&name, password_file)?;
    file.add(StoredAccount { name: name.clone(), hash, access }).map_err(Failure::refused)?;
    Ok(format!("added {name}, who may {access}"))
}

fn passwd(
    file: &AccountsFile,
    name: &str,
    password_file: Option<&Path>,
) -> Result<String, Failure> {
    let name = parse(name)?;
    file.expect_known(&name).map_err(Failure::refused)?;
    let hash = new_hash(&name, password_file)?;
    file.set_password(&name, hash).map_err(Failure::refused)?;
    Ok(format!("changed the password of {name}"))
}

fn new_hash(name: &AccountName, file: Option<&Path>) -> Result<PasswordHash, Failure> {
    let password = password_input::read(file, name.as_str())?;
    PasswordHash::new(&password).map_err(Failure::refused)
}

fn tell_server(state: &StateFolder, done: &str) -> Result<ExitCode, Failure> {
    match ask(state, Wish::Reload).map(|answered| answered.reply) {
        Ok(Reply::Reloaded(_)) => print(&format!("{done}; the running server knows it now")),
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
            let line = serde_json::json!({
                "name": account.name.as_str(),
                "rights": account.access,
            });
            print(&line.to_string());
        }
    } else if !accounts.is_empty() {
        let lines: Vec<_> = accounts
            .iter()
            .map(|account| (account.name.as_str(), account.access.to_string()))
            .collect();
        print(&rows(&lines));
    }
    Ok(ExitCode::SUCCESS)
}

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
    let mut applied = Ok(());
    // On the terms as they are under the lock: another command may just have changed them.
    let changed = file.change(&name, |stored| {
        let mut terms = stored.terms.clone();
        applied = user_terms::apply(typed, &mut terms);
        if applied.is_ok() {
            stored.terms = terms;
        }
        Ok(())
    });
    changed.map_err(Failure::refused)?;
    applied?;
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::sys;
    use std::fs::{self, File};
    use std::io::Write as _;

    /// The terms were read before there was a lock, and all of them written back: of two commands
    /// at once one was lost.
    #[test]
    fn set_reads_what_it_changes_under_the_lock() {
        let state = tempfile::tempdir().unwrap();
        let file = AccountsFile::of(state.path());
        let name = AccountName::parse("anna").unwrap();
        let terms = Terms::new(Rights::read_only());
        file.add(StoredAccount { name, hash: None, terms }).unwrap();
        let text = fs::read(file.path()).unwrap();
        fs::remove_file(file.path()).unwrap();
        sys::make_pipe(File::open(state.path()).unwrap(), b"accounts.toml").unwrap();
        let setting = {
            let (file, typed) = (file.clone(), TermsArguments::default());
            let setting = move || set(&file, "anna", &typed).map(drop);
            std::thread::Builder::new().spawn(setting).unwrap()
        };
        // Opens once the command reads.
        let mut pipe = File::options().write(true).open(file.path()).unwrap();
        let lock = File::open(state.path().join("accounts.lock")).unwrap();
        assert!(lock.try_lock().is_err(), "read without the lock");
        pipe.write_all(&text).unwrap();
        drop(pipe);
        setting.join().unwrap().unwrap();
        assert_eq!(file.read().unwrap().len(), 1);
    }
}

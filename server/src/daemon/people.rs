//! Those whom a desktop window's user has let in: accounts, by the devices that log in to them and
//! the links that are still to be opened.

use super::failure::Failure;
use super::user;
use crate::accounts::{
    AccountsFile, Device, DevicesFile, Expiry, Invitation, InvitationState, InvitationsFile,
    StoredAccount,
};
use crate::config::Access;
use crate::state_folder::StateFolder;
use std::time::SystemTime;

/// Somebody who is let in, or has a link to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Name of the account.
    pub name: String,
    /// What it may do in the shared folder.
    pub access: Access,
    /// What its devices call themselves.
    pub devices: Vec<String>,
    /// Until when a link to it can be opened; `None` where there is none any more.
    pub invited_until: Option<Expiry>,
    /// Whether it logs in by a password, too.
    pub has_password: bool,
}

/// All of them, in the order in which they were invited.
pub(super) fn people(state: &StateFolder) -> Result<Vec<Person>, Failure> {
    let accounts = AccountsFile::of(state.path()).read().map_err(Failure::refused)?;
    let devices = DevicesFile::of(state.path()).read().map_err(Failure::refused)?;
    let links = InvitationsFile::of(state.path()).read().map_err(Failure::refused)?;
    let now = SystemTime::now();
    Ok(accounts.iter().map(|account| person(account, &devices, &links, now)).collect())
}

fn person(
    account: &StoredAccount,
    devices: &[Device],
    links: &[Invitation],
    now: SystemTime,
) -> Person {
    let own_devices = devices.iter().filter(|device| device.account == account.name);
    let open_links = links
        .iter()
        .filter(|link| link.account == account.name && link.state(now) == InvitationState::Open);
    Person {
        name: account.name.to_string(),
        access: Access::of(account.terms.rights),
        devices: own_devices.map(|device| device.name.clone()).collect(),
        invited_until: open_links.map(|link| link.expires).max(),
        has_password: account.hash.is_some(),
    }
}

/// Removes an account, its devices and its links.
pub(super) fn shut_out(state: &StateFolder, name: &str) -> Result<(), Failure> {
    let name = user::parse(name)?;
    AccountsFile::of(state.path()).remove(&name).map_err(Failure::refused)
}

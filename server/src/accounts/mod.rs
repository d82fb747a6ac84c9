//! Who may log in, and with what rights: the accounts of a file, and a guest if one is asked for.
//!
//! Passwords are checked here and nowhere else; what an account may do with a path is the
//! service's business.

mod account;
mod clock;
mod device;
mod document;
mod enrolment;
mod error;
mod expiry;
mod file;
mod first_seen;
mod invitation;
mod lock;
mod name;
mod owner;
mod password;
mod sections;
mod standing;
mod terms;

pub use account::Account;
pub(crate) use account::AccountId;
pub use clock::Clock;
pub(crate) use device::DeviceLine;
pub use device::{Device, DevicesFile};
pub(crate) use document::{TermsLine, parse_folder_path, parse_network};
pub use enrolment::DeviceOfAccount;
pub use error::Error;
pub use expiry::Expiry;
pub use file::{AccountsFile, StoredAccount};
pub use invitation::{Invitation, InvitationState, InvitationsFile};
pub use name::AccountName;
pub use owner::{OWNER_NAME, OwnerSecret};
pub use password::{PASSWORD_MAX, PasswordHash};
pub(crate) use standing::{ENDED, Standing};
pub use terms::{Folder, RATE_MIN, Terms};

use crate::state_folder::StateFolder;
use ferry_protocol::{DeviceKey, Rights};
use first_seen::FirstSeen;
use parking_lot::{Mutex, RwLock};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// All accounts of a server. Shared by its threads; [`reload`](Self::reload) acts on all of them.
#[derive(Debug)]
pub struct Accounts {
    file: AccountsFile,
    guest: RwLock<Option<Arc<Account>>>,
    owner: Option<owner::Owner>,
    known: RwLock<BTreeMap<String, Known>>,
    devices: RwLock<Vec<Arc<Device>>>,
    clock: Clock,
    state: StateFolder,
    first_seen: FirstSeen,
    watcher: Mutex<Watcher>,
    /// Nobody else is admitted then, whatever the files say.
    is_owners_alone: AtomicBool,
}

/// Called when the accounts were read again.
#[derive(Default)]
struct Watcher(Option<Box<dyn Fn() + Send>>);

impl Watcher {
    fn call(&self) {
        if let Some(act) = &self.0 {
            act();
        }
    }
}

#[derive(Debug)]
struct Known {
    account: Arc<Account>,
    hash: Option<PasswordHash>,
}

impl Accounts {
    /// Reads the accounts of a state folder. No file means no accounts.
    ///
    /// # Errors
    /// A file that cannot be read, or every mistake in it.
    pub fn open(state_dir: &Path, guest: Option<Rights>) -> Result<Self, Error> {
        Self::open_at(state_dir, guest, Clock::system())
    }

    /// The same, by a clock of the caller's own.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_at(state_dir: &Path, guest: Option<Rights>, clock: Clock) -> Result<Self, Error> {
        let file = AccountsFile::of(state_dir);
        let state = StateFolder::at(state_dir);
        let accounts = Self {
            file,
            guest: RwLock::default(),
            owner: None,
            known: RwLock::default(),
            devices: RwLock::default(),
            clock,
            first_seen: FirstSeen::read(&state),
            state,
            watcher: Mutex::default(),
            is_owners_alone: AtomicBool::new(false),
        };
        accounts.set_guest(guest);
        accounts.reload()?;
        Ok(accounts)
    }

    /// The same with an owner, who may do everything, and is the only one admitted until
    /// [`admit_none_but_owner`](Self::admit_none_but_owner) says otherwise.
    #[must_use]
    pub fn with_owner(self) -> Self {
        let is_owners_alone = AtomicBool::new(true);
        Self { owner: Some(owner::Owner::new()), is_owners_alone, ..self }
    }

    /// Says whether nobody but the owner is admitted. Sessions of all others end then.
    pub fn admit_none_but_owner(&self, is_owners_alone: bool) {
        self.is_owners_alone.store(is_owners_alone, Ordering::Release);
        self.watcher.lock().call();
    }

    pub(crate) fn is_owners_alone(&self) -> bool {
        self.is_owners_alone.load(Ordering::Acquire)
    }

    /// What the owner logs in with, once; `None` where there is no owner.
    ///
    /// # Errors
    /// Where the system gives no random numbers.
    pub fn admit_owner(&self) -> std::io::Result<Option<OwnerSecret>> {
        self.owner.as_ref().map(owner::Owner::admit).transpose()
    }

    /// Lets a guest in with these rights, or none any more. Acts on open sessions too.
    pub fn set_guest(&self, rights: Option<Rights>) {
        let mut guest = self.guest.write();
        *guest = rights.map(|rights| match guest.take() {
            Some(same) if same.terms.rights == rights => same,
            Some(other) => other.on_terms(Terms::new(rights)),
            None => Account::new(String::new(), Terms::new(rights)),
        });
    }

    /// The account, if the password is its own. Takes tens of milliseconds of one core and 19 MiB,
    /// whether or not the name is known.
    pub fn authenticate(&self, name: &str, password: &[u8]) -> Option<Arc<Account>> {
        if let Some(owner) = self.owner.as_ref().filter(|_| name == OWNER_NAME) {
            return owner.authenticate(password);
        }
        let known = self.known.read().get(name).map(|known| {
            let account = Arc::clone(&known.account);
            (account, known.hash.clone())
        });
        if let Some((account, Some(hash))) = known {
            let is_right = hash.verify(password);
            return (is_right && !self.is_owners_alone()).then_some(account);
        }
        password::spend_time(password);
        None
    }

    /// The guest, if there is one.
    pub fn guest(&self) -> Option<Arc<Account>> {
        self.guest.read().clone()
    }

    /// Whether this very account is there, admitted now or not.
    pub(crate) fn is_there(&self, id: &AccountId) -> bool {
        let is_it = |account: &Account| account.id() == *id;
        self.guest().is_some_and(|guest| is_it(&guest))
            || self.owner.as_ref().is_some_and(|owner| is_it(&owner.account))
            || self.known.read().get(&id.name).is_some_and(|known| is_it(&known.account))
    }

    /// The account as it is now, if it is admitted; the guest for the empty name.
    pub fn account(&self, name: &str) -> Option<Arc<Account>> {
        if name.is_empty() {
            return self.guest();
        }
        if let Some(owner) = self.owner.as_ref().filter(|_| name == OWNER_NAME) {
            return Some(Arc::clone(&owner.account));
        }
        if self.is_owners_alone() {
            return None;
        }
        self.known.read().get(name).map(|known| Arc::clone(&known.account))
    }

    /// All accounts as they are now, the guest among them.
    pub fn all(&self) -> Vec<Arc<Account>> {
        let known = self.known.read();
        let named = known.values().map(|known| Arc::clone(&known.account));
        self.guest().into_iter().chain(named).collect()
    }

    /// The clock by which accounts end.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Reads the file again. On an error everything stays as it was.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn reload(&self) -> Result<(), Error> {
        // Held throughout: what one has read must not replace what another has read since.
        let watcher = self.watcher.lock();
        let mut stored = self.file.read()?;
        let devices = DevicesFile::in_folder(&self.state).read()?;
        self.first_seen.date(&mut stored);
        self.renew(stored);
        self.renew_devices(devices);
        watcher.call();
        Ok(())
    }

    /// Has `act` called whenever the accounts were read again.
    pub(crate) fn watch(&self, act: impl Fn() + Send + 'static) {
        self.watcher.lock().0 = Some(Box::new(act));
    }

    fn renew(&self, stored: Vec<StoredAccount>) {
        let mut known = self.known.write();
        let mut before = std::mem::take(&mut *known);
        for StoredAccount { name, hash, terms } in stored {
            let name = name.into_string();
            let account = match before.remove(&name).filter(|known| known.hash == hash) {
                Some(same) if same.account.terms == terms => same.account,
                Some(same) => same.account.on_terms(terms),
                None => Account::new(name.clone(), terms),
            };
            known.insert(name, Known { account, hash });
        }
    }

    /// Takes the devices over; those that are gone are revoked for whoever still holds them.
    fn renew_devices(&self, stored: Vec<Device>) {
        let mut devices = self.devices.write();
        let before = std::mem::take(&mut *devices);
        for device in stored {
            let known = before.iter().find(|known| known.is_same(&device)).cloned();
            devices.push(known.unwrap_or_else(|| Arc::new(device)));
        }
        let is_gone =
            |device: &Arc<Device>| !devices.iter().any(|present| Arc::ptr_eq(present, device));
        before.iter().filter(|device| is_gone(device)).for_each(|device| device.revoke());
    }

    fn device_of(&self, account: &AccountName, key: DeviceKey) -> Option<Arc<Device>> {
        let devices = self.devices.read();
        devices.iter().find(|device| device.key == key && device.account == *account).cloned()
    }

    /// Whether nobody can log in: neither owner, account nor guest.
    pub fn is_empty(&self) -> bool {
        self.owner.is_none() && self.guest.read().is_none() && self.known.read().is_empty()
    }

    /// Accounts of the file; the guest is not counted.
    pub fn count(&self) -> usize {
        self.known.read().len()
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Watcher")
    }
}

/// All that is wrong with the text of an accounts file; no folder that it names is looked at.
pub(crate) fn mistakes_of(path: &Path, text: &str) -> crate::config::Mistakes {
    document::parse(path, text, &|_| Ok(())).1
}

#[cfg(test)]
mod tests;

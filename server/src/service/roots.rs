//! Where accounts are: each account's root and mounts, opened once and shared by all who have
//! the same, and put together into the one storage that the account sees.

use super::{Error, Result};
use crate::accounts::Account;
use crate::config::{self, UndoLimits};
use crate::storage::local::{Disks, LocalFolder};
use crate::storage::{Allowance, Counted, Mounted, Storage, Usage};
use ferry_protocol::Name;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

/// The folders of all accounts.
#[derive(Debug)]
pub(crate) struct Roots {
    share: Arc<dyn Storage>,
    places: Places,
    opened: Mutex<BTreeMap<PathBuf, Slot<Weak<LocalFolder>>>>,
    seen: Mutex<BTreeMap<String, Slot<Option<Seen>>>>,
    counts: Mutex<BTreeMap<PathBuf, Count>>,
}

/// A place with a lock of its own, held while what belongs there is opened: a disk that hangs keeps
/// those waiting who want this very folder, and nobody else.
type Slot<T> = Arc<Mutex<T>>;

/// What lies in a root with a quota.
#[derive(Clone, Debug)]
struct Count {
    usage: Arc<Usage>,
    root: Weak<dyn Storage>,
}

/// What an account saw last, shared by its sessions so that their uploads share barriers.
#[derive(Debug)]
struct Seen {
    account: Arc<Account>,
    storage: Weak<dyn Storage>,
}

/// What folders of accounts are named from, and kept away from.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// The shared folder; folders that are not absolute lie below it.
    pub(crate) share: PathBuf,
    /// The state folder, which no account may reach.
    pub(crate) state_dir: PathBuf,
    /// How long a part that nobody goes on with is kept.
    pub(crate) part_lifetime: Duration,
    /// How long and how much of what was replaced or removed is kept.
    pub(crate) undo: UndoLimits,
    /// The disks that the folders lie on.
    pub(crate) disks: Arc<Disks>,
}

impl Roots {
    pub(super) fn new(share: Arc<dyn Storage>, places: Places) -> Self {
        let (opened, seen, counts) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { share, places, opened, seen, counts }
    }

    /// The storage that `account` sees.
    ///
    /// # Errors
    /// A folder that cannot be used, or that somebody else has been opening for too long.
    pub(super) fn storage_of(&self, account: &Arc<Account>) -> Result<Arc<dyn Storage>> {
        let slot = Arc::clone(self.seen.lock().entry(account.name.clone()).or_default());
        let mut seen = slot.try_lock_for(OPENING_MAX).ok_or(Error::FolderSlow)?;
        let known = seen.as_ref().filter(|seen| Arc::ptr_eq(&seen.account, account));
        if let Some(storage) = known.and_then(|seen| seen.storage.upgrade()) {
            return Ok(storage);
        }
        let storage = self.put_together(account)?;
        let (account, weak) = (Arc::clone(account), Arc::downgrade(&storage));
        *seen = Some(Seen { account, storage: weak });
        Ok(storage)
    }

    /// Counts what lies in the folders of accounts with a quota, on a thread of its own: one whose
    /// disk hangs must not keep the server from starting. What cannot be used is told in the log.
    pub(super) fn count_quotas_aside(self: &Arc<Self>, accounts: Vec<Arc<Account>>) {
        let roots = Arc::clone(self);
        aside("ferry-quota", move || {
            for account in accounts.iter().filter(|account| account.terms.quota.is_some()) {
                roots.storage_of(account).ok();
            }
        });
    }

    fn put_together(&self, account: &Account) -> Result<Arc<dyn Storage>> {
        let terms = &account.terms;
        let mut root = match &terms.root {
            Some(folder) => self.open(account, folder)?,
            None => Arc::clone(&self.share),
        };
        let mut mounts: Vec<(Name, Arc<dyn Storage>)> = Vec::new();
        for (name, folder) in terms.mounts() {
            mounts.push((name, self.open(account, folder)?));
        }
        if let Some(quota) = terms.quota {
            let own = (terms.root.as_deref().unwrap_or_else(|| Path::new("")), &mut root);
            let mounted = terms.mounts().zip(&mut mounts);
            // What it may not fill is not counted: a large folder to read from is no use of room.
            let filled = mounted.filter(|((name, _), _)| terms.may_fill(name));
            let filled = filled.map(|((_, folder), (_, storage))| (folder, storage));
            self.bound(&account.name, std::iter::once(own).chain(filled).collect(), quota);
        }
        Ok(if mounts.is_empty() { root } else { Arc::new(Mounted::new(root, mounts)) })
    }

    /// Lets all these folders together hold no more than the quota.
    fn bound(&self, account: &str, folders: Vec<(&Path, &mut Arc<dyn Storage>)>, quota: u64) {
        let bounded: Vec<_> = folders
            .iter()
            .map(|(folder, storage)| {
                let usage = self.usage(&self.places.share.join(folder), storage);
                (usage, Arc::clone(storage))
            })
            .collect();
        let allowances = Allowance::shared(account, &bounded, quota);
        for ((_, storage), allowance) in folders.into_iter().zip(allowances) {
            *storage = Arc::new(Counted::new(Arc::clone(storage), allowance));
        }
    }

    /// Removes parts that nobody went on with for `lifetime`, everywhere.
    pub(crate) fn sweep_parts(&self, lifetime: Duration) {
        for storage in self.in_use() {
            match storage.sweep_parts(lifetime.as_secs()) {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "removed unfinished uploads"),
                Err(err) => tracing::warn!("unfinished uploads could not be swept: {err}"),
            }
        }
    }

    /// Gives up what undo keeps too long or too much of, everywhere.
    pub(crate) fn sweep_undo(&self) {
        for storage in self.in_use() {
            match storage.undo().sweep() {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "gave up what undo kept longest"),
                Err(err) => tracing::warn!("what undo keeps could not be swept: {err}"),
            }
        }
    }

    fn in_use(&self) -> impl Iterator<Item = Arc<dyn Storage>> {
        let slots: Vec<_> = self.opened.lock().values().cloned().collect();
        // One that is being opened is not in use yet.
        let opened = slots.into_iter().filter_map(|slot| slot.try_lock()?.upgrade());
        let opened = opened.map(|folder| folder as Arc<dyn Storage>);
        std::iter::once(Arc::clone(&self.share)).chain(opened)
    }

    /// Counts again what lies in folders with a quota and in use.
    pub(crate) fn count_again(&self, part_lifetime: Duration) {
        let counts: Vec<_> = self.counts.lock().values().cloned().collect();
        for Count { usage, root } in counts {
            if let Some(root) = root.upgrade() {
                count(&usage, root.as_ref(), part_lifetime);
            }
        }
    }

    fn open(&self, account: &Account, folder: &Path) -> Result<Arc<dyn Storage>> {
        let gone = |cause: &dyn std::fmt::Display| {
            tracing::error!(
                account = account.name,
                "a folder of this account cannot be used: {cause}"
            );
            Error::FolderGone
        };
        let named = self.places.share.join(folder);
        let resolved =
            config::check_folder(&named, &self.places.state_dir).map_err(|err| gone(&err))?;
        let slot = self.slot_of(&resolved);
        let mut folder = slot.try_lock_for(OPENING_MAX).ok_or(Error::FolderSlow)?;
        if let Some(open) = folder.upgrade() {
            return Ok(open);
        }
        let local = LocalFolder::open_on(&self.places.disks, &resolved, self.places.undo);
        let local = Arc::new(local.map_err(|err| gone(&err))?);
        *folder = Arc::downgrade(&local);
        Ok(local)
    }

    fn slot_of(&self, resolved: &Path) -> Slot<Weak<LocalFolder>> {
        let mut opened = self.opened.lock();
        let is_wanted = |slot: &Slot<Weak<LocalFolder>>| Arc::strong_count(slot) > 1;
        opened.retain(|_, slot| is_wanted(slot) || slot.lock().strong_count() > 0);
        Arc::clone(opened.entry(resolved.to_owned()).or_default())
    }

    /// What lies in a root. The first to ask lets it be counted, on a thread of its own.
    fn usage(&self, folder: &Path, root: &Arc<dyn Storage>) -> Arc<Usage> {
        let key = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let mut counts = self.counts.lock();
        if let Some(count) = counts.get_mut(&key) {
            count.root = Arc::downgrade(root);
            return Arc::clone(&count.usage);
        }
        let usage = Arc::<Usage>::default();
        counts.insert(key, Count { usage: Arc::clone(&usage), root: Arc::downgrade(root) });
        count_aside(&usage, root, self.places.part_lifetime);
        usage
    }
}

fn count_aside(usage: &Arc<Usage>, root: &Arc<dyn Storage>, part_lifetime: Duration) {
    let (usage, root) = (Arc::clone(usage), Arc::clone(root));
    aside("ferry-count", move || count(&usage, root.as_ref(), part_lifetime));
}

/// Counts on a thread that nobody waits for.
fn aside(name: &str, counting: impl FnOnce() + Send + 'static) {
    if let Err(err) = thread::Builder::new().name(name.to_owned()).spawn(counting) {
        tracing::warn!("no thread to count folders with a quota: {err}");
    }
}

fn count(usage: &Usage, root: &dyn Storage, part_lifetime: Duration) {
    match usage.count(root, part_lifetime) {
        Ok(bytes) => tracing::info!(bytes, "counted a folder with a quota"),
        Err(err) => tracing::warn!("a folder with a quota could not be counted: {err}"),
    }
}

/// How long somebody waits for a folder that another thread is opening.
const OPENING_MAX: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{AccountName, Accounts, AccountsFile, StoredAccount, Terms};
    use crate::storage::memory::Memory;
    use ferry_protocol::Rights;

    /// One lock was held while any account's folder was opened: the first that lay on a disk that
    /// hung kept everybody from logging in.
    #[test]
    fn a_folder_that_never_opens_keeps_nobody_else_waiting() {
        let (share, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let places = Places {
            share: share.path().to_owned(),
            state_dir: state.path().to_owned(),
            part_lifetime: Duration::MAX,
            undo: UndoLimits::default(),
            disks: Arc::default(),
        };
        let roots = Roots::new(Arc::new(Memory::new()), places);
        for name in ["ann", "bob", "cid"] {
            std::fs::create_dir(share.path().join(name)).unwrap();
            let terms = Terms { root: Some(name.into()), ..Terms::new(Rights::read_only()) };
            let name = AccountName::parse(name).unwrap();
            let account = StoredAccount { name, hash: None, terms };
            AccountsFile::of(state.path()).add(account).unwrap();
        }
        let [ann, bob, cid] = &Accounts::open(state.path(), None).unwrap().all()[..] else {
            unreachable!()
        };
        let _in_use = roots.storage_of(ann).unwrap();
        let bobs = roots.slot_of(&share.path().join("bob").canonicalize().unwrap());
        let hanging = bobs.lock();
        assert!(matches!(roots.storage_of(bob), Err(Error::FolderSlow)));
        roots.storage_of(cid).unwrap();
        assert_eq!(roots.in_use().count(), 2, "the share and ann's folder can be swept");
        drop(hanging);
        roots.storage_of(bob).unwrap();
    }
}

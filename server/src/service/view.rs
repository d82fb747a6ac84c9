//! What an account sees: its storage, and what it may do where. Every right is checked here.

use super::pace::Pace;
use super::presence::Presence;
use super::promises::Promises;
use super::{Error, Result};
use crate::accounts::Account;
use crate::audit::{Action, Deed};
use crate::storage::{self, ErrorKind, Identified, Listing, Storage};
use crate::values::KeptValues;
use ferry_protocol::{Entry, EntryKind, RemotePath, Rights};
use std::sync::Arc;

/// The account's side of the storage.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(super) account: Arc<Account>,
    pub(super) storage: Arc<dyn Storage>,
    pub(super) pace: Arc<Pace>,
    /// Who looks.
    pub(super) presence: Arc<Presence>,
    pub(super) promises: Arc<Promises>,
    /// What is known of the content of files.
    pub(super) kept: Arc<KeptValues>,
}

impl View {
    /// The account begins something that is recorded.
    pub(super) fn deed(&self, action: Action, path: &RemotePath) -> Deed {
        self.presence.deed(action, path)
    }

    /// Whether `right` holds at `path`; `action` finishes "this account may not".
    pub(super) fn may(&self, right: Rights, action: &'static str, path: &RemotePath) -> Result<()> {
        let rights = self.account.terms.rights_at(path);
        if rights.includes(right) { Ok(()) } else { Err(Error::Denied { action }) }
    }

    /// Whether the account may know what lies at `path`: where it may do anything, and on the
    /// way to where it may.
    pub(super) fn may_see(&self, path: &RemotePath) -> Result<()> {
        if self.is_seen(path) { Ok(()) } else { Err(Error::Denied { action: "see this" }) }
    }

    /// Whether the name `path` may go away or come to be: nothing with rights or a place of its
    /// own may hang on it.
    pub(super) fn may_move(&self, path: &RemotePath) -> Result<()> {
        if self.account.terms.is_fixed(path) {
            return Err(Error::Denied { action: "move or remove a folder that is set apart" });
        }
        Ok(())
    }

    /// Whether moving what is at `from` to `to` lets the account do no more with it there.
    pub(super) fn gains_nothing(&self, from: &RemotePath, to: &RemotePath) -> Result<()> {
        let terms = &self.account.terms;
        let (before, after) = (terms.rights_at(from), terms.rights_at(to));
        let gains = |right| after.includes(right) && !before.includes(right);
        if [Rights::READ, Rights::WRITE, Rights::DELETE].into_iter().any(gains) {
            return Err(Error::Denied { action: "move this to where it could do more with it" });
        }
        Ok(())
    }

    /// Opens the listing of a folder. Where there is no right to list, its names on the way to
    /// folders that may be seen are listed all the same.
    pub(super) fn list(&self, path: &RemotePath) -> Result<Box<dyn Listing>> {
        let terms = &self.account.terms;
        if !terms.rights_at(path).includes(Rights::LIST) {
            if !terms.is_way(path) {
                return Err(Error::Denied { action: "list" });
            }
            return Ok(Box::new(OnTheWay(self.entries_on_the_way(path).into_iter())));
        }
        let listing = self.storage.list(path)?;
        if terms.folders.is_empty() {
            return Ok(listing);
        }
        Ok(Box::new(Seen { view: self.clone(), folder: path.clone(), listing }))
    }

    fn is_seen(&self, path: &RemotePath) -> bool {
        let terms = &self.account.terms;
        terms.rights_at(path) != Rights::none() || terms.is_way(path)
    }

    fn entries_on_the_way(&self, path: &RemotePath) -> Vec<Entry> {
        let names = self.account.terms.names_on_the_way(path).into_iter();
        let entries = names.filter_map(|name| {
            let entry = self.storage.stat(&path.join(&name).ok()?).ok()?;
            let is_folder = entry.kind == EntryKind::Folder;
            is_folder.then(|| Entry { name: name.as_bytes().to_vec(), ..entry })
        });
        entries.collect()
    }
}

/// A few entries that are known already.
struct OnTheWay(std::vec::IntoIter<Entry>);

impl Listing for OnTheWay {
    fn next_entries(&mut self, count_max: usize) -> storage::Result<Vec<Entry>> {
        Ok(self.0.by_ref().take(count_max).collect())
    }
}

/// A listing without what the account may not see.
struct Seen {
    view: View,
    folder: RemotePath,
    listing: Box<dyn Listing>,
}

impl Listing for Seen {
    fn next_entries(&mut self, count_max: usize) -> storage::Result<Vec<Entry>> {
        Ok(self.next_identified(count_max)?.into_iter().map(|(entry, _)| entry).collect())
    }

    fn next_identified(&mut self, count_max: usize) -> storage::Result<Vec<Identified>> {
        loop {
            let mut entries = self.listing.next_identified(count_max)?;
            if entries.is_empty() {
                return Ok(entries);
            }
            entries.retain(|(entry, _)| {
                // A name that no path can hold is left out by those who make pages.
                let path = self.folder.join_all(&entry.name);
                path.is_ok_and(|path| self.view.is_seen(&path))
            });
            if !entries.is_empty() {
                return Ok(entries);
            }
        }
    }
}

/// That a folder of a walk cannot be entered.
pub(super) fn unreadable(path: &RemotePath) -> storage::Error {
    storage::Error::new(ErrorKind::NoPermission, path)
}

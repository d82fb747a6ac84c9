//! Since when accounts are there that somebody wrote by hand, without a word of it: since a server
//! saw them first. One that was gone when a server looked and is there again is another one.

use super::StoredAccount;
use crate::state_folder::StateFolder;
use jiff::Timestamp;
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// When such accounts were seen first, by their names.
#[derive(Debug)]
pub(super) struct FirstSeen {
    state: StateFolder,
    /// As the file has it.
    seen: Mutex<BTreeMap<String, String>>,
}

impl FirstSeen {
    /// What earlier runs saw. Of a file that is damaged nothing is taken over: then such accounts
    /// begin anew, which costs them their past and gives it to nobody.
    pub(super) fn read(state: &StateFolder) -> Self {
        let text = state.read(FILE_NAME).ok().flatten().unwrap_or_default();
        let seen = Mutex::new(serde_json::from_str(&text).unwrap_or_default());
        Self { state: state.clone(), seen }
    }

    /// Gives the accounts of a file their beginnings, and forgets those that are not in it.
    pub(super) fn date(&self, accounts: &mut [StoredAccount]) {
        let mut seen = self.seen.lock();
        let mut present = BTreeMap::new();
        for account in accounts.iter_mut().filter(|account| account.terms.added.is_none()) {
            let name = account.name.as_str();
            let before = seen.get(name).and_then(|time| time.parse().ok());
            let since = before.unwrap_or_else(Timestamp::now);
            present.insert(name.to_owned(), since.to_string());
            account.terms.added = Some(since);
        }
        if *seen == present {
            return;
        }
        let text = serde_json::to_vec(&present).unwrap_or_default();
        if let Err(err) = self.state.write(FILE_NAME, &text) {
            tracing::warn!(
                "accounts that were written by hand begin anew at the next start: {err}"
            );
        }
        *seen = present;
    }
}

const FILE_NAME: &str = "first-seen.json";

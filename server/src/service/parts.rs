//! Unfinished uploads as their accounts know them: whose each is, where it goes and how long it
//! will be. The parts themselves say none of that, so it is noted beside them: a small file for each in
//! the server's state folder, which survives a restart. A note without a part is forgotten when
//! somebody asks; a part without a note is found again by its id, and swept by its age.

use super::{Error, Result, Service, Session};
use crate::accounts::AccountId;
use crate::storage::{self, ErrorKind};
use ferry_protocol::limits::PARTS_MAX;
use ferry_protocol::{PartEntry, PartPage, RemotePath, TransferId};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The notes.
#[derive(Debug)]
pub(super) struct PartBook {
    folder: PathBuf,
    notes: Mutex<BTreeMap<[u8; 16], Note>>,
}

/// The note of one upload, for who ends it.
#[derive(Clone, Debug)]
pub(super) struct Noted {
    pub(super) book: Arc<PartBook>,
    pub(super) transfer: TransferId,
    /// What is to be noted once there is something worth it; most uploads are over before.
    pub(super) due: Option<Box<Note>>,
}

impl Noted {
    /// Notes what is due.
    pub(super) fn note(&mut self) {
        if let Some(note) = self.due.take() {
            self.book.note(self.transfer, *note);
        }
    }
}

/// What is noted of one upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    pub(super) owner: AccountId,
    /// The path as bytes.
    pub(super) target: Vec<u8>,
    /// 0 where nobody said how long it will be.
    pub(super) size: u64,
}

impl PartBook {
    /// Reads the notes in the state folder. Those older than a part may be are removed; one that
    /// cannot be read is left alone and told of.
    pub(super) fn open(state_dir: &Path, lifetime: Duration) -> Self {
        let folder = state_dir.join("parts");
        let mut notes = BTreeMap::new();
        let files = fs::read_dir(&folder).into_iter().flatten().flatten();
        for file in files.take(NOTES_MAX) {
            let path = file.path();
            let Some(transfer) = path.file_name().and_then(|name| id_of(name.to_str()?)) else {
                continue;
            };
            match read(&path, lifetime) {
                Ok(Some(note)) => drop(notes.insert(transfer.0, note)),
                Ok(None) => forget_file(&path),
                Err(err) => {
                    tracing::warn!("the note of an unfinished upload is left alone: {err}");
                }
            }
        }
        Self { folder, notes: Mutex::new(notes) }
    }

    /// Notes an upload that has just begun, unless its account has too many. Without its note it can
    /// still be gone on with.
    pub(super) fn note(&self, transfer: TransferId, note: Note) {
        if self.is_full_for(&note.owner) {
            return;
        }
        let path = self.folder.join(transfer.to_string());
        let written = serde_json::to_vec(&note).map_err(io::Error::other).and_then(|bytes| {
            fs::create_dir_all(&self.folder)?;
            fs::write(&path, bytes)
        });
        if let Err(err) = written {
            tracing::warn!("an upload could not be noted in {}: {err}", self.folder.display());
        }
        self.notes.lock().insert(transfer.0, note);
    }

    fn is_full_for(&self, owner: &AccountId) -> bool {
        let notes = self.notes.lock();
        let own = notes.values().filter(|note| note.owner == *owner);
        notes.len() >= NOTES_MAX || own.count() >= OF_ACCOUNT_MAX
    }

    /// Forgets an upload that is over.
    pub(super) fn forget(&self, transfer: TransferId) {
        if self.notes.lock().remove(&transfer.0).is_some() {
            forget_file(&self.folder.join(transfer.to_string()));
        }
    }

    /// Forgets the uploads of accounts that are gone, whose parts are swept by their age.
    pub(super) fn forget_owners(&self, is_gone: impl Fn(&AccountId) -> bool) {
        let mut notes = self.notes.lock();
        notes.retain(|id, note| {
            let is_kept = note.owner.name.is_empty() || !is_gone(&note.owner);
            if !is_kept {
                forget_file(&self.folder.join(TransferId(*id).to_string()));
            }
            is_kept
        });
    }

    /// An account's uploads whose ids come after this one.
    fn of(&self, owner: &AccountId, after: TransferId) -> Vec<(TransferId, Note)> {
        let behind = (Bound::Excluded(after.0), Bound::Unbounded);
        let notes = self.notes.lock();
        let own = notes.range(behind).filter(|(_, note)| note.owner == *owner);
        own.map(|(id, note)| (TransferId(*id), note.clone())).collect()
    }
}

impl Service {
    /// The account's unfinished uploads whose ids come after this one.
    pub(crate) fn parts(&self, session: &Session, after: TransferId) -> PartPage {
        let mut page = PartPage { parts: Vec::new(), is_last: true };
        for (transfer, note) in self.part_book.of(&session.account_id(), after) {
            if page.parts.len() == PARTS_MAX {
                page.is_last = false;
                break;
            }
            page.parts.extend(self.part_entry(session, transfer, &note));
        }
        page
    }

    /// Removes an unfinished upload of the account.
    pub(crate) fn abandon_part(&self, session: &Session, transfer: TransferId) -> Result<()> {
        let no_part = || storage::Error::new(ErrorKind::NoPart, &RemotePath::root());
        let note = self.part_book.notes.lock().get(&transfer.0).cloned();
        let note = note.filter(|note| note.owner == session.account_id()).ok_or_else(no_part)?;
        let target = RemotePath::parse(&note.target).map_err(Error::BadPath)?;
        session.view.storage.remove_part(&target, transfer)?;
        self.part_book.forget(transfer);
        Ok(())
    }

    /// What is told of a part; nothing of one that is gone, whose note goes too.
    fn part_entry(
        &self,
        session: &Session,
        transfer: TransferId,
        note: &Note,
    ) -> Option<PartEntry> {
        let target = RemotePath::parse(&note.target).ok()?;
        match session.view.storage.part(&target, transfer) {
            Ok(state) => Some(PartEntry {
                transfer,
                target,
                size: note.size.max(state.held),
                held: state.held,
                touched: state.touched,
                is_open: state.is_open,
            }),
            Err(err) if matches!(err.kind(), ErrorKind::NoPart | ErrorKind::NotFound) => {
                self.part_book.forget(transfer);
                None
            }
            Err(_) => None,
        }
    }
}

fn id_of(name: &str) -> Option<TransferId> {
    let digits: &[u8; 32] = name.as_bytes().try_into().ok()?;
    let mut id = [0; 16];
    for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(TransferId(id))
}

/// The note; `None` if it is too old to have a part.
fn read(path: &Path, lifetime: Duration) -> io::Result<Option<Note>> {
    let age = fs::metadata(path)?.modified()?.elapsed().unwrap_or_default();
    if age > lifetime.saturating_mul(2) {
        return Ok(None);
    }
    serde_json::from_slice(&fs::read(path)?).map(Some).map_err(io::Error::other)
}

fn forget_file(path: &Path) {
    if let Err(err) = fs::remove_file(path)
        && err.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!("cannot remove {}: {err}", path.display());
    }
}

/// Uploads that are noted at the most, about 200 bytes each, and of one account.
const NOTES_MAX: usize = 100_000;
const OF_ACCOUNT_MAX: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str) -> AccountId {
        AccountId { name: name.to_owned(), since: "2026".to_owned() }
    }

    fn note(owner: &str) -> Note {
        Note { owner: account(owner), target: b"/a\xff".to_vec(), size: 7 }
    }

    #[test]
    fn notes_outlive_the_process_and_belong_to_their_account() {
        let state = tempfile::tempdir().unwrap();
        let life = Duration::from_hours(1);
        let book = PartBook::open(state.path(), life);
        book.note(TransferId([1; 16]), note("ann"));
        book.note(TransferId([2; 16]), note("bob"));
        book.note(TransferId([3; 16]), note("ann"));
        book.forget(TransferId([3; 16]));
        fs::write(state.path().join("parts/garbage"), b"x").unwrap();
        let broken = state.path().join("parts").join(TransferId([9; 16]).to_string());
        fs::write(&broken, b"{").unwrap();
        let book = PartBook::open(state.path(), life);
        let own = book.of(&account("ann"), TransferId([0; 16]));
        assert_eq!(own, [(TransferId([1; 16]), note("ann"))]);
        assert_eq!(book.of(&account("ann"), TransferId([1; 16])), []);
        let later = AccountId { since: "2027".to_owned(), ..account("ann") };
        assert_eq!(book.of(&later, TransferId([0; 16])), [], "another of her name");
        assert!(broken.exists(), "it is set aside, not removed");
    }

    #[test]
    fn an_account_with_too_many_has_no_file_more_and_takes_no_room_from_others() {
        let state = tempfile::tempdir().unwrap();
        let book = PartBook::open(state.path(), Duration::from_hours(1));
        let id = |number: usize| TransferId((number as u128).to_be_bytes());
        (0..=OF_ACCOUNT_MAX).for_each(|number| book.note(id(number), note("ann")));
        let files = || fs::read_dir(state.path().join("parts")).unwrap().count();
        assert_eq!(files(), OF_ACCOUNT_MAX);
        book.note(id(OF_ACCOUNT_MAX), note("bob"));
        assert_eq!(files(), OF_ACCOUNT_MAX + 1);
    }
}

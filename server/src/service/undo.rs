//! Undo: who may see and bring back what. An account undoes what it did itself, and whoever may
//! delete where a thing was undoes what others did.

use super::namespace::make_parents;
use super::view::View;
use super::{Error, Result, Service, Session};
use crate::accounts::Account;
use crate::storage::{Author, ErrorKind};
use ferry_protocol::{IfExists, RemotePath, Rights, UndoEntry, UndoGroup, UndoId, UndoPage};

impl Service {
    /// A page of what the session may bring back, the newest first: of one group or of all, older
    /// than `before`.
    #[expect(clippy::unused_self, reason = "a request is a method of the service")]
    pub(crate) fn undo_page(
        &self,
        session: &Session,
        group: Option<UndoGroup>,
        before: Option<UndoId>,
    ) -> Result<UndoPage> {
        let view = &session.view;
        let mut page = UndoPage { entries: Vec::new(), next: before };
        let mut bytes = 0;
        for _ in 0..LOOKS_MAX {
            let looked_at = view.storage.undo().entries(page.next, READ_AHEAD)?;
            let is_last = looked_at.len() < READ_AHEAD;
            for entry in looked_at {
                if !UndoPage::has_room(page.entries.len(), bytes) {
                    return Ok(page);
                }
                page.next = Some(entry.id);
                let is_wanted = group.is_none_or(|group| group == entry.group);
                if is_wanted && may_undo(view, &entry).is_ok() {
                    bytes += entry.wire_len();
                    page.entries.push(entry);
                }
            }
            if is_last {
                page.next = None;
                break;
            }
        }
        Ok(page)
    }
}

/// Brings a thing back to `to`; folders that are missing above it are made.
pub(super) fn bring_back(
    view: &View,
    id: UndoId,
    to: &RemotePath,
    if_exists: IfExists,
    by: &Author,
) -> Result<()> {
    view.may(Rights::WRITE, "write", to)?;
    if if_exists == IfExists::Replace {
        view.may(Rights::DELETE, "delete", to)?;
    }
    if to.is_root() {
        return Err(Error::Nonsense("nothing can take the place of the shared folder itself"));
    }
    view.may_move(to)?;
    let from = may_undo(view, &view.storage.undo().entry(id)?)?;
    view.gains_nothing(&from, to)?;
    match view.storage.undo().bring_back(id, to, if_exists, by) {
        Err(err) if err.kind() == ErrorKind::NotFound => {
            make_parents(view, to)?;
            Ok(view.storage.undo().bring_back(id, to, if_exists, by)?)
        }
        brought => Ok(brought?),
    }
}

/// Gives a thing up for good.
pub(super) fn forget(view: &View, id: UndoId) -> Result<()> {
    let from = may_undo(view, &view.storage.undo().entry(id)?)?;
    view.may(Rights::DELETE, "delete", &from)?;
    Ok(view.storage.undo().forget(id)?)
}

/// The path that the thing had, if the account may bring it back.
fn may_undo(view: &View, entry: &UndoEntry) -> Result<RemotePath> {
    let path = RemotePath::parse(&entry.entry.name)?;
    view.may_see(&path)?;
    if !is_own(view, entry) {
        view.may(Rights::DELETE, "undo what others did", &path)?;
    }
    Ok(path)
}

/// Whether it was the account's doing, and not that of another of its name before it.
fn is_own(view: &View, entry: &UndoEntry) -> bool {
    let Account { name, terms, .. } = &*view.account;
    let is_before = |added: jiff::Timestamp| i128::from(entry.kept_at.0) < added.as_nanosecond();
    *name == entry.account && !terms.added.is_some_and(is_before)
}

/// Entries read at once.
const READ_AHEAD: usize = 256;

/// Reads for one page; a page may end early, so that no turn takes long.
const LOOKS_MAX: usize = 16;

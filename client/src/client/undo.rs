//! Bringing back what was replaced or removed.

use super::{Client, in_free_place, unexpected};
use crate::Error;
use crate::random;
use ferry_protocol::{
    Answer, Change, DecodeError, IfExists, RemotePath, Request, UndoEntry, UndoGroup, UndoId,
    UndoPage,
};

/// Iterates over the pages of what can be brought back, the newest first.
#[derive(Debug)]
pub struct UndoPages<'a> {
    client: &'a mut Client,
    group: Option<UndoGroup>,
    before: Option<UndoId>,
    is_over: bool,
}

impl Client {
    /// What can be brought back, page by page: all, or what belongs to one group. A page may be
    /// empty.
    pub fn undo_pages(&mut self, group: Option<UndoGroup>) -> UndoPages<'_> {
        UndoPages { client: self, group, before: None, is_over: false }
    }

    /// Brings a thing back to `to`, its old path or another; folders that are missing above it
    /// are made. A taken name is an error of status
    /// [`EXISTS`](ferry_protocol::Status::EXISTS), or its file is kept in turn.
    pub fn undo(&mut self, id: UndoId, to: &RemotePath, if_exists: IfExists) -> Result<(), Error> {
        self.change(Change::Undo { id, to: to.clone().into(), if_exists }, to)
    }

    /// Brings a thing back to its old path, or beside what has its name now, as `name (1)`.
    /// Returns where it is.
    pub fn undo_beside(&mut self, entry: &UndoEntry) -> Result<RemotePath, Error> {
        in_free_place(&old_path(entry)?, |to| self.undo(entry.id, to, IfExists::Refuse))
    }

    /// Makes `changes`, so that all that they replace and remove can be brought back together.
    pub fn together<T>(&mut self, changes: impl FnOnce(&mut Self) -> T) -> Result<T, Error> {
        self.name_undo_group(Some(random::undo_group()?));
        let changed = changes(self);
        self.name_undo_group(None);
        Ok(changed)
    }

    /// Connections that are opened later are told when they are.
    fn name_undo_group(&mut self, group: Option<UndoGroup>) {
        self.undo_group = group;
        if let Some(mut connection) = self.connection.take()
            && connection.name_undo_group(group).is_ok()
        {
            self.connection = Some(connection);
        }
    }

    /// Gives a thing up for good, and its space.
    pub fn forget_undo(&mut self, id: UndoId) -> Result<(), Error> {
        self.change(Change::UndoForget { id }, &RemotePath::root())
    }
}

impl UndoPages<'_> {
    fn next_page(&mut self) -> Result<Vec<UndoEntry>, Error> {
        let request = Request::UndoList { group: self.group, before: self.before };
        let Answer::UndoPage(page) = self.client.call(&request, &RemotePath::root())? else {
            return Err(unexpected());
        };
        self.advance(&page)?;
        Ok(page.entries)
    }

    /// A server that turns in a circle is not followed.
    fn advance(&mut self, page: &UndoPage) -> Result<(), Error> {
        let goes_on = page.next.is_none_or(|next| self.before.is_none_or(|before| next < before));
        self.is_over = page.next.is_none();
        self.before = page.next;
        if goes_on {
            return Ok(());
        }
        Err(Error::Untrustworthy { subject: "undo".to_owned(), what: "the list never ends" })
    }
}

impl Iterator for UndoPages<'_> {
    type Item = Result<Vec<UndoEntry>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let page = self.next_page();
        self.is_over |= page.is_err();
        Some(page)
    }
}

/// The path that the thing had.
pub(crate) fn old_path(entry: &UndoEntry) -> Result<RemotePath, Error> {
    Ok(RemotePath::parse(&entry.entry.name).map_err(DecodeError::from)?)
}

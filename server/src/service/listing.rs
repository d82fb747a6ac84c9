//! Listings of one folder and walks of a tree, page by page: memory does not grow with the
//! count of entries.

use super::view::{View, unreadable};
use super::{Error, Result, Service, Session};
use crate::storage::{self, ErrorKind, Identified, Listing};
use ferry_protocol::limits::{NAME_MAX, PATH_DEPTH_MAX, PATH_MAX};
use ferry_protocol::{Entry, EntryKind, Page, RemotePath};
use std::fmt;

/// An open listing or walk.
pub(crate) struct Pages(Source);

enum Source {
    Folder { listing: Box<dyn Listing>, ahead: Ahead },
    Tree(Walk),
}

impl Service {
    /// Opens the listing of a folder.
    pub(crate) fn list(&self, session: &Session, path: &RemotePath) -> Result<Pages> {
        let listing = session.view.list(path)?;
        Ok(Pages(Source::Folder { listing, ahead: Ahead::default() }))
    }

    /// Opens the walk of a tree: parents before children; linked and unreadable folders are named
    /// but not entered.
    pub(crate) fn walk(&self, session: &Session, root: RemotePath) -> Result<Pages> {
        let listing = session.view.list(&root)?;
        let top = Level { below: Vec::new(), listing, ahead: Ahead::default() };
        let view = session.view.clone();
        Ok(Pages(Source::Tree(Walk { view, root, levels: vec![top] })))
    }
}

impl Pages {
    /// The next entries of a folder, each with which file it is; none at the end.
    pub(crate) fn next_identified(&mut self) -> Result<Vec<Identified>> {
        match &mut self.0 {
            Source::Folder { listing, .. } => Ok(listing.next_identified(READ_AHEAD)?),
            Source::Tree(_) => Err(Error::Nonsense("a walk names no files")),
        }
    }

    /// The next page.
    pub(crate) fn next_page(&mut self) -> Result<Page> {
        let mut page = Page::default();
        let mut bytes = 0;
        while Page::has_room(page.entries.len(), bytes) {
            let Some(entry) = self.next_entry()? else {
                page.is_last = true;
                break;
            };
            bytes += entry.name.len() + ENTRY_BYTES_FIXED;
            page.entries.push(entry);
        }
        Ok(page)
    }

    fn next_entry(&mut self) -> Result<Option<Entry>> {
        match &mut self.0 {
            Source::Folder { listing, ahead } => Ok(ahead.next(listing.as_mut())?),
            Source::Tree(walk) => Ok(walk.next()?),
        }
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pages")
    }
}

/// Entries that were read from the store but not handed out yet.
#[derive(Default)]
struct Ahead(std::vec::IntoIter<Entry>);

impl Ahead {
    fn next(&mut self, listing: &mut dyn Listing) -> storage::Result<Option<Entry>> {
        if self.0.len() == 0 {
            self.0 = listing.next_entries(READ_AHEAD)?.into_iter();
        }
        Ok(self.0.next())
    }
}

/// A walk in depth; the path's length limit bounds the levels.
struct Walk {
    view: View,
    root: RemotePath,
    levels: Vec<Level>,
}

struct Level {
    /// The folder's path below the root, with a slash behind it; empty for the root.
    below: Vec<u8>,
    listing: Box<dyn Listing>,
    ahead: Ahead,
}

impl Walk {
    fn next(&mut self) -> storage::Result<Option<Entry>> {
        while let Some(level) = self.levels.last_mut() {
            let Some(mut entry) = level.ahead.next(level.listing.as_mut())? else {
                self.levels.pop();
                continue;
            };
            entry.name.splice(0..0, level.below.iter().copied());
            if entry.kind == EntryKind::Folder && !entry.flags.linked {
                self.descend(&mut entry)?;
            }
            return Ok(Some(entry));
        }
        Ok(None)
    }

    fn list(&self, path: &RemotePath) -> storage::Result<Box<dyn Listing>> {
        self.view.list(path).map_err(|err| match err {
            Error::Storage(err) => err,
            _ => unreadable(path),
        })
    }

    /// Opens a folder for the entries to come, or marks it as unreadable.
    fn descend(&mut self, entry: &mut Entry) -> storage::Result<()> {
        let listing = match self.root.join_all(&entry.name) {
            Ok(path) if has_room_below(&path) => self.list(&path),
            _ => Err(storage::Error::new(ErrorKind::BadName, &self.root)),
        };
        match listing {
            Ok(listing) => {
                let mut below = entry.name.clone();
                below.push(b'/');
                self.levels.push(Level { below, listing, ahead: Ahead::default() });
                Ok(())
            }
            // Removed between its parent's listing and now.
            Err(err) if err.kind() == ErrorKind::NotFound => Ok(()),
            Err(err) if err.kind() == ErrorKind::Io => Err(err),
            Err(_) => {
                entry.flags.unreadable = true;
                Ok(())
            }
        }
    }
}

/// Whether every name below `path` makes a path that can travel.
fn has_room_below(path: &RemotePath) -> bool {
    path.names().count() < PATH_DEPTH_MAX
        && path.as_relative_bytes().len() + NAME_MAX + 2 < PATH_MAX
}

/// Bytes of an entry on a page beside its name.
const ENTRY_BYTES_FIXED: usize = 22;

/// Entries taken from the store at once.
const READ_AHEAD: usize = 256;

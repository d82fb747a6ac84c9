//! What the server can do, whatever door asks: every check of rights is here, and nothing of any
//! wire. A [`Session`] is the proof of a login; only [`Service`] makes one.

mod account;
mod error;
mod listing;
mod namespace;
mod password;
mod read;
mod task;
mod write;

pub(crate) use account::{LoginOutcome, Session};
pub(crate) use error::Error;
pub(crate) use listing::Pages;
pub(crate) use read::{Download, Piece};
pub(crate) use task::{Task, TaskOutcome, TaskState};
pub(crate) use write::{Begun, Incoming};

use crate::accounts::Accounts;
use crate::committer::CommitQueue;
use crate::penalties::Penalties;
use crate::storage::{self, Storage};
use crate::wake::{Pending, Waker, promise};
use account::Tokens;
use ferry_protocol::{Entry, RemotePath, Space};
use password::PasswordLane;
use std::io;
use std::sync::Arc;

/// Result of a service operation.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// The shared folder with its accounts.
#[derive(Debug)]
pub(crate) struct Service {
    storage: Arc<dyn Storage>,
    accounts: Arc<Accounts>,
    commits: CommitQueue,
    passwords: PasswordLane,
    penalties: Arc<Penalties>,
    tokens: Tokens,
}

impl Service {
    /// Puts the service together and starts its password lane.
    pub(crate) fn start(
        storage: Arc<dyn Storage>,
        accounts: Arc<Accounts>,
        commits: CommitQueue,
        penalties: Arc<Penalties>,
    ) -> io::Result<Self> {
        let passwords = PasswordLane::start(&accounts, &penalties)?;
        Ok(Self { storage, accounts, commits, passwords, penalties, tokens: Tokens::default() })
    }

    /// Where misbehaviour is charged.
    pub(crate) fn penalties(&self) -> &Penalties {
        &self.penalties
    }

    /// What lies at `path`.
    pub(crate) fn stat(&self, session: &Session, path: &RemotePath) -> Result<Entry> {
        session.may_list()?;
        let mut entry = self.storage.stat(path)?;
        entry.name = path.name().map(|name| name.as_bytes().to_vec()).unwrap_or_default();
        Ok(entry)
    }

    /// Makes `path` the session's folder.
    pub(crate) fn change_directory(&self, session: &mut Session, path: RemotePath) -> Result<()> {
        session.may_list()?;
        let entry = self.storage.stat(&path)?;
        if entry.kind != ferry_protocol::EntryKind::Folder {
            return Err(storage::Error::new(storage::ErrorKind::NotAFolder, &path).into());
        }
        session.directory = path;
        Ok(())
    }

    /// Space left at `path`.
    pub(crate) fn space(&self, session: &Session, path: &RemotePath) -> Result<Space> {
        session.may_list()?;
        let space = self.storage.space(path)?;
        Ok(Space { total: space.total, available: space.available })
    }

    /// Makes everything durable that was answered before.
    pub(crate) fn sync(&self, waker: &Waker) -> Pending<std::result::Result<(), storage::Error>> {
        let lost = storage::Error::new(storage::ErrorKind::Io, &RemotePath::root());
        let (promise, pending) = promise(waker, Err(lost));
        self.commits.barrier(promise);
        pending
    }
}

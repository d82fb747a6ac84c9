//! What the server can do, whatever door asks: every check of rights is here, and nothing of any
//! wire. A [`Session`] is the proof of a login; only [`Service`] makes one.

#![expect(
    clippy::unused_self,
    reason = "doors ask the service, whether or not a session's own view is enough to answer"
)]

mod account;
mod changes;
mod error;
mod fetch;
mod incoming;
mod listing;
mod namespace;
mod pace;
mod part_names;
mod parts;
mod password;
mod preflight;
mod presence;
mod promises;
mod read;
mod roots;
mod sent_values;
mod sessions;
mod shared;
mod stream;
mod task;
mod tokens;
mod undo;
mod view;
mod write;

pub(crate) use account::{Login, LoginOutcome, Redeemed, Session};
pub(crate) use error::Error;
pub(crate) use incoming::Incoming;
pub(crate) use listing::Pages;
pub(crate) use part_names::PartNames;
pub(crate) use read::{Download, Piece};
pub(crate) use roots::{Places, Roots};
pub(crate) use shared::{Ended, Share};
pub(crate) use stream::{Opened, Replacing, Start, Stream};
pub(crate) use task::{Algorithm, Task, TaskOutcome, TaskState};
pub(crate) use write::{Begun, PutBy};

use crate::accounts::{Account, Accounts};
use crate::audit::{Action, AuditLog, Line, Origin, Who};
use crate::committer::{CommitQueue, Synced};
use crate::penalties::{Offence, Penalties};
use crate::storage::{self, Storage};
use crate::values::KeptValues;
use crate::wake::{Pending, Waker, promise};
use changes::Changes;
use ferry_protocol::limits::HISTORY_ENTRIES_MAX;
use ferry_protocol::{Entry, Epoch, RemotePath, Space};
use fetch::Fetches;
use pace::Paces;
use parts::PartBook;
use password::PasswordLane;
use presence::Presence;
use promises::Promises;
use sessions::Sessions;
use shared::OpenUploads;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tokens::Tokens;
use view::View;

/// Result of a service operation.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// The shared folders with their accounts.
#[derive(Debug)]
pub(crate) struct Service {
    roots: Arc<Roots>,
    paces: Paces,
    accounts: Arc<Accounts>,
    commits: CommitQueue,
    passwords: PasswordLane,
    desk: Desk,
    sessions: Arc<Sessions>,
    tokens: Tokens,
    open_uploads: Arc<OpenUploads>,
    part_book: Arc<PartBook>,
    promises: Arc<Promises>,
    kept: Arc<KeptValues>,
    fetches: Arc<Fetches>,
    /// Tells this run of the server from every other.
    run: [u8; 16],
}

/// Where what people do is charged and recorded.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    /// Misbehaviour.
    pub(crate) penalties: Arc<Penalties>,
    /// Everything else.
    pub(crate) log: AuditLog,
}

impl Desk {
    /// A credential other than a password did not let in.
    fn refuse_credential(&self, origin: Origin, what: &str) {
        self.penalties.charge(origin.peer.ip(), Offence::Credential, Instant::now());
        let who = Who { account: None, origin };
        self.log.record(Line::new(&who, Action::LogIn).failed(what));
    }
}

impl Service {
    /// Puts the service together and starts its password lane.
    pub(crate) fn start(
        share: Arc<dyn Storage>,
        places: Places,
        accounts: Arc<Accounts>,
        commits: CommitQueue,
        desk: Desk,
    ) -> io::Result<Self> {
        let mut run = [0; 16];
        getrandom::fill(&mut run).map_err(io::Error::other)?;
        let passwords = PasswordLane::start(&accounts, &desk)?;
        let changes = Changes::since_last_run(&places.state_dir, &accounts, desk.log.clone());
        let part_book = Arc::new(PartBook::open(&places.state_dir, places.part_lifetime));
        let kept = Arc::new(KeptValues::open(&places.state_dir));
        let roots = Arc::new(Roots::new(share, places));
        roots.count_quotas_aside(accounts.all());
        let sessions = Arc::<Sessions>::default();
        let (watched, known) = (Arc::downgrade(&sessions), Arc::downgrade(&accounts));
        let book = Arc::clone(&part_book);
        part_book.forget_owners(|owner| !accounts.is_there(owner));
        accounts.watch(move || {
            if let Some((sessions, accounts)) = watched.upgrade().zip(known.upgrade()) {
                sessions.end_outdated(&accounts);
                book.forget_owners(|owner| !accounts.is_there(owner));
                changes.look(&accounts);
            }
        });
        Ok(Self {
            roots,
            paces: Paces::default(),
            accounts,
            commits,
            passwords,
            desk,
            sessions,
            tokens: Tokens::default(),
            open_uploads: Arc::default(),
            part_book,
            promises: Arc::default(),
            kept,
            fetches: Arc::default(),
            run,
        })
    }

    /// The folders of all accounts.
    pub(crate) fn roots(&self) -> &Arc<Roots> {
        &self.roots
    }

    /// What lies at `path`.
    pub(crate) fn stat(&self, session: &Session, path: &RemotePath) -> Result<Entry> {
        session.view.may_see(path)?;
        let mut entry = session.view.storage.stat(path)?;
        entry.name = path.name().map(|name| name.as_bytes().to_vec()).unwrap_or_default();
        Ok(entry)
    }

    /// What lies at `path`, and which file it is.
    pub(crate) fn stat_identified(
        &self,
        session: &Session,
        path: &RemotePath,
    ) -> Result<storage::Identified> {
        let entry = self.stat(session, path)?;
        Ok((entry, session.view.storage.file_id(path)?))
    }

    /// Makes `path` the session's folder.
    pub(crate) fn change_directory(&self, session: &mut Session, path: RemotePath) -> Result<()> {
        session.view.may_see(&path)?;
        let entry = session.view.storage.stat(&path)?;
        if entry.kind != ferry_protocol::EntryKind::Folder {
            return Err(storage::Error::new(storage::ErrorKind::NotAFolder, &path).into());
        }
        session.directory = path;
        Ok(())
    }

    /// Space left at `path`.
    pub(crate) fn space(&self, session: &Session, path: &RemotePath) -> Result<Space> {
        session.view.may_see(path)?;
        let space = session.view.storage.space(path)?;
        Ok(Space { total: space.total, available: space.available })
    }

    fn view(&self, account: Arc<Account>, presence: Arc<Presence>) -> Result<View> {
        let storage = self.roots.storage_of(&account)?;
        let pace = self.paces.of(&account);
        let (promises, kept) = (Arc::clone(&self.promises), Arc::clone(&self.kept));
        Ok(View { account, storage, pace, presence, promises, kept })
    }

    /// A page of the account's own past; see [`AuditLog::history`].
    pub(crate) fn history(&self, session: &Session, before: u64) -> (Vec<Arc<Line>>, u64) {
        let since = session.view.account.terms.added.unwrap_or(jiff::Timestamp::MIN);
        self.desk.log.history(session.account_name(), since, before, HISTORY_ENTRIES_MAX)
    }

    /// Makes everything durable that was answered before.
    pub(crate) fn sync(&self, session: &Session, waker: &Waker) -> Pending<Synced> {
        let lost = storage::Error::new(storage::ErrorKind::Io, &RemotePath::root());
        let (promise, pending) = promise(waker, Err(lost));
        self.commits.barrier(&session.view.storage, promise);
        pending
    }

    /// The epoch in which an account is served for whom so many syncs have failed.
    pub(crate) fn epoch(&self, failed_syncs: u64) -> Epoch {
        Epoch { run: self.run, failed_syncs }
    }
}

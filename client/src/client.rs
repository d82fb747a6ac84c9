//! [`Client`]: one connection to a server, with a typed, blocking call for every request. A lost
//! connection is opened again, and the request repeated with the same operation id.

mod backoff;
mod listing;
mod namespace;
mod opener;
mod parts;
mod undo;

pub(crate) use backoff::Backoff;
pub use listing::Listing;
pub use namespace::Parents;
pub(crate) use namespace::in_free_place;
pub use opener::Opener;
pub use undo::UndoPages;
pub(crate) use undo::old_path;

use crate::connection::{Connection, Received};
use crate::login;
use crate::site::{ConnectOptions, Site};
use crate::trust::{Fingerprint, ServerKey};
use crate::{Cancel, Error, Questions, Stage, random};
use ferry_protocol::{
    Account, Answer, Change, Content, Entry, Epoch, Fitness, Hasher, History, PeerMisbehaved,
    Preflight, Range, RemotePath, Request, ServerStatus, Space, StoredDigest, UndoGroup, Welcome,
};
use std::io::Write;
use std::sync::Arc;

/// A login on a server. It holds one connection and is used by one thread at a time.
pub struct Client {
    site: Arc<Site>,
    cancel: Cancel,
    connection: Option<Connection>,
    directory: Option<RemotePath>,
    /// What changes belong to, if they belong together.
    undo_group: Option<UndoGroup>,
    welcome: Welcome,
    account: Account,
    fingerprint: Fingerprint,
    key: ServerKey,
}

impl Client {
    /// Connects, judges the server's key and logs in. A failure is not tried again, but for a
    /// server that asks to come back later.
    pub fn connect(options: ConnectOptions, questions: Arc<dyn Questions>) -> Result<Self, Error> {
        let cancel = options.cancel.clone();
        Opener::new(Arc::new(Site::new(options, questions)?)).open(cancel)
    }

    /// Opens one more connection on the same login, stopped by its own `cancel`.
    pub fn another(&self, cancel: Cancel) -> Result<Self, Error> {
        self.opener().open(cancel)
    }

    /// What opens more connections on the same login while this client is at work.
    #[must_use]
    pub fn opener(&self) -> Opener {
        Opener::new(Arc::clone(&self.site))
    }

    /// What the server said when it was greeted. Its texts must be escaped before they are shown.
    #[must_use]
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// Who is logged in, and with which rights.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The account that is logged in, by whichever way; `None` for the guest.
    #[must_use]
    pub fn account_name(&self) -> Option<&str> {
        Some(self.account.name.as_str()).filter(|name| !name.is_empty())
    }

    /// Where it is connected to, and as whom it asked to.
    #[must_use]
    pub fn options(&self) -> &ConnectOptions {
        &self.site.options
    }

    /// `HOST:PORT` of the server.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.site.server
    }

    /// The key that the server has at present.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// What it has to show to be the same server at the next meeting.
    #[must_use]
    pub fn server_key(&self) -> ServerKey {
        self.key
    }

    /// What stops this client, from any thread.
    #[must_use]
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Enrols this device for the account that is logged in: from now on it needs no password.
    pub fn enrol(&mut self) -> Result<(), Error> {
        let mut connection = self.take_connection()?;
        let enrolled = login::enrol(&self.site, &mut connection, &self.account.name);
        if matches!(enrolled, Ok(()) | Err(Error::Remote { .. })) {
            self.connection = Some(connection);
        }
        enrolled
    }

    /// Opens a listing of a folder: an iterator over its pages, in the server's order.
    pub fn list(&mut self, path: &RemotePath) -> Result<Listing<'_>, Error> {
        Listing::open(self, path, &Request::List(path.clone().into()))
    }

    /// Opens a walk of a tree: an iterator over pages of entries whose names are paths below
    /// `path`. They are the server's words: parse them with [`RemotePath::join_all`].
    pub fn walk(&mut self, path: &RemotePath) -> Result<Listing<'_>, Error> {
        Listing::open(self, path, &Request::Walk(path.clone().into()))
    }

    /// One entry.
    pub fn stat(&mut self, path: &RemotePath) -> Result<Entry, Error> {
        match self.call(&Request::Stat(path.clone().into()), path)? {
            Answer::Entry(entry) => Ok(entry),
            _ => Err(unexpected()),
        }
    }

    /// Changes the session's folder and returns it.
    pub fn change_directory(&mut self, path: &RemotePath) -> Result<RemotePath, Error> {
        let request = Request::ChangeDirectory(path.clone().into());
        match self.call(&request, path)? {
            Answer::Directory(directory) => {
                self.directory = Some(directory.clone());
                Ok(directory)
            }
            _ => Err(unexpected()),
        }
    }

    /// The session's folder.
    pub fn print_directory(&mut self) -> Result<RemotePath, Error> {
        match self.call(&Request::PrintDirectory, &RemotePath::root())? {
            Answer::Directory(directory) => Ok(directory),
            _ => Err(unexpected()),
        }
    }

    /// Digest of a stored file, or of a range of it.
    pub fn digest(&mut self, path: &RemotePath, range: Range) -> Result<StoredDigest, Error> {
        let request = Request::Digest { path: path.clone().into(), range };
        match self.call(&request, path)? {
            Answer::DigestIs(digest) => Ok(digest),
            _ => Err(unexpected()),
        }
    }

    /// Whether the server has this [feature](ferry_protocol::feature).
    #[must_use]
    pub fn can(&self, feature: u64) -> bool {
        self.welcome.features & feature == feature
    }

    /// Whether a job would fit; see [`crate::preflight`] for whole jobs. Not every server answers
    /// it: look at [`Self::can`].
    pub fn preflight(&mut self, asked: &Preflight) -> Result<Fitness, Error> {
        match self.call(&Request::Preflight(asked.clone()), &RemotePath::root())? {
            Answer::FitnessIs(fitness) => Ok(fitness),
            _ => Err(unexpected()),
        }
    }

    /// Space left where `path` lies.
    pub fn space(&mut self, path: &RemotePath) -> Result<Space, Error> {
        match self.call(&Request::Space(path.clone().into()), path)? {
            Answer::SpaceIs(space) => Ok(space),
            _ => Err(unexpected()),
        }
    }

    /// Returns once all that was answered before is on the server's stable storage, and the epoch
    /// in which that is so: what was answered in an earlier one ([`Account::epoch`]) may be lost.
    pub fn sync(&mut self) -> Result<Epoch, Error> {
        match self.call(&Request::Sync, &RemotePath::root())? {
            Answer::Synced(epoch) => Ok(epoch),
            _ => Err(unexpected()),
        }
    }

    /// Asks for a sign of life.
    pub fn ping(&mut self) -> Result<(), Error> {
        self.call(&Request::Ping, &RemotePath::root()).map(drop)
    }

    /// How session and server are.
    pub fn status(&mut self) -> Result<ServerStatus, Error> {
        match self.call(&Request::Status, &RemotePath::root())? {
            Answer::StatusIs(status) => Ok(status),
            _ => Err(unexpected()),
        }
    }

    /// A page of what this account did, the newest first: older than the entry numbered `before`,
    /// or from the newest where that is 0.
    pub fn history(&mut self, before: u64) -> Result<History, Error> {
        match self.call(&Request::History { before }, &RemotePath::root())? {
            Answer::HistoryIs(history) => Ok(history),
            _ => Err(unexpected()),
        }
    }

    /// Ends the session politely.
    pub fn bye(mut self) -> Result<(), Error> {
        let Some(mut connection) = self.connection.take() else {
            return Ok(());
        };
        connection.ask(&Request::Bye, b"")?;
        connection.close();
        Ok(())
    }

    /// Writes a range of a file to `sink` and checks the digest at its end: only when this
    /// succeeds was every byte what the server sent. A lost connection is not retried, because
    /// what was written cannot be taken back.
    pub fn get(
        &mut self,
        path: &RemotePath,
        range: Range,
        sink: &mut dyn Write,
    ) -> Result<Content, Error> {
        let mut connection = self.take_connection()?;
        let got = get_into(&mut connection, path, range, sink);
        // After a failure content may still be on its way: only a fresh connection is clean.
        if matches!(got, Ok(_) | Err(Error::Remote { .. })) {
            self.connection = Some(connection);
        }
        got
    }

    pub(crate) fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// The connection, opened anew if it was lost. Whoever takes it puts it back while it is
    /// between two requests.
    pub(crate) fn take_connection(&mut self) -> Result<Connection, Error> {
        self.cancel.check()?;
        if let Some(connection) = self.connection.take()
            && !connection.is_going()
        {
            return Ok(connection);
        }
        let mut connection = self.site.open(&self.cancel)?;
        if let Some(directory) = &self.directory {
            let request = Request::ChangeDirectory(directory.clone().into());
            match connection.ask(&request, &directory.to_wire()) {
                // It is gone or forbidden by now: the session is where a new one begins. Every
                // request names its path from the root, so that none can go astray.
                Err(Error::Remote { .. }) => self.directory = None,
                other => drop(other?),
            }
        }
        if self.undo_group.is_some() {
            connection.name_undo_group(self.undo_group)?;
        }
        Ok(connection)
    }

    pub(crate) fn put_connection_back(&mut self, connection: Connection) {
        self.connection = Some(connection);
    }

    fn change(&mut self, change: Change, path: &RemotePath) -> Result<(), Error> {
        let request = Request::Change { operation: random::operation_id()?, change };
        self.call(&request, path).map(drop)
    }

    /// Asks, again and again while that can help.
    fn call(&mut self, request: &Request, path: &RemotePath) -> Result<Answer, Error> {
        let mut backoff = Backoff::new(&self.site, &self.cancel);
        loop {
            match self.call_once(request, path) {
                Err(err) if err.is_retryable() => backoff.wait(err)?,
                other => {
                    backoff.succeeded();
                    return other;
                }
            }
        }
    }

    fn call_once(&mut self, request: &Request, path: &RemotePath) -> Result<Answer, Error> {
        let mut connection = self.take_connection()?;
        let shown =
            if path.is_root() && !names_a_path(request) { Vec::new() } else { path.to_wire() };
        let answer = connection.ask(request, &shown);
        if matches!(answer, Ok(_) | Err(Error::Remote { .. } | Error::Busy { .. })) {
            self.connection = Some(connection);
        }
        answer
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.server())
    }
}

fn names_a_path(request: &Request) -> bool {
    !matches!(
        request,
        Request::PrintDirectory
            | Request::Sync
            | Request::Ping
            | Request::Status
            | Request::History { .. }
    )
}

fn unexpected() -> Error {
    PeerMisbehaved::UnexpectedAnswer.into()
}

fn get_into(
    connection: &mut Connection,
    path: &RemotePath,
    range: Range,
    sink: &mut dyn Write,
) -> Result<Content, Error> {
    let wire = path.to_wire();
    connection.send(&Request::Get { path: path.clone().into(), range })?;
    connection.flush()?;
    let mut announced = None;
    let mut hasher = Hasher::new();
    let mut buffer = Vec::new();
    loop {
        match connection.receive(Stage::Transfer)? {
            Received::Content { len, .. } => {
                buffer.resize(len, 0);
                connection.take_content(&mut buffer)?;
                hasher.update(&buffer);
                sink.write_all(&buffer)
                    .map_err(|source| Error::local("write", "the output".as_ref(), source))?;
            }
            Received::Answer { answer, .. } => match connection.judged(answer, &wire)? {
                Answer::Content(content) => announced = Some(content),
                Answer::ContentEnd(digest) => {
                    let content = announced.ok_or_else(unexpected)?;
                    if digest != hasher.digest() || content.len != hasher.len() {
                        return Err(Error::Corrupt { path: path.to_string() });
                    }
                    return Ok(content);
                }
                _ => return Err(unexpected()),
            },
        }
    }
}

//! The embedded server for real: this executable run again, steered by one thread, so that the
//! window never waits for it.

use super::{Sharing, Wake};
use crate::state::problem::{Fault, Problem};
use crate::state::secret::Password;
use crate::state::sharing::{GuestRights, OwnerLogin, QrCode, Share, ShareEvent, ShareRequest};
use crate::text::sharing as text;
use ferry_server::config::Access;
use ferry_server::daemon::sharing::{self, Hold, OWNER_NAME, SharedFolder, SharingError};
use ferry_server::qr::QrMatrix;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// The word after which this executable is the server.
const AS_SERVER: &str = "--as-server";

/// Requests and events that may wait. A person makes one at a time.
const QUEUE_MAX: usize = 16;

/// The embedded server of this user.
#[derive(Default)]
pub struct EmbeddedServer {
    running: Option<Running>,
}

impl fmt::Debug for EmbeddedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedServer").finish_non_exhaustive()
    }
}

/// The thread that steers, and the ways to and from it.
struct Running {
    requests: SyncSender<Message>,
    events: Receiver<ShareEvent>,
    /// Closed when the thread has ended.
    ended: Receiver<()>,
    wake: Wake,
    /// The answer to a wish that the thread does not take.
    refusal: Option<ShareEvent>,
}

/// How long a window that closes waits for the server to be told. One that does not listen goes by
/// itself some seconds after nobody holds it.
const FAREWELL: Duration = Duration::from_secs(2);

#[derive(Debug)]
enum Message {
    Request(ShareRequest),
    /// The server with this process id has ended.
    Ended(u32),
    /// The window closes.
    Close,
}

impl Sharing for EmbeddedServer {
    fn start(&mut self, wake: Wake) {
        let (requests, messages) = sync_channel(QUEUE_MAX);
        let (outbox, events) = sync_channel(QUEUE_MAX);
        let steward =
            Steward { outbox, wake: Arc::clone(&wake), messages: requests.clone(), held: None };
        let (alive, ended) = sync_channel(0);
        let run = move || {
            steward.run(&messages);
            drop(alive);
        };
        // Without its thread the queue is closed, and each wish is refused at once.
        thread::Builder::new().name("share".to_owned()).spawn(run).ok();
        self.running = Some(Running { requests, events, ended, wake, refusal: None });
    }

    fn perform(&mut self, request: ShareRequest) {
        let Some(running) = &mut self.running else { return };
        if running.requests.try_send(Message::Request(request)).is_err() {
            running.refusal = Some(ShareEvent::Failed(problem(text::NOBODY_STEERS)));
            (running.wake)();
        }
    }

    fn try_next(&mut self) -> Option<ShareEvent> {
        let running = self.running.as_mut()?;
        running.refusal.take().or_else(|| running.events.try_recv().ok())
    }
}

impl Drop for Running {
    /// The window closes: a server that is not kept is told to go.
    fn drop(&mut self) {
        if self.requests.try_send(Message::Close).is_ok() {
            // Whether it ended in time or not, the window closes.
            self.ended.recv_timeout(FAREWELL).ok();
        }
    }
}

/// The thread that asks the server, one wish after the other.
struct Steward {
    outbox: SyncSender<ShareEvent>,
    wake: Wake,
    messages: SyncSender<Message>,
    held: Option<Held>,
}

/// A server that this window holds.
struct Held {
    folder: SharedFolder,
    pid: u32,
    _hold: Hold,
}

type Outcome = Result<ShareEvent, SharingError>;

impl Steward {
    fn run(mut self, messages: &Receiver<Message>) {
        for message in messages {
            match message {
                Message::Request(request) => self.perform(request),
                Message::Ended(pid) => self.forget(pid),
                Message::Close => break,
            }
        }
        self.leave();
    }

    fn perform(&mut self, request: ShareRequest) {
        let outcome = match request {
            ShareRequest::Find => self.find(),
            ShareRequest::Start(folder) => self.share(&folder),
            ShareRequest::Open => self.open(),
            ShareRequest::Widen(rights) => self.let_in(Some(access(rights))),
            ShareRequest::Narrow => self.let_in(None),
            ShareRequest::KeepRunning(is_kept) => self.keep(is_kept),
            ShareRequest::Stop => self.stop(),
        };
        let event = outcome.unwrap_or_else(|err| match err {
            SharingError::Gone => ShareEvent::Stopped,
            SharingError::Refused(cause) => ShareEvent::Failed(problem(&cause)),
        });
        if event == ShareEvent::Stopped {
            self.held = None;
        }
        self.tell(event);
    }

    fn find(&mut self) -> Outcome {
        match SharedFolder::find(&state_dir()?)? {
            Some(folder) => self.hold(folder).map(|share| ShareEvent::Running(share, None)),
            None => Ok(ShareEvent::Stopped),
        }
    }

    /// Shares a folder, or goes to the server that shares it already.
    fn share(&mut self, folder: &Path) -> Outcome {
        let state_dir = state_dir()?;
        let found = match SharedFolder::find(&state_dir)? {
            Some(found) if shares(&found, folder)? => found,
            Some(other) => {
                let share = self.hold(other)?;
                let cause = text::already_shared(&share.folder.display().to_string());
                self.tell(ShareEvent::Running(share, None));
                return Err(SharingError::Refused(cause));
            }
            None => SharedFolder::start(folder, &state_dir, this_program()?)?,
        };
        let login = owner_login(&found)?;
        Ok(ShareEvent::Running(self.hold(found)?, Some(login)))
    }

    /// Goes to the server that is held, with a login of its own for this once.
    fn open(&self) -> Outcome {
        let folder = self.folder()?;
        Ok(ShareEvent::Running(share_of(&folder.sharing()?), Some(owner_login(folder)?)))
    }

    fn let_in(&self, guest: Option<Access>) -> Outcome {
        let sharing = self.folder()?.let_in(guest)?;
        Ok(ShareEvent::Running(share_of(&sharing), None))
    }

    fn keep(&self, is_kept: bool) -> Outcome {
        let folder = self.folder()?;
        folder.keep(is_kept)?;
        Ok(ShareEvent::Running(share_of(&folder.sharing()?), None))
    }

    fn stop(&self) -> Outcome {
        if let Ok(folder) = self.folder() {
            folder.stop()?;
        }
        Ok(ShareEvent::Stopped)
    }

    fn folder(&self) -> Result<&SharedFolder, SharingError> {
        self.held.as_ref().map(|held| &held.folder).ok_or(SharingError::Gone)
    }

    /// Holds a server, and watches for its end.
    fn hold(&mut self, folder: SharedFolder) -> Result<Share, SharingError> {
        let sharing = folder.sharing()?;
        if self.held.as_ref().is_some_and(|held| held.pid == sharing.pid) {
            return Ok(share_of(&sharing));
        }
        let hold = folder.hold()?;
        let (pid, messages) = (sharing.pid, self.messages.clone());
        hold.end_of_server()
            .and_then(|end| {
                thread::Builder::new().name("share-end".to_owned()).spawn(move || {
                    end.wait();
                    // Nobody listens any more when the window closes first.
                    messages.send(Message::Ended(pid)).ok();
                })
            })
            .map_err(|err| SharingError::Refused(err.to_string()))?;
        self.held = Some(Held { folder, pid, _hold: hold });
        Ok(share_of(&sharing))
    }

    /// A server has ended by itself.
    fn forget(&mut self, pid: u32) {
        if self.held.as_ref().is_some_and(|held| held.pid == pid) {
            self.held = None;
            self.tell(ShareEvent::Stopped);
        }
    }

    fn leave(&self) {
        if let Some(held) = &self.held
            && held.folder.sharing().is_ok_and(|sharing| is_ours_alone(&sharing))
        {
            // One that does not listen goes by itself, since nobody holds it.
            held.folder.begin_stop().ok();
        }
    }

    fn tell(&self, event: ShareEvent) {
        // A window that does not look for sixteen events has no use for another.
        self.outbox.try_send(event).ok();
        (self.wake)();
    }
}

/// Whether this start is that of the server; then what it ends with.
pub fn serve_if_asked(arguments: &[OsString]) -> Option<ExitCode> {
    let (program, rest) = arguments.split_first()?;
    let (word, rest) = rest.split_first()?;
    (word == AS_SERVER).then(|| {
        let words = std::iter::once(program).chain(rest).cloned();
        ferry_server::daemon::run(words)
    })
}

/// Where Ferry keeps what outlives it; `None` for a user without a home.
#[must_use]
pub fn state_folder() -> Option<PathBuf> {
    SharedFolder::state_dir()?.parent().map(Path::to_owned)
}

/// Shares a folder for as long as what is returned lives, without a window.
///
/// # Errors
/// A folder that cannot be shared, or another one that is shared already; the text says what to do.
pub fn share_here(folder: &Path) -> Result<SharedHere, String> {
    let told = |err: SharingError| err.to_string();
    let state_dir = state_dir().map_err(told)?;
    let found = match SharedFolder::find(&state_dir).map_err(told)? {
        Some(found) if shares(&found, folder).map_err(told)? => found,
        Some(other) => {
            let sharing = other.sharing().map_err(told)?;
            let state = state_dir.display();
            let folder = text::already_shared(&sharing.folder);
            return Err(format!("{folder}; `ferry-server stop --state-dir {state}` does so"));
        }
        None => this_program()
            .and_then(|program| SharedFolder::start(folder, &state_dir, program))
            .map_err(told)?,
    };
    let login = owner_login(&found).map_err(told)?;
    let hold = found.hold().map_err(told)?;
    Ok(SharedHere { folder: found, login, _hold: hold })
}

/// A folder that is shared without a window.
#[derive(Debug)]
pub struct SharedHere {
    folder: SharedFolder,
    /// What its owner logs in with.
    pub login: OwnerLogin,
    _hold: Hold,
}

impl Drop for SharedHere {
    fn drop(&mut self) {
        if self.folder.sharing().is_ok_and(|sharing| is_ours_alone(&sharing))
            && let Err(err) = self.folder.stop()
        {
            eprintln!("ferry-gui: {err}");
        }
    }
}

/// Whether nobody wants a server any more once this process has gone.
fn is_ours_alone(sharing: &sharing::Sharing) -> bool {
    !sharing.is_kept && sharing.windows <= 1
}

fn state_dir() -> Result<PathBuf, SharingError> {
    SharedFolder::state_dir().ok_or_else(|| SharingError::Refused(text::NO_STATE_FOLDER.to_owned()))
}

fn this_program() -> Result<Command, SharingError> {
    let program = std::env::current_exe()
        .map_err(|err| SharingError::Refused(text::no_program(&err.to_string())))?;
    let mut command = Command::new(program);
    command.arg(AS_SERVER);
    Ok(command)
}

fn shares(found: &SharedFolder, folder: &Path) -> Result<bool, SharingError> {
    let wanted = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    Ok(Path::new(&found.sharing()?.folder) == wanted)
}

fn owner_login(folder: &SharedFolder) -> Result<OwnerLogin, SharingError> {
    let (secret, sharing) = (folder.owner_secret()?, folder.sharing()?);
    Ok(OwnerLogin {
        link: format!("ferry://{}/#fp={}", sharing.local, sharing.fingerprint),
        account: OWNER_NAME.to_owned(),
        password: Password::new(secret.expose()),
    })
}

fn share_of(sharing: &sharing::Sharing) -> Share {
    let guests = sharing.guest.map(|access| (rights(access), sharing.link.clone()));
    Share {
        folder: PathBuf::from(&sharing.folder),
        port: sharing.local.port(),
        code: guests.as_ref().and_then(|(_, link)| code(link)),
        guests,
        keeps_running: sharing.is_kept,
    }
}

/// The code of a link; `None` for one that is too long.
#[must_use]
pub fn code(link: &str) -> Option<QrCode> {
    let matrix = QrMatrix::of(link)?;
    let width = matrix.width();
    let fields = (0..width).flat_map(|row| (0..width).map(move |column| (column, row)));
    let dark = fields.map(|(column, row)| matrix.is_dark(column, row)).collect();
    Some(QrCode { width, dark })
}

fn access(rights: GuestRights) -> Access {
    match rights {
        GuestRights::Read => Access::Read,
        GuestRights::Write => Access::Write,
    }
}

fn rights(access: Access) -> GuestRights {
    match access {
        Access::Read => GuestRights::Read,
        Access::Write => GuestRights::Write,
    }
}

fn problem(cause: &str) -> Problem {
    Problem { summary: text::FAILED.to_owned(), details: cause.to_owned(), fault: Fault::Here }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_that_nobody_takes_is_answered() {
        let (woken, is_woken) = sync_channel(1);
        let wake: Wake = Arc::new(move || woken.send(()).unwrap());
        // The other ends are gone, as where no thread could be begun.
        let (requests, _) = sync_channel(QUEUE_MAX);
        let (_, events) = sync_channel(QUEUE_MAX);
        let (_, ended) = sync_channel(0);
        let running = Running { requests, events, ended, wake, refusal: None };
        let mut server = EmbeddedServer { running: Some(running) };
        server.perform(ShareRequest::Stop);
        is_woken.try_recv().unwrap();
        assert!(matches!(server.try_next(), Some(ShareEvent::Failed(_))));
        assert_eq!(server.try_next(), None);
    }
}

//! The thread that asks the server, one wish after the other.

use super::Wake;
use super::lodging::{Lodging, owner_login, shares};
use super::shown;
use crate::state::problem::{Fault, Problem};
use crate::state::sharing::{Circle, Draft, Share, ShareEvent, ShareRequest};
use crate::text::sharing as text;
use ferry_server::daemon::sharing::{self, Hold, SharedFolder, SharingError};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

/// What the steward is told.
#[derive(Debug)]
pub(super) enum Message {
    Request(ShareRequest),
    /// The server with this process id has ended.
    Ended(u32),
    /// The window closes.
    Close,
}

/// Steers the server for one window.
pub(super) struct Steward {
    lodging: Result<Lodging, SharingError>,
    outbox: SyncSender<ShareEvent>,
    wake: Wake,
    messages: SyncSender<Message>,
    held: Option<Held>,
    /// How the server was when the window was told last.
    told: Option<Share>,
    /// Until when it is looked whether somebody has opened a link.
    watches_until: Option<Instant>,
}

/// A server that this window holds.
struct Held {
    folder: SharedFolder,
    pid: u32,
    _hold: Hold,
}

type Outcome = Result<ShareEvent, SharingError>;

/// How long after a link was made somebody is expected to open it before the maker's eyes.
const WATCH: Duration = Duration::from_mins(10);
/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);

impl Steward {
    pub(super) fn new(
        lodging: Result<Lodging, SharingError>,
        outbox: SyncSender<ShareEvent>,
        messages: SyncSender<Message>,
        wake: Wake,
    ) -> Self {
        Self { lodging, outbox, wake, messages, held: None, told: None, watches_until: None }
    }

    pub(super) fn run(mut self, messages: &Receiver<Message>) {
        loop {
            match self.next(messages) {
                Ok(Message::Request(request)) => self.perform(request),
                Ok(Message::Ended(pid)) => self.forget(pid),
                Ok(Message::Close) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => self.look_again(),
            }
        }
        self.leave();
    }

    fn next(&self, messages: &Receiver<Message>) -> Result<Message, RecvTimeoutError> {
        match self.watches_until {
            Some(until) if Instant::now() < until => messages.recv_timeout(LOOK),
            _ => messages.recv().map_err(|_closed| RecvTimeoutError::Disconnected),
        }
    }

    fn perform(&mut self, request: ShareRequest) {
        let outcome = match request {
            ShareRequest::Find => self.find(),
            ShareRequest::Start(folder) => self.share(&folder),
            ShareRequest::Open => self.open(),
            ShareRequest::Look => self.folder().and_then(running),
            ShareRequest::LetIn(circle) => self.let_in(circle),
            ShareRequest::Invite(draft) => self.invite(&draft),
            ShareRequest::ShutOut(name) => self.shut_out(&name),
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
        match self.lodging()?.find()? {
            Some(folder) => self.hold(folder).map(|share| ShareEvent::Running(share, None)),
            None => Ok(ShareEvent::Stopped),
        }
    }

    /// Shares a folder, or goes to the server that shares it already.
    fn share(&mut self, folder: &Path) -> Outcome {
        let lodging = self.lodging()?;
        let found = match lodging.find()? {
            Some(found) if shares(&found, folder)? => found,
            Some(other) => {
                let share = self.hold(other)?;
                let cause = text::already_shared(&share.folder.display().to_string());
                self.tell(ShareEvent::Running(share, None));
                return Err(SharingError::Refused(cause));
            }
            None => lodging.start(folder)?,
        };
        let login = owner_login(&found)?;
        Ok(ShareEvent::Running(self.hold(found)?, Some(login)))
    }

    /// Goes to the server that is held, with a login of its own for this once.
    fn open(&self) -> Outcome {
        let folder = self.folder()?;
        Ok(ShareEvent::Running(shown::share_of(folder)?, Some(owner_login(folder)?)))
    }

    fn let_in(&self, circle: Circle) -> Outcome {
        let folder = self.folder()?;
        folder.let_in(shown::circle_of(circle))?;
        running(folder)
    }

    /// The network is opened first, since the link names the address by which that reaches it.
    fn invite(&mut self, draft: &Draft) -> Outcome {
        let folder = self.folder()?;
        let was_closed = !folder.sharing()?.circle.is_open();
        if was_closed {
            folder.let_in(sharing::Circle::Invited)?;
        }
        let invited = folder.invite(&shown::wish(draft));
        if invited.is_err() && was_closed {
            folder.let_in(sharing::Circle::Owner)?;
        }
        let event = ShareEvent::Invited(shown::share_of(folder)?, shown::invitation(invited?));
        self.watches_until = Some(Instant::now() + WATCH);
        Ok(event)
    }

    /// Where nobody is left who was invited, nobody is let in.
    fn shut_out(&self, name: &str) -> Outcome {
        let folder = self.folder()?;
        folder.shut_out(name)?;
        let is_for_them = folder.sharing()?.circle == sharing::Circle::Invited;
        if is_for_them && folder.people()?.is_empty() {
            folder.let_in(sharing::Circle::Owner)?;
        }
        running(folder)
    }

    fn keep(&self, is_kept: bool) -> Outcome {
        let folder = self.folder()?;
        folder.keep(is_kept)?;
        running(folder)
    }

    fn stop(&self) -> Outcome {
        if let Ok(folder) = self.folder() {
            folder.stop()?;
        }
        Ok(ShareEvent::Stopped)
    }

    /// Tells what has changed by itself.
    fn look_again(&mut self) {
        // That it has ended is told by its end.
        let Ok(share) = self.folder().and_then(shown::share_of) else { return };
        if share.people.iter().all(|person| person.invited_until.is_none()) {
            self.watches_until = None;
        }
        if self.told.as_ref() != Some(&share) {
            self.tell(ShareEvent::Changed(share));
        }
    }

    fn lodging(&self) -> Result<Lodging, SharingError> {
        self.lodging.clone()
    }

    fn folder(&self) -> Result<&SharedFolder, SharingError> {
        self.held.as_ref().map(|held| &held.folder).ok_or(SharingError::Gone)
    }

    /// Holds a server, and watches for its end.
    fn hold(&mut self, folder: SharedFolder) -> Result<Share, SharingError> {
        let (share, pid) = (shown::share_of(&folder)?, folder.sharing()?.pid);
        if self.held.as_ref().is_some_and(|held| held.pid == pid) {
            return Ok(share);
        }
        let hold = folder.hold()?;
        let messages = self.messages.clone();
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
        Ok(share)
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

    fn tell(&mut self, event: ShareEvent) {
        if let ShareEvent::Running(share, _)
        | ShareEvent::Invited(share, _)
        | ShareEvent::Changed(share) = &event
        {
            self.told = Some(share.clone());
        }
        // A window that does not look for sixteen events has no use for another.
        self.outbox.try_send(event).ok();
        (self.wake)();
    }
}

/// Whether nobody wants a server any more once this process has gone.
pub(super) fn is_ours_alone(sharing: &sharing::Sharing) -> bool {
    !sharing.is_kept && sharing.windows <= 1
}

pub(super) fn problem(cause: &str) -> Problem {
    Problem { summary: text::FAILED.to_owned(), details: cause.to_owned(), fault: Fault::Here }
}

fn running(folder: &SharedFolder) -> Outcome {
    Ok(ShareEvent::Running(shown::share_of(folder)?, None))
}

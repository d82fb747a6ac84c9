//! The embedded server as the window knows it: what can be asked of it, and what it answers.

use super::problem::Problem;
use super::secret::Password;
use std::path::PathBuf;

/// What a stranger may do in a folder that was opened to the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GuestRights {
    /// List and read.
    #[default]
    Read,
    /// Change, too.
    Write,
}

/// What the window asks of the embedded server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareRequest {
    /// Looks for a server of ours that an earlier window left running.
    Find,
    /// Shares a folder on 127.0.0.1.
    Start(PathBuf),
    /// Goes to the server that runs, with a login made for that.
    Open,
    /// Lets others on the network in.
    Widen(GuestRights),
    /// Lets nobody but this window in again.
    Narrow,
    /// Whether it stays when the window closes.
    KeepRunning(bool),
    /// Stops it.
    Stop,
}

/// A login on the embedded server, good once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerLogin {
    /// A `ferry://` link with the server's fingerprint.
    pub link: String,
    /// The account.
    pub account: String,
    /// Its password.
    pub password: Password,
}

/// The embedded server as it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// What is shared.
    pub folder: PathBuf,
    /// Its port.
    pub port: u16,
    /// Who is let in, with the link for them; `None` while it is this window alone.
    pub guests: Option<(GuestRights, String)>,
    /// The link for them as a code.
    pub code: Option<QrCode>,
    /// Whether it stays when the window closes.
    pub keeps_running: bool,
}

impl Share {
    /// Where this computer reaches it, `HOST:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// A code that the camera of a telephone reads: a square of dark and light fields, without the
/// margin around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrCode {
    /// Fields of a side.
    pub width: usize,
    /// Whether they are dark, row by row.
    pub dark: Vec<bool>,
}

/// What came of a request, or happened by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareEvent {
    /// It runs. With a login, the window goes there.
    Running(Share, Option<OwnerLogin>),
    /// It stopped, or none was found.
    Stopped,
    /// What was asked did not work; what ran before still does.
    Failed(Problem),
}

/// The embedded server, and what is asked of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sharing {
    /// The server, if it runs.
    pub share: Option<Share>,
    /// Whether an answer is awaited.
    pub is_busy: bool,
    /// What is asked once the answer is there.
    pub next: Option<ShareRequest>,
    /// Why the last request did not work.
    pub problem: Option<Problem>,
    /// What guests are to be allowed, as it is chosen in the dialog.
    pub rights: GuestRights,
}

//! The embedded server as the window knows it: what can be asked of it, and what it answers.

mod invitation;

pub use invitation::{Draft, Invitation, Lasting, NameMistake, Person};

use super::problem::Problem;
use super::secret::Password;
use std::fmt;
use std::path::PathBuf;

/// What somebody may do in a folder that was opened to the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// List and read.
    #[default]
    Read,
    /// Change, too.
    Write,
}

/// Who is let in beside this window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Circle {
    /// Nobody.
    #[default]
    Window,
    /// Those who were invited.
    Invited,
    /// Those who were invited, and everybody on the network as a guest.
    Everybody(Access),
}

/// A way to let others in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Way {
    /// One person, by a link that works once.
    #[default]
    Invite,
    /// Everybody, as guests.
    Guests,
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
    /// Looks how it is, and who has come since.
    Look,
    /// Lets these in, and nobody else.
    LetIn(Circle),
    /// Makes a link that lets one person in, and opens the folder to those who were invited.
    Invite(Draft),
    /// Ends what lets the person of this name in.
    ShutOut(String),
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
    /// Who is let in.
    pub circle: Circle,
    /// What guests open, while they are let in.
    pub link: Option<Link>,
    /// Those who were invited.
    pub people: Vec<Person>,
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

/// A link, and the same as a code. It may hold an invitation's secret, which it does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// What the other side opens.
    pub text: String,
    /// Nothing for a link that is too long for one.
    pub code: Option<QrCode>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.text.split('#').next().unwrap_or_default();
        f.debug_tuple("Link").field(&place).finish()
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
    /// It runs, and this invitation was made.
    Invited(Share, Invitation),
    /// Something about it changed by itself, as when somebody opened a link.
    Changed(Share),
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
    /// The way to let others in that the dialog shows.
    pub way: Way,
    /// What guests are to be allowed, as it is chosen in the dialog.
    pub rights: Access,
    /// The invitation as it is typed.
    pub draft: Draft,
    /// The invitation that was made last, until it is put away. Its link is kept nowhere else.
    pub invitation: Option<Invitation>,
    /// The person about whom it is asked whether to shut them out.
    pub asked: Option<String>,
}

impl Sharing {
    /// What is wrong with the name as it is typed; nothing while nothing is.
    #[must_use]
    pub fn name_mistake(&self) -> Option<NameMistake> {
        let people = self.share.as_ref().map_or(&[][..], |share| &share.people);
        self.draft.mistake(people)
    }

    /// Whether whom the last invitation was made for has opened its link.
    #[must_use]
    pub fn has_come(&self, invitation: &Invitation) -> bool {
        let mut people = self.share.iter().flat_map(|share| &share.people);
        people.any(|person| person.name == invitation.name && !person.devices.is_empty())
    }
}

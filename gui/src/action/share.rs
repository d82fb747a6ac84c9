//! What is done in the dialog of the shared folder.

use crate::state::sharing::{Access, Circle, Lasting, Way};

/// In the dialog of the shared folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareAction {
    /// This way to let others in is shown.
    Show(Way),
    /// The name of whom to invite is typed.
    Name(String),
    /// What whom to invite is to be allowed.
    Allow(Access),
    /// How long the link can be opened.
    Lasting(Lasting),
    /// The invitation is made.
    Invite,
    /// The link of the invitation is copied.
    CopyInvitation,
    /// The invitation is put away.
    PutAway,
    /// It is asked whether to shut the person of this name out.
    AskShutOut(String),
    /// It is not done.
    Keep,
    /// The person of this name is let in no more.
    ShutOut(String),
    /// What guests are to be allowed.
    Rights(Access),
    /// These are let in, and nobody else.
    LetIn(Circle),
    /// The link for guests is copied.
    CopyLink,
    /// It stays when the window closes, or not.
    KeepRunning(bool),
    /// It is stopped.
    Stop,
    /// The window goes to it.
    Open,
}

//! What can happen with what the server keeps: undo, unfinished uploads, history.

use crate::state::kept::{Deed, Fate, Group, IfTaken, KeptId, Part, Tab};
use crate::state::problem::Problem;

/// In the dialog of what the server keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptAction {
    /// The dialog is opened, or another of its lists is looked at.
    Show(Tab),
    /// The list is read again.
    Reload,
    /// The things of a group are shown one by one, or no more.
    Open(KeptId),
    /// A whole group is brought back, or one thing of it.
    BringBack {
        /// The group.
        group: KeptId,
        /// The thing; `None` for all of them.
        thing: Option<KeptId>,
        /// Where its name is taken.
        if_taken: IfTaken,
    },
    /// It is asked whether an unfinished upload is to be given up.
    AskAbandon(KeptId),
    /// It is not.
    KeepPart(KeptId),
    /// It is.
    Abandon(KeptId),
    /// Older deeds are shown too.
    Older,
    /// Logins are shown among the deeds, or not.
    ShowLogins(bool),
}

/// A worker came back with what the server keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptEvent {
    /// All that can be brought back, the latest first.
    Undo(Vec<Group>),
    /// All uploads that are not finished.
    Parts(Vec<Part>),
    /// Some of what was done.
    History {
        /// Older than this; 0 for the latest.
        before: u64,
        /// The deeds, the latest first.
        deeds: Vec<Deed>,
        /// What to ask with for older ones.
        older: Option<u64>,
    },
    /// A list could not be read.
    Failed(Tab, Problem),
    /// What became of things of a group.
    Fates {
        /// The group.
        group: KeptId,
        /// Whether all of it is being brought back.
        is_whole: bool,
        /// The things.
        fates: Vec<(KeptId, Fate)>,
    },
    /// Bringing back is over; the problem is that of all that was not told of.
    Returned {
        /// The group.
        group: KeptId,
        /// Why it did not come to its end.
        problem: Option<Problem>,
    },
    /// An unfinished upload was given up, or could not be.
    Abandoned(KeptId, Option<Problem>),
}

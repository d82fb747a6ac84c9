//! The question that is open over the window.

use super::place::Place;
use super::servers::SavedServer;
use super::side::Side;
use super::transfers::JobId;

/// A question over the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// The name of a new folder.
    NewFolder {
        /// On which side.
        side: Side,
        /// What is typed.
        name: String,
    },
    /// Another name for a file or folder.
    Rename {
        /// On which side.
        side: Side,
        /// What gets the name.
        place: Place,
        /// What is typed.
        name: String,
    },
    /// Whether this server is to be forgotten.
    Forget(SavedServer),
    /// Whether these are to be removed.
    Delete(Deletion),
    /// Whether the window is to be closed while transfers run.
    Close,
    /// The questions of a job: which of two files is to stay.
    Conflicts(JobId),
    /// What stands in the way of a job.
    Obstacles(JobId),
    /// The files of a job that failed, with their reasons.
    Failures(JobId),
    /// The folder that is shared, and with whom.
    Sharing,
    /// What the server keeps: undo, unfinished uploads, history.
    Kept,
    /// The keys that the window knows.
    Keys,
}

/// What a deletion would take away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// On which side.
    pub side: Side,
    /// What goes.
    pub places: Vec<(Place, Doomed)>,
    /// Bytes of the files among them, without what is in folders or where links lead.
    pub bytes: u64,
}

/// What something is that is to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doomed {
    /// A file.
    File,
    /// A folder, with all that is in it.
    Folder,
    /// A link; what it leads to stays.
    Link,
}

impl Deletion {
    /// How many of a kind go.
    #[must_use]
    pub fn count(&self, kind: Doomed) -> usize {
        self.places.iter().filter(|(_, doomed)| *doomed == kind).count()
    }
}

/// Why a typed text cannot be a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameMistake {
    /// Nothing is typed.
    Empty,
    /// It holds a slash.
    Slash,
    /// It is `.` or `..`.
    Dots,
    /// It is longer than 255 bytes.
    TooLong,
    /// Names that begin like this belong to Ferry.
    Reserved,
}

/// What is wrong with a typed name; `None` for a good one.
#[must_use]
pub fn name_mistake(typed: &str) -> Option<NameMistake> {
    let name = typed.trim();
    match name {
        "" => Some(NameMistake::Empty),
        "." | ".." => Some(NameMistake::Dots),
        _ if name.contains(['/', '\0']) => Some(NameMistake::Slash),
        _ if name.len() > NAME_MAX => Some(NameMistake::TooLong),
        _ if name.starts_with(".ferry-") => Some(NameMistake::Reserved),
        _ => None,
    }
}

/// Bytes of a name that both sides can hold.
const NAME_MAX: usize = 255;

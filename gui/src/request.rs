//! What the update asks of the world. Each request returns at once; what comes of it is an event.

use crate::state::arrangement::Arranging;
use crate::state::dialog::Doomed;
use crate::state::kept::{IfTaken, KeptId};
use crate::state::place::Place;
use crate::state::secret::Password;
use crate::state::servers::SavedServer;
use crate::state::sharing::ShareRequest;
use crate::state::side::Side;
use crate::state::transfers::{Choice, Direction, Item, JobId};

/// Something to be done outside the state.
#[derive(Clone, Debug)]
pub enum Request {
    /// By the workers.
    Work(Work),
    /// A native dialog.
    Pick(Pick),
    /// By the embedded server.
    Share(ShareRequest),
    /// By the window.
    Window(WindowRequest),
}

/// Something for the workers.
#[derive(Clone, Debug)]
pub enum Work {
    /// Reads the saved servers, and says where this computer's pane begins.
    Load,
    /// Writes the saved servers.
    SaveServers(Vec<SavedServer>),
    /// Connects.
    Connect(Login),
    /// Gives the attempt up.
    CancelConnect,
    /// Answers whether the new server's key is right.
    Trust(bool),
    /// Forgets the server of a saved address: its key, and the enrolments there.
    ForgetServer(String),
    /// Leaves the server.
    Disconnect,
    /// Reads a folder.
    List {
        /// On which side.
        side: Side,
        /// Which.
        place: Place,
        /// Names this listing.
        generation: u64,
    },
    /// Sorts and filters rows.
    Arrange {
        /// On which side.
        side: Side,
        /// Of which listing.
        generation: u64,
        /// The rows and how.
        arranging: Arranging,
    },
    /// Makes a folder.
    MakeFolder(Side, Place),
    /// Gives another name.
    Rename {
        /// On which side.
        side: Side,
        /// The old one.
        from: Place,
        /// The new one.
        to: Place,
    },
    /// Removes files, links and whole folders.
    Remove(Side, Vec<(Place, Doomed)>),
    /// Begins the journal of a new job, which may have to wait for its turn.
    NoteJob(JobOrder),
    /// Starts a job, or goes on with one.
    StartJob(JobOrder),
    /// Stops a job that runs; it can go on later.
    PauseJob(JobId),
    /// Gives a job up, by its journal too if it does not run.
    CancelJob(JobId, Option<String>),
    /// Forgets the journal of a job that is over.
    ForgetJob(String),
    /// Answers a question of a job.
    Decide(JobId, u64, Choice),
    /// Answers all questions of a job, and those to come.
    DecideAll(JobId, Choice),
    /// Looks at what the server keeps, or does something about it.
    Kept {
        /// Names the server: what comes of it for another one is dropped.
        generation: u64,
        /// What.
        work: KeptWork,
    },
}

/// Something about what the server keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptWork {
    /// Lists what can be brought back.
    Undo,
    /// Lists uploads that are not finished.
    Parts,
    /// Lists what was done.
    History {
        /// Older than this; 0 for the latest.
        before: u64,
    },
    /// Brings a whole group back, or one thing of it.
    BringBack {
        /// The group.
        group: KeptId,
        /// The thing; `None` for all of them.
        thing: Option<KeptId>,
        /// Where its name is taken.
        if_taken: IfTaken,
    },
    /// Gives an unfinished upload up.
    Abandon(KeptId),
}

/// Where to connect, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Names the attempt.
    pub attempt: u64,
    /// A typed address or a link.
    pub address: String,
    /// Name of the account, if the address has none; empty for the guest.
    pub account: String,
    /// Its password.
    pub password: Password,
}

/// A job to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobOrder {
    /// Names it.
    pub id: JobId,
    /// Its journal, if it was begun before.
    pub key: Option<String>,
    /// Where it carries things.
    pub direction: Direction,
    /// What it carries.
    pub items: Vec<Item>,
    /// Whether it goes on whatever stands in the way of its first byte.
    pub goes_on_anyway: bool,
}

/// A native dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Files to upload; the place is where to begin.
    UploadFiles(Place),
    /// Folders to upload.
    UploadFolders(Place),
    /// A folder to download to.
    DownloadFolder(Place),
    /// A name for one file that is downloaded.
    DownloadName(Place),
    /// A folder to share.
    ShareFolder(Place),
}

/// Something for the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowRequest {
    /// Puts a text on the clipboard.
    Copy(String),
    /// Looks which files another program has copied.
    ReadCopiedFiles,
    /// Closes the window.
    Close,
    /// Keeps the window open although it was asked to close.
    StayOpen,
    /// Puts the window out of sight.
    Hide,
    /// Tells outside the window that something is done.
    Notify {
        /// In a few words.
        summary: String,
        /// In a sentence.
        body: String,
    },
}

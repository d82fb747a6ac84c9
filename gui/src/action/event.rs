//! What workers come back with.

use super::KeptEvent;
use crate::state::arrangement::Arranged;
use crate::state::connection::{KeyChange, Server, Trouble, TrustQuestion};
use crate::state::obstacles::Obstacles;
use crate::state::place::Place;
use crate::state::problem::Problem;
use crate::state::rows::Rows;
use crate::state::servers::SavedServer;
use crate::state::sharing::ShareEvent;
use crate::state::side::Side;
use crate::state::transfers::{Conflict, FailedFile, FoundJob, JobId, Progress};
use std::time::Duration;

/// A worker came back.
#[derive(Clone, Debug)]
pub enum Event {
    /// Saved servers were read.
    Servers(Vec<SavedServer>),
    /// This computer's first folder.
    Home(Place),
    /// What comes of an attempt to connect; the number names it.
    Attempt(u64, AttemptEvent),
    /// Something that a person should know and that stops nothing.
    Noticed(Problem),
    /// A server does not answer; no trouble once it answers again.
    Trouble {
        /// Which, `HOST:PORT`.
        server: String,
        /// What is being tried.
        trouble: Option<Trouble>,
    },
    /// Rows of a folder: all that were read so far.
    Listed {
        /// On which side.
        side: Side,
        /// Which listing.
        generation: u64,
        /// The rows so far.
        rows: Rows,
        /// Whether that is all of them.
        is_complete: bool,
    },
    /// A folder could not be read.
    ListFailed {
        /// On which side.
        side: Side,
        /// Which listing.
        generation: u64,
        /// Why.
        problem: Problem,
    },
    /// Rows were arranged.
    Arranged {
        /// On which side.
        side: Side,
        /// Of which listing.
        generation: u64,
        /// How.
        arranged: Arranged,
    },
    /// A change of a folder was made, or not; the places are those that are there now.
    Changed {
        /// On which side.
        side: Side,
        /// What is there now, to be chosen.
        made: Option<Place>,
        /// Why it was not done.
        problem: Option<Problem>,
    },
    /// How far a job is, with the time since the window's start.
    JobProgress(JobId, Progress, Duration),
    /// Files of a job ended.
    JobFiles(JobId, FilesEnded),
    /// Questions of a job that are open now.
    JobConflicts(JobId, Vec<Conflict>),
    /// A job got its journal.
    JobBegun(JobId, String),
    /// Jobs of earlier windows that are not done.
    JobsFound(Vec<FoundJob>),
    /// A job is over.
    JobEnded(JobId, JobEnd),
    /// A native dialog was answered; nothing for a cancelled one.
    Picked(Picked),
    /// Files that another program has copied and that are to be uploaded.
    FilesCopied(Vec<Place>),
    /// A folder is to be shared, by the command line or another start of the program.
    ShareAsked(Place),
    /// The embedded server.
    Share(ShareEvent),
    /// What the server keeps.
    Kept {
        /// Names the server.
        generation: u64,
        /// What came.
        event: KeptEvent,
    },
}

/// What comes of an attempt to connect.
#[derive(Clone, Debug)]
pub enum AttemptEvent {
    /// A new server's key has to be judged.
    TrustAsked(TrustQuestion),
    /// The window is connected, to what this address names; the place is what it asked for.
    Connected {
        /// The server.
        server: Server,
        /// `ferry://` address with the account, to be saved.
        address: String,
        /// The folder to show.
        place: Place,
        /// Seconds since 1970.
        now_unix_secs: i64,
    },
    /// No connection came about.
    Failed(Problem),
    /// The server has another key than before.
    KeyChanged {
        /// Which keys.
        change: KeyChange,
        /// `ferry://` address with the account, by which the server is listed to be forgotten.
        address: String,
        /// Seconds since 1970.
        now_unix_secs: i64,
    },
}

/// Files of a job that ended otherwise than well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilesEnded {
    /// Those that failed.
    pub failed: Vec<FailedFile>,
    /// How many were left alone.
    pub skipped: u64,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// It came to its end.
    Done,
    /// It was stopped because somebody asked.
    Cancelled,
    /// It stopped by itself.
    Stopped(Problem),
    /// It was not begun: something stands in its way.
    Blocked(Obstacles),
}

/// What a native dialog was asked for, and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picked {
    /// Nothing: it was cancelled.
    Nothing,
    /// No dialog could be opened.
    Failed(Problem),
    /// Files or folders to upload.
    Upload(Vec<Place>),
    /// A folder to download to.
    DownloadFolder(Place),
    /// A name to download one file as.
    DownloadName(Place),
    /// A folder to share.
    Share(Place),
}

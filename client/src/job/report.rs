//! What a job is told and what it tells.

use super::{Tray, Walked};
use crate::error::with_causes;
use crate::journal::{Ended, Journal};
use crate::{Error, Progress};
use ferry_protocol::{RemotePath, UndoGroup, escape};
use parking_lot::Mutex;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// One source and its target: the same pair for both directions. A file's target is its new
/// name; a folder's target is the folder that it becomes, or is merged into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The file or folder on this computer.
    pub local: PathBuf,
    /// The file or folder on the server.
    pub remote: RemotePath,
}

/// What a job does where a target exists with other content. Equal content is always success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// Ask; where there is nobody to ask, refuse that file.
    #[default]
    Ask,
    /// Refuse that file.
    Refuse,
    /// Leave what is there and say so.
    Skip,
    /// Replace what is there.
    Replace,
    /// Keep both: what comes gets a free name, as in `name (1).txt`.
    KeepBoth,
    /// Replace what is older, skip the rest.
    Newer,
}

/// Takes note of how one file ended.
pub type OnOutcome = dyn Fn(&FileOutcome<'_>) + Send + Sync;

/// How a job is done.
#[derive(Clone)]
pub struct JobOptions {
    /// What to do where a target exists with other content.
    pub rule: Rule,
    /// Connections to use, 1 to 16.
    pub connections: usize,
    /// Numbers for whoever draws.
    pub progress: Arc<Progress>,
    /// Called as each file ends, from any thread of the job, one call at a time.
    pub on_outcome: Option<Arc<OnOutcome>>,
    /// Where conflicts wait until somebody decides them there. Its rule is the one that holds.
    /// Without a tray, [`Questions`](crate::Questions) are asked by `rule`.
    pub tray: Option<Arc<Tray>>,
    /// Walks of the server's trees that were made already.
    pub walked: Option<Arc<Mutex<Walked>>>,
    /// Where the job is noted, so that another process can go on with it. See [`crate::jobs`].
    pub journal: Option<Arc<Journal>>,
}

impl Default for JobOptions {
    fn default() -> Self {
        Self {
            rule: Rule::default(),
            connections: 2,
            progress: Arc::default(),
            on_outcome: None,
            tray: None,
            walked: None,
            journal: None,
        }
    }
}

impl fmt::Debug for JobOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobOptions")
            .field("rule", &self.rule)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

/// How one file ended.
#[derive(Debug)]
pub struct FileOutcome<'a> {
    /// The source's path as bytes: local for an upload, on the server for a download.
    pub source: &'a [u8],
    /// The target's path as bytes.
    pub target: &'a [u8],
    /// Its length in bytes.
    pub size: u64,
    /// How it ended.
    pub outcome: Outcome<'a>,
}

/// How one file ended.
#[derive(Debug)]
pub enum Outcome<'a> {
    /// Moved, verified and stored.
    Done,
    /// The target had this content already.
    AlreadyThere,
    /// Left alone, and why.
    Skipped(&'a str),
    /// Failed, and why.
    Failed(&'a Error),
}

/// How a job ended.
#[derive(Debug, Default)]
#[must_use]
pub struct JobReport {
    /// Files moved, verified and stored.
    pub files_done: u64,
    /// Folders made or found.
    pub folders_done: u64,
    /// Bytes of the files moved.
    pub bytes: u64,
    /// Files whose target had the same content already.
    pub already_there: u64,
    /// Sources left alone, with the reason. At most [`JobReport::LISTED_MAX`] are kept.
    pub skipped: Vec<(Vec<u8>, String)>,
    /// Sources that failed, with the reason. At most [`JobReport::LISTED_MAX`] are kept.
    pub failed: Vec<(Vec<u8>, Error)>,
    /// How many were skipped.
    pub skipped_count: u64,
    /// How many failed.
    pub failed_count: u64,
    /// Why the job stopped before its end, if it did.
    pub stopped: Option<Error>,
    /// By which all that the job replaced on the server can be brought back; `None` if it
    /// changed nothing there.
    pub undo_group: Option<UndoGroup>,
}

impl JobReport {
    /// Most entries of each list, so that a report of a million failures has a bound.
    pub const LISTED_MAX: usize = 10_000;

    /// Whether every file is where it should be. Skipped files do not count against it.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.stopped.is_none() && self.failed_count == 0
    }

    /// Whether some files made it and others did not.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.is_success() && self.files_done + self.already_there > 0
    }

    pub(crate) fn add(&mut self, source: &[u8], size: u64, outcome: FinalOutcome) {
        match outcome {
            FinalOutcome::Done => {
                self.files_done += 1;
                self.bytes += size;
            }
            FinalOutcome::AlreadyThere | FinalOutcome::DoneBefore => self.already_there += 1,
            FinalOutcome::Skipped(reason) => {
                self.skipped_count += 1;
                if self.skipped.len() < Self::LISTED_MAX {
                    self.skipped.push((source.to_vec(), reason));
                }
            }
            FinalOutcome::Failed(err) => {
                self.failed_count += 1;
                if self.failed.len() < Self::LISTED_MAX {
                    self.failed.push((source.to_vec(), err));
                }
            }
        }
    }
}

impl fmt::Display for JobReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (source, err) in &self.failed {
            writeln!(f, "failed: {}: {err}", escape(source))?;
        }
        write!(
            f,
            "{} files, {} bytes; {} were there already, {} skipped, {} failed",
            self.files_done, self.bytes, self.already_there, self.skipped_count, self.failed_count
        )
    }
}

/// An [`Outcome`] that owns what it says.
#[derive(Debug)]
pub(crate) enum FinalOutcome {
    Done,
    /// An earlier run of the same job did it.
    DoneBefore,
    AlreadyThere,
    Skipped(String),
    Failed(Error),
}

impl FinalOutcome {
    pub(crate) fn borrow(&self) -> Outcome<'_> {
        match self {
            Self::Done => Outcome::Done,
            Self::AlreadyThere | Self::DoneBefore => Outcome::AlreadyThere,
            Self::Skipped(reason) => Outcome::Skipped(reason),
            Self::Failed(err) => Outcome::Failed(err),
        }
    }

    /// How a journal takes it.
    pub(crate) fn ended(&self) -> Ended {
        match self {
            Self::Done => Ended::Done,
            Self::DoneBefore => Ended::DoneBefore,
            Self::AlreadyThere => Ended::AlreadyThere,
            Self::Skipped(_) => Ended::Skipped,
            Self::Failed(err) => Ended::Failed(with_causes(err)),
        }
    }
}

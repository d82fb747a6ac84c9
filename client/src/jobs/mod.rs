//! Jobs that outlive their process: the store of their journals, and jobs while they run.
//!
//! [`Jobs`] is the folder of journals in the user's state folder, which several processes use at
//! once. [`Jobs::begin`] or [`Jobs::take`] gives an [`OpenJob`], which this process alone works
//! on: [`OpenJob::run`] does the work on the caller's thread, [`OpenJob::start`] on one of its own
//! and returns a [`RunningJob`] to watch, pause and cancel it and to decide its conflicts.
//! All calls block only for the journals' files, never for the network, but for `run` and
//! [`RunningJob::wait`].

mod cleaning;
mod open_job;
mod running;
mod speed;
mod store;

pub use crate::job::{ConflictId, Tray, WaitingConflict};
pub use crate::journal::{
    BadJobId, Counts, Direction, JobDetails, JobFailure, JobId, JobRecord, JobServer, JobSpec,
    JobState, Journal, JournalError, Unusable,
};
pub use open_job::OpenJob;
pub use running::{RunningJob, RunningSnapshot};
pub use store::{Cancelled, JobList, Jobs, SetAside, Stopped};

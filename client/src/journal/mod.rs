//! The journal of one job: what it is to do, how far it is, and what has to be known to go on
//! with it after the death of the process or of the machine.
//!
//! One file of an embedded store (`SQLite`) a job, so that a damaged one costs one job, beside a
//! lock file that says whether a process works on it. A thread of its own writes what the job
//! notes, many notes in one transaction; whoever else wants to know reads the file meanwhile. What
//! is known of a finished file are 16 bytes, so that the journal of a job of a million files stays
//! small. No password is ever in it.

mod codes;
mod done;
mod error;
mod lock;
mod note;
mod outbox;
mod read;
mod record;
mod schema;
#[cfg(test)]
pub(crate) mod simulated;
mod thread;
mod under_way;
mod writer;

pub(crate) use codes::{StoredState, Wish};
pub(crate) use done::DoneKey;
pub use error::{JournalError, Unusable};
pub(crate) use lock::Lock;
pub(crate) use note::Ended;
pub(crate) use read::{begun, details, record};
pub use record::{
    BadJobId, Counts, Direction, JobDetails, JobFailure, JobId, JobRecord, JobServer, JobSpec,
    JobState,
};
pub(crate) use schema::{create, forget_done, set_state, set_wish};
pub(crate) use under_way::{Held, UnderWay};
pub use writer::Journal;

//! Jobs: uploads and downloads of files and trees over several connections.
//!
//! A planner walks the sources and feeds a bounded queue; lanes, each with a connection and a
//! thread of its own, take from it. A lane keeps many small files on their way at once, and
//! takes one big file at a time; lanes that have nothing else to do help with it. What fails for one file stops no other.

mod conflict;
mod download;
mod lane;
mod lanes;
mod line;
mod noted;
mod queue;
mod report;
mod segment_set;
#[cfg(test)]
mod simulated;
mod striped;
mod unsynced;
mod upload;
mod verdict;
mod walked;

pub use conflict::{ConflictId, Tray, WaitingConflict};
pub(crate) use conflict::{NUMBERED_MAX, Ruling, numbered};
pub use download::download;
pub use report::{FileOutcome, JobOptions, JobReport, OnOutcome, Outcome, Rule, Transfer};
pub use upload::upload;
pub use walked::Walked;

//! Jobs: uploads and downloads of files and trees over several connections.

mod report;

pub use report::{FileOutcome, JobOptions, JobReport, Outcome, Rule, Transfer};

//! What the library cannot decide alone. A program implements [`Questions`] to ask a person; a
//! script uses [`NoQuestions`].

use crate::Error;
use crate::trust::Fingerprint;
use ferry_protocol::{Secret, Timestamp};
use std::time::Duration;

/// Two different files for one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The target's path, as bytes: on the server for an upload, here for a download.
    pub target: Vec<u8>,
    /// Size in bytes and time of what is there.
    pub present: (u64, Timestamp),
    /// Size in bytes and time of what is to come.
    pub coming: (u64, Timestamp),
}

/// What to do with one conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Leave what is there.
    Skip,
    /// Replace what is there.
    Replace,
    /// Keep both: what comes gets a free name, as in `name (1).txt`.
    KeepBoth,
    /// Replace if what comes is newer, else skip.
    Newer,
    /// Stop the whole job.
    Stop,
}

/// An answer to a [`Conflict`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// What to do.
    pub choice: Choice,
    /// Whether that holds for the rest of the job, without asking again.
    pub for_all: bool,
}

/// A failure after which the same is tried again.
#[derive(Clone, Copy, Debug)]
pub struct Retry<'a> {
    /// What went wrong.
    pub cause: &'a Error,
    /// How often it went wrong in a row; 1 at first.
    pub failed_count: u32,
    /// How long it is waited before the next attempt.
    pub next_in: Duration,
}

/// Asked from any thread of the library, one question at a time.
pub trait Questions: Send + Sync {
    /// Whether a server that was never seen before has the right key.
    fn trust_new_server(&self, server: &str, presented: &Fingerprint) -> bool;

    /// The password of an account; `None` gives up.
    fn password(&self, account: &str, server: &str) -> Option<Secret>;

    /// What to do with two different files for one name; `None` when there is nobody to ask.
    fn conflict(&self, conflict: &Conflict) -> Option<Resolution>;

    /// Something a person should know that stops nothing: a lost connection, a skipped pipe.
    fn notice(&self, text: &str);

    /// Something went wrong that trying again may mend, and is tried again. By itself it is told
    /// as a notice the first time.
    fn retrying(&self, retry: &Retry<'_>) {
        if retry.failed_count == 1 {
            self.notice(&format!("{}; trying again", retry.cause));
        }
    }

    /// What was tried again worked.
    fn recovered(&self) {}
}

/// Trusts nobody new, knows no password and chooses nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoQuestions;

impl Questions for NoQuestions {
    fn trust_new_server(&self, _server: &str, _presented: &Fingerprint) -> bool {
        false
    }

    fn password(&self, _account: &str, _server: &str) -> Option<Secret> {
        None
    }

    fn conflict(&self, _conflict: &Conflict) -> Option<Resolution> {
        None
    }

    fn notice(&self, _text: &str) {}
}

//! What a journal says of its job, for whoever shows it.

use super::Ended;
use crate::job::{Rule, Transfer};
use crate::trust::ServerKey;
use crate::{Client, Conflict, Credentials};
use ferry_protocol::Timestamp;
use std::fmt;
use std::str::FromStr;

/// Names a job: eight hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(String);

impl JobId {
    /// Digits of an id.
    pub const LEN: usize = 8;

    pub(crate) fn random() -> std::io::Result<Self> {
        let mut digits = crate::random::hex_name()?;
        digits.truncate(Self::LEN);
        Ok(Self(digits))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for JobId {
    type Err = BadJobId;

    fn from_str(text: &str) -> Result<Self, BadJobId> {
        let is_id = text.len() == Self::LEN
            && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_id { Ok(Self(text.to_owned())) } else { Err(BadJobId) }
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no id of a job: it takes eight hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadJobId;

/// Which way files go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From this computer to the server.
    Upload,
    /// From the server to this computer.
    Download,
}

/// Where a job's server is and who asks, without any secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobServer {
    /// Host name or address, an IPv6 address without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The account; `None` for the guest.
    pub account: Option<String>,
    /// What the server had to show when the job was begun, and has to.
    pub key: ServerKey,
}

impl JobServer {
    /// The server and the account that a client is logged in to.
    #[must_use]
    pub fn of(client: &Client) -> Self {
        let options = client.options();
        Self {
            host: options.host.clone(),
            port: options.port,
            account: client.account_name().map(str::to_owned),
            key: client.server_key(),
        }
    }

    /// Whether both are one account of one server: of the one that has the key, wherever it is
    /// now, or else of the one at that host and port for which an authority vouches.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let is_there = || self.host == other.host && self.port == other.port;
        self.account == other.account
            && self.key == other.key
            && (self.key.pinned().is_some() || is_there())
    }

    /// `HOST:PORT`, an IPv6 address in brackets.
    #[must_use]
    pub fn authority(&self) -> String {
        crate::site::authority(&self.host, self.port)
    }

    /// Who asks; the password has to come from somewhere else.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        self.account
            .clone()
            .map_or(Credentials::Guest, |name| Credentials::Password { name, password: None })
    }
}

/// What a job is to do. Two jobs with the same of it are the same work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSpec {
    /// Which way files go.
    pub direction: Direction,
    /// Between here and which server.
    pub server: JobServer,
    /// What goes where. Local paths are absolute.
    pub transfers: Vec<Transfer>,
    /// What to do where a target exists with other content.
    pub rule: Rule,
    /// Connections to use, 1 to 16.
    pub connections: usize,
}

/// How a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// A process works on it: this one or another.
    Running,
    /// Its process died, or the connection was lost for good: it can be resumed.
    Interrupted,
    /// Somebody stopped it for now: it can be resumed.
    Paused,
    /// It came to its end, but some of it failed: it can be tried again.
    Failed,
    /// All of it is done.
    Done,
    /// Somebody gave it up.
    Cancelled,
}

impl JobState {
    /// Whether there is something left to do that [`Jobs::take`](crate::jobs::Jobs::take) goes on with.
    #[must_use]
    pub fn can_resume(self) -> bool {
        matches!(self, Self::Interrupted | Self::Paused | Self::Failed)
    }

    /// Whether nobody will work on it any more.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// How far a job is, all its runs together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files moved, verified and stored.
    pub files_done: u64,
    /// Files whose target had the same content already.
    pub already_there: u64,
    /// Sources left alone.
    pub skipped: u64,
    /// Sources that failed.
    pub failed: u64,
    /// Files found so far.
    pub files_total: u64,
    /// Bytes moved or found to be there.
    pub bytes_done: u64,
    /// Bytes of the files found so far.
    pub bytes_total: u64,
}

impl Counts {
    /// Counts a file that ended.
    pub(super) fn count(&mut self, ended: &Ended) {
        match ended {
            Ended::Done | Ended::DoneBefore => self.files_done += 1,
            Ended::Again => {}
            Ended::AlreadyThere => self.already_there += 1,
            Ended::Skipped => self.skipped += 1,
            Ended::Failed(_) => self.failed += 1,
        }
    }

    /// Adds files that ended.
    pub(super) fn add_ended(&mut self, more: Self) {
        self.files_done += more.files_done;
        self.already_there += more.already_there;
        self.skipped += more.skipped;
        self.failed += more.failed;
    }
}

/// What the journal of a job says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRecord {
    /// Its name.
    pub id: JobId,
    /// What it is to do.
    pub spec: JobSpec,
    /// How it is.
    pub state: JobState,
    /// When it was begun.
    pub began: Timestamp,
    /// When its journal was last written.
    pub updated: Timestamp,
    /// How far it is.
    pub counts: Counts,
    /// Why it stopped before its end, if it did.
    pub stopped: Option<String>,
}

/// One file of a job that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobFailure {
    /// Its path as bytes: local for an upload, on the server for a download.
    pub source: Vec<u8>,
    /// Its target's path as bytes.
    pub target: Vec<u8>,
    /// Why.
    pub reason: String,
}

/// A job with its lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobDetails {
    /// The job.
    pub record: JobRecord,
    /// Files that failed in its last run, at most [`JobReport::LISTED_MAX`](crate::job::JobReport::LISTED_MAX).
    pub failures: Vec<JobFailure>,
    /// Targets of big files that were begun and are not done, with their sizes.
    pub under_way: Vec<(Vec<u8>, u64)>,
    /// Conflicts that waited for a decision when the journal was last written.
    pub waiting: Vec<Conflict>,
}

//! What a preflight finds.

use crate::job::Walked;
use ferry_protocol::{Status, escape};
use std::fmt;

/// All that a preflight found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Files of the job.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes that are free at the target, where that is known.
    pub available: Option<u64>,
    /// What stands in the way, at most [`Findings::LISTED_MAX`].
    pub found: Vec<Finding>,
    /// How many of them there are.
    pub count: u64,
    /// How many of them would make a file fail.
    pub blocking_count: u64,
    pub(crate) walked: Option<Walked>,
}

/// One thing that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The path that it is about, as bytes: the target's, or the source's of a twin.
    pub path: Vec<u8>,
    /// What is wrong with it.
    pub trouble: Trouble,
    /// Whether a file would fail for it; else a person should know, and it can go on.
    pub is_blocking: bool,
}

/// What stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The target has less room than the job needs.
    NoRoom {
        /// Bytes of the job.
        needed: u64,
        /// Bytes that are free.
        available: u64,
    },
    /// Nobody may write there.
    NotWritable(String),
    /// The name cannot be there.
    BadName(String),
    /// Another name differs only in letter case or in the form of its Unicode.
    Twin {
        /// The other name.
        other: Vec<u8>,
    },
    /// Something of another kind has the name.
    InTheWay(&'static str),
    /// The server says so, by its status.
    Refused(Status),
}

impl Findings {
    /// Most findings that are kept; the rest is counted.
    pub const LISTED_MAX: usize = 1000;

    /// Whether nothing was found that would make a file fail.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.blocking_count == 0
    }

    /// What was walked, for [`JobOptions::walked`](crate::job::JobOptions::walked).
    pub fn take_walked(&mut self) -> Walked {
        self.walked.take().unwrap_or_default()
    }

    pub(super) fn add(&mut self, path: &[u8], trouble: Trouble, is_blocking: bool) {
        self.count += 1;
        self.blocking_count += u64::from(is_blocking);
        if self.found.len() < Self::LISTED_MAX {
            self.found.push(Finding { path: path.to_vec(), trouble, is_blocking });
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", escape(&self.path), self.trouble)?;
        if matches!(self.trouble, Trouble::NoRoom { .. }) && !self.is_blocking {
            f.write_str(", unless enough of them are there already")?;
        }
        Ok(())
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoom { needed, available } => {
                write!(f, "there is room for {available} bytes, and {needed} are to come")
            }
            Self::NotWritable(why) => write!(f, "nothing can be written there: {why}"),
            Self::BadName(why) => write!(f, "its name cannot be there: {why}"),
            Self::Twin { other } => write!(
                f,
                "it differs from {} only in letter case or in the form of its Unicode; some \
                 systems take both for one",
                escape(other)
            ),
            Self::InTheWay(what) => f.write_str(what),
            Self::Refused(status) => write!(f, "{status}"),
        }
    }
}

//! What a server's refusal of one file means for that file, up or down.

use ferry_protocol::Status;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is asked for again once the server has less to do, as when it has not yet noticed that
    /// an earlier connection is lost.
    Later,
    /// It is tried again at once; that counts as a failure.
    Again,
    /// It failed.
    Final,
}

impl Verdict {
    /// Judges a refusal after so many failures that trying again could mend.
    pub(super) fn of(status: Status, failures: u32) -> Self {
        match status {
            Status::BUSY => Self::Later,
            Status::DIGEST_MISMATCH
            | Status::CHANGED
            | Status::TRUNCATED
            | Status::TIMED_OUT
            | Status::NO_PART
                if failures < FAILURES_MAX =>
            {
                Self::Again
            }
            _ => Self::Final,
        }
    }
}

/// Failures on the way that are tried again before a file is given up.
pub(super) const FAILURES_MAX: u32 = 3;

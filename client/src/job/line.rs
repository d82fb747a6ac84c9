//! A lane's connection: opened when it is needed, and again when the server said that it closes.

use super::lanes::Job;
use crate::Error;
use crate::connection::Connection;
use ferry_protocol::PeerMisbehaved;

/// A connection, or none yet.
#[derive(Default)]
pub(super) struct Line(Option<Connection>);

impl Line {
    /// Whether the server is about to close, so that nothing new may follow what is on its way.
    pub(super) fn is_going(&self) -> bool {
        self.0.as_ref().is_some_and(Connection::is_going)
    }

    /// The connection, which is opened where there is none, or where the server closes this one
    /// and nothing is on its way.
    pub(super) fn connection(
        &mut self,
        is_idle: bool,
        open: impl FnOnce() -> Result<Connection, Error>,
    ) -> Result<&mut Connection, Error> {
        if self.is_going() && is_idle {
            self.hang_up();
        }
        if self.0.is_none() {
            self.0 = Some(open()?);
        }
        self.0.as_mut().ok_or_else(|| PeerMisbehaved::UnexpectedAnswer.into())
    }

    pub(super) fn hang_up(&mut self) {
        self.0 = None;
    }

    /// Hangs up where answers that nobody takes any more are on their way.
    pub(super) fn hang_up_if_behind(&mut self) {
        if self.0.as_ref().is_some_and(|connection| connection.unanswered_count() > 0) {
            self.hang_up();
        }
    }

    /// Leaves the connection to whoever needs one next.
    pub(super) fn give_back(self, job: &Job<'_>) {
        if let Some(connection) = self.0 {
            job.give_back(connection);
        }
    }
}

//! The proof of a part that an earlier connection left.

use super::{Task, TaskOutcome, TaskState, Turns, room};
use crate::committer::CommitQueue;
use crate::service::incoming::{Incoming, Taken};
use crate::service::view::View;
use crate::service::write::Plan;
use crate::service::{Error, Result};
use crate::storage::Upload;
use crate::wake::Waker;
use ferry_protocol::Progress;
use std::fmt;

/// Reads a part again before the server vouches for it; of one that nobody tells the digest of, the
/// beginning alone, by which a text is known.
pub(in crate::service) struct Proof {
    upload: Option<Box<dyn Upload>>,
    plan: Plan,
    view: View,
    commits: CommitQueue,
    content: Taken,
}

impl Proof {
    /// `content` takes what the part holds.
    pub(in crate::service) fn new(
        upload: Box<dyn Upload>,
        plan: Plan,
        view: View,
        commits: CommitQueue,
        content: Taken,
    ) -> Self {
        Self { upload: Some(upload), plan, view, commits, content }
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proof({})", self.plan.target)
    }
}

impl Turns for Proof {
    fn turn(&mut self, buffer: &mut [u8], _: &Waker) -> Result<TaskState> {
        let Some(upload) = self.upload.as_ref() else {
            return Err(Error::Nonsense("the part was handed over"));
        };
        let held = upload.held().min(self.plan.size);
        let remaining = held - self.content.len();
        if remaining > 0 {
            let room = room(buffer, remaining);
            let count = upload.read_at(self.content.len(), room)?;
            if count < room.len() {
                return Err(Error::Changed(self.plan.target.clone()));
            }
            self.content.add(room);
            let done = self.content.len();
            if let Taken::Counted(len) = &mut self.content {
                *len = held;
            }
            return Ok(TaskState::Running(Progress { done, total: held }));
        }
        let Some(upload) = self.upload.take() else {
            return Err(Error::Nonsense("the part was handed over"));
        };
        let content = std::mem::replace(&mut self.content, Taken::Counted(0));
        let (plan, view) = (self.plan.clone(), self.view.clone());
        let incoming = Incoming::new(upload, plan, view, self.commits.clone(), content);
        Ok(TaskState::Finished(TaskOutcome::Proven(Box::new(incoming))))
    }
}

impl From<Proof> for Task {
    fn from(proof: Proof) -> Self {
        Self(Box::new(proof))
    }
}

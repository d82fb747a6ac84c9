//! Work whose end is recorded.

use super::{Task, TaskOutcome, TaskState, Turns};
use crate::audit::Deed;
use crate::service::Result;
use crate::wake::Waker;

/// A task and the deed that it is.
struct Recorded {
    task: Task,
    deed: Deed,
}

impl Task {
    /// The same, and its end is recorded as that of `deed`. What the committer still has to do
    /// ends the deed there.
    pub(in crate::service) fn recorded(self, deed: Deed) -> Self {
        Self(Box::new(Recorded { task: self, deed }))
    }
}

impl Turns for Recorded {
    fn turn(&mut self, buffer: &mut [u8], waker: &Waker) -> Result<TaskState> {
        let turned = self.task.turn(buffer, waker);
        match &turned {
            Ok(TaskState::Finished(TaskOutcome::Done)) => self.deed.done(),
            Ok(_) => {}
            Err(err) => self.deed.failed(err),
        }
        turned
    }
}

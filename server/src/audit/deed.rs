//! Something that is under way: recorded once, with what came of it, whichever way it ends.

use super::{Action, AuditLog, Line, Result, Who};
use ferry_protocol::{Digest, RemotePath};
use jiff::Timestamp;
use parking_lot::Mutex;
use std::fmt;
use std::sync::Arc;

/// A deed that is not over. Clones are the same deed: the first that tells how it ended is
/// believed, and if the last is dropped untold, it was interrupted.
#[derive(Clone, Debug)]
pub(crate) struct Deed(Arc<Open>);

#[derive(Debug)]
struct Open {
    log: AuditLog,
    line: Mutex<Option<Line>>,
}

impl Deed {
    /// Somebody begins something.
    pub(crate) fn begin(log: &AuditLog, who: &Who, action: Action, path: &RemotePath) -> Self {
        let line = Line { path: Some(path.to_string()), ..Line::new(who, action) };
        Self(Arc::new(Open { log: log.clone(), line: Mutex::new(Some(line)) }))
    }

    /// Names where it goes.
    pub(crate) fn to(self, path: &RemotePath) -> Self {
        self.note(|line| line.to = Some(path.to_string()));
        self
    }

    /// Says how many bytes went over so far.
    pub(crate) fn moved(&self, bytes: u64) {
        self.note(|line| line.size = Some(bytes));
    }

    /// Says what the content's digest is.
    pub(crate) fn is_of(&self, digest: Digest) {
        self.note(|line| line.digest = Some(digest.to_string()));
    }

    /// Says a word more of it.
    pub(crate) fn remark(&self, text: &str) {
        self.note(|line| *line = line.clone().with_text(text));
    }

    /// It is done.
    pub(crate) fn done(&self) {
        self.end(|line| line);
    }

    /// It failed or was refused.
    pub(crate) fn failed(&self, why: &impl fmt::Display) {
        self.end(|line| line.failed(&why.to_string()));
    }

    /// It is a part of what another deed tells of: nothing is recorded of it.
    pub(crate) fn belongs_to_another(&self) {
        self.0.line.lock().take();
    }

    /// It ended in this way.
    pub(crate) fn came_to<T, E: fmt::Display>(&self, outcome: &std::result::Result<T, E>) {
        match outcome {
            Ok(_) => self.done(),
            Err(err) => self.failed(err),
        }
    }

    fn note(&self, change: impl FnOnce(&mut Line)) {
        if let Some(line) = self.0.line.lock().as_mut() {
            change(line);
        }
    }

    fn end(&self, end: impl FnOnce(Line) -> Line) {
        let line = self.0.line.lock().take();
        if let Some(line) = line {
            self.0.log.record(end(Line { time: Timestamp::now(), ..line }));
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(line) = self.line.lock().take() {
            let time = Timestamp::now();
            self.log.record(Line { time, result: Result::Interrupted, ..line });
        }
    }
}

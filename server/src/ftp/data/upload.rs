//! A file on its way from the client.

use super::{Cargo, Carried, Ended, Failure};
use crate::committer::CommitBy;
use crate::config::CloseNotify;
use crate::door::{Interest, Turn};
use crate::ftp::reply::Reply;
use crate::ftp::text::FromClient;
use crate::service::{Incoming, Opened, Replacing, Task, TaskOutcome, TaskState};
use crate::transport::{Channel, Flow};
use crate::wake::Waker;
use ferry_protocol::limits::SMALL_PUT_MAX;
use std::time::{Duration, Instant};

/// An upload.
#[derive(Debug)]
pub(in crate::ftp) struct Receiving {
    stage: Stage,
    /// TYPE A.
    text: Option<FromClient>,
    close_notify: CloseNotify,
    control: Waker,
    has_ended: bool,
    is_unverified: bool,
    /// When the first content came.
    began_at: Option<Instant>,
}

#[derive(Debug)]
enum Stage {
    /// What is there is read first.
    Preparing(Task),
    /// An earlier part keeps its place until content comes.
    Replacing(Replacing),
    Ready(Incoming),
    /// It is handed over, or failed.
    Over,
}

impl Receiving {
    /// Receives what was opened, as it is or as text.
    pub(in crate::ftp) fn new(
        opened: Opened,
        text: Option<FromClient>,
        close_notify: CloseNotify,
        control: Waker,
    ) -> Self {
        let stage = match opened {
            Opened::Ready(incoming) => Stage::Ready(incoming),
            Opened::Replacing(replacing) => Stage::Replacing(replacing),
            Opened::Preparing(task) => Stage::Preparing(task),
        };
        let (has_ended, is_unverified, began_at) = (false, false, None);
        Self { stage, text, close_notify, control, has_ended, is_unverified, began_at }
    }

    fn prepare(&mut self, turn: &mut Turn<'_>) -> Result<Carried, Failure> {
        let Stage::Preparing(task) = &mut self.stage else { return Ok(Carried::Preparing) };
        let count = turn.content.len();
        match task.turn(turn.content, &self.control)? {
            TaskState::Running(progress) => {
                // The first turn reads the beginning.
                let len = usize::try_from(progress.done).unwrap_or(count).min(count);
                if let Some(text) = &mut self.text {
                    text.follow(turn.content.get(..len).unwrap_or_default());
                }
            }
            TaskState::Finished(TaskOutcome::Proven(incoming)) => {
                self.stage = Stage::Ready(*incoming);
            }
            TaskState::Finished(_) => self.stage = Stage::Over,
        }
        turn.quantum.spend_bytes(count);
        Ok(Carried::Preparing)
    }

    /// Fills the worker's buffer as far as content is there, so that it is written in one piece.
    fn take_content(
        &mut self,
        channel: &mut Channel,
        turn: &mut Turn<'_>,
    ) -> Result<Carried, Failure> {
        let mut filled = 0;
        while filled < turn.content.len() {
            let room = turn.content.get_mut(filled..).unwrap_or_default();
            match channel.read(room, turn.cipher) {
                Ok(Flow::Count(count)) => filled += count,
                Ok(Flow::Blocked) => break,
                Ok(Flow::Ended) => {
                    self.has_ended = true;
                    break;
                }
                Err(err) => {
                    // What came before the cut is part of the part.
                    self.write(turn.content.get(..filled).unwrap_or_default())?;
                    return Err(err.into());
                }
            }
        }
        if filled > 0 {
            self.began_at.get_or_insert(turn.now);
        }
        self.write(turn.content.get(..filled).unwrap_or_default())?;
        Ok(match filled {
            0 if self.has_ended => Carried::Done,
            0 => Carried::Blocked(Interest::Readable),
            count => Carried::Moved(count),
        })
    }

    fn write(&mut self, content: &[u8]) -> Result<(), Failure> {
        match &mut self.text {
            Some(text) => {
                let converted = text.convert(content);
                self.store(&converted)
            }
            None => self.store(content),
        }
    }

    fn store(&mut self, content: &[u8]) -> Result<(), Failure> {
        if content.is_empty() {
            return Ok(());
        }
        self.begin()?;
        let Stage::Ready(incoming) = &mut self.stage else { return Ok(()) };
        let stored = incoming.write(content);
        if stored.is_err() {
            self.stage = Stage::Over;
        }
        Ok(stored?)
    }

    /// Content is there, or the end: an earlier part has to go.
    fn begin(&mut self) -> Result<(), Failure> {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Replacing(replacing) => Stage::Ready(replacing.begin()?),
            stage => stage,
        };
        Ok(())
    }

    /// An end that the sender did not say leaves a part where the configuration is strict.
    fn judge_end(&mut self, channel: &mut Channel) -> Result<(), Failure> {
        if channel.has_said_goodbye() {
            return Ok(());
        }
        match self.close_notify {
            CloseNotify::Compat => {
                self.is_unverified = true;
                Ok(())
            }
            CloseNotify::Strict => {
                let text = "The data connection ended without TLS close_notify; go on with APPE.";
                Err(Failure::Refused(Reply::new(426, text)))
            }
        }
    }
}

impl Drop for Receiving {
    /// What of a text was still looked at when it was cut is part of the part.
    fn drop(&mut self) {
        let rest = self.text.as_mut().map(FromClient::finish).unwrap_or_default();
        if let Err(Failure::Refused(reply)) = self.store(&rest) {
            let shown = String::from_utf8_lossy(reply.as_bytes());
            tracing::info!("the end of a text that was cut is lost: {}", shown.trim_end());
        }
    }
}

impl Cargo for Receiving {
    fn carry(&mut self, channel: &mut Channel, turn: &mut Turn<'_>) -> Result<Carried, Failure> {
        let resting = match &self.stage {
            Stage::Preparing(_) => return self.prepare(turn),
            Stage::Over => return Ok(Carried::Done),
            Stage::Replacing(replacing) => replacing.wait_until(turn.now),
            Stage::Ready(incoming) => incoming.wait_until(turn.now),
        };
        if let Some(until) = resting {
            return Ok(Carried::Resting(until));
        }
        let carried = self.take_content(channel, turn)?;
        if carried == Carried::Done {
            self.judge_end(channel)?;
        }
        Ok(carried)
    }

    fn finish(&mut self, control: &Waker, turn: &Turn<'_>) -> Result<Ended, Failure> {
        let rest = self.text.as_mut().map(FromClient::finish).unwrap_or_default();
        self.begin()?;
        let Stage::Ready(mut incoming) = std::mem::replace(&mut self.stage, Stage::Over) else {
            return Err(Failure::Refused(Reply::new(451, "The upload was not prepared.")));
        };
        if !rest.is_empty() {
            incoming.write(&rest)?;
        }
        let size = incoming.received();
        // The committer looks for a cut once more, a moment later; and a worker that is kept for small
        // requests waits for no disk.
        let is_for_caller = !self.may_be_cut(turn.now) && !turn.is_reserved;
        let by = if is_for_caller { CommitBy::Caller } else { CommitBy::Committer };
        let outcome = incoming.finish_here(by, control)?;
        let is_unverified = self.is_unverified;
        Ok(Ended::Committing { outcome, size, is_unverified })
    }

    fn is_incoming(&self) -> bool {
        true
    }

    /// Of what came in one burst nothing was cut.
    fn may_be_cut(&self, now: Instant) -> bool {
        self.began_at.is_some_and(|at| now.saturating_duration_since(at) >= BURST_MAX)
    }

    /// Nobody announced its size: it is large once much of it has come.
    fn is_bulk(&self) -> bool {
        match &self.stage {
            Stage::Preparing(_) => true,
            Stage::Ready(incoming) => incoming.received() > SMALL_PUT_MAX,
            Stage::Replacing(_) | Stage::Over => false,
        }
    }
}

/// An upload that took no longer from its first byte to its end was sent in one go.
const BURST_MAX: Duration = Duration::from_millis(5);

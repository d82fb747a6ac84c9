//! What the client library asks, passed on to the window.

use super::{Outbox, problem};
use crate::action::{AttemptEvent, Event};
use crate::state::connection::{Retrying, Trouble, TrustQuestion};
use crate::state::problem::{Fault, Problem};
use crate::text::problems as text;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use ferry_client::protocol::Secret;
use ferry_client::trust::Fingerprint;
use ferry_client::{Cancel, Conflict, Error, Questions, Resolution, Retry};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Asks the person at the window.
pub(super) struct AtWindow {
    outbox: Outbox,
    attempt: u64,
    server: String,
    cancel: Cancel,
    answer: (Sender<bool>, Receiver<bool>),
    was_asked: AtomicBool,
    is_in_trouble: AtomicBool,
}

/// How often it is looked whether the attempt was given up.
const LOOK: Duration = Duration::from_millis(100);
/// Longest time that a person may take to compare a fingerprint.
const PATIENCE: Duration = Duration::from_mins(30);

impl AtWindow {
    pub(super) fn new(outbox: Outbox, (attempt, cancel): (u64, Cancel), server: String) -> Self {
        Self {
            outbox,
            attempt,
            server,
            cancel,
            answer: bounded(1),
            was_asked: AtomicBool::new(false),
            is_in_trouble: AtomicBool::new(false),
        }
    }

    /// Passes on whether the new server's key is right.
    pub(super) fn trust(&self, is_right: bool) {
        // An answer that nobody waits for any more is void.
        self.answer.0.try_send(is_right).unwrap_or_default();
    }

    /// Whether a person was asked, which takes longer than a server waits.
    pub(super) fn was_asked(&self) -> bool {
        self.was_asked.load(Ordering::Relaxed)
    }

    /// The server answered: what was said of trouble is over.
    pub(super) fn works(&self) {
        if self.is_in_trouble.swap(false, Ordering::Relaxed) {
            self.tell(None);
        }
    }

    /// The server did not answer for so long that it is not tried any more.
    pub(super) fn gave_up(&self, cause: &Error) {
        self.trouble(cause, None);
    }

    fn trouble(&self, cause: &Error, retry: Option<Retrying>) {
        self.is_in_trouble.store(true, Ordering::Relaxed);
        let problem = problem::of_client(text::lost(&self.server), cause);
        self.tell(Some(Trouble { problem, retry }));
    }

    fn tell(&self, trouble: Option<Trouble>) {
        self.outbox.send(Event::Trouble { server: self.server.clone(), trouble });
    }
}

impl Questions for AtWindow {
    fn trust_new_server(&self, server: &str, presented: &Fingerprint) -> bool {
        self.was_asked.store(true, Ordering::Relaxed);
        let asked = AttemptEvent::TrustAsked(TrustQuestion {
            server: server.to_owned(),
            fingerprint: presented.to_string(),
        });
        self.outbox.send(Event::Attempt(self.attempt, asked));
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until && !self.cancel.is_cancelled() {
            match self.answer.1.recv_timeout(LOOK) {
                Ok(is_right) => return is_right,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        false
    }

    fn password(&self, _account: &str, _server: &str) -> Option<Secret> {
        // The form is where passwords are typed; without one it says so.
        None
    }

    fn conflict(&self, _conflict: &Conflict) -> Option<Resolution> {
        // Files in each other's way are left alone and asked about while the rest goes on.
        None
    }

    fn notice(&self, notice: &str) {
        self.outbox.send(Event::Noticed(Problem {
            summary: text::server_says(&self.server),
            details: problem::in_own_words(notice),
            fault: Fault::Untold,
        }));
    }

    fn retrying(&self, retry: &Retry<'_>) {
        if let Error::Busy { .. } = retry.cause {
            // It does answer, and another connection may well be at work.
            if retry.failed_count == 1 {
                self.outbox.send(Event::Noticed(problem::of_busy(&self.server, retry.cause)));
            }
            return;
        }
        let in_secs = retry.next_in.as_millis().div_ceil(1000);
        let in_secs = u64::try_from(in_secs).unwrap_or(u64::MAX);
        let attempt = retry.failed_count.saturating_add(1);
        self.trouble(retry.cause, Some(Retrying { attempt, in_secs }));
    }

    fn recovered(&self) {
        self.works();
    }
}

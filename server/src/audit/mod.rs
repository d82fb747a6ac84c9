//! The record of who did what, from where, with what result. It has a queue and a thread of its
//! own: where its file cannot be written, lines are lost and counted, and nothing else waits.
//!
//! No field of a line can hold a secret; names are escaped before they get here or on the way in.

mod deed;
mod file;
mod history;
mod line;
mod writer;

pub(crate) use deed::Deed;
pub(crate) use line::{Action, Line, Result};

use crate::config::AuditSettings;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use file::AuditFile;
use history::History;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The record's thread.
#[derive(Debug)]
pub(crate) struct Audit {
    log: AuditLog,
    thread: JoinHandle<()>,
    /// Closed when the thread ends.
    running: Receiver<Infallible>,
}

/// A way to record something. Clones share one record.
#[derive(Clone, Debug)]
pub(crate) struct AuditLog {
    queue: Sender<Message>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    history: Mutex<History>,
    lost_count: AtomicU64,
    failure: Mutex<Option<String>>,
}

#[derive(Debug)]
enum Message {
    Line(Arc<Line>),
    Stop,
}

/// Where a connection comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The peer's address.
    pub(crate) peer: SocketAddr,
    /// The door it came by, in a word.
    pub(crate) door: &'static str,
}

/// Somebody on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    /// Its account: empty for the guest, none before a login.
    pub(crate) account: Option<String>,
    /// Where it comes from.
    pub(crate) origin: Origin,
}

/// How the record itself is. The names are those of the JSON object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuditHealth {
    /// Lines that could not be written.
    pub(crate) lost_count: u64,
    /// Why nothing can be written now.
    pub(crate) failure: Option<String>,
}

impl Audit {
    /// Starts the record of a state folder. One that cannot be written is no reason not to start.
    pub(crate) fn start(state_dir: &Path, settings: &AuditSettings) -> io::Result<Self> {
        let (queue, messages) = bounded(QUEUE_LEN);
        let shared = Arc::<Shared>::default();
        let file = AuditFile::new(state_dir, settings.clone());
        shared.history.lock().recall(file.recent_lines());
        let log = AuditLog { queue, shared: Arc::clone(&shared) };
        let (runs, running) = bounded(0);
        let run = move || {
            let _runs: Sender<Infallible> = runs;
            writer::run(&messages, file, &shared);
        };
        let thread = std::thread::Builder::new().name("ferry-audit".to_owned()).spawn(run)?;
        Ok(Self { log, thread, running })
    }

    /// A way in.
    pub(crate) fn log(&self) -> AuditLog {
        self.log.clone()
    }

    /// Writes what waits, and ends the thread.
    pub(crate) fn stop(self) {
        self.stop_within(STOP_PATIENCE);
    }

    fn stop_within(self, patience: Duration) {
        let deadline = Instant::now() + patience;
        let is_told = self.log.queue.send_deadline(Message::Stop, deadline).is_ok();
        let is_over =
            is_told && self.running.recv_deadline(deadline) == Err(RecvTimeoutError::Disconnected);
        if !is_over {
            // It hangs on a dead disk, and is left to the end of the process.
            tracing::error!("the record's disk does not answer: its last lines may be lost");
        } else if self.thread.join().is_err() {
            tracing::error!("the audit thread panicked");
        }
    }
}

impl AuditLog {
    /// One that nothing is written of, for tests of those who record.
    #[cfg(test)]
    pub(crate) fn unwritten() -> Self {
        Self { queue: bounded(1).0, shared: Arc::default() }
    }

    /// Records a line; never waits.
    pub(crate) fn record(&self, line: Line) {
        let line = Arc::new(line);
        self.shared.history.lock().add(Arc::clone(&line));
        match self.queue.try_send(Message::Line(line)) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(_)) => self.shared.lose(1),
        }
    }

    /// The account's newest lines before the one with this number (0 for the newest of all), none
    /// older than `since`, the newest first, and the number to go on with; 0 where nothing is older.
    pub(crate) fn history(
        &self,
        account: &str,
        since: Timestamp,
        before: u64,
        count_max: usize,
    ) -> (Vec<Arc<Line>>, u64) {
        self.shared.history.lock().page(account, since, before, count_max)
    }

    /// How the record itself is.
    pub(crate) fn health(&self) -> AuditHealth {
        AuditHealth {
            lost_count: self.shared.lost_count.load(Ordering::Relaxed),
            failure: self.shared.failure.lock().clone(),
        }
    }
}

impl Shared {
    fn lose(&self, count: u64) {
        self.lost_count.fetch_add(count, Ordering::Relaxed);
    }
}

/// Lines that may wait for the disk; beyond that they are lost and counted.
const QUEUE_LEN: usize = 8192;

/// How long a stopping server waits for what is still to be written.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;

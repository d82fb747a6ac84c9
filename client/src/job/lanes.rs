//! What the lanes and the planner of one job share, and how they are started and joined.

use super::conflict::Conflicts;
use super::report::FinalOutcome;
use super::{FileOutcome, JobOptions, JobReport};
use crate::client::Client;
use crate::connection::Connection;
use crate::site::Site;
use crate::{Cancel, Error};
use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Files planned ahead of the lanes.
const QUEUE_LEN: usize = 1024;
const CONNECTIONS_MAX: usize = 16;

/// One job while it runs.
pub(super) struct Job<'a> {
    pub(super) site: Arc<Site>,
    pub(super) cancel: Cancel,
    pub(super) options: &'a JobOptions,
    pub(super) conflicts: Conflicts,
    report: Mutex<JobReport>,
    /// A connection that is between two requests, for whoever needs one next.
    spare: Mutex<Option<Connection>>,
    is_stopped: AtomicBool,
}

impl<'a> Job<'a> {
    pub(super) fn new(client: &mut Client, options: &'a JobOptions) -> Self {
        Self {
            site: Arc::clone(client.site()),
            cancel: client.cancel().clone(),
            options,
            conflicts: Conflicts::new(options.rule),
            report: Mutex::default(),
            spare: Mutex::new(client.take_connection().ok()),
            is_stopped: AtomicBool::new(false),
        }
    }

    /// Runs the planner and the lanes to their ends.
    pub(super) fn run<T: Send>(
        &self,
        plan: impl FnOnce(Sender<T>) -> Result<(), Error> + Send,
        lane: impl Fn(Receiver<T>) -> Result<(), Error> + Sync,
    ) {
        let (sender, receiver) = crossbeam_channel::bounded(QUEUE_LEN);
        let count = self.options.connections.clamp(1, CONNECTIONS_MAX);
        thread::scope(|scope| {
            for _ in 0..count {
                let receiver = receiver.clone();
                let lane = &lane;
                let run_lane = move || {
                    // Held until the error is told, or the planner would tell of a closed queue.
                    let held_open = receiver.clone();
                    self.stop_on(lane(receiver));
                    drop(held_open);
                };
                let started = thread::Builder::new()
                    .name("ferry-lane".to_owned())
                    .spawn_scoped(scope, run_lane);
                if let Err(source) = started {
                    self.stop_on(Err(Error::local("start", "a thread".as_ref(), source)));
                }
            }
            drop(receiver);
            let planned = plan(sender);
            self.options.progress.planned();
            self.stop_on(planned);
        });
    }

    /// A connection: the spare one, or a new one.
    pub(super) fn open(&self) -> Result<Connection, Error> {
        self.check()?;
        match self.spare.lock().take() {
            Some(connection) if !connection.is_going() => Ok(connection),
            _ => self.site.open(&self.cancel),
        }
    }

    pub(super) fn give_back(&self, connection: Connection) {
        if connection.unanswered_count() == 0 {
            *self.spare.lock() = Some(connection);
        }
    }

    /// An error once the job is to end.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.is_stopped.load(Ordering::Relaxed) {
            return Err(Error::Cancelled);
        }
        self.cancel.check()
    }

    /// Tells of a file that ended.
    pub(super) fn finish(&self, source: &[u8], target: &[u8], size: u64, outcome: FinalOutcome) {
        self.options.progress.add_file();
        // Called under the lock, so that outcomes come one at a time.
        let mut report = self.report.lock();
        if let Some(on_outcome) = &self.options.on_outcome {
            on_outcome(&FileOutcome { source, target, size, outcome: outcome.borrow() });
        }
        report.add(source, size, outcome);
    }

    pub(super) fn add_folders(&self, count: u64) {
        self.report.lock().folders_done += count;
    }

    /// The first error that ends the job is the one to tell.
    pub(super) fn stop_on(&self, ended: Result<(), Error>) {
        let Err(err) = ended else { return };
        self.is_stopped.store(true, Ordering::Relaxed);
        let mut report = self.report.lock();
        if report.stopped.is_none() {
            report.stopped = Some(err);
        }
    }

    pub(super) fn end(self, client: &mut Client) -> JobReport {
        if let Some(connection) = self.spare.into_inner() {
            client.put_connection_back(connection);
        }
        self.report.into_inner()
    }
}

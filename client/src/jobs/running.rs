//! A job that runs on a thread of its own, for whoever watches and steers it.

use super::open_job::Wished;
use super::speed::Speed;
use super::{JobFailure, JobId, JobSpec, Jobs, OpenJob, Tray};
use crate::client::Client;
use crate::job::{JobOptions, JobReport, WaitingConflict};
use crate::journal::Wish;
use crate::progress::Snapshot;
use crate::{Cancel, Choice, Error, Progress};
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

/// A job at work. Dropped, it is paused and waited for.
#[derive(Debug)]
pub struct RunningJob {
    jobs: Jobs,
    id: JobId,
    spec: JobSpec,
    progress: Arc<Progress>,
    tray: Arc<Tray>,
    cancel: Cancel,
    wished: Wished,
    speed: Mutex<Speed>,
    /// `None` once it was waited for.
    thread: Option<JoinHandle<JobReport>>,
}

/// How far a running job is at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunningSnapshot {
    /// Files and bytes, all of the job and of each big file under way.
    pub progress: Snapshot,
    /// Bytes in a second, smoothed over the last five.
    pub bytes_per_second: u64,
    /// Conflicts that wait for a decision.
    pub waiting_count: usize,
    /// Whether the job has ended: [`RunningJob::wait`] will not block.
    pub is_over: bool,
}

impl RunningJob {
    pub(super) fn start(
        job: OpenJob,
        client: Client,
        mut options: JobOptions,
    ) -> Result<Self, Error> {
        let tray = options.tray.get_or_insert_with(|| Arc::new(Tray::new(options.rule)));
        let tray = Arc::clone(tray);
        let (jobs, id, spec) = (job.jobs().clone(), job.id().clone(), job.spec().clone());
        let progress = Arc::clone(&options.progress);
        let cancel = client.cancel().clone();
        let wished = Wished::default();
        let own_wished = Arc::clone(&wished);
        let mut client = client;
        let thread = std::thread::Builder::new()
            .name("ferry-job".to_owned())
            .spawn(move || job.run_wished(&mut client, options, &own_wished))
            .map_err(|source| Error::local("start", "a thread".as_ref(), source))?;
        let (speed, thread) = (Mutex::default(), Some(thread));
        Ok(Self { jobs, id, spec, progress, tray, cancel, wished, speed, thread })
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &JobId {
        &self.id
    }

    /// What it does.
    #[must_use]
    pub fn spec(&self) -> &JobSpec {
        &self.spec
    }

    /// How far it is now. Never waits.
    #[must_use]
    pub fn snapshot(&self) -> RunningSnapshot {
        let progress = self.progress.snapshot();
        let bytes_per_second = self.speed.lock().at(Instant::now(), progress.bytes_done);
        let waiting_count = self.tray.waiting_count();
        let is_over = self.thread.as_ref().is_none_or(JoinHandle::is_finished);
        RunningSnapshot { progress, bytes_per_second, waiting_count, is_over }
    }

    /// The conflicts that wait for a decision, oldest first. Everything else goes on meanwhile.
    #[must_use]
    pub fn conflicts(&self) -> Vec<WaitingConflict> {
        self.tray.waiting()
    }

    /// The tray of its conflicts, to decide them: one, or all that wait and will come.
    #[must_use]
    pub fn tray(&self) -> &Arc<Tray> {
        &self.tray
    }

    /// Decides one conflict. Returns whether it was still waiting.
    pub fn resolve(&self, conflict: &WaitingConflict, choice: Choice) -> bool {
        self.tray.resolve(conflict.id, choice)
    }

    /// Files that failed so far, read from the journal.
    pub fn failures(&self) -> Result<Vec<JobFailure>, Error> {
        Ok(self.jobs.details(&self.id)?.failures)
    }

    /// Stops it for now: it can be resumed, by this process or another. Returns at once.
    pub fn pause(&self) {
        self.wished.lock().get_or_insert(Wish::Pause);
        self.cancel.cancel();
    }

    /// Gives it up: what it moved stays, what it only began is removed. Returns at once.
    pub fn cancel(&self) {
        *self.wished.lock() = Some(Wish::Cancel);
        self.cancel.cancel();
    }

    /// Waits for its end.
    pub fn wait(mut self) -> JobReport {
        self.join().unwrap_or_default()
    }

    fn join(&mut self) -> Option<JobReport> {
        Some(self.thread.take()?.join().unwrap_or_else(|_panic| {
            let source = io::Error::other("its thread panicked");
            let err = Error::local("run", self.id.as_str().as_ref(), source);
            JobReport { stopped: Some(err), ..JobReport::default() }
        }))
    }
}

impl Drop for RunningJob {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.pause();
            drop(self.join());
        }
    }
}

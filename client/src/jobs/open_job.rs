//! A job that this process alone may work on, and its run.

use super::{Jobs, RunningJob, cleaning};
use crate::client::Client;
use crate::job::{self, JobOptions, JobReport};
use crate::journal::{self, Direction, JobId, JobSpec, JobState, Journal, Lock, StoredState, Wish};
use crate::{Cancel, Error, Questions, preflight};
use parking_lot::Mutex;
use std::sync::Arc;

/// A job whose lock this process holds. Dropped, it can be taken by another.
#[derive(Debug)]
pub struct OpenJob {
    jobs: Jobs,
    id: JobId,
    spec: JobSpec,
    state: JobState,
    lock: Lock,
}

/// What was wished of a run from outside, of which the strongest holds.
pub(super) type Wished = Arc<Mutex<Option<Wish>>>;

impl OpenJob {
    pub(super) fn new(jobs: Jobs, id: JobId, spec: JobSpec, state: JobState, lock: Lock) -> Self {
        Self { jobs, id, spec, state, lock }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &JobId {
        &self.id
    }

    /// What it is to do.
    #[must_use]
    pub fn spec(&self) -> &JobSpec {
        &self.spec
    }

    /// How it was when it was taken.
    #[must_use]
    pub fn state(&self) -> JobState {
        self.state
    }

    /// Options that hold what the journal remembers: the rule and the connections.
    #[must_use]
    pub fn options(&self) -> JobOptions {
        JobOptions {
            rule: self.spec.rule,
            connections: self.spec.connections,
            ..JobOptions::default()
        }
    }

    /// Does the work, or the rest of it, on the caller's thread. `client` has to be logged in at
    /// the job's server; its [`Cancel`] pauses the job.
    pub fn run(self, client: &mut Client, options: JobOptions) -> JobReport {
        self.run_wished(client, options, &Wished::default())
    }

    /// Does the work on a thread of its own.
    pub fn start(self, client: Client, options: JobOptions) -> Result<RunningJob, Error> {
        RunningJob::start(self, client, options)
    }

    pub(super) fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    pub(super) fn set_cancelled(&self) -> Result<(), Error> {
        Ok(journal::set_state(&self.jobs.journal_file(&self.id), StoredState::Cancelled)?)
    }

    pub(super) fn run_wished(
        self,
        client: &mut Client,
        mut options: JobOptions,
        wished: &Wished,
    ) -> JobReport {
        let Self { jobs, id, spec, state, lock } = self;
        let path = jobs.journal_file(&id);
        let questions = Arc::clone(&client.site().questions);
        let prepared = prepare(&path, &spec, state, client);
        let on_wish = on_wish(client.cancel().clone(), wished);
        let started = prepared.and_then(|()| {
            let progress = Arc::clone(&options.progress);
            Ok(Journal::start(&path, id.clone(), lock, progress, on_wish)?)
        });
        let journal = match started {
            Ok(journal) => Arc::new(journal),
            Err(err) => {
                set_aside_if_bad(&jobs, &id, &err, questions.as_ref());
                return JobReport { stopped: Some(err), ..JobReport::default() };
            }
        };
        options.journal = Some(Arc::clone(&journal));
        let report = match spec.direction {
            Direction::Upload => job::upload(client, &spec.transfers, &options),
            Direction::Download => job::download(client, &spec.transfers, &options),
        };
        drop(options);
        let ended = ended(&report, *wished.lock());
        if ended != StoredState::Done && !client.cancel().is_cancelled() {
            preflight::give_back(client, &spec, &id);
        }
        let noted = Arc::into_inner(journal).map(|mut journal| {
            let noted = journal.end(ended, stopped_text(&report, ended));
            if ended == StoredState::Cancelled {
                cleaning::remove_parts(&path, &id, &spec.transfers);
                let parts = cleaning::server_parts(&path);
                if let Err(err) = cleaning::abandon_at_server(client, &parts) {
                    let server = client.server();
                    questions.notice(&cleaning::stay_text(server, parts.len(), &err));
                }
            }
            noted
        });
        if let Some(Err(err)) = noted {
            questions.notice(&format!("{err}; an interrupted job could not be gone on with"));
        }
        report
    }
}

/// A journal that turns out to be damaged only when its job is gone on with is set aside as well.
fn set_aside_if_bad(jobs: &Jobs, id: &JobId, err: &Error, questions: &dyn Questions) {
    if let Error::Journal(err) = err
        && err.is_bad_file()
        && let Ok(path) = jobs.rename_aside(id)
    {
        let path = ferry_protocol::escape(path.as_os_str().as_encoded_bytes());
        questions.notice(&format!("the journal was set aside as {path}"));
    }
}

/// What an earlier run did is forgotten where it does not hold any more: when the job is done
/// all over again, and when somebody has taken the uploaded files away meanwhile.
fn prepare(
    journal: &std::path::Path,
    spec: &JobSpec,
    state: JobState,
    client: &mut Client,
) -> Result<(), Error> {
    let begins_anew = matches!(state, JobState::Done | JobState::Cancelled);
    if begins_anew || (spec.direction == Direction::Upload && is_target_gone(spec, client)?) {
        journal::forget_done(journal)?;
    }
    Ok(())
}

fn is_target_gone(spec: &JobSpec, client: &mut Client) -> Result<bool, Error> {
    for transfer in &spec.transfers {
        match client.stat(&transfer.remote) {
            Err(err) if err.status() == Some(ferry_protocol::Status::NOT_FOUND) => return Ok(true),
            Ok(_) | Err(Error::Remote { .. }) => {}
            Err(err) => return Err(err),
        }
    }
    Ok(false)
}

fn on_wish(cancel: Cancel, wished: &Wished) -> Box<dyn Fn(Wish) + Send> {
    let wished = Arc::clone(wished);
    Box::new(move |wish| {
        let mut wished = wished.lock();
        if *wished != Some(Wish::Cancel) {
            *wished = Some(wish);
        }
        cancel.cancel();
    })
}

/// How the journal is to remember a run.
fn ended(report: &JobReport, wished: Option<Wish>) -> StoredState {
    match &report.stopped {
        Some(_) if wished == Some(Wish::Cancel) => StoredState::Cancelled,
        Some(Error::Cancelled) => StoredState::Paused,
        Some(_) => StoredState::Open,
        None if report.failed_count > 0 => StoredState::Failed,
        None => StoredState::Done,
    }
}

fn stopped_text(report: &JobReport, ended: StoredState) -> Option<String> {
    let err = report.stopped.as_ref()?;
    (ended == StoredState::Open).then(|| crate::error::with_causes(err))
}

//! The server's side: one client for browsing, on one thread, and a thread for each job.

use super::connect::Target;
use super::job::{self, Steering, Telling, Voice};
use super::list::Gathering;
use super::questions::AtWindow;
use super::{Outbox, kept, problem};
use crate::action::{Event, JobEnd};
use crate::request::{JobOrder, Login, Work};
use crate::state::place::Place;
use crate::state::problem::Problem;
use crate::state::rows::{Row, RowKind};
use crate::state::side::Side;
use crate::state::transfers::JobId;
use crate::text::problems as text;
use ferry_client::jobs::Jobs;
use ferry_client::protocol::{Entry, EntryKind, IfExists, RemotePath, Removal, TransferId};
use ferry_client::trust::KnownServers;
use ferry_client::{Cancel, Client, Error, Parents};
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

/// The window's link to a server.
pub(super) struct Link {
    state_folder: PathBuf,
    pub(super) outbox: Outbox,
    begun: Instant,
    /// Listings that are wanted now, of this computer and of the server.
    pub(super) wanted: [AtomicU64; 2],
    /// What stops or answers from outside of the link's own thread.
    outside: Mutex<Outside>,
    /// Used by the link's own thread alone.
    session: Mutex<Option<Session>>,
}

#[derive(Default)]
struct Outside {
    cancel: Option<Cancel>,
    questions: Option<Arc<AtWindow>>,
    jobs: Vec<(JobId, Arc<Steering>)>,
}

struct Session {
    client: Client,
    questions: Arc<AtWindow>,
}

impl Link {
    pub(super) fn new(state_folder: PathBuf, outbox: Outbox) -> Self {
        Self {
            state_folder,
            outbox,
            begun: Instant::now(),
            wanted: [AtomicU64::new(0), AtomicU64::new(0)],
            outside: Mutex::default(),
            session: Mutex::new(None),
        }
    }

    /// What must not wait behind a request that hangs. Called by the window's thread.
    pub(super) fn look_ahead(&self, work: &Work) {
        match work {
            Work::List { side, generation, .. } => {
                self.wanted_on(*side).store(*generation, Ordering::Relaxed);
            }
            Work::CancelConnect | Work::Disconnect | Work::Connect(_) => self.cut(),
            Work::Trust(is_right) => {
                if let Some(questions) = &self.outside.lock().questions {
                    questions.trust(*is_right);
                }
            }
            Work::PauseJob(id) => self.of_job(*id, Steering::pause),
            Work::CancelJob(id, _) => self.of_job(*id, Steering::cancel),
            Work::Decide(id, conflict, choice) => {
                self.of_job(*id, |job| job.decide(*conflict, *choice));
            }
            Work::DecideAll(id, choice) => self.of_job(*id, |job| job.decide_all(*choice)),
            _ => {}
        }
    }

    /// Stops everything.
    pub(super) fn stop(&self) {
        self.cut();
        for (_, job) in self.outside.lock().jobs.drain(..) {
            job.pause();
        }
    }

    fn of_job(&self, id: JobId, call: impl Fn(&Steering)) {
        let outside = self.outside.lock();
        let jobs = outside.jobs.iter().filter(|(own, _)| *own == id);
        jobs.for_each(|(_, job)| call(job));
    }

    fn cut(&self) {
        if let Some(cancel) = self.outside.lock().cancel.take() {
            cancel.cancel();
        }
    }

    pub(super) fn wanted_on(&self, side: Side) -> &AtomicU64 {
        let [here, server] = &self.wanted;
        match side {
            Side::Here => here,
            Side::Server => server,
        }
    }

    /// Does one thing after the other. Called by the link's own thread.
    pub(super) fn perform(self: &Arc<Self>, work: Work) {
        match work {
            Work::Connect(login) => self.connect(&login),
            Work::Disconnect => *self.session.lock() = None,
            Work::ForgetKey(server) => {
                if let Err(err) = KnownServers::in_folder(&self.state_folder).forget(&server) {
                    let problem = problem::of_disk(text::CANNOT_SAVE.to_owned(), &err);
                    let (side, made) = (Side::Server, None);
                    self.outbox.send(Event::Changed { side, made, problem: Some(problem) });
                }
            }
            Work::List { place, generation, .. } => self.list(&place, generation),
            Work::MakeFolder(_, place) => self.change(
                |client| client.make_directory(&remote(&place)?, Parents::Needed),
                (Some(&place), text::cannot_make(&place.to_string())),
            ),
            Work::Rename { from, to, .. } => self.change(
                |client| client.rename(&remote(&from)?, &remote(&to)?, IfExists::Refuse),
                (Some(&to), text::cannot_rename(&from.to_string())),
            ),
            Work::Remove(_, places) => self.remove(&places),
            Work::StartJob(order) => self.start_job(&order),
            Work::Kept { generation, work } => kept::perform(self, generation, work),
            _ => {}
        }
    }

    fn connect(self: &Arc<Self>, login: &Login) {
        *self.session.lock() = None;
        let target = match Target::parse(login) {
            Ok(target) => target,
            Err(event) => return self.outbox.send(*event),
        };
        let cancel = Cancel::new();
        let server = target.address.authority();
        let questions = Arc::new(AtWindow::new(self.outbox.clone(), server, cancel.clone()));
        {
            let mut outside = self.outside.lock();
            outside.cancel = Some(cancel.clone());
            outside.questions = Some(Arc::clone(&questions));
        }
        match target.connect(&self.state_folder, &cancel, &questions) {
            Ok((client, connected)) => {
                *self.session.lock() = Some(Session { client, questions });
                self.outbox.send(connected);
                self.find_jobs();
            }
            // Who gave up knows it.
            Err(_) if cancel.is_cancelled() => {}
            Err(failed) => self.outbox.send(*failed),
        }
    }

    /// Calls the client, if there is one and the window has not left it meanwhile.
    pub(super) fn with_client<T>(
        &self,
        call: impl FnOnce(&mut Client) -> Result<T, Error>,
    ) -> Option<Result<T, Error>> {
        let mut session = self.session.lock();
        let session = session.as_mut()?;
        let called = call(&mut session.client);
        match &called {
            // The window has left this server.
            Err(err) if err.is_cancelled() => return None,
            Err(err) if err.is_retryable() => {}
            _ => session.questions.works(),
        }
        Some(called)
    }

    fn list(&self, place: &Place, generation: u64) {
        let wanted = self.wanted_on(Side::Server);
        let mut gathering = Gathering::new(&self.outbox, (Side::Server, generation), wanted);
        if gathering.is_void() {
            return;
        }
        let listed = self.with_client(|client| {
            for page in client.list(&remote(place)?)? {
                page?.iter().for_each(|entry| push(&mut gathering, entry));
                gathering.tell();
                if gathering.is_void() {
                    break;
                }
            }
            Ok(())
        });
        match listed {
            None => {}
            Some(Ok(())) => gathering.finish(),
            Some(Err(err)) => self.outbox.send(Event::ListFailed {
                side: Side::Server,
                generation,
                problem: problem::of_client(text::cannot_list(&place.to_string()), &err),
            }),
        }
    }

    fn change(
        &self,
        call: impl FnOnce(&mut Client) -> Result<(), Error>,
        (made, summary): (Option<&Place>, String),
    ) {
        let Some(called) = self.with_client(call) else { return };
        let problem = called.err().map(|err| problem::of_client(summary, &err));
        let made = made.filter(|_| problem.is_none()).cloned();
        self.outbox.send(Event::Changed { side: Side::Server, made, problem });
    }

    /// Removes one after the other; what cannot be removed is said once and stops no other. All of
    /// it can be brought back together.
    fn remove(&self, places: &[(Place, bool)]) {
        let removed = self.with_client(|client| client.together(|it| remove_all(it, places))?);
        let Some(removed) = removed else { return };
        let problem = removed.unwrap_or_else(|err| {
            let first = places.first().map(|(place, _)| place.to_string()).unwrap_or_default();
            Some(problem::of_client(text::cannot_remove(&first), &err))
        });
        self.outbox.send(Event::Changed { side: Side::Server, made: None, problem });
    }

    fn start_job(self: &Arc<Self>, order: &JobOrder) {
        let id = order.id;
        let opened = self.with_client(|client| {
            let spec = job::spec(client, order)?;
            Ok((client.another(Cancel::new())?, spec))
        });
        let questions = self.session.lock().as_ref().map(|session| Arc::clone(&session.questions));
        let started = match (opened, questions) {
            (Some(Ok((client, spec))), Some(questions)) => {
                let (outbox, begun) = (self.outbox.clone(), self.begun);
                let voice = Voice { id, direction: order.direction, outbox, begun, questions };
                let jobs = Jobs::open(&self.state_folder);
                jobs.and_then(|jobs| job::start(&jobs, order, spec, client, voice))
            }
            (Some(Err(err)), _) => Err(err),
            _ => Err(Error::Cancelled),
        };
        match started {
            Ok((steering, telling)) => self.tell_of(id, &steering, telling),
            Err(err) => self.outbox.send(Event::JobEnded(id, job::end_of_error(&err))),
        }
    }

    fn tell_of(self: &Arc<Self>, id: JobId, steering: &Arc<Steering>, telling: Telling) {
        self.outside.lock().jobs.push((id, Arc::clone(steering)));
        let link = Arc::clone(self);
        let tell = move || {
            let end = telling.until_end();
            link.outside.lock().jobs.retain(|(own, _)| *own != id);
            link.outbox.send(Event::JobEnded(id, end));
        };
        let thread = thread::Builder::new().name("ferry-job-voice".to_owned());
        if let Err(err) = thread.spawn(tell) {
            steering.pause();
            let problem = problem::of_disk(text::JOB_STOPPED.to_owned(), &err);
            self.outbox.send(Event::JobEnded(id, JobEnd::Stopped(problem)));
        }
    }

    /// Has the server forget parts of a job that was given up, if it can be reached; else it sweeps
    /// them in its own time. Returns at once.
    pub(super) fn abandon(self: &Arc<Self>, parts: Vec<TransferId>) {
        if parts.is_empty() {
            return;
        }
        let link = Arc::clone(self);
        let abandon = move || {
            let client = link.session.lock().as_ref().map(|one| one.client.another(Cancel::new()));
            if let Some(Ok(mut client)) = client {
                // What stays is shown among the server's unfinished uploads.
                client.abandon_parts(&parts).unwrap_or_default();
            }
        };
        // Without a thread they stay, too.
        drop(thread::Builder::new().name("ferry-abandon".to_owned()).spawn(abandon));
    }

    /// Whether a thread of this window works on a job.
    pub(super) fn runs(&self, id: JobId) -> bool {
        self.outside.lock().jobs.iter().any(|(own, _)| *own == id)
    }

    /// Tells the window of jobs on this server that an earlier one began, and of journals that
    /// cannot be used.
    fn find_jobs(&self) {
        let mut unusable = None;
        let found = self.with_client(|client| {
            let listed = Jobs::open(&self.state_folder)?.list()?;
            unusable = job::unusable(&listed);
            Ok(job::found(client, listed))
        });
        if unusable.is_some() {
            self.outbox.send(Event::Changed { side: Side::Here, made: None, problem: unusable });
        }
        if let Some(Ok(found)) = found
            && !found.is_empty()
        {
            self.outbox.send(Event::JobsFound(found));
        }
    }
}

/// The server's name for a place.
pub(super) fn remote(place: &Place) -> Result<RemotePath, Error> {
    RemotePath::parse(&place.to_bytes())
        .map_err(|err| Error::LocalRefused { path: place.to_path(), what: job::path_refusal(err) })
}

/// What could not be removed last; an error where the server is lost.
fn remove_all(client: &mut Client, places: &[(Place, bool)]) -> Result<Option<Problem>, Error> {
    let mut problem = None;
    for (place, is_folder) in places {
        let removal = if *is_folder { Removal::Tree } else { Removal::File };
        match remote(place).and_then(|path| client.remove(&path, removal)) {
            Ok(()) => {}
            // The others would wait for the same server again.
            Err(err) if err.is_cancelled() || err.is_retryable() => return Err(err),
            Err(err) => {
                let summary = text::cannot_remove(&place.to_string());
                problem = Some(problem::of_client(summary, &err));
            }
        }
    }
    Ok(problem)
}

fn push(gathering: &mut Gathering<'_>, entry: &Entry) {
    gathering.push(&Row {
        name: &entry.name,
        kind: match entry.kind {
            EntryKind::Folder => RowKind::Folder,
            EntryKind::File => RowKind::File,
            EntryKind::Link => RowKind::Link,
            EntryKind::Other => RowKind::Other,
        },
        size: entry.size,
        modified: Some(entry.modified.0),
    });
}

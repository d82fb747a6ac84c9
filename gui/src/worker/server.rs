//! The server's side: one client for browsing, on one thread, and a thread for each job.

use super::Outbox;
use super::connect::Target;
use super::desk::{Desk, Wish};
use super::forget::forget;
use super::job;
use super::kept;
use super::list::Gathering;
use super::problem::{self, Failed};
use super::questions::AtWindow;
use crate::action::Event;
use crate::request::{JobOrder, Login, Work};
use crate::state::dialog::Doomed;
use crate::state::place::Place;
use crate::state::problem::Problem;
use crate::state::rows::{Row, RowKind};
use crate::state::side::Side;
use crate::text::problems as text;
use ferry_client::jobs::JobServer;
use ferry_client::protocol::{Entry, EntryKind, IfExists, RemotePath, Removal};
use ferry_client::{Cancel, Client, Error, Parents};
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The window's link to a server.
pub(super) struct Link {
    pub(super) state_folder: PathBuf,
    pub(super) outbox: Outbox,
    pub(super) begun: Instant,
    /// The jobs that were ordered.
    pub(super) desk: Desk,
    /// Listings that are wanted now, of this computer and of the server.
    pub(super) wanted: [AtomicU64; 2],
    /// What stops or answers from outside of the link's own thread.
    outside: Mutex<Outside>,
    /// Used by the link's own thread alone.
    pub(super) session: Mutex<Option<Session>>,
}

#[derive(Default)]
struct Outside {
    /// The attempt to connect that is wanted, or what came of it, and what stops it.
    attempt: Option<(u64, Cancel)>,
    questions: Option<Arc<AtWindow>>,
    /// The server that is connected, as journals name it.
    server: Option<JobServer>,
}

pub(super) struct Session {
    pub(super) client: Client,
    pub(super) questions: Arc<AtWindow>,
}

impl Link {
    pub(super) fn new(state_folder: PathBuf, outbox: Outbox) -> Self {
        Self {
            state_folder,
            outbox,
            begun: Instant::now(),
            desk: Desk::default(),
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
            Work::CancelConnect | Work::Disconnect => self.cut(),
            Work::Connect(login) => {
                self.cut();
                self.outside.lock().attempt = Some((login.attempt, Cancel::new()));
            }
            Work::Trust(is_right) => {
                if let Some(questions) = &self.outside.lock().questions {
                    questions.trust(*is_right);
                }
            }
            Work::NoteJob(order) => self.note(order),
            Work::StartJob(order) => self.desk.order(order),
            Work::PauseJob(id) => self.desk.wish(*id, Wish::Pause),
            Work::CancelJob(id, _) => self.desk.wish(*id, Wish::Cancel),
            Work::Decide(id, conflict, choice) => {
                self.desk.steer(*id, |job| job.decide(*conflict, *choice));
            }
            Work::DecideAll(id, choice) => self.desk.steer(*id, |job| job.decide_all(*choice)),
            _ => {}
        }
    }

    /// Stops everything. What did not begin yet gets its journal first.
    pub(super) fn stop(&self) {
        self.cut();
        for id in self.desk.without_journal() {
            self.begin_journal(id);
        }
        self.desk.pause_all();
    }

    /// An order that nobody takes. Returns whether it took a job back before that began.
    pub(super) fn withdraw(&self, work: &Work) -> bool {
        match work {
            Work::PauseJob(id) | Work::CancelJob(id, _) => self.desk.take_withdrawn(*id),
            Work::StartJob(order) => {
                self.desk.end(order.id);
                false
            }
            _ => false,
        }
    }

    fn note(&self, order: &JobOrder) {
        let server = self.outside.lock().server.clone();
        let spec = server.and_then(|server| job::spec(server, order).ok());
        self.desk.note(order, spec);
    }

    fn cut(&self) {
        if let Some((_, cancel)) = self.outside.lock().attempt.take() {
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
            Work::Disconnect => {
                *self.session.lock() = None;
                self.outside.lock().server = None;
            }
            Work::ForgetServer(address) => {
                if let Err(err) = forget(&self.state_folder, &address) {
                    let problem = problem::of_disk(text::CANNOT_FORGET.to_owned(), &err);
                    self.outbox.send(Event::Noticed(problem));
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
            Work::StartJob(order) => self.start_job(order.id),
            Work::Kept { generation, work } => kept::perform(self, generation, work),
            _ => {}
        }
    }

    fn connect(self: &Arc<Self>, login: &Login) {
        *self.session.lock() = None;
        // One that was given up before its turn came is not begun.
        let Some(cancel) = self.wanted_attempt(login.attempt) else { return };
        let tell = |event| self.outbox.send(Event::Attempt(login.attempt, event));
        let target = match Target::parse(login) {
            Ok(target) => target,
            Err(event) => return tell(*event),
        };
        let stopped_by = (login.attempt, cancel.clone());
        let server = target.address.authority();
        let questions = Arc::new(AtWindow::new(self.outbox.clone(), stopped_by, server));
        self.outside.lock().questions = Some(Arc::clone(&questions));
        match target.connect(&self.state_folder, &cancel, &questions) {
            Ok((client, connected)) => {
                self.outside.lock().server = Some(JobServer::of(&client));
                *self.session.lock() = Some(Session { client, questions });
                tell(connected);
                self.find_jobs();
            }
            // Who gave up knows it.
            Err(_) if cancel.is_cancelled() => {}
            Err(failed) => tell(*failed),
        }
    }

    /// What stops an attempt, unless it is not wanted any more.
    fn wanted_attempt(&self, attempt: u64) -> Option<Cancel> {
        let outside = self.outside.lock();
        let (wanted, cancel) = outside.attempt.as_ref()?;
        (*wanted == attempt).then(|| cancel.clone())
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
            Err(err) if err.is_retryable() => session.questions.gave_up(err),
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
    fn remove(&self, places: &[(Place, Doomed)]) {
        let removed = self.with_client(|client| client.together(|it| remove_all(it, places))?);
        let Some(removed) = removed else { return };
        let problem = removed.unwrap_or_else(|err| {
            let first = places.first().map(|(place, _)| place.to_string()).unwrap_or_default();
            Some(problem::of_client(text::cannot_remove(&first), &err))
        });
        self.outbox.send(Event::Changed { side: Side::Server, made: None, problem });
    }
}

/// The server's name for a place.
pub(super) fn remote(place: &Place) -> Result<RemotePath, Error> {
    RemotePath::parse(&place.to_bytes())
        .map_err(|err| Error::LocalRefused { path: place.to_path(), what: job::path_refusal(err) })
}

/// What could not be removed; an error where the server is lost.
fn remove_all(client: &mut Client, places: &[(Place, Doomed)]) -> Result<Option<Problem>, Error> {
    let mut failed = Failed::default();
    for (place, doomed) in places {
        let removal = match doomed {
            Doomed::Folder => Removal::Tree,
            Doomed::File | Doomed::Link => Removal::File,
        };
        match remote(place).and_then(|path| client.remove(&path, removal)) {
            Ok(()) => {}
            // The others would wait for the same server again.
            Err(err) if err.is_cancelled() || err.is_retryable() => return Err(err),
            Err(err) => {
                let summary = text::cannot_remove(&place.to_string());
                failed.note(|| problem::of_client(summary, &err));
            }
        }
    }
    Ok(failed.problem())
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
        is_linked: entry.flags.linked,
        size: entry.size,
        modified: Some(entry.modified.0),
    });
}

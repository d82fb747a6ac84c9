//! From an order to a job at work, each on a thread of its own.

use super::desk::Wish;
use super::job::{self, Steering, Telling, Voice};
use super::obstacles::Look;
use super::problem;
use super::questions::AtWindow;
use super::server::{Link, Session};
use crate::action::{Event, JobEnd};
use crate::request::JobOrder;
use crate::state::obstacles::Obstacles;
use crate::state::side::Side;
use crate::state::transfers::JobId;
use crate::text::problems as text;
use ferry_client::jobs::{self, JobServer, JobSpec, Jobs};
use ferry_client::protocol::TransferId;
use ferry_client::{Cancel, Client, Error, Opener};
use std::sync::Arc;
use std::thread;

/// What a job needs of the server that it was ordered for.
struct JobLogin {
    opener: Opener,
    server: JobServer,
    questions: Arc<AtWindow>,
}

/// What became of a job that was ordered.
enum Opened {
    /// It works.
    Working(Arc<Steering>, Telling),
    /// Something stands in the way of its first byte.
    Blocked(Obstacles),
}

impl Link {
    /// Starts a job that was ordered, unless it was taken back meanwhile. Its connection is opened
    /// on its own thread: a server may let it wait for one, and nobody waits with it.
    pub(super) fn start_job(self: &Arc<Self>, id: JobId) {
        let Some((order, cancel)) = self.desk.open(id) else { return };
        let link = Arc::clone(self);
        let login = self.login();
        let work = move || {
            let end = match link.open_job(&order, login, cancel) {
                Ok(Opened::Working(steering, telling)) => {
                    link.desk.work(id, &steering);
                    let end = telling.until_end();
                    link.desk.end(id);
                    end
                }
                Ok(Opened::Blocked(obstacles)) => link.not_begun(id, JobEnd::Blocked(obstacles)),
                Err(err) => link.not_begun(id, job::end_of_error(&err)),
            };
            link.outbox.send(Event::JobEnded(id, end));
        };
        let thread = thread::Builder::new().name("ferry-job-voice".to_owned());
        if let Err(err) = thread.spawn(work) {
            self.desk.end(id);
            let problem = problem::of_disk(text::JOB_STOPPED.to_owned(), &err);
            self.outbox.send(Event::JobEnded(id, JobEnd::Stopped(problem)));
        }
    }

    fn open_job(
        &self,
        order: &JobOrder,
        login: Option<JobLogin>,
        cancel: Cancel,
    ) -> Result<Opened, Error> {
        // Without a login the window has left the server.
        let JobLogin { opener, server, questions } = login.ok_or(Error::Cancelled)?;
        let spec = job::spec(server, order)?;
        self.begin_job(order, spec, opener.open(cancel)?, questions)
    }

    /// What a job needs of the session, which goes on with other things.
    fn login(&self) -> Option<JobLogin> {
        let session = self.session.lock();
        let Session { client, questions } = session.as_ref()?;
        let (opener, server) = (client.opener(), JobServer::of(client));
        Some(JobLogin { opener, server, questions: Arc::clone(questions) })
    }

    fn begin_job(
        &self,
        order: &JobOrder,
        spec: JobSpec,
        mut client: Client,
        questions: Arc<AtWindow>,
    ) -> Result<Opened, Error> {
        let jobs = Jobs::open(&self.state_folder)?;
        let open = self.desk.journal(&jobs, order.id, spec)?;
        let (outbox, begun) = (self.outbox.clone(), self.begun);
        outbox.send(Event::JobBegun(order.id, open.id().to_string()));
        let walked = match self.look_for_obstacles(&jobs, order, &open, &mut client)? {
            Look::Clear(walked) => walked,
            Look::Blocked(obstacles) => return Ok(Opened::Blocked(obstacles)),
        };
        self.desk.begin(order.id).map_err(|_wish| Error::Cancelled)?;
        let voice = Voice { id: order.id, direction: order.direction, outbox, begun, questions };
        let (steering, telling) = job::start(open, order, (client, walked), voice)?;
        Ok(Opened::Working(steering, telling))
    }

    /// How a job ends that did not come to work, unless something else was wished of it meanwhile.
    fn not_begun(self: &Arc<Self>, id: JobId, end: JobEnd) -> JobEnd {
        match self.desk.end(id) {
            Some(Wish::Cancel) => {
                self.cancel_journal(id, None);
                JobEnd::Cancelled
            }
            Some(Wish::Pause) => JobEnd::Cancelled,
            None => end,
        }
    }

    /// Begins the journal of a job that waits. Where that fails the job says so once it starts.
    pub(super) fn begin_journal(&self, id: JobId) -> Option<String> {
        let jobs = Jobs::open(&self.state_folder).ok()?;
        self.desk.begin_journal(&jobs, id).ok().flatten()
    }

    /// Gives a job up by its journal. One that is gone already is as it should be.
    pub(super) fn cancel_journal(self: &Arc<Self>, id: JobId, key: Option<String>) {
        self.change_journal(self.desk.key(id).or(key), |jobs, id| self.give_up(jobs, id));
    }

    /// Forgets a job, by its journal. One that stopped before its end is given up with it.
    pub(super) fn forget_journal(self: &Arc<Self>, key: String) {
        self.change_journal(Some(key), |jobs, id| {
            self.give_up(jobs, id)?;
            jobs.clear(id)
        });
    }

    /// Gives a job up that no thread works on, and what its server holds of it.
    fn give_up(self: &Arc<Self>, jobs: &Jobs, id: &jobs::JobId) -> Result<(), Error> {
        self.abandon(jobs.cancel(id)?.server_parts);
        Ok(())
    }

    /// Has the server forget parts of a job that was given up, if it can be reached; else it sweeps
    /// them in its own time. Returns at once.
    fn abandon(self: &Arc<Self>, parts: Vec<TransferId>) {
        if parts.is_empty() {
            return;
        }
        let link = Arc::clone(self);
        let abandon = move || {
            // Opened without the session's lock, which others wait for; who leaves the server
            // stops it.
            let login =
                |session: &Session| (session.client.opener(), session.client.cancel().clone());
            let login = link.session.lock().as_ref().map(login);
            if let Some(Ok(mut client)) = login.map(|(opener, cancel)| opener.open(cancel)) {
                // What stays is shown among the server's unfinished uploads.
                client.abandon_parts(&parts).unwrap_or_default();
            }
        };
        // Without a thread they stay, too.
        drop(thread::Builder::new().name("ferry-abandon".to_owned()).spawn(abandon));
    }

    fn change_journal(
        &self,
        key: Option<String>,
        call: impl FnOnce(&Jobs, &jobs::JobId) -> Result<(), Error>,
    ) {
        let Some(id) = key.and_then(|key| key.parse().ok()) else { return };
        if let Err(err) = Jobs::open(&self.state_folder).and_then(|jobs| call(&jobs, &id)) {
            let problem = problem::of_client(text::CANNOT_NOTE.to_owned(), &err);
            let (side, problem) = (Side::Here, Some(problem));
            self.outbox.send(Event::Changed { side, made: None, problem });
        }
    }

    /// Tells the window of jobs on this server that an earlier one began, and of journals that
    /// cannot be used.
    pub(super) fn find_jobs(&self) {
        let mut unusable = None;
        let found = self.with_client(|client| {
            let jobs = Jobs::open(&self.state_folder)?;
            let listed = jobs.list()?;
            unusable = job::unusable(&listed);
            Ok(job::found(client, &jobs, listed))
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

//! What the lanes and the planner of one job share, and how they are started and joined.

use super::conflict::{ConflictId, Next, Parked, Ruled, Ruling, Tray};
use super::queue::{Feed, Inbox, Queue};
use super::report::FinalOutcome;
use super::unsynced::Unsynced;
use super::{FileOutcome, JobOptions, JobReport, Rule};
use crate::client::Client;
use crate::connection::Connection;
use crate::site::Site;
use crate::sync::{AtomicBool, AtomicU64, Mutex, Scope, scope, spawn_in};
use crate::{Cancel, Conflict, Error, random};
use ferry_protocol::UndoGroup;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

const CONNECTIONS_MAX: usize = 16;
/// Longest wait before it is looked whether the job was stopped.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// One job while it runs.
pub(super) struct Job<'a> {
    pub(super) site: Arc<Site>,
    pub(super) cancel: Cancel,
    pub(super) options: &'a JobOptions,
    pub(super) conflicts: Arc<Tray>,
    /// The rule that it began with.
    pub(super) began_with: Rule,
    /// All that this job replaces belongs to it.
    undo_group: Option<UndoGroup>,
    report: Mutex<JobReport>,
    /// A connection that is between two requests, for whoever needs one next.
    spare: Mutex<Option<Connection>>,
    /// What the server has and may lose.
    pub(super) unsynced: Mutex<Unsynced>,
    is_stopped: AtomicBool,
    is_planned: AtomicBool,
    /// Files that were planned and have not ended.
    pub(super) open_files: AtomicU64,
}

impl<'a> Job<'a> {
    pub(super) fn new(client: &mut Client, options: &'a JobOptions) -> Self {
        let (site, cancel) = (Arc::clone(client.site()), client.cancel().clone());
        Self { spare: Mutex::new(client.take_connection().ok()), ..Self::at(site, cancel, options) }
    }

    /// A job that has no connection yet.
    pub(super) fn at(site: Arc<Site>, cancel: Cancel, options: &'a JobOptions) -> Self {
        let new_tray = || Arc::new(Tray::new(options.rule));
        let conflicts = options.tray.clone().unwrap_or_else(new_tray);
        Self {
            site,
            cancel,
            options,
            began_with: conflicts.rule(),
            conflicts,
            undo_group: None,
            report: Mutex::default(),
            spare: Mutex::default(),
            unsynced: Mutex::default(),
            is_stopped: AtomicBool::new(false),
            is_planned: AtomicBool::new(false),
            open_files: AtomicU64::new(0),
        }
    }

    /// A job that changes the server: what it replaces can be brought back together, whatever
    /// process goes on with it.
    pub(super) fn that_changes(client: &mut Client, options: &'a JobOptions) -> Self {
        let noted = options.journal.as_ref().map(|journal| journal.undo_group());
        let undo_group = noted.or_else(|| random::undo_group().ok());
        Self { undo_group, ..Self::new(client, options) }
    }

    /// Runs the planner and the lanes to their ends, and brings back what was set aside.
    pub(super) fn run<T: Ruled + Send, H: Send>(
        &self,
        plan: impl FnOnce(Feed<'_, T, H>) -> Result<(), Error> + Send,
        lane: impl Fn(&Inbox<'_, T, H>, &Parked<T>) -> Result<(), Error> + Sync,
    ) {
        self.is_planned.store(false, Ordering::SeqCst);
        let (queue, parked) = (Queue::new(), Parked::new());
        self.run_over(&queue, &parked, plan, lane);
        if self.is_noted() {
            queue.into_rest().chain(parked.into_rest()).for_each(Ruled::leave);
        }
        self.close_tray();
    }

    fn run_over<T: Ruled + Send, H: Send>(
        &self,
        queue: &Queue<T, H>,
        parked: &Parked<T>,
        plan: impl FnOnce(Feed<'_, T, H>) -> Result<(), Error> + Send,
        lane: impl Fn(&Inbox<'_, T, H>, &Parked<T>) -> Result<(), Error> + Sync,
    ) {
        let (feed, lane) = (queue.feed(), &lane);
        scope(|scope| {
            for _ in 0..self.lane_count() {
                let inbox = queue.inbox();
                // It holds its inbox until its error is told, or the planner would tell that
                // nobody takes anything.
                self.start(scope, "ferry-lane", move || self.stop_on(lane(&inbox, parked)));
            }
            let decided = queue.feed();
            self.start(scope, "ferry-conflicts", move || {
                self.stop_on(self.settle(&decided, parked));
            });
            let planned = plan(feed);
            self.options.progress.planned();
            self.stop_on(planned);
            self.is_planned.store(true, Ordering::SeqCst);
            self.conflicts.wake();
        });
    }

    fn start<'scope>(
        &'scope self,
        scope: Scope<'scope, '_>,
        name: &str,
        work: impl FnOnce() + Send + 'scope,
    ) {
        if let Err(source) = spawn_in(scope, name, work) {
            self.stop_on(Err(Error::local("start", "a thread".as_ref(), source)));
        }
    }

    /// Brings files back to the lanes as their conflicts are decided, until none can come any
    /// more. Without a tray of the caller's it is also who asks, one question at a time.
    fn settle<T: Ruled, H>(
        &self,
        decided: &Feed<'_, T, H>,
        parked: &Parked<T>,
    ) -> Result<(), Error> {
        let asks = self.options.tray.is_none();
        while !self.is_over() {
            self.check()?;
            let next =
                if asks { self.conflicts.next(TICK) } else { self.conflicts.next_decided(TICK) };
            match next {
                Next::Decided(id, conflict, ruling) => {
                    self.note_decision(&conflict, ruling);
                    if let Some(item) = parked.take(id) {
                        decided.bring_back(item.ruled(ruling));
                    }
                }
                Next::Undecided(id, conflict) => {
                    let answer = self.site.questions.conflict(&conflict);
                    self.conflicts.decide(id, answer);
                }
                Next::Stop => return Err(Error::Cancelled),
                Next::Nothing => {}
            }
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.is_planned.load(Ordering::SeqCst) && self.open_files.load(Ordering::SeqCst) == 0
    }

    /// A file is about to be given to the lanes.
    pub(super) fn add_file(&self, size: u64) {
        let is_new = !self.is_proving();
        self.options.progress.add_planned(u64::from(is_new), size);
        self.open_files.fetch_add(1, Ordering::SeqCst);
    }

    /// The ruling on a conflict; `None` when somebody has to decide, see [`Self::set_aside`].
    pub(super) fn rule_on(&self, conflict: &Conflict) -> Option<Ruling> {
        if self.is_proving() && conflict.present.1 == conflict.coming.1 {
            // It has the time that this job gave it, and not the content: the server lost that.
            return Some(Ruling::Replace);
        }
        let decided = self.options.journal.as_ref().and_then(|journal| journal.decision(conflict));
        decided.or_else(|| self.conflicts.rule_on(conflict))
    }

    /// The ruling on any conflict without a look at it, if there is one.
    pub(super) fn rule_at_once(&self) -> Option<Ruling> {
        if self.is_proving() { None } else { self.conflicts.at_once() }
    }

    /// Sets a file aside until its conflict is decided. Waits where too many wait already.
    pub(super) fn set_aside<T>(
        &self,
        parked: &Parked<T>,
        item: T,
        conflict: Conflict,
    ) -> Result<(), Error> {
        let id: ConflictId = self.conflicts.next_id();
        // First, so that what came of it is left for another process should this one stop here.
        parked.insert(id, item);
        while !self.conflicts.wait_for_room(TICK) {
            self.check()?;
        }
        if let Some(journal) = &self.options.journal {
            journal.conflict_waits(&conflict);
        }
        self.conflicts.add(id, conflict);
        Ok(())
    }

    /// Lanes of this job.
    pub(super) fn lane_count(&self) -> usize {
        self.options.connections.clamp(1, CONNECTIONS_MAX)
    }

    /// A connection: the spare one, or a new one.
    pub(super) fn open(&self) -> Result<Connection, Error> {
        self.check()?;
        let connection = match self.take_spare() {
            Some(connection) if !connection.is_going() => connection,
            _ => self.site.open(&self.cancel)?,
        };
        if let Some(account) = &connection.account {
            self.unsynced.lock().note_epoch(account.epoch);
        }
        Ok(connection)
    }

    pub(super) fn take_spare(&self) -> Option<Connection> {
        self.spare.lock().take()
    }

    /// A connection whose changes belong to this job.
    pub(super) fn open_for_changes(&self) -> Result<Connection, Error> {
        let mut connection = self.open()?;
        connection.name_undo_group(self.undo_group)?;
        Ok(connection)
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

    /// Whether anything was told that failed.
    pub(super) fn has_failures(&self) -> bool {
        self.report.lock().failed_count > 0
    }

    pub(super) fn add_folders(&self, count: u64) {
        self.report.lock().folders_done += count;
    }

    /// All folders are told of again.
    pub(super) fn count_folders_anew(&self) {
        self.report.lock().folders_done = 0;
    }

    /// The first error that ends the job is the one to tell.
    pub(super) fn stop_on(&self, ended: Result<(), Error>) {
        let Err(err) = ended else { return };
        let mut report = self.report.lock();
        if report.stopped.is_none() {
            report.stopped = Some(err);
        }
        // Last: whoever sees it finds the cause told already.
        self.is_stopped.store(true, Ordering::SeqCst);
    }

    pub(super) fn end(self, client: &mut Client) -> JobReport {
        if let Some(mut connection) = self.spare.lock().take()
            && (self.undo_group.is_none() || connection.name_undo_group(None).is_ok())
        {
            client.put_connection_back(connection);
        }
        self.into_report()
    }

    pub(super) fn into_report(self) -> JobReport {
        let mut report = self.report.into_inner();
        report.undo_group = self.undo_group;
        report
    }
}

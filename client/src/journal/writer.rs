//! The journal of a job that this process works on: what it knows of earlier runs, and the way
//! into the thread that writes it.

use super::done::DoneSet;
use super::note::Note;
use super::outbox::Outbox;
use super::read::{self, read};
use super::record::{Counts, JobId};
use super::thread::{OnWish, Writer};
use super::{DoneKey, Ended, Held, JournalError, Lock, StoredState, UnderWay, Unusable, schema};
use crate::job::{Rule, Ruling};
use crate::sync::{self, Mutex};
use crate::{Conflict, Progress};
use ferry_protocol::{Digest, Timestamp, TransferId, UndoGroup};
use rusqlite::Connection;
use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;

/// The journal of a job that this process works on. Dropped, it writes what it was told.
#[derive(Debug)]
pub struct Journal {
    outbox: Arc<Outbox>,
    thread: Option<JoinHandle<Result<(), JournalError>>>,
    salt: Vec<u8>,
    id: JobId,
    /// Counts the runs of the job, from 1.
    run: u16,
    done: DoneSet,
    decisions: HashMap<Vec<u8>, (Conflict, Ruling)>,
    /// Big files that an earlier run began; each is taken out by whoever goes on with it.
    begun: Mutex<HashMap<Vec<u8>, UnderWay>>,
    /// Targets with rows of their own, which go when their file ends.
    with_rows: Mutex<HashSet<Vec<u8>>>,
    _lock: Lock,
}

impl Journal {
    /// Opens the journal of a job whose lock this process holds, reads what earlier runs left,
    /// and starts to write. The numbers are those of `progress`.
    pub(crate) fn start(
        path: &Path,
        id: JobId,
        lock: Lock,
        progress: Arc<Progress>,
        on_wish: OnWish,
    ) -> Result<Self, JournalError> {
        let store = schema::open(path)?;
        read::check_whole(path, &store)?;
        let failed = |err| JournalError::of_store(path, &err);
        let salt = read(path, store.query_row("SELECT salt FROM job", [], |row| row.get(0)))?;
        let (done, begun) = (read(path, read::done(&store))?, read(path, read::under_way(&store))?);
        let decisions = read(path, read::decisions(&store))?;
        let run = begin_run(&store).map_err(failed)?;
        let rows = begun.iter().map(|one| one.target.clone()).chain(decisions.keys().cloned());
        let with_rows = Mutex::new(rows.collect());
        let begun = begun.into_iter().map(|one| (one.target.clone(), one)).collect();
        let outbox = Arc::<Outbox>::default();
        let writer = Writer { store, progress, on_wish, counts: Counts::default(), bytes_noted: 0 };
        let taker = Taker { outbox: Arc::clone(&outbox) };
        let own_path = path.to_path_buf();
        let thread = std::thread::Builder::new()
            .name("ferry-journal".to_owned())
            .spawn(move || read(&own_path, writer.run(&taker.outbox)))
            .map_err(|source| JournalError::new(path, Unusable::Io(source)))?;
        Ok(Self {
            outbox,
            thread: Some(thread),
            salt,
            id,
            run,
            done,
            decisions,
            begun: Mutex::new(begun),
            with_rows,
            _lock: lock,
        })
    }

    /// A journal whose notes somebody else takes.
    #[cfg(test)]
    pub(super) fn over(
        outbox: Arc<Outbox>,
        lock: Lock,
        decisions: HashMap<Vec<u8>, (Conflict, Ruling)>,
    ) -> Self {
        Self {
            outbox,
            thread: None,
            salt: Vec::new(),
            id: JobId::random().unwrap(),
            run: 1,
            done: DoneSet::default(),
            with_rows: Mutex::new(decisions.keys().cloned().collect()),
            decisions,
            begun: Mutex::default(),
            _lock: lock,
        }
    }

    /// The group under which a server keeps what this job replaces, in every run of it.
    pub(crate) fn undo_group(&self) -> UndoGroup {
        let digest = Digest::of(&[b"undo group ", self.salt.as_slice()].concat());
        UndoGroup(digest.as_bytes().first_chunk().copied().unwrap_or_default())
    }

    /// What stands for a file in one state.
    pub(crate) fn key(
        &self,
        source: &[u8],
        target: &[u8],
        size: u64,
        modified: Timestamp,
    ) -> DoneKey {
        DoneKey::of(&self.salt, source, target, size, modified)
    }

    /// The id under which this job sends a small file to a target, in every run of it.
    pub(crate) fn small_transfer(&self, source: &[u8], target: &[u8]) -> TransferId {
        let name = [b"small ", self.salt.as_slice()].concat();
        TransferId(DoneKey::of(&name, source, target, 0, Timestamp(0)).0)
    }

    /// Whether an earlier run did anything.
    pub(crate) fn has_done(&self) -> bool {
        !self.done.is_empty()
    }

    /// Whether an earlier run did this file.
    pub(crate) fn was_done(&self, key: DoneKey) -> bool {
        self.done.contains(key)
    }

    /// What was decided in an earlier run about this conflict, if it is the same still.
    pub(crate) fn decision(&self, conflict: &Conflict) -> Option<Ruling> {
        let (decided, ruling) = self.decisions.get(&conflict.target)?;
        (decided == conflict).then_some(*ruling)
    }

    /// What an earlier run began of a file; given out once.
    pub(crate) fn take_begun(&self, target: &[u8]) -> Option<UnderWay> {
        self.begun.lock().remove(target)
    }

    /// How the names of this run's staged files begin.
    pub(crate) fn part_prefix(&self) -> String {
        format!("{}{:04x}", self.any_part_prefix(), self.run)
    }

    /// Whether a file's name is that of a staged file of an earlier run of this job.
    pub(crate) fn is_old_part(&self, name: &[u8]) -> bool {
        name.starts_with(self.any_part_prefix().as_bytes())
            && !name.starts_with(self.part_prefix().as_bytes())
    }

    fn any_part_prefix(&self) -> String {
        format!(".ferry-part-{}", self.id)
    }

    /// Whether a staged file belongs to what an earlier run began.
    pub(crate) fn has_begun_part(&self, part: &Path) -> bool {
        let begun = self.begun.lock();
        begun.values().any(|one| matches!(&one.held, Held::InPart(path) if path == part))
    }

    /// A big file is about to be moved. Returns once that is known to whoever may have to go on
    /// with it, so that none of its bytes is moved in vain.
    pub(crate) fn file_begun(&self, under_way: UnderWay) {
        self.with_rows.lock().insert(under_way.target.clone());
        let (committed, commit) = sync_channel(1);
        self.outbox.note(Note::Begun(under_way, committed));
        // An error means that the journal cannot be written; the job goes on all the same.
        sync::recv(&commit).ok();
    }

    /// A file ended. `target` is the one that was wanted, `key` what stands for it if it is done.
    pub(crate) fn file_ended(
        &self,
        key: Option<DoneKey>,
        source: &[u8],
        target: &[u8],
        ended: Ended,
    ) {
        let has_rows = self.with_rows.lock().remove(target);
        if !has_rows && !matches!(ended, Ended::Failed(_)) {
            return self.outbox.ended(key, &ended);
        }
        let (source, target) = (source.to_vec(), target.to_vec());
        self.outbox.note(Note::Ended { key, source, target, has_rows, ended });
    }

    /// Files that had ended are on the server's stable storage now.
    pub(crate) fn files_synced(&self, files: Vec<DoneKey>) {
        if !files.is_empty() {
            self.outbox.note(Note::Synced(files));
        }
    }

    pub(crate) fn conflict_waits(&self, conflict: &Conflict) {
        self.with_rows.lock().insert(conflict.target.clone());
        self.outbox.note(Note::Waiting(conflict.clone()));
    }

    pub(crate) fn conflict_decided(&self, conflict: &Conflict, ruling: Ruling) {
        self.outbox.note(Note::Decided(conflict.clone(), ruling));
    }

    pub(crate) fn rule_changed(&self, rule: Rule) {
        self.outbox.note(Note::Rule(rule));
    }

    /// Notes how the run ended and waits until all is on stable storage. The lock is held until
    /// the journal is dropped.
    pub(crate) fn end(
        &mut self,
        state: StoredState,
        stopped: Option<String>,
    ) -> Result<(), JournalError> {
        self.outbox.note(Note::Over(state, stopped));
        self.join()
    }

    fn join(&mut self) -> Result<(), JournalError> {
        self.outbox.close();
        let ended = self.thread.take().map(JoinHandle::join);
        ended.unwrap_or(Ok(Ok(()))).unwrap_or_else(|_panic| {
            let source = io::Error::other("its thread panicked");
            Err(JournalError::new(Path::new("journal"), Unusable::Io(source)))
        })
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Whoever wants to know how it went asks `end`.
        drop(self.join());
    }
}

/// The thread's end of the outbox: once it is dropped, be it by a panic, nobody waits for it.
struct Taker {
    outbox: Arc<Outbox>,
}

impl Drop for Taker {
    fn drop(&mut self) {
        self.outbox.abandon();
    }
}

/// What earlier runs counted is counted anew, and their failures may not be failures any more.
fn begin_run(store: &Connection) -> rusqlite::Result<u16> {
    store.pragma_update(None, "synchronous", "normal")?;
    store.execute_batch(
        "BEGIN;
         DELETE FROM failure;
         DELETE FROM conflict WHERE choice IS NULL;
         UPDATE job SET state = 0, stopped = NULL, wish = 0, files_done = 0, already_there = 0,
                        skipped = 0, failed = 0, files_total = 0, bytes_done = 0, bytes_total = 0,
                        run = (run + 1) % 65536;
         COMMIT",
    )?;
    store.query_row("SELECT run FROM job", [], |row| row.get(0))
}

//! The thread that writes a journal: notes gather in a bounded outbox and are committed
//! together, soon enough that the death of the process costs little, and brought to stable
//! storage every second, so that the death of the machine costs not much more.

use super::codes::Wish;
use super::note::{signed, write};
use super::outbox::{Batch, Outbox};
use super::record::Counts;
use crate::{Progress, sys};
use rusqlite::{Connection, params};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longest time that a note waits for its commit.
const COMMIT_AFTER: Duration = Duration::from_millis(50);
/// Time between two looks at the numbers of the job, and at what others wish.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Time after which what was committed is on stable storage.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// Called by the journal's thread when somebody outside wants the job to stop.
pub(crate) type OnWish = Box<dyn Fn(Wish) + Send>;

pub(super) struct Writer {
    pub(super) store: Connection,
    pub(super) progress: Arc<Progress>,
    pub(super) on_wish: OnWish,
    pub(super) counts: Counts,
    pub(super) bytes_noted: u64,
}

impl Writer {
    pub(super) fn run(mut self, outbox: &Outbox) -> rusqlite::Result<()> {
        let (mut looked, mut synced, mut is_synced) = (Instant::now(), Instant::now(), true);
        loop {
            let (batch, is_over) = outbox.take(LOOK_EVERY, COMMIT_AFTER);
            if is_over {
                self.store.pragma_update(None, "synchronous", "full")?;
            }
            let is_time_to_look = looked.elapsed() >= LOOK_EVERY;
            if !batch.is_empty() || (is_time_to_look && self.has_moved()) || is_over {
                self.commit(batch)?;
                is_synced = false;
            }
            if is_time_to_look {
                looked = Instant::now();
                self.look_for_wish()?;
            }
            if is_over || (!is_synced && synced.elapsed() >= SYNC_EVERY) {
                sync(&self.store)?;
                (synced, is_synced) = (Instant::now(), true);
            }
            if is_over {
                return Ok(());
            }
        }
    }

    fn has_moved(&self) -> bool {
        self.progress.snapshot().bytes_done != self.bytes_noted
    }

    fn commit(&mut self, batch: Batch) -> rusqlite::Result<()> {
        let all = self.store.transaction()?;
        let Batch { notes, mut keys, ended, .. } = batch;
        self.counts.add_ended(ended);
        let mut awaited = Vec::new();
        for note in notes {
            awaited.extend(write(&all, note, &mut self.counts, &mut keys)?);
        }
        if !keys.is_empty() {
            all.execute("INSERT INTO done VALUES (?1)", [keys])?;
        }
        let now = self.progress.snapshot();
        let counts = self.counts;
        all.execute(
            "UPDATE job SET updated = ?1, files_done = ?2, already_there = ?3, skipped = ?4,
                            failed = ?5, files_total = ?6, bytes_done = ?7, bytes_total = ?8",
            params![
                sys::now().0,
                signed(counts.files_done),
                signed(counts.already_there),
                signed(counts.skipped),
                signed(counts.failed),
                signed(now.files_total),
                signed(now.bytes_done),
                signed(now.bytes_total),
            ],
        )?;
        self.bytes_noted = now.bytes_done;
        all.commit()?;
        // Whoever waited for it may be gone.
        for committed in awaited {
            committed.send(()).ok();
        }
        Ok(())
    }

    fn look_for_wish(&self) -> rusqlite::Result<()> {
        let code = self.store.query_row("SELECT wish FROM job", [], |row| row.get(0))?;
        if let Some(wish) = Wish::of_code(code) {
            (self.on_wish)(wish);
            self.store.execute("UPDATE job SET wish = 0", [])?;
        }
        Ok(())
    }
}

/// Brings all that was committed to stable storage, as far as no reader is in the way.
fn sync(store: &Connection) -> rusqlite::Result<()> {
    store.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}

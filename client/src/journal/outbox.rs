//! Notes on their way to the thread that writes them. Most tell of a file that is done: they
//! become 16 bytes and a number here, and wake nobody, for there is one in every few
//! microseconds of a job of small files. The thread looks when it is time to commit.

use super::note::Note;
use super::{Counts, DoneKey, Ended};
use crate::sync::{Condvar, Mutex, now};
use std::time::Duration;

/// Notes that one commit takes.
const NOTES_MAX: usize = 1024;
/// Files without a note of their own that one commit takes.
const ENDED_MAX: usize = 64 * 1024;
/// Longest wait before it is looked whether the thread is there still.
const TICK: Duration = Duration::from_secs(1);

/// What one commit writes.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Notes, oldest first.
    pub(super) notes: Vec<Note>,
    /// Keys of files that are done, one after another.
    pub(super) keys: Vec<u8>,
    /// How files ended that have no note of their own.
    pub(super) ended: Counts,
    ended_count: usize,
}

/// The way of notes to the thread.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    state: Mutex<State>,
    /// There is something, or something that cannot wait.
    arrived: Condvar,
    /// There is room again.
    taken: Condvar,
}

#[derive(Debug, Default)]
struct State {
    batch: Batch,
    /// Somebody waits for the commit.
    is_urgent: bool,
    /// Nothing comes any more.
    is_closed: bool,
    /// Nobody takes anything any more.
    is_abandoned: bool,
}

impl Batch {
    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.notes.is_empty() && self.ended_count == 0
    }

    fn is_full(&self) -> bool {
        self.notes.len() >= NOTES_MAX || self.ended_count >= ENDED_MAX
    }
}

impl Outbox {
    /// Takes a note. Waits while too much is under way.
    pub(super) fn note(&self, note: Note) {
        let is_awaited = matches!(note, Note::Begun(..));
        self.add(is_awaited, |batch| batch.notes.push(note));
    }

    /// Takes note of a file that ended and has no rows of its own.
    pub(super) fn ended(&self, key: Option<DoneKey>, ended: &Ended) {
        self.add(false, |batch| {
            batch.keys.extend(key.iter().flat_map(|key| key.0));
            batch.ended.count(ended);
            batch.ended_count += 1;
        });
    }

    fn add(&self, is_urgent: bool, add: impl FnOnce(&mut Batch)) {
        let mut state = self.state.lock();
        while state.batch.is_full() && !state.is_abandoned {
            self.taken.wait_for(&mut state, TICK);
        }
        if state.is_abandoned {
            // Whoever waits for the commit finds its channel closed.
            return;
        }
        let was_empty = state.batch.is_empty();
        add(&mut state.batch);
        state.is_urgent |= is_urgent;
        if was_empty || is_urgent || state.batch.is_full() {
            self.arrived.notify_one();
        }
    }

    /// Nothing comes any more: the thread is to write what there is, and end.
    pub(super) fn close(&self) {
        self.state.lock().is_closed = true;
        self.arrived.notify_one();
    }

    /// Nobody takes anything any more; what is there is forgotten.
    pub(super) fn abandon(&self) {
        let mut state = self.state.lock();
        state.is_abandoned = true;
        state.batch = Batch::default();
        self.taken.notify_all();
    }

    /// Waits for what is to be written: up to `idle` for anything, and then up to `gather` for
    /// more. Returns it, and whether nothing comes any more.
    pub(super) fn take(&self, idle: Duration, gather: Duration) -> (Batch, bool) {
        let mut state = self.state.lock();
        if state.batch.is_empty() && !state.is_closed {
            self.arrived.wait_for(&mut state, idle);
        }
        let until = now() + gather;
        while !(state.batch.is_empty()
            || state.batch.is_full()
            || state.is_urgent
            || state.is_closed)
        {
            if self.arrived.wait_until(&mut state, until).timed_out() {
                break;
            }
        }
        state.is_urgent = false;
        self.taken.notify_all();
        (std::mem::take(&mut state.batch), state.is_closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;
    use std::thread;

    const LONG: Duration = Duration::from_mins(10);

    #[test]
    fn what_waits_for_its_commit_is_taken_at_once() {
        let outbox = Outbox::default();
        let (committed, _commit) = sync_channel(1);
        let under_way = crate::journal::UnderWay {
            target: b"/a".to_vec(),
            size: 1,
            modified: ferry_protocol::Timestamp(0),
            held: crate::journal::Held::InPart("/part".into()),
        };
        let (batch, is_over) = thread::scope(|scope| {
            let taker = scope.spawn(|| outbox.take(LONG, LONG));
            outbox.ended(None, &Ended::Skipped);
            outbox.ended(Some(DoneKey([7; 16])), &Ended::Done);
            outbox.note(Note::Begun(under_way, committed));
            taker.join().unwrap()
        });
        assert_eq!((batch.notes.len(), batch.keys.as_slice(), is_over), (1, &[7; 16][..], false));
        assert_eq!(batch.ended, Counts { files_done: 1, skipped: 1, ..Counts::default() });
    }

    #[test]
    fn a_thread_that_is_gone_holds_nobody_up() {
        let outbox = Outbox::default();
        for _ in 0..ENDED_MAX {
            outbox.ended(None, &Ended::Done);
        }
        thread::scope(|scope| {
            let waiting = scope.spawn(|| outbox.ended(None, &Ended::Done));
            outbox.abandon();
            waiting.join().unwrap();
        });
        outbox.close();
        let (batch, is_over) = outbox.take(LONG, LONG);
        assert!(batch.is_empty() && is_over);
    }
}

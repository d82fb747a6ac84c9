//! A journal that is kept in memory, for jobs under a simulated scheduler, and its outbox there.

use super::note::Note;
use super::outbox::Outbox;
use super::{Held, Journal, Lock, UnderWay};
use crate::Conflict;
use crate::job::{Rule, Ruling};
use crate::sync::simulation::{explore, point};
use ferry_protocol::{Timestamp, TransferId};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What such a journal holds.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) decisions: HashMap<Vec<u8>, (Conflict, Ruling)>,
    pub(crate) rule: Option<Rule>,
    /// What was noted of each target, in order, in one letter each.
    told: HashMap<Vec<u8>, String>,
    ended: u64,
}

/// Begins a journal with what an earlier run kept. The thread ends once the journal is dropped.
pub(crate) fn begin(lock: &Path, mut kept: Kept) -> (Journal, shuttle::thread::JoinHandle<Kept>) {
    let outbox = Arc::<Outbox>::default();
    let lock = Lock::take(lock).unwrap();
    let journal = Journal::over(Arc::clone(&outbox), lock, kept.decisions.clone());
    let thread = shuttle::thread::spawn(move || {
        loop {
            let (batch, is_over) = outbox.take(Duration::from_millis(250), GATHER);
            point();
            kept.ended += batch.ended.files_done;
            batch.notes.into_iter().for_each(|note| kept.keep(note));
            if is_over {
                return kept;
            }
        }
    });
    (journal, thread)
}

impl Kept {
    fn keep(&mut self, note: Note) {
        match note {
            Note::Ended { target, .. } => {
                self.decisions.remove(&target);
                self.tell(target, 'e');
            }
            Note::Begun(under_way, committed) => {
                self.tell(under_way.target, 'b');
                committed.send(()).unwrap();
            }
            Note::Waiting(conflict) => self.tell(conflict.target, 'w'),
            Note::Decided(conflict, ruling) => {
                self.tell(conflict.target.clone(), 'd');
                self.decisions.insert(conflict.target.clone(), (conflict, ruling));
            }
            Note::Rule(rule) => self.rule = Some(rule),
            Note::Synced(_) | Note::Over(..) => {}
        }
    }

    fn tell(&mut self, target: Vec<u8>, what: char) {
        self.told.entry(target).or_default().push(what);
    }
}

/// Each lane notes a big file with a conflict, and many small ones.
fn note(journal: &Journal, lane: u8) {
    let target = vec![lane];
    let held = Held::ByServer(TransferId([lane; 16]));
    let (size, modified) = (1, Timestamp(0));
    journal.file_begun(UnderWay { target: target.clone(), size, modified, held });
    let conflict =
        Conflict { target: target.clone(), present: (1, Timestamp(0)), coming: (2, Timestamp(0)) };
    journal.conflict_waits(&conflict);
    for _ in 0..SMALL {
        journal.file_ended(None, b"", b"small", super::Ended::Done);
    }
    journal.conflict_decided(&conflict, Ruling::Replace);
    journal.file_ended(None, b"", &target, super::Ended::Done);
}

#[test]
fn notes_of_a_file_keep_their_order_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("lock");
    explore(INTERLEAVINGS, move || {
        let (journal, thread) = begin(&lock, Kept::default());
        let journal = Arc::new(journal);
        let lanes: Vec<_> = (0..LANES)
            .map(|lane| {
                let journal = Arc::clone(&journal);
                shuttle::thread::spawn(move || note(&journal, lane))
            })
            .collect();
        for lane in lanes {
            lane.join().unwrap();
        }
        drop(journal);
        let kept = thread.join().unwrap();
        assert_eq!(kept.ended, u64::from(LANES) * SMALL);
        assert!((0..LANES).all(|lane| kept.told[&vec![lane]] == "bwde"), "{:?}", kept.told);
    });
}

const INTERLEAVINGS: usize = 1_000;
const GATHER: Duration = Duration::from_millis(50);
const LANES: u8 = 3;
const SMALL: u64 = 3;

//! Changing requests of the last ten minutes, by account and operation id: a repeat after a lost
//! connection is answered as the first was, and nothing is done twice.

use super::reply::Committing;
use ferry_protocol::{Answer, Busy, OperationId};
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// The memory of operations. Bounded in time and count.
#[derive(Debug, Default)]
pub(super) struct Operations {
    remembered: Mutex<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    answers: HashMap<Key, Answer>,
    by_age: VecDeque<(Instant, Key)>,
    /// Commits whose connection was lost before they were answered.
    orphans: Vec<(Key, Committing)>,
}

type Key = (String, OperationId);

impl Operations {
    /// The answer that this operation had, if it is remembered; "busy" while it is under way.
    pub(super) fn recall(
        &self,
        account: &str,
        operation: OperationId,
        now: Instant,
    ) -> Option<Answer> {
        let key = (account.to_owned(), operation);
        let mut remembered = self.remembered.lock();
        remembered.settle_orphans(now);
        if remembered.orphans.iter().any(|(orphan, _)| *orphan == key) {
            let text = "the first try is under way".to_owned();
            return Some(Answer::Busy(Busy { retry_after_ms: ORPHAN_RETRY_MS, text }));
        }
        remembered.answers.get(&key).cloned()
    }

    /// Takes over a commit whose connection is gone: its answer is for the one that repeats it.
    pub(super) fn inherit(&self, account: &str, committing: Committing, now: Instant) {
        let Some(operation) = committing.operation else { return };
        let mut remembered = self.remembered.lock();
        remembered.orphans.push(((account.to_owned(), operation), committing));
        remembered.settle_orphans(now);
    }

    /// Remembers an answer. Failures are not remembered: a repeat may succeed.
    pub(super) fn remember(
        &self,
        account: &str,
        operation: OperationId,
        answer: &Answer,
        now: Instant,
    ) {
        self.remembered.lock().keep((account.to_owned(), operation), answer, now);
    }
}

impl Remembered {
    fn keep(&mut self, key: Key, answer: &Answer, now: Instant) {
        if !matches!(answer, Answer::Done | Answer::Stored(_)) {
            return;
        }
        self.forget_old(now);
        if self.answers.insert(key.clone(), answer.clone()).is_none() {
            self.by_age.push_back((now, key));
        }
    }

    /// Remembers what came of the orphans that are finished.
    fn settle_orphans(&mut self, now: Instant) {
        for (key, committing) in std::mem::take(&mut self.orphans) {
            match committing.take() {
                Ok((_, answer)) => self.keep(key, &answer, now),
                Err(committing) => self.orphans.push((key, committing)),
            }
        }
    }

    fn forget_old(&mut self, now: Instant) {
        while let Some((at, _)) = self.by_age.front() {
            let is_old = now.saturating_duration_since(*at) > LIFE;
            if !is_old && self.by_age.len() < COUNT_MAX {
                return;
            }
            if let Some((_, key)) = self.by_age.pop_front() {
                self.answers.remove(&key);
            }
        }
    }
}

/// How long an operation is remembered.
const LIFE: Duration = Duration::from_mins(10);

/// Operations remembered at the most, about 150 bytes each.
const COUNT_MAX: usize = 20_000;

/// When to ask again about an operation that is under way, in milliseconds.
const ORPHAN_RETRY_MS: u32 = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeat_is_known_for_ten_minutes_and_only_to_its_account() {
        let operations = Operations::default();
        let start = Instant::now();
        let id = OperationId([7; 16]);
        operations.remember("ann", id, &Answer::Done, start);
        assert_eq!(operations.recall("ann", id, start), Some(Answer::Done));
        assert_eq!(operations.recall("bob", id, start), None);
        let other = OperationId([8; 16]);
        operations.remember("ann", other, &Answer::Done, start + LIFE * 2);
        assert_eq!(operations.recall("ann", id, start), None);
    }

    #[test]
    fn a_failure_is_not_remembered_and_memory_is_bounded() {
        let operations = Operations::default();
        let now = Instant::now();
        let failure = Answer::Error(ferry_protocol::Fault::new(ferry_protocol::Status::IO, ""));
        operations.remember("ann", OperationId([1; 16]), &failure, now);
        assert_eq!(operations.recall("ann", OperationId([1; 16]), now), None);
        for number in 0..=COUNT_MAX as u128 {
            operations.remember("ann", OperationId(number.to_be_bytes()), &Answer::Done, now);
        }
        assert_eq!(operations.remembered.lock().answers.len(), COUNT_MAX);
    }
}

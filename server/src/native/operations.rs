//! Changing requests of the last ten minutes, by account and operation id: a repeat after a lost
//! connection is answered as the first was, and nothing is done twice.

use ferry_protocol::{Answer, OperationId};
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
}

type Key = (String, OperationId);

impl Operations {
    /// The answer that this operation had, if it is remembered.
    pub(super) fn recall(&self, account: &str, operation: OperationId) -> Option<Answer> {
        self.remembered.lock().answers.get(&(account.to_owned(), operation)).cloned()
    }

    /// Remembers an answer. Failures are not remembered: a repeat may succeed.
    pub(super) fn remember(
        &self,
        account: &str,
        operation: OperationId,
        answer: &Answer,
        now: Instant,
    ) {
        if !matches!(answer, Answer::Done | Answer::Stored(_)) {
            return;
        }
        let key = (account.to_owned(), operation);
        let mut remembered = self.remembered.lock();
        remembered.forget_old(now);
        if remembered.answers.insert(key.clone(), answer.clone()).is_none() {
            remembered.by_age.push_back((now, key));
        }
    }
}

impl Remembered {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeat_is_known_for_ten_minutes_and_only_to_its_account() {
        let operations = Operations::default();
        let start = Instant::now();
        let id = OperationId([7; 16]);
        operations.remember("ann", id, &Answer::Done, start);
        assert_eq!(operations.recall("ann", id), Some(Answer::Done));
        assert_eq!(operations.recall("bob", id), None);
        let other = OperationId([8; 16]);
        operations.remember("ann", other, &Answer::Done, start + LIFE * 2);
        assert_eq!(operations.recall("ann", id), None);
    }

    #[test]
    fn a_failure_is_not_remembered_and_memory_is_bounded() {
        let operations = Operations::default();
        let now = Instant::now();
        let failure = Answer::Error(ferry_protocol::Fault::new(ferry_protocol::Status::IO, ""));
        operations.remember("ann", OperationId([1; 16]), &failure, now);
        assert_eq!(operations.recall("ann", OperationId([1; 16])), None);
        for number in 0..=COUNT_MAX as u128 {
            operations.remember("ann", OperationId(number.to_be_bytes()), &Answer::Done, now);
        }
        assert_eq!(operations.remembered.lock().answers.len(), COUNT_MAX);
    }
}

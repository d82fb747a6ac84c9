//! The tray: conflicts of one job that wait for a decision while everything else goes on.

use super::{Ruling, rule_of};
use crate::job::Rule;
use crate::sync::{Condvar, Mutex};
use crate::{Choice, Conflict, Resolution};
use std::collections::BTreeMap;
use std::time::Duration;

/// Names one conflict of a job while it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConflictId(pub u64);

/// A conflict that waits for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingConflict {
    /// Its number, for [`Tray::resolve`].
    pub id: ConflictId,
    /// The two files.
    pub conflict: Conflict,
}

/// The rule of a job and the conflicts that it leaves to somebody. Shared between the job and
/// whoever decides, from any thread.
#[derive(Debug, Default)]
pub struct Tray {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    rule: Rule,
    next_id: u64,
    waiting: BTreeMap<ConflictId, Waiting>,
    is_stopped: bool,
}

#[derive(Debug)]
struct Waiting {
    conflict: Conflict,
    ruling: Option<Ruling>,
}

/// What is to be done about the conflicts next.
pub(in crate::job) enum Next {
    /// This one was decided.
    Decided(ConflictId, Conflict, Ruling),
    /// This one is the oldest that nobody decided.
    Undecided(ConflictId, Conflict),
    /// Somebody decided to stop the job.
    Stop,
    /// Nothing now.
    Nothing,
}

impl Tray {
    /// Most conflicts that wait at once; from then on the job waits for decisions.
    pub const WAITING_MAX: usize = if cfg!(test) { 2 } else { 10_000 };

    /// An empty tray with a rule for the job.
    #[must_use]
    pub fn new(rule: Rule) -> Self {
        Self { state: Mutex::new(State { rule, ..State::default() }), changed: Condvar::new() }
    }

    /// The rule that holds now.
    #[must_use]
    pub fn rule(&self) -> Rule {
        self.state.lock().rule
    }

    /// The conflicts that nobody decided yet, oldest first.
    #[must_use]
    pub fn waiting(&self) -> Vec<WaitingConflict> {
        let state = self.state.lock();
        let undecided = state.waiting.iter().filter(|(_, waiting)| waiting.ruling.is_none());
        undecided
            .map(|(id, waiting)| WaitingConflict { id: *id, conflict: waiting.conflict.clone() })
            .collect()
    }

    /// How many nobody decided yet.
    #[must_use]
    pub fn waiting_count(&self) -> usize {
        let state = self.state.lock();
        state.waiting.values().filter(|waiting| waiting.ruling.is_none()).count()
    }

    /// Decides one conflict. Returns whether it was still waiting.
    pub fn resolve(&self, id: ConflictId, choice: Choice) -> bool {
        self.decide(id, Some(Resolution { choice, for_all: false }))
    }

    /// Decides all that wait, and whatever comes in the rest of the job.
    pub fn resolve_all(&self, choice: Choice) {
        self.state.lock().decide_all(choice);
        self.changed.notify_all();
    }

    /// The ruling, if it takes no look at the two files.
    pub(in crate::job) fn at_once(&self) -> Option<Ruling> {
        Ruling::of_rule(self.rule())
    }

    /// The ruling of the rule on one conflict; `None` when somebody has to decide.
    pub(in crate::job) fn rule_on(&self, conflict: &Conflict) -> Option<Ruling> {
        Ruling::by_rule(self.rule(), conflict)
    }

    /// Waits at most `time` until there is room for one more; `false` if there is none yet.
    pub(in crate::job) fn wait_for_room(&self, time: Duration) -> bool {
        let mut state = self.state.lock();
        if state.waiting.len() >= Self::WAITING_MAX {
            self.changed.wait_for(&mut state, time);
        }
        state.waiting.len() < Self::WAITING_MAX
    }

    /// A number for a conflict that is about to be added.
    pub(in crate::job) fn next_id(&self) -> ConflictId {
        let mut state = self.state.lock();
        state.next_id += 1;
        ConflictId(state.next_id)
    }

    /// Adds a conflict. The rule may have become one that rules on it since that was looked at.
    pub(in crate::job) fn add(&self, id: ConflictId, conflict: Conflict) {
        let mut state = self.state.lock();
        let ruling = Ruling::by_rule(state.rule, &conflict);
        state.waiting.insert(id, Waiting { conflict, ruling });
        self.changed.notify_all();
    }

    /// Decides one conflict by an answer; without one it is refused. Returns whether it waited.
    pub(in crate::job) fn decide(&self, id: ConflictId, answer: Option<Resolution>) -> bool {
        let was_waiting = self.state.lock().decide(id, answer);
        self.changed.notify_all();
        was_waiting
    }

    /// Waits at most `time` for a change, then says what is next.
    pub(in crate::job) fn next(&self, time: Duration) -> Next {
        let mut state = self.state.lock();
        if let Some(next) = state.next() {
            return next;
        }
        self.changed.wait_for(&mut state, time);
        state.next().unwrap_or(Next::Nothing)
    }

    /// Waits at most `time` for a decision, where none of what waits is to be asked about.
    pub(in crate::job) fn next_decided(&self, time: Duration) -> Next {
        let mut state = self.state.lock();
        if let Some(next) = state.next_decided() {
            return next;
        }
        self.changed.wait_for(&mut state, time);
        state.next_decided().unwrap_or(Next::Nothing)
    }

    /// The rule, unless the last decision was to stop, which rules on nothing.
    pub(in crate::job) fn lasting_rule(&self) -> Option<Rule> {
        let state = self.state.lock();
        (!state.is_stopped).then_some(state.rule)
    }

    /// The run is over, and nothing is decided here any more. Returns the decisions that nobody
    /// took.
    pub(in crate::job) fn close(&self) -> Vec<(Conflict, Ruling)> {
        let waiting = std::mem::take(&mut self.state.lock().waiting).into_values();
        waiting.filter_map(|Waiting { conflict, ruling }| Some((conflict, ruling?))).collect()
    }

    /// Wakes whoever waits for a change.
    pub(in crate::job) fn wake(&self) {
        self.changed.notify_all();
    }
}

impl State {
    fn decide(&mut self, id: ConflictId, answer: Option<Resolution>) -> bool {
        let Some(waiting) = self.waiting.get_mut(&id).filter(|one| one.ruling.is_none()) else {
            return false;
        };
        let Some(Resolution { choice, for_all }) = answer else {
            waiting.ruling = Some(Ruling::Refuse);
            return true;
        };
        match Ruling::of_choice(choice, &waiting.conflict) {
            Some(ruling) => waiting.ruling = Some(ruling),
            None => self.is_stopped = true,
        }
        if for_all {
            self.decide_all(choice);
        }
        true
    }

    fn decide_all(&mut self, choice: Choice) {
        self.rule = rule_of(choice);
        for waiting in self.waiting.values_mut().filter(|waiting| waiting.ruling.is_none()) {
            waiting.ruling = Ruling::of_choice(choice, &waiting.conflict);
        }
        self.is_stopped |= choice == Choice::Stop;
    }

    fn next(&mut self) -> Option<Next> {
        if let Some(next) = self.next_decided() {
            return Some(next);
        }
        let (id, waiting) = self.waiting.first_key_value()?;
        Some(Next::Undecided(*id, waiting.conflict.clone()))
    }

    fn next_decided(&mut self) -> Option<Next> {
        if self.is_stopped {
            return Some(Next::Stop);
        }
        let decided = self.waiting.iter().find(|(_, waiting)| waiting.ruling.is_some());
        let id = *decided?.0;
        let waiting = self.waiting.remove(&id)?;
        Some(Next::Decided(id, waiting.conflict, waiting.ruling?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferry_protocol::Timestamp;

    fn conflict(present: i64, coming: i64) -> Conflict {
        Conflict {
            target: b"/a".to_vec(),
            present: (1, Timestamp(present)),
            coming: (1, Timestamp(coming)),
        }
    }

    fn add(tray: &Tray) -> ConflictId {
        let id = tray.next_id();
        tray.add(id, conflict(1, 2));
        id
    }

    fn ruling(tray: &Tray) -> Option<Ruling> {
        match tray.next(Duration::ZERO) {
            Next::Decided(_, _, ruling) => Some(ruling),
            _ => None,
        }
    }

    #[test]
    fn newer_replaces_only_what_is_older() {
        let tray = Tray::new(Rule::Newer);
        assert_eq!(tray.rule_on(&conflict(1, 2)), Some(Ruling::Replace));
        assert_eq!(tray.rule_on(&conflict(2, 2)), Some(Ruling::Skip));
        assert_eq!(tray.rule_on(&conflict(3, 2)), Some(Ruling::Skip));
    }

    #[test]
    fn a_decision_is_for_one_unless_it_is_for_all() {
        let tray = Tray::new(Rule::Ask);
        let (one, _other) = (add(&tray), add(&tray));
        assert_eq!((tray.rule_on(&conflict(1, 2)), tray.waiting_count()), (None, 2));
        assert!(tray.resolve(one, Choice::Skip) && !tray.resolve(one, Choice::Replace));
        assert_eq!(ruling(&tray), Some(Ruling::Skip));
        assert_eq!((ruling(&tray), tray.rule()), (None, Rule::Ask));
        tray.resolve_all(Choice::KeepBoth);
        assert_eq!(ruling(&tray), Some(Ruling::KeepBoth));
        assert_eq!(tray.at_once(), Some(Ruling::KeepBoth));
    }

    #[test]
    fn nobody_to_ask_refuses_and_stop_ends_the_job() {
        let tray = Tray::new(Rule::Ask);
        let (one, other) = (add(&tray), add(&tray));
        tray.decide(one, None);
        assert_eq!(ruling(&tray), Some(Ruling::Refuse));
        tray.resolve(other, Choice::Stop);
        assert!(matches!(tray.next(Duration::ZERO), Next::Stop));
    }
}

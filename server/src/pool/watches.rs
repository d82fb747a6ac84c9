//! Who looks at the sockets: a few workers, each of which takes what it sees as its next turn, and
//! the lot's thread while they do not get to it.
//!
//! A worker that keeps a watch does so over its turn, which is short as a rule: no thread calls
//! another then, and a change of threads costs more than most turns. There are as many watches as
//! processors are to spare, so that workers do not take each other's place. A turn that is known to
//! be long gives the watch up first; one that proves long loses it. Where all of them are always at
//! a turn, the lot's thread looks too, and what it finds waits in the lanes: small requests come
//! first there, all workers come for it, and its age tells when there is too much to do.

use std::time::{Duration, Instant};

/// The watches, and what the lot's thread does meanwhile.
#[derive(Debug)]
pub(super) struct Watches {
    /// Numbers of the workers that keep one, waiting or at a turn.
    kept: Vec<usize>,
    /// How many may.
    max: usize,
    /// How many of them wait.
    waiting: usize,
    /// Counts up while all of them are found at a turn, and down again when one waits.
    busy_looks: u32,
    guard: Guard,
}

/// What the lot's thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guard {
    /// It watches, or is about to.
    Watches,
    /// It looks after the watches soon again. Whether one took a turn since it looked last.
    Looks { again: bool },
    /// It sleeps until one takes a turn.
    Sleeps,
}

impl Watches {
    /// So many at most; none if the poller cannot be shared.
    pub(super) fn new(max: usize) -> Self {
        Self { kept: Vec::new(), max, waiting: 0, busy_looks: 0, guard: Guard::Watches }
    }

    /// Whether a worker keeps a watch from now on, or kept one before.
    pub(super) fn take(&mut self, worker: usize) -> bool {
        let has_one = self.kept.contains(&worker);
        let takes = !has_one && self.is_one_free();
        if takes {
            self.kept.push(worker);
        }
        has_one || takes
    }

    /// A worker keeps none any more.
    pub(super) fn give_up(&mut self, worker: usize) {
        self.kept.retain(|keeper| *keeper != worker);
    }

    pub(super) fn is_one_free(&self) -> bool {
        self.kept.len() < self.max
    }

    /// One of them waits for sockets.
    pub(super) fn wait(&mut self) {
        self.waiting += 1;
    }

    pub(super) fn stop_waiting(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }

    pub(super) fn is_one_waiting(&self) -> bool {
        self.waiting > 0
    }

    /// Notes that a worker begins a turn; returns whether the lot's thread is to be woken for it.
    pub(super) fn turn_begins(&mut self) -> bool {
        let before = self.guard;
        self.guard = match before {
            Guard::Watches => Guard::Watches,
            _ if self.kept.is_empty() => Guard::Watches,
            _ => Guard::Looks { again: true },
        };
        before != self.guard && (before == Guard::Sleeps || self.guard == Guard::Watches)
    }

    /// Whether the lot's thread watches from now on: no worker does, or they do not get to it.
    pub(super) fn need_guard(&mut self) -> bool {
        let is_overrun = self.waiting == 0 && self.busy_looks >= BUSY_LOOKS;
        let is_needed = self.kept.is_empty() || is_overrun;
        if is_needed {
            self.guard = Guard::Watches;
        }
        is_needed
    }

    /// The lot's thread rests before its next look; returns until when, `until` at most.
    pub(super) fn rest(&mut self, until: Instant) -> Instant {
        let looks_again =
            self.waiting < self.kept.len() || self.guard != Guard::Looks { again: false };
        if !looks_again {
            self.guard = Guard::Sleeps;
            return until;
        }
        self.guard = Guard::Looks { again: false };
        until.min(Instant::now() + LOOK_AGAIN)
    }

    /// The lot's thread looks after the watches: those whose turn `is_long` are free for others.
    pub(super) fn look(&mut self, is_long: impl Fn(usize) -> bool) {
        self.kept.retain(|keeper| !is_long(*keeper));
        self.busy_looks = match self.waiting {
            0 => self.busy_looks.saturating_add(1),
            _ => self.busy_looks / 2,
        };
    }
}

/// How soon the lot's thread looks again whether a watch is at a long turn.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Looks that show that the watches have more to do than they can.
const BUSY_LOOKS: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn begin_turn(watches: &mut Watches, worker: usize) -> bool {
        assert!(watches.take(worker));
        watches.wait();
        watches.stop_waiting();
        watches.turn_begins()
    }

    #[test]
    fn the_lots_thread_watches_while_nobody_does_and_is_woken_for_a_turn() {
        let mut watches = Watches::new(1);
        assert!(watches.need_guard(), "nobody watches yet");
        assert!(watches.take(7) && watches.take(7) && !watches.take(8));
        watches.wait();
        assert!(!watches.need_guard());
        let later = Instant::now() + Duration::from_secs(9);
        assert!(watches.rest(later) < later, "it has watched just now");
        assert_eq!(watches.rest(later), later, "nothing happens");
        watches.stop_waiting();
        assert!(watches.turn_begins());
        assert!(!watches.turn_begins(), "once");
        assert!(watches.rest(later) < later, "it may prove long");
        watches.look(|worker| worker == 7);
        assert!(watches.need_guard() && watches.take(8));
    }

    #[test]
    fn watches_that_never_wait_have_the_lots_thread_come() {
        let mut watches = Watches::new(1);
        begin_turn(&mut watches, 7);
        for _ in 0..BUSY_LOOKS {
            assert!(!watches.need_guard());
            watches.rest(Instant::now());
            watches.look(|_| false);
        }
        assert!(watches.need_guard());
        watches.wait();
        assert!(!watches.need_guard());
        watches.look(|_| false);
        watches.stop_waiting();
        assert!(!watches.need_guard(), "it had time for a wait");
    }
}

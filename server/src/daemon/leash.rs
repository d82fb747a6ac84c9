//! How long the server of a desktop window lives: as long as a window holds it, or somebody wishes
//! that it is kept. A window that was killed lets go like one that was closed, since it holds by a
//! connection.

use parking_lot::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// Who wants a server to go on.
#[derive(Debug, Default)]
pub(super) struct Leash {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    windows: usize,
    is_kept: bool,
    is_cut: bool,
}

/// How long a server waits for its first window, or for the next one.
const PATIENCE: Duration = Duration::from_secs(15);

impl Leash {
    /// One more window holds the server.
    pub(super) fn hold(&self) {
        self.change(|state| state.windows += 1);
    }

    /// A window holds it no more.
    pub(super) fn let_go(&self) {
        self.change(|state| state.windows = state.windows.saturating_sub(1));
    }

    /// Whether the server goes on when no window holds it.
    pub(super) fn keep(&self, is_kept: bool) {
        self.change(|state| state.is_kept = is_kept);
    }

    pub(super) fn is_kept(&self) -> bool {
        self.state.lock().is_kept
    }

    /// How many windows hold the server.
    pub(super) fn windows(&self) -> usize {
        self.state.lock().windows
    }

    /// The server has ended: nobody needs to wait.
    pub(super) fn cut(&self) {
        self.change(|state| state.is_cut = true);
    }

    /// Waits until nobody has wanted the server for a while: true; or until it was cut: false.
    pub(super) fn wait_until_let_go(&self) -> bool {
        self.wait_for(PATIENCE)
    }

    fn wait_for(&self, patience: Duration) -> bool {
        let mut state = self.state.lock();
        let mut unwanted_since = Instant::now();
        while !state.is_cut {
            if state.windows > 0 || state.is_kept {
                self.changed.wait(&mut state);
                unwanted_since = Instant::now();
            } else if self.changed.wait_until(&mut state, unwanted_since + patience).timed_out() {
                return true;
            }
        }
        false
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock());
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_nobody_wants_is_let_go() {
        assert!(Leash::default().wait_for(Duration::ZERO));
        let leash = Leash::default();
        leash.hold();
        leash.let_go();
        assert!(leash.wait_for(Duration::ZERO));
    }

    #[test]
    fn windows_and_the_wish_to_keep_it_hold_a_server() {
        let leash = Leash::default();
        leash.hold();
        leash.hold();
        leash.let_go();
        assert_eq!(leash.windows(), 1);
        leash.keep(true);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| leash.wait_for(Duration::ZERO));
            leash.let_go();
            assert!(leash.is_kept());
            assert!(!waiting.is_finished());
            leash.keep(false);
            assert!(waiting.join().unwrap());
        });
    }

    #[test]
    fn the_end_of_the_server_ends_the_wait() {
        let leash = Leash::default();
        leash.keep(true);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| leash.wait_for(PATIENCE));
            leash.cut();
            assert!(!waiting.join().unwrap());
        });
    }
}

//! Locks, flags and waits where the threads of the server meet. They are those of the libraries;
//! in tests each use is also a point at which a simulated scheduler (`simulation`) may let another
//! thread go on.

#[cfg(test)]
pub(crate) mod simulation;

#[cfg(not(test))]
pub(crate) use parking_lot::Mutex;
#[cfg(test)]
pub(crate) use simulation::{AtomicBool, Mutex};
#[cfg(not(test))]
pub(crate) use std::sync::atomic::AtomicBool;

use crossbeam_channel::{Receiver, RecvError, RecvTimeoutError, select_biased};
use std::time::Instant;

/// Waits for the next value; an error once all senders are gone and nothing is left.
pub(crate) fn recv<T>(values: &Receiver<T>) -> Result<T, RecvError> {
    #[cfg(test)]
    if simulation::is_running() {
        return simulation::recv(values);
    }
    values.recv()
}

/// Waits for the next value until a deadline.
pub(crate) fn recv_deadline<T>(
    values: &Receiver<T>,
    until: Instant,
) -> Result<T, RecvTimeoutError> {
    #[cfg(test)]
    if simulation::is_running() {
        return simulation::recv_or_time_out(values);
    }
    values.recv_deadline(until)
}

/// Waits for the next value of either, of the first if both have one; an error once both are
/// closed and empty.
pub(crate) fn recv_either<T>(first: &Receiver<T>, second: &Receiver<T>) -> Result<T, RecvError> {
    #[cfg(test)]
    if simulation::is_running() {
        return simulation::recv_either(first, second);
    }
    // A closed one is always ready, with nothing; what the other still holds must come out too.
    select_biased! {
        recv(first) -> value => value.or_else(|_| second.recv()),
        recv(second) -> value => value.or_else(|_| first.recv()),
    }
}

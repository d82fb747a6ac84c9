//! Locks, flags and waits where the threads of the server meet. They are those of the libraries;
//! in tests each use is also a point at which a simulated scheduler (`simulation`) may let another
//! thread go on.

#[cfg(test)]
pub(crate) mod simulation;

#[cfg(not(test))]
pub(crate) use parking_lot::{Condvar, Mutex};
#[cfg(test)]
pub(crate) use simulation::{AtomicBool, Condvar, Mutex};
#[cfg(not(test))]
pub(crate) use std::sync::atomic::AtomicBool;

use crossbeam_channel::{Receiver, RecvError, RecvTimeoutError};
use parking_lot::MutexGuard;
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

/// Waits until the bell is rung, without the lock meanwhile.
#[cfg(not(test))]
pub(crate) fn wait<'m, T>(
    bell: &Condvar,
    _: &'m Mutex<T>,
    mut guard: MutexGuard<'m, T>,
) -> MutexGuard<'m, T> {
    bell.wait(&mut guard);
    guard
}

/// The same; the simulated bell takes the lock again itself.
#[cfg(test)]
pub(crate) fn wait<'m, T>(
    bell: &Condvar,
    mutex: &'m Mutex<T>,
    guard: MutexGuard<'m, T>,
) -> MutexGuard<'m, T> {
    bell.wait(mutex, guard)
}

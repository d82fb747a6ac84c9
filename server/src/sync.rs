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

use parking_lot::MutexGuard;
use std::time::Instant;

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

/// The same, but no longer than until `until`.
#[cfg(not(test))]
pub(crate) fn wait_until<'m, T>(
    bell: &Condvar,
    _: &'m Mutex<T>,
    mut guard: MutexGuard<'m, T>,
    until: Instant,
) -> MutexGuard<'m, T> {
    bell.wait_until(&mut guard, until);
    guard
}

/// The same, in simulated time.
#[cfg(test)]
pub(crate) fn wait_until<'m, T>(
    bell: &Condvar,
    mutex: &'m Mutex<T>,
    guard: MutexGuard<'m, T>,
    until: Instant,
) -> MutexGuard<'m, T> {
    bell.wait_until(mutex, guard, until)
}

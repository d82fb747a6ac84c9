//! Locks, flags, waits, threads and the clock where the threads of a job meet. They are those of
//! the libraries; in tests each use is also a point at which a simulated scheduler (`simulation`)
//! may let another thread go on, and time passes by its waits alone.

#[cfg(test)]
pub(crate) mod simulation;

#[cfg(not(test))]
pub(crate) use parking_lot::{Condvar, Mutex};
#[cfg(test)]
pub(crate) use simulation::{AtomicBool, AtomicU64, Condvar, Mutex, Scope, scope};
#[cfg(not(test))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64};
#[cfg(not(test))]
pub(crate) use std::thread::scope;

use std::io;
use std::sync::mpsc::{Receiver, RecvError};
use std::time::Instant;

/// The time by which waits are measured.
pub(crate) fn now() -> Instant {
    #[cfg(test)]
    if simulation::is_running() {
        return simulation::now();
    }
    Instant::now()
}

/// Waits for the next value; an error once all senders are gone and nothing is left.
pub(crate) fn recv<T>(values: &Receiver<T>) -> Result<T, RecvError> {
    #[cfg(test)]
    if simulation::is_running() {
        return simulation::recv(values);
    }
    values.recv()
}

/// What threads are started in that end before it does.
#[cfg(not(test))]
pub(crate) type Scope<'scope, 'env> = &'scope std::thread::Scope<'scope, 'env>;

/// Starts a thread of a scope under a name.
pub(crate) fn spawn_in<'scope>(
    scope: Scope<'scope, '_>,
    name: &str,
    work: impl FnOnce() + Send + 'scope,
) -> io::Result<()> {
    #[cfg(test)]
    let scope = match scope {
        Scope::Real(scope) => scope,
        Scope::Simulated(scope) => {
            drop(scope.spawn(work));
            return Ok(());
        }
    };
    std::thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, work).map(drop)
}

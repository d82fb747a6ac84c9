//! What the lot needs of a poller, and the system's.

use super::slot::Slot;
use crate::door::Interest;
use crate::wake::ConnectionKey;
use std::fmt;
use std::io;
use std::time::Duration;

/// Waits for the sockets of many connections at once. What is armed is told once, however long it
/// was ready before.
pub(crate) trait Poll: Send + Sync + fmt::Debug {
    /// Waits for `interest` from now on. Only what a socket does is waited for here.
    fn arm(&self, slot: &mut Slot, interest: Interest) -> io::Result<()>;

    /// Waits for nothing more of a connection that was armed. Its end may be told all the same.
    fn disarm(&self, slot: &Slot) -> io::Result<()>;

    /// Takes the connection's socket out; only then may it be closed.
    fn forget(&self, slot: &Slot) -> io::Result<()>;

    /// Connections whose interest came true, after at most `patience`; none if it was notified.
    /// One thread waits here at a time.
    fn wait(&self, patience: Duration) -> io::Result<Vec<ConnectionKey>>;

    /// Whether any number of threads may wait by [`Poll::wait_for_one`], besides the other.
    fn is_shared(&self) -> bool;

    /// The next connection whose interest came true, told to this thread alone; `None` if it was
    /// notified. Only where the poller is shared.
    fn wait_for_one(&self) -> io::Result<Option<ConnectionKey>>;

    /// Makes one thread that waits return, or the next one.
    fn notify(&self) -> io::Result<()>;
}

#[cfg(target_os = "linux")]
pub(super) use shared::SharedPoller as SystemPoller;
#[cfg(not(target_os = "linux"))]
pub(super) use single::SinglePoller as SystemPoller;

#[cfg(target_os = "linux")]
mod shared;
#[cfg(any(test, not(target_os = "linux")))]
mod single;
#[cfg(test)]
mod tests;

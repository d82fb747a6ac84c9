//! The thread that removes parts nobody went on with, at the start and once a day, and then counts
//! folders with a quota again; every minute it ends sessions whose account's time is over, and gives
//! up what undo keeps too long or too much of.

use crate::service::Service;
use parking_lot::{Condvar, Mutex};
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// A running sweeper.
#[derive(Debug)]
pub(crate) struct Sweeper {
    signal: Arc<Signal>,
    thread: JoinHandle<()>,
}

impl Sweeper {
    /// Sweeps parts that are idle for longer than `lifetime`.
    pub(crate) fn start(service: &Arc<Service>, lifetime: Duration) -> io::Result<Self> {
        // A sweep may outlast the server, which must not wait for it.
        let (roots, service) = (Arc::clone(service.roots()), Arc::downgrade(service));
        let signal = Arc::<Signal>::default();
        let told = Arc::clone(&signal);
        let thread =
            std::thread::Builder::new().name("ferry-sweeper".to_owned()).spawn(move || {
                for minute in 0_u64.. {
                    if let Some(service) = service.upgrade() {
                        service.end_outdated_sessions();
                    }
                    if minute.is_multiple_of(MINUTES_PER_DAY) {
                        roots.sweep_parts(lifetime);
                    }
                    if minute > 0 && minute.is_multiple_of(MINUTES_PER_DAY) {
                        roots.count_again(lifetime);
                    }
                    roots.sweep_undo();
                    if told.is_stopped_within(INTERVAL) {
                        return;
                    }
                }
            })?;
        Ok(Self { signal, thread })
    }

    /// Stops it. A sweep under way is left to end with the process, for it may walk a long time.
    pub(crate) fn stop(self) {
        self.signal.stop();
        if self.thread.is_finished() && self.thread.join().is_err() {
            tracing::error!("the sweeper panicked");
        }
    }
}

/// Tells the thread to stop.
#[derive(Debug, Default)]
struct Signal {
    is_stopped: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    fn stop(&self) {
        *self.is_stopped.lock() = true;
        self.changed.notify_all();
    }

    fn is_stopped_within(&self, patience: Duration) -> bool {
        let mut is_stopped = self.is_stopped.lock();
        if !*is_stopped {
            self.changed.wait_for(&mut is_stopped, patience);
        }
        *is_stopped
    }
}

/// How often it looks.
const INTERVAL: Duration = Duration::from_mins(1);

/// How often parts are swept and folders counted.
const MINUTES_PER_DAY: u64 = 24 * 60;

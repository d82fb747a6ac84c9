//! The thread that removes parts nobody went on with: at the start, and once a day.

use crate::storage::Storage;
use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// A running sweeper.
#[derive(Debug)]
pub(crate) struct Sweeper {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Sweeper {
    /// Sweeps parts that are idle for longer than `lifetime`.
    pub(crate) fn start(storage: &Arc<dyn Storage>, lifetime: Duration) -> io::Result<Self> {
        let storage = Arc::clone(storage);
        let (stop, stopped) = bounded::<()>(0);
        let thread =
            std::thread::Builder::new().name("ferry-sweeper".to_owned()).spawn(move || {
                loop {
                    match storage.sweep_parts(lifetime.as_secs()) {
                        Ok(0) => {}
                        Ok(count) => tracing::info!(count, "removed unfinished uploads"),
                        Err(err) => tracing::warn!("unfinished uploads could not be swept: {err}"),
                    }
                    if stopped.recv_timeout(INTERVAL) != Err(RecvTimeoutError::Timeout) {
                        return;
                    }
                }
            })?;
        Ok(Self { stop, thread })
    }

    /// Stops it. A sweep under way is left to end with the process, for it may walk a long time.
    pub(crate) fn stop(self) {
        drop(self.stop);
        if self.thread.is_finished() && self.thread.join().is_err() {
            tracing::error!("the sweeper panicked");
        }
    }
}

/// How often parts are swept.
const INTERVAL: Duration = Duration::from_hours(24);

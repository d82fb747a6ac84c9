//! Ctrl-C: the first one stops the work that is running, so that it can clean up; without work,
//! or the second time, it ends the program.

use super::exit::Exit;
use crate::Cancel;
use parking_lot::Mutex;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::sync::Arc;

/// Knows what Ctrl-C stops at the moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupts {
    running: Arc<Mutex<Option<Cancel>>>,
}

/// Work is running for as long as this lives.
#[derive(Debug)]
pub(crate) struct Running<'a>(&'a Interrupts);

impl Interrupts {
    /// Starts to listen for signals. Without this call Ctrl-C does what it does by default.
    pub(crate) fn listen(&self) -> io::Result<()> {
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let own = self.clone();
        std::thread::Builder::new()
            .name("ferry-signals".to_owned())
            .spawn(move || signals.forever().for_each(|_| own.interrupt()))?;
        Ok(())
    }

    /// From now on Ctrl-C stops what `cancel` stops.
    pub(crate) fn running(&self, cancel: &Cancel) -> Running<'_> {
        *self.running.lock() = Some(cancel.clone());
        Running(self)
    }

    fn interrupt(&self) {
        match self.running.lock().as_ref() {
            Some(cancel) if !cancel.is_cancelled() => cancel.cancel(),
            _ => end_program(),
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        *self.0.running.lock() = None;
    }
}

#[expect(clippy::exit, reason = "the main thread may wait for a key and cannot be told to return")]
fn end_program() {
    std::process::exit(i32::from(Exit::Interrupted.code()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_work_is_stopped_first() {
        let interrupts = Interrupts::default();
        let cancel = Cancel::new();
        let running = interrupts.running(&cancel);
        interrupts.interrupt();
        assert!(cancel.is_cancelled());
        drop(running);
        assert!(interrupts.running.lock().is_none());
    }
}

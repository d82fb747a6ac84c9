//! What signals ask for: to end, to end now, to reload.

use super::failure::Failure;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// SIGINT (Ctrl-C) or SIGTERM.
    End,
    /// SIGHUP.
    Reload,
}

#[cfg(unix)]
mod unix {
    use super::{Failure, Signal};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::{Handle, Signals};
    use std::thread::{self, JoinHandle};

    /// Signals that wait for a watcher, from the moment this is made.
    pub(in crate::daemon) struct Caught(Signals);

    /// A watcher, which ends when this is dropped.
    pub(in crate::daemon) struct Watcher {
        handle: Handle,
        thread: Option<JoinHandle<()>>,
    }

    impl Signal {
        fn of(number: i32) -> Self {
            if number == SIGHUP { Self::Reload } else { Self::End }
        }
    }

    impl Caught {
        pub(in crate::daemon) fn new() -> Result<Self, Failure> {
            Signals::new([SIGINT, SIGTERM, SIGHUP]).map(Self).map_err(|err| refused(&err))
        }

        /// Tells `act` of every signal, in a thread of its own.
        pub(in crate::daemon) fn watch(
            mut self,
            act: impl Fn(Signal) + Send + 'static,
        ) -> Result<Watcher, Failure> {
            let handle = self.0.handle();
            let thread = thread::Builder::new()
                .name("signals".to_owned())
                .spawn(move || {
                    for signal in self.0.forever() {
                        act(Signal::of(signal));
                    }
                })
                .map_err(|err| refused(&err))?;
            Ok(Watcher { handle, thread: Some(thread) })
        }
    }

    impl Drop for Watcher {
        fn drop(&mut self) {
            self.handle.close();
            if let Some(thread) = self.thread.take() {
                thread.join().ok();
            }
        }
    }

    fn refused(err: &std::io::Error) -> Failure {
        Failure::refused(format!("cannot listen to signals: {err}"))
    }
}

/// Elsewhere the system ends the process; `ferry-server stop` is the gentle way.
#[cfg(not(unix))]
mod unix {
    use super::{Failure, Signal};

    pub(in crate::daemon) struct Caught;
    pub(in crate::daemon) struct Watcher;

    impl Caught {
        pub(in crate::daemon) fn new() -> Result<Self, Failure> {
            Ok(Self)
        }

        pub(in crate::daemon) fn watch(
            self,
            _act: impl Fn(Signal) + Send + 'static,
        ) -> Result<Watcher, Failure> {
            Ok(Watcher)
        }
    }
}

pub(super) use unix::Caught;

//! The embedded server for real: this executable run again, steered by one thread, so that the
//! window never waits for it.

use super::lodging::Lodging;
use super::steward::{Message, Steward, problem};
use super::{Sharing, Wake};
use crate::state::sharing::{ShareEvent, ShareRequest};
use crate::text::sharing as text;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// Requests and events that may wait. A person makes one at a time.
const QUEUE_MAX: usize = 16;

/// The embedded server of this user.
#[derive(Default)]
pub struct EmbeddedServer {
    lodging: Option<Lodging>,
    running: Option<Running>,
}

impl EmbeddedServer {
    /// One whose state lies elsewhere, and that is another executable than this one.
    #[must_use]
    pub fn at(state_dir: PathBuf, program: PathBuf) -> Self {
        Self { lodging: Some(Lodging { state_dir, program }), running: None }
    }
}

impl fmt::Debug for EmbeddedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedServer").finish_non_exhaustive()
    }
}

/// The thread that steers, and the ways to and from it.
struct Running {
    requests: SyncSender<Message>,
    events: Receiver<ShareEvent>,
    /// Closed when the thread has ended.
    ended: Receiver<()>,
    wake: Wake,
    /// The answer to a wish that the thread does not take.
    refusal: Option<ShareEvent>,
}

/// How long a window that closes waits for the server to be told. One that does not listen goes by
/// itself some seconds after nobody holds it.
const FAREWELL: Duration = Duration::from_secs(2);

impl Sharing for EmbeddedServer {
    fn start(&mut self, wake: Wake) {
        let (requests, messages) = sync_channel(QUEUE_MAX);
        let (outbox, events) = sync_channel(QUEUE_MAX);
        let lodging = self.lodging.clone().map_or_else(Lodging::of_user, Ok);
        let steward = Steward::new(lodging, outbox, requests.clone(), Arc::clone(&wake));
        let (alive, ended) = sync_channel(0);
        let run = move || {
            steward.run(&messages);
            drop(alive);
        };
        // Without its thread the queue is closed, and each wish is refused at once.
        thread::Builder::new().name("share".to_owned()).spawn(run).ok();
        self.running = Some(Running { requests, events, ended, wake, refusal: None });
    }

    fn perform(&mut self, request: ShareRequest) {
        let Some(running) = &mut self.running else { return };
        if running.requests.try_send(Message::Request(request)).is_err() {
            running.refusal = Some(ShareEvent::Failed(problem(text::NOBODY_STEERS)));
            (running.wake)();
        }
    }

    fn try_next(&mut self) -> Option<ShareEvent> {
        let running = self.running.as_mut()?;
        running.refusal.take().or_else(|| running.events.try_recv().ok())
    }
}

impl Drop for Running {
    /// The window closes: a server that is not kept is told to go.
    fn drop(&mut self) {
        if self.requests.try_send(Message::Close).is_ok() {
            // Whether it ended in time or not, the window closes.
            self.ended.recv_timeout(FAREWELL).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_that_nobody_takes_is_answered() {
        let (woken, is_woken) = sync_channel(1);
        let wake: Wake = Arc::new(move || woken.send(()).unwrap());
        // The other ends are gone, as where no thread could be begun.
        let (requests, _) = sync_channel(QUEUE_MAX);
        let (_, events) = sync_channel(QUEUE_MAX);
        let (_, ended) = sync_channel(0);
        let running = Running { requests, events, ended, wake, refusal: None };
        let mut server = EmbeddedServer { lodging: None, running: Some(running) };
        server.perform(ShareRequest::Stop);
        is_woken.try_recv().unwrap();
        assert!(matches!(server.try_next(), Some(ShareEvent::Failed(_))));
        assert_eq!(server.try_next(), None);
    }
}

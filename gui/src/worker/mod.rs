//! The workers: threads that talk to the client library and to this computer's disk, and come
//! back with events. Nothing else knows the client.

mod connect;
mod desk;
mod forget;
mod here;
mod job;
mod jobs;
mod journals;
mod kept;
mod list;
mod obstacles;
mod problem;
mod questions;
mod refused;
mod saved;
mod server;
#[cfg(test)]
mod tests;

use crate::action::Event;
use crate::request::Work;
use crate::state::side::Side;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

/// Asks for a frame, from any thread.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Does the work that the update asks for. Calls return at once.
pub trait Backend {
    /// Called once, before anything else. `wake` is called after each event; `state_folder` is
    /// where saved servers and known keys are kept, `None` for the user's own.
    fn start(&mut self, state_folder: Option<PathBuf>, wake: Wake);

    /// Begins to do what was asked.
    fn perform(&mut self, work: Work);

    /// The next event, if there is one. Never waits.
    fn try_next(&mut self) -> Option<Event>;
}

/// Events that wait for the window; a worker that is faster waits for it.
const EVENTS_MAX: usize = 256;
/// Requests that wait for a thread; more at once are more than a person can make.
const REQUESTS_MAX: usize = 256;

/// How a worker comes back.
#[derive(Clone)]
pub(crate) struct Outbox {
    events: Sender<Event>,
    wake: Wake,
}

impl Outbox {
    /// Sends an event and asks for a frame. Waits while the window is far behind.
    pub(crate) fn send(&self, event: Event) {
        // Nobody listens once the window is gone.
        if self.events.send(event).is_ok() {
            (self.wake)();
        }
    }
}

/// The real workers.
pub struct Workers {
    outbox: Outbox,
    events: Receiver<Event>,
    /// What comes of orders that no thread could take.
    refused: VecDeque<Event>,
    threads: Option<Threads>,
}

/// Where the threads take their requests from.
struct Threads {
    here: Sender<Work>,
    journals: Sender<Work>,
    server: Sender<Work>,
    arranger: Sender<Work>,
    link: Arc<server::Link>,
}

impl Default for Workers {
    fn default() -> Self {
        let (sender, events) = bounded(EVENTS_MAX);
        let outbox = Outbox { events: sender, wake: Arc::new(|| {}) };
        Self { outbox, events, refused: VecDeque::new(), threads: None }
    }
}

impl std::fmt::Debug for Workers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Workers")
    }
}

impl Backend for Workers {
    fn start(&mut self, state_folder: Option<PathBuf>, wake: Wake) {
        self.outbox.wake = wake;
        let folder = state_folder.or_else(ferry_client::state_folder::client).unwrap_or_default();
        let link = Arc::new(server::Link::new(folder.clone(), self.outbox.clone()));
        let (here_link, server_link) = (Arc::clone(&link), Arc::clone(&link));
        let journals_link = Arc::clone(&link);
        let outbox = self.outbox.clone();
        let mut saved = saved::Saved::new(&folder);
        let here = move |work| {
            let wanted = here_link.wanted_on(Side::Here);
            here::Here { saved: &mut saved, outbox: &outbox, wanted }.perform(work);
        };
        self.threads = Some(Threads {
            here: spawn("ferry-here", here),
            journals: spawn("ferry-journals", move |work| journals::perform(&journals_link, work)),
            server: spawn("ferry-server-side", move |work| server_link.perform(work)),
            arranger: spawn("ferry-arrange", arranger(self.outbox.clone())),
            link,
        });
    }

    fn perform(&mut self, work: Work) {
        let Some(threads) = &self.threads else { return };
        threads.link.look_ahead(&work);
        let thread = match &work {
            Work::Arrange { .. } => &threads.arranger,
            Work::Load | Work::SaveServers(_) => &threads.here,
            Work::NoteJob(_) | Work::PauseJob(_) | Work::CancelJob(..) | Work::ForgetJob(_) => {
                &threads.journals
            }
            Work::List { side, .. }
            | Work::MakeFolder(side, _)
            | Work::Rename { side, .. }
            | Work::Remove(side, _) => match side {
                Side::Here => &threads.here,
                Side::Server => &threads.server,
            },
            Work::CancelConnect | Work::Trust(_) | Work::Decide(..) | Work::DecideAll(..) => return,
            Work::Connect(_)
            | Work::ForgetServer(_)
            | Work::Disconnect
            | Work::StartJob(_)
            | Work::Kept { .. } => &threads.server,
        };
        if let Err(TrySendError::Full(work) | TrySendError::Disconnected(work)) =
            thread.try_send(work)
        {
            let was_withdrawn = threads.link.withdraw(&work);
            self.refused.extend(refused::event(work, was_withdrawn));
        }
    }

    fn try_next(&mut self) -> Option<Event> {
        self.refused.pop_front().or_else(|| self.events.try_recv().ok())
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        if let Some(threads) = &self.threads {
            threads.link.stop();
        }
    }
}

/// A thread that does one thing after the other, until nobody asks any more.
fn spawn(name: &str, mut perform: impl FnMut(Work) + Send + 'static) -> Sender<Work> {
    let (sender, receiver) = bounded::<Work>(REQUESTS_MAX);
    let run = move || receiver.into_iter().for_each(&mut perform);
    if let Err(err) = thread::Builder::new().name(name.to_owned()).spawn(run) {
        // Without its thread the queue is closed, and requests for it are void.
        eprintln!("ferry-gui: cannot start a thread: {err}");
    }
    sender
}

fn arranger(outbox: Outbox) -> impl FnMut(Work) + Send {
    move |work| {
        if let Work::Arrange { side, generation, arranging } = work {
            let arranged = arranging.arrange();
            outbox.send(Event::Arranged { side, generation, arranged });
        }
    }
}

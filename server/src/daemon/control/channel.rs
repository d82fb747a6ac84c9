//! The server's end: one thread accepts, one short-lived thread a connection answers.

use super::running::Running;
use super::{Question, Reloaded, Reply, Wish, receive_line, send_line};
use crate::accounts::OwnerSecret;
use crate::daemon::circle::Circle;
use crate::daemon::failure::Failure;
use crate::daemon::report::Report;
use crate::penalties::PenaltyReport;
use crate::state_folder::StateFolder;
use crate::sys;
use parking_lot::Mutex;
use std::io::{self, Read as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq as _;

/// What the channel can do to its server. Nothing here may take long, but a reload.
pub(in crate::daemon) trait Controlled: Send + Sync {
    /// How the server is.
    fn report(&self) -> Report;
    /// Begins to drain; returns at once with the time that this may take.
    fn drain(&self) -> Duration;
    /// Reads the accounts again; says what came of it.
    fn reload(&self) -> Result<Reloaded, String>;
    /// What the owner logs in with.
    fn owner(&self) -> Result<OwnerSecret, String>;
    /// Lets these in, and nobody else.
    fn let_in(&self, circle: Circle) -> Result<Report, String>;
    /// Whether the server goes on when no window holds it.
    fn keep(&self, is_kept: bool) -> Result<(), String>;
    /// A window holds the server from now on, until [`let_go`](Self::let_go).
    fn hold(&self) -> Result<(), String>;
    /// A window that held the server holds it no more.
    fn let_go(&self);
    /// What misbehaviour has cost whom.
    fn penalties(&self) -> PenaltyReport;
    /// Forgets penalties; says how many.
    fn clear_penalties(&self, whom: &str) -> usize;
}

/// An open channel. Dropping it removes `running.json` and stops answering.
pub(in crate::daemon) struct ControlChannel {
    state: StateFolder,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    listener: TcpListener,
    token: String,
    controlled: Arc<dyn Controlled>,
    closing: AtomicBool,
    open: AtomicUsize,
    /// Connections of those who wait for the server's end, which they see by the connection's, and
    /// of windows that hold it.
    open_to_the_end: Mutex<Vec<TcpStream>>,
}

/// From accept to the last byte of the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections at once; more are closed unheard.
const OPEN_MAX: usize = 16;
/// After an accept failed, as for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

impl ControlChannel {
    /// Opens the channel and writes `running.json`. The caller holds the server's lock.
    pub(in crate::daemon) fn open(
        state: &StateFolder,
        controlled: Arc<dyn Controlled>,
    ) -> Result<Self, Failure> {
        let failed = |err: io::Error| {
            Failure::refused(format!("cannot open the control channel on 127.0.0.1: {err}"))
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let running = Running::new(port).map_err(failed)?;
        let shared = Arc::new(Shared {
            listener,
            token: running.token.clone(),
            controlled,
            closing: AtomicBool::new(false),
            open: AtomicUsize::new(0),
            open_to_the_end: Mutex::default(),
        });
        let acceptor = {
            let shared = Arc::clone(&shared);
            let builder = thread::Builder::new().name("control".to_owned());
            builder.spawn(move || accept(&shared)).map_err(failed)?
        };
        let channel = Self { state: state.clone(), shared, acceptor: Some(acceptor) };
        running.write(state).map_err(Failure::refused)?;
        Ok(channel)
    }
}

impl Drop for ControlChannel {
    fn drop(&mut self) {
        if let Err(err) = Running::remove(&self.state) {
            tracing::warn!("{err}");
        }
        self.shared.closing.store(true, Ordering::Release);
        for stream in self.shared.open_to_the_end.lock().iter() {
            // One that is gone already need not be shut.
            stream.shutdown(Shutdown::Read).ok();
        }
        // The acceptor then sees that it is over.
        let woken = sys::wake_acceptor(&self.shared.listener, PATIENCE);
        if let Some(acceptor) = self.acceptor.take().filter(|_| woken) {
            acceptor.join().ok();
        }
    }
}

impl Shared {
    fn keep_until_end(&self, stream: &TcpStream) {
        if let Ok(stream) = stream.try_clone() {
            self.open_to_the_end.lock().push(stream);
        }
    }

    fn forget(&self, stream: &TcpStream) {
        let Ok(peer) = stream.peer_addr() else { return };
        self.open_to_the_end
            .lock()
            .retain(|open| open.peer_addr().is_ok_and(|other| other != peer));
    }
}

fn accept(shared: &Arc<Shared>) {
    loop {
        let accepted = shared.listener.accept();
        if shared.closing.load(Ordering::Acquire) {
            return;
        }
        match accepted {
            Ok((stream, _)) => hand_over(stream, shared),
            Err(err) => {
                tracing::warn!("the control channel cannot accept: {err}");
                thread::sleep(ACCEPT_PAUSE);
            }
        }
    }
}

fn hand_over(stream: TcpStream, shared: &Arc<Shared>) {
    if shared.open.fetch_add(1, Ordering::AcqRel) >= OPEN_MAX {
        shared.open.fetch_sub(1, Ordering::AcqRel);
        return;
    }
    let seat = Seat(Arc::clone(shared));
    let spawned = thread::Builder::new()
        .name("control-answer".to_owned())
        .spawn(move || answer(stream, &seat.0));
    if let Err(err) = spawned {
        tracing::warn!("the control channel has no thread for an answer: {err}");
    }
}

/// Gives its place back, also when the thread could not be made.
struct Seat(Arc<Shared>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

fn answer(mut stream: TcpStream, shared: &Shared) {
    let deadline = Instant::now() + PATIENCE;
    let Ok(line) = receive_line(&mut stream, deadline) else {
        return;
    };
    let question = serde_json::from_slice::<Question>(&line)
        .ok()
        .filter(|question| question.token.as_bytes().ct_eq(shared.token.as_bytes()).into());
    let Some(question) = question else {
        tracing::warn!("a local process spoke to the control channel without its token");
        return;
    };
    let is_held = question.wish == Wish::Hold;
    let reply = reply_to(question.wish, &stream, shared);
    let is_held = is_held && reply == Reply::Done;
    let sent = send_line(&mut stream, &reply, deadline);
    if let Err(err) = &sent {
        tracing::warn!("the control channel could not answer: {err}");
    }
    if is_held {
        if sent.is_ok() {
            wait_for_end(&mut stream);
        }
        shared.forget(&stream);
        shared.controlled.let_go();
    }
}

fn reply_to(wish: Wish, stream: &TcpStream, shared: &Shared) -> Reply {
    let controlled = &shared.controlled;
    let done = |outcome: Result<(), String>| outcome.map_or_else(Reply::Failed, |()| Reply::Done);
    match wish {
        Wish::Status => Reply::Status(Box::new(controlled.report())),
        Wish::Reload => controlled.reload().map_or_else(Reply::Failed, Reply::Reloaded),
        Wish::Penalties => Reply::Penalties(controlled.penalties()),
        Wish::ClearPenalties(whom) => Reply::Cleared(controlled.clear_penalties(&whom)),
        Wish::Owner => controlled.owner().map_or_else(Reply::Failed, Reply::Owner),
        Wish::LetIn(circle) => controlled
            .let_in(circle)
            .map_or_else(Reply::Failed, |report| Reply::Status(Box::new(report))),
        Wish::Keep { is_kept } => done(controlled.keep(is_kept)),
        Wish::Hold => {
            shared.keep_until_end(stream);
            done(controlled.hold())
        }
        Wish::Stop => {
            shared.keep_until_end(stream);
            Reply::Stopping { drain_secs: controlled.drain().as_secs_f64() }
        }
    }
}

/// Waits until the window at the other end is gone, or the server ends and shuts the connection.
fn wait_for_end(stream: &mut TcpStream) {
    let waiting = stream.set_read_timeout(None);
    while waiting.is_ok() {
        match stream.read(&mut [0; 64]) {
            Ok(1..) => {}
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return,
        }
    }
}

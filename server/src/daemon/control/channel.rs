//! The server's end: one thread accepts, one short-lived thread a connection answers.

use super::running::Running;
use super::{Question, Reply, Wish, receive_line, send_line};
use crate::daemon::failure::Failure;
use crate::daemon::report::Report;
use crate::state_folder::StateFolder;
use parking_lot::Mutex;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
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
    fn reload(&self) -> Result<String, String>;
}

/// An open channel. Dropping it removes `running.json` and stops answering.
pub(in crate::daemon) struct ControlChannel {
    state: StateFolder,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    address: SocketAddr,
    token: String,
    controlled: Arc<dyn Controlled>,
    closing: AtomicBool,
    open: AtomicUsize,
    /// Those who wait for the end of the server: they see it by the end of their connection.
    waiting: Mutex<Vec<TcpStream>>,
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
        let failed = |err: std::io::Error| {
            Failure::refused(format!("cannot open the control channel on 127.0.0.1: {err}"))
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let running = Running::new(address.port()).map_err(failed)?;
        let shared = Arc::new(Shared {
            address,
            token: running.token.clone(),
            controlled,
            closing: AtomicBool::new(false),
            open: AtomicUsize::new(0),
            waiting: Mutex::default(),
        });
        let acceptor = {
            let shared = Arc::clone(&shared);
            let builder = thread::Builder::new().name("control".to_owned());
            builder.spawn(move || accept(&listener, &shared)).map_err(failed)?
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
        // Wakes the acceptor, which then sees that it is over.
        let woken = TcpStream::connect_timeout(&self.shared.address, PATIENCE).is_ok();
        if let Some(acceptor) = self.acceptor.take().filter(|_| woken) {
            acceptor.join().ok();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    loop {
        let accepted = listener.accept();
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
    let reply = match question.wish {
        Wish::Status => Reply::Status(shared.controlled.report()),
        Wish::Reload => shared.controlled.reload().map_or_else(Reply::Failed, Reply::Reloaded),
        Wish::Stop => {
            if let Ok(waiting) = stream.try_clone() {
                shared.waiting.lock().push(waiting);
            }
            Reply::Stopping { drain_secs: shared.controlled.drain().as_secs_f64() }
        }
    };
    if let Err(err) = send_line(&mut stream, &reply, deadline) {
        tracing::warn!("the control channel could not answer: {err}");
    }
}

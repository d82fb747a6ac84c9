//! A gate in front of a server: it lets some bytes through, then holds all connections still
//! until it is opened, which ends them. It counts what went through.
#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a test's own proxy may give up")]

use parking_lot::{Condvar, Mutex};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

pub(crate) struct Gate {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    left: u64,
    passed: u64,
    is_stalled: bool,
    times_opened: u32,
}

impl Gate {
    /// Lets `bytes` through, both ways together.
    pub(crate) fn start(to: u16, bytes: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = State { left: bytes, passed: 0, is_stalled: false, times_opened: 0 };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let own = Arc::clone(&shared);
        spawn(move || {
            for near in listener.incoming() {
                let near = near.unwrap();
                // The server may be gone at the end of a test.
                let Ok(far) = TcpStream::connect(("127.0.0.1", to)) else { return };
                let (near2, far2) = (near.try_clone().unwrap(), far.try_clone().unwrap());
                let (one, other) = (Arc::clone(&own), Arc::clone(&own));
                spawn(move || one.pass(near, far));
                spawn(move || other.pass(far2, near2));
            }
        });
        Self { port, shared }
    }

    /// Waits until no more bytes may pass.
    pub(crate) fn wait_until_stalled(&self) {
        let mut state = self.shared.state.lock();
        self.shared.changed.wait_while(&mut state, |state| !state.is_stalled);
    }

    /// Lets everything through from now on, also what is held still.
    pub(crate) fn go_on(&self) {
        let mut state = self.shared.state.lock();
        state.left = u64::MAX;
        state.is_stalled = false;
        self.shared.changed.notify_all();
    }

    /// Ends what is held still, lets `bytes` more through, and returns how many passed before.
    pub(crate) fn open(&self, bytes: u64) -> u64 {
        let mut state = self.shared.state.lock();
        state.left = bytes;
        state.is_stalled = false;
        state.times_opened += 1;
        self.shared.changed.notify_all();
        std::mem::take(&mut state.passed)
    }
}

impl Shared {
    fn pass(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            if !self.admits(count as u64) || to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        drop(from.shutdown(Shutdown::Both));
        drop(to.shutdown(Shutdown::Both));
    }

    fn admits(&self, count: u64) -> bool {
        let mut state = self.state.lock();
        let opened = state.times_opened;
        if state.left < count {
            state.left = 0;
            state.is_stalled = true;
            self.changed.notify_all();
            let is_held = |state: &mut State| state.left < count && state.times_opened == opened;
            self.changed.wait_while(&mut state, is_held);
        }
        if state.times_opened != opened {
            return false;
        }
        state.left -= count;
        state.passed += count;
        true
    }
}

fn spawn(run: impl FnOnce() + Send + 'static) {
    let started = thread::Builder::new().name("gate".to_owned()).spawn(run);
    drop(started.unwrap());
}

//! The sessions that are open, so that one whose right has gone is ended at once, wherever its
//! connection waits.

use crate::accounts::Device;
use crate::wake::{ConnectionKey, Waker};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// All open sessions.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<BTreeMap<ConnectionKey, Open>>);

#[derive(Debug)]
struct Open {
    account: String,
    device: Option<Arc<Device>>,
    waker: Waker,
    is_over: Arc<AtomicBool>,
}

/// A session's place among them; it leaves when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    sessions: Arc<Sessions>,
    key: ConnectionKey,
    is_over: Arc<AtomicBool>,
}

impl Sessions {
    /// Takes a seat for the connection of `waker`.
    pub(super) fn seat(
        self: &Arc<Self>,
        account: &str,
        device: Option<&Arc<Device>>,
        waker: &Waker,
    ) -> Seat {
        let is_over = Arc::<AtomicBool>::default();
        let open = Open {
            account: account.to_owned(),
            device: device.cloned(),
            waker: waker.clone(),
            is_over: Arc::clone(&is_over),
        };
        self.0.lock().insert(waker.key(), open);
        Seat { sessions: Arc::clone(self), key: waker.key(), is_over }
    }

    /// Ends all whose device is revoked, or of whose account `is_gone` says so.
    pub(super) fn end(&self, is_gone: impl Fn(&str) -> bool) {
        let mut woken = Vec::new();
        for open in self.0.lock().values() {
            let is_revoked = open.device.as_ref().is_some_and(|device| device.is_revoked());
            if is_revoked || is_gone(&open.account) {
                open.is_over.store(true, Ordering::Release);
                woken.push(open.waker.clone());
            }
        }
        woken.iter().for_each(Waker::wake);
    }
}

impl Seat {
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.sessions.0.lock().remove(&self.key);
    }
}

//! The sessions that are open, so that one whose right has gone is ended at once, wherever its
//! connection waits.

use super::account::Login;
use crate::accounts::Accounts;
use crate::wake::{ConnectionKey, Waker};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// All open sessions.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<BTreeMap<ConnectionKey, Open>>);

#[derive(Debug)]
struct Open {
    login: Login,
    peer: IpAddr,
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
    /// Takes a seat for the connection of `waker`, which comes from `peer`.
    pub(super) fn seat(self: &Arc<Self>, login: &Login, peer: IpAddr, waker: &Waker) -> Seat {
        let is_over = Arc::<AtomicBool>::default();
        let (login, is_ended) = (login.clone(), Arc::clone(&is_over));
        let open = Open { login, peer, waker: waker.clone(), is_over: is_ended };
        self.0.lock().insert(waker.key(), open);
        Seat { sessions: Arc::clone(self), key: waker.key(), is_over }
    }

    /// Ends all whose login holds good no more, or whose account does not let them in any more, in
    /// the middle of a transfer too: that may take days.
    pub(super) fn end_outdated(&self, accounts: &Accounts) {
        let mut woken = Vec::new();
        for open in self.0.lock().values() {
            if open.login.expect_admitted(accounts, open.peer).is_err() {
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

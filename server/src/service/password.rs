//! The password lane.

use super::account::LoginOutcome;
use super::{Error, Result};
use crate::accounts::Accounts;
use crate::wake::Promise;
use crossbeam_channel::{Sender, TrySendError, bounded};
use ferry_protocol::Secret;
use std::io;
use std::sync::Arc;

/// Password checks in threads of their own, two at a time: they cost 20 ms and 19 MiB each, and
/// a flood of them must take neither the workers nor the memory.
#[derive(Debug)]
pub(super) struct PasswordLane {
    attempts: Sender<Attempt>,
}

/// A password to be checked.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) name: String,
    pub(super) password: Secret,
    pub(super) promise: Promise<LoginOutcome>,
}

impl PasswordLane {
    /// Starts the lane's threads; they end when the lane is dropped.
    pub(super) fn start(accounts: &Arc<Accounts>) -> io::Result<Self> {
        let (attempts, receiver) = bounded::<Attempt>(WAITING_MAX);
        for number in 0..CHECKS_AT_ONCE {
            let accounts = Arc::clone(accounts);
            let receiver = receiver.clone();
            std::thread::Builder::new().name(format!("ferry-password-{number}")).spawn(
                move || {
                    for Attempt { name, password, promise } in receiver {
                        let account = authenticate(&accounts, &name, &password);
                        promise.deliver(account).wake();
                    }
                },
            )?;
        }
        Ok(Self { attempts })
    }

    /// Queues a check, or says that too many wait.
    pub(super) fn check(&self, attempt: Attempt) -> Result<()> {
        self.attempts.try_send(attempt).map_err(|err| match err {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => Error::LoginsBusy,
        })
    }
}

fn authenticate(accounts: &Accounts, name: &str, password: &Secret) -> LoginOutcome {
    if name.is_empty() {
        return accounts.guest();
    }
    accounts.authenticate(name, password.expose())
}

/// Password checks that run at the same time.
const CHECKS_AT_ONCE: usize = 2;

/// Password checks that may wait; beyond that the answer is "busy".
const WAITING_MAX: usize = 64;

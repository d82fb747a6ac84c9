//! The password lane.

use super::account::{Login, LoginOutcome, Redeemed, not_kept};
use super::{Desk, Error, Result};
use crate::accounts::{self, Accounts};
use crate::audit::{Action, Line, Origin, Who};
use crate::penalties::counted_address;
use crate::wake::Promise;
use ferry_protocol::{Redeem, Secret};
use parking_lot::{Condvar, Mutex};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

/// Password checks in threads of their own, two at a time: they cost 20 ms and 19 MiB each, and
/// a flood of them must take neither the workers nor the memory. A name whose logins were refused
/// waits here, not on a thread; and no address fills the lane alone.
#[derive(Debug)]
pub(super) struct PasswordLane {
    shared: Arc<Shared>,
}

/// A password to be checked.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) name: String,
    pub(super) password: Secret,
    pub(super) origin: Origin,
    pub(super) promise: Promise<LoginOutcome>,
}

/// An invitation to be redeemed: it may come with a password to be hashed, and files are written.
#[derive(Debug)]
pub(super) struct Redemption {
    pub(super) redeem: Redeem,
    pub(super) origin: Origin,
    pub(super) promise: Promise<Redeemed>,
}

#[derive(Debug)]
enum Job {
    Check(Attempt),
    Redeem(Redemption),
}

impl Job {
    fn peer(&self) -> IpAddr {
        match self {
            Self::Check(attempt) => attempt.origin.peer.ip(),
            Self::Redeem(redemption) => redemption.origin.peer.ip(),
        }
    }
}

#[derive(Debug)]
struct Shared {
    accounts: Arc<Accounts>,
    desk: Desk,
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    /// In the order of arrival.
    jobs: Vec<(Instant, Job)>,
    is_closed: bool,
}

impl PasswordLane {
    /// Starts the lane's threads; they end when the lane is dropped.
    pub(super) fn start(accounts: &Arc<Accounts>, desk: &Desk) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            accounts: Arc::clone(accounts),
            desk: desk.clone(),
            waiting: Mutex::default(),
            changed: Condvar::new(),
        });
        let lane = Self { shared };
        for number in 0..CHECKS_AT_ONCE {
            let shared = Arc::clone(&lane.shared);
            std::thread::Builder::new()
                .name(format!("ferry-password-{number}"))
                .spawn(move || shared.run())?;
        }
        Ok(lane)
    }

    /// Queues a check, or says that too many wait.
    pub(super) fn check(&self, attempt: Attempt) -> Result<()> {
        let now = Instant::now();
        let due = now + self.shared.desk.penalties.patience(&attempt.name, now);
        self.queue(due, Job::Check(attempt))
    }

    /// Queues a redemption, or says that too many wait.
    pub(super) fn redeem(&self, redemption: Redemption) -> Result<()> {
        self.queue(Instant::now(), Job::Redeem(redemption))
    }

    fn queue(&self, due: Instant, job: Job) -> Result<()> {
        let address = counted_address(job.peer());
        let mut waiting = self.shared.waiting.lock();
        let from_there =
            waiting.jobs.iter().filter(|(_, other)| counted_address(other.peer()) == address);
        if from_there.count() >= WAITING_PER_ADDRESS || waiting.jobs.len() >= WAITING_MAX {
            return Err(Error::LoginsBusy);
        }
        waiting.jobs.push((due, job));
        self.shared.changed.notify_one();
        Ok(())
    }
}

impl Drop for PasswordLane {
    fn drop(&mut self) {
        self.shared.waiting.lock().is_closed = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn run(&self) {
        while let Some(job) = self.next() {
            match job {
                Job::Check(attempt) => {
                    let account = self.authenticate(&attempt);
                    attempt.promise.deliver(account).wake();
                }
                Job::Redeem(Redemption { redeem, origin, promise }) => {
                    promise.deliver(self.redeem(&redeem, origin)).wake();
                }
            }
        }
    }

    /// The next job whose time has come; `None` when the lane is closed.
    fn next(&self) -> Option<Job> {
        let mut waiting = self.waiting.lock();
        loop {
            if waiting.is_closed {
                return None;
            }
            let now = Instant::now();
            if let Some(at) = waiting.jobs.iter().position(|(due, _)| *due <= now) {
                return Some(waiting.jobs.remove(at).1);
            }
            match waiting.jobs.iter().map(|(due, _)| *due).min() {
                Some(due) => {
                    self.changed.wait_until(&mut waiting, due);
                }
                None => self.changed.wait(&mut waiting),
            }
        }
    }

    fn authenticate(&self, attempt: &Attempt) -> LoginOutcome {
        let Attempt { name, password, origin, .. } = attempt;
        let account = if name.is_empty() {
            self.accounts.guest()
        } else {
            self.accounts.authenticate(name, password.expose())
        };
        if account.is_none() {
            let is_known = self.accounts.account(name).is_some();
            self.desk.penalties.wrong_login(origin.peer.ip(), name, is_known, Instant::now());
            // A name that there is not may be a password in the wrong field: it is not kept.
            let account = is_known.then(|| name.clone());
            let who = Who { account, origin: *origin };
            let why = if is_known { "wrong password" } else { "no account of this name" };
            self.desk.log.record(Line::new(&who, Action::LogIn).failed(why));
        }
        account
    }

    fn redeem(&self, redeem: &Redeem, origin: Origin) -> Redeemed {
        let refused = match self.accounts.redeem(redeem, origin.peer.ip()) {
            Ok(proved) => return Ok(Login::of_device(proved)),
            Err(accounts::Error::InvitationUnknown | accounts::Error::Unknown(_)) => {
                Error::InvitationUnknown
            }
            Err(accounts::Error::InvitationEnded) => Error::InvitationEnded,
            Err(accounts::Error::InvitationUsed) => Error::InvitationUsed,
            Err(accounts::Error::NotFromHere) => return Err(Error::NotFromHere),
            Err(accounts::Error::AccountEnded) => return Err(Error::AccountEnded),
            Err(accounts::Error::DevicesFull(_)) => return Err(Error::DevicesFull),
            Err(err) => return Err(not_kept(&err)),
        };
        self.desk.refuse_credential(origin, "an invitation that is not good");
        Err(refused)
    }
}

/// Password checks that run at the same time.
const CHECKS_AT_ONCE: usize = 2;

/// Password checks that may wait, in all and from one address; beyond that the answer is "busy".
const WAITING_MAX: usize = 256;
const WAITING_PER_ADDRESS: usize = 16;

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
use std::time::{Duration, Instant};

/// Password checks in threads of their own, two at a time: they cost 20 ms and 19 MiB each, and
/// a flood of them must take neither the workers nor the memory. A name whose logins were refused
/// waits here, not on a thread, among places of its own kind: who guesses fills those, and not the
/// places of others. No address fills the lane alone.
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
    queued: Vec<Queued>,
    is_closed: bool,
}

#[derive(Debug)]
struct Queued {
    due: Instant,
    /// Whether it has to wait for what was refused before.
    is_put_off: bool,
    job: Job,
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

    /// Queues a check, or says that too many wait. The guest has nothing to be checked, and waits
    /// for nobody.
    pub(super) fn check(&self, attempt: Attempt) -> Result<()> {
        if attempt.name.is_empty() {
            self.shared.check(attempt);
            return Ok(());
        }
        let patience = self.shared.desk.penalties.patience(&attempt.name, Instant::now());
        self.queue(patience, Job::Check(attempt))
    }

    /// Queues a redemption, or says that too many wait.
    pub(super) fn redeem(&self, redemption: Redemption) -> Result<()> {
        self.queue(Duration::ZERO, Job::Redeem(redemption))
    }

    fn queue(&self, patience: Duration, job: Job) -> Result<()> {
        let (due, is_put_off) = (Instant::now() + patience, !patience.is_zero());
        let address = counted_address(job.peer());
        let mut waiting = self.shared.waiting.lock();
        let from_there = waiting.count(|other| counted_address(other.job.peer()) == address);
        let of_its_kind = waiting.count(|other| other.is_put_off == is_put_off);
        if from_there >= WAITING_PER_ADDRESS || of_its_kind >= WAITING_MAX {
            return Err(Error::LoginsBusy);
        }
        waiting.queued.push(Queued { due, is_put_off, job });
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

impl Waiting {
    fn count(&self, is_meant: impl Fn(&Queued) -> bool) -> usize {
        self.queued.iter().filter(|queued| is_meant(queued)).count()
    }
}

impl Shared {
    fn run(&self) {
        while let Some(job) = self.next() {
            match job {
                Job::Check(attempt) => self.check(attempt),
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
            if let Some(at) = waiting.queued.iter().position(|queued| queued.due <= now) {
                return Some(waiting.queued.remove(at).job);
            }
            match waiting.queued.iter().map(|queued| queued.due).min() {
                Some(due) => {
                    self.changed.wait_until(&mut waiting, due);
                }
                None => self.changed.wait(&mut waiting),
            }
        }
    }

    fn check(&self, attempt: Attempt) {
        let account = self.authenticate(&attempt);
        attempt.promise.deliver(account).wake();
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

/// Password checks that may wait of each kind, those of names that were refused before and the
/// others, and from one address; beyond that the answer is "busy".
const WAITING_MAX: usize = 256;
const WAITING_PER_ADDRESS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::AuditLog;
    use crate::config::PenaltyRules;
    use crate::penalties::Penalties;
    use crate::wake::{ConnectionKey, Pending, Wake, Waker, promise};
    use ferry_protocol::Rights;
    use std::net::{Ipv4Addr, SocketAddr};

    struct Nowhere;

    impl Wake for Nowhere {
        fn wake(&self, _: ConnectionKey) {}
    }

    fn log_in(lane: &PasswordLane, name: &str, from: [u8; 4]) -> Result<Pending<LoginOutcome>> {
        let (promise, pending) = promise(&Waker::new(1, Arc::new(Nowhere)), None);
        let origin = Origin { peer: SocketAddr::from((Ipv4Addr::from(from), 7)), door: "ferry" };
        let (name, password) = (name.to_owned(), Secret::new(b"guess"));
        lane.check(Attempt { name, password, origin, promise }).map(|()| pending)
    }

    /// Sixteen addresses that guessed at one name filled the lane with attempts that had to wait:
    /// every other password, link and guest was sent away meanwhile.
    #[test]
    fn those_who_are_put_off_take_no_place_of_others() {
        let state = tempfile::tempdir().unwrap();
        let accounts = Arc::new(Accounts::open(state.path(), Some(Rights::read_only())).unwrap());
        let log = AuditLog::unwritten();
        let penalties = Arc::new(Penalties::new(PenaltyRules::default(), log.clone()));
        for _ in 0..10 {
            penalties.wrong_login([10, 9, 9, 9].into(), "ann", false, Instant::now());
        }
        let lane = PasswordLane::start(&accounts, &Desk { penalties, log }).unwrap();
        let mut waiting = Vec::new();
        for number in 0..=u8::MAX {
            waiting.push(log_in(&lane, "ann", [10, 0, 0, number / 16]).unwrap());
        }
        assert!(matches!(log_in(&lane, "ann", [10, 0, 1, 0]), Err(Error::LoginsBusy)));
        log_in(&lane, "bob", [10, 0, 1, 0]).unwrap();
        let guest = log_in(&lane, "", [10, 0, 0, 0]).unwrap();
        assert!(guest.take().unwrap().is_some(), "at once");
    }
}

//! System calls that fail: each call that the disk answers, each time it is made, fails once; or
//! the process is killed in it. strace does both. Which calls there are is seen in a run without
//! a fault, and one that is in no list fails the run, so that no list is ever too short.

mod download;
mod table;
mod trace;
mod upload;

use super::{Stage, ensure};
use crate::failure::Failure;
use crate::random::Random;
use download::Downloads;
use table::Fault;
use trace::{Place, Profile, Threads};
use upload::{Act, Uploads, Victim};

/// Each fails with an error of the disk.
pub(super) fn fail(stage: &mut Stage) -> Result<String, Failure> {
    each_call(stage, Fault::Broken, 24)
}

/// Each that can finds the disk full.
pub(super) fn full(stage: &mut Stage) -> Result<String, Failure> {
    each_call(stage, Fault::Full, 10)
}

/// Each that can finds the quota of the server's user used up.
pub(super) fn over_quota(stage: &mut Stage) -> Result<String, Failure> {
    each_call(stage, Fault::OverQuota, 6)
}

/// The server dies in each.
pub(super) fn kill(stage: &mut Stage) -> Result<String, Failure> {
    each_call(stage, Fault::Killed, 16)
}

/// Calls that a signal can interrupt where nothing is wrong.
const INTERRUPTED: &[&str] = &[
    "pwrite64",
    "recvfrom,recvmsg,readv",
    "sendto,sendmsg,writev",
    "epoll_wait,epoll_pwait,epoll_pwait2",
];

/// Each is interrupted every second time it is made, and the upload comes whole at the first try.
pub(super) fn interrupt(stage: &mut Stage) -> Result<String, Failure> {
    let uploads = Uploads::make(stage)?;
    for calls in INTERRUPTED {
        let injection = format!("{calls}:error=EINTR:when=1+2");
        let run = uploads.run(stage, Victim::Server(Threads::All), &injection, true);
        let run = run.map_err(|err| Failure::new(format!("with {injection}: {err}")))?;
        ensure(run.is_whole, || format!("with {injection} the first upload failed"))?;
        ensure(run.struck.is_some(), || format!("nobody makes {calls}"))?;
    }
    Ok(format!("{} kinds of calls", INTERRUPTED.len()))
}

/// The client's calls fail while it sends.
pub(super) fn fail_put(stage: &mut Stage) -> Result<String, Failure> {
    let uploads = Uploads::make(stage)?;
    let mut told = Vec::new();
    for act in [Act::GoOn, Act::Replace] {
        let profile = uploads.profile_of_client(stage, act)?;
        for fault in [Fault::Broken, Fault::Full] {
            let strike = |stage: &Stage, place: &Place| {
                let injection = place.injection(fault);
                let run = uploads.run(stage, Victim::Client(act), &injection, true);
                let run =
                    run.map_err(|err| Failure::new(format!("{act:?}, {injection}: {err}")))?;
                Ok(run.struck.is_some())
            };
            told.push(strike_at(stage, &profile, fault, 6, strike)?);
        }
    }
    Ok(told.join("; "))
}

/// The client's calls fail while it fetches.
pub(super) fn fail_get(stage: &mut Stage) -> Result<String, Failure> {
    let downloads = Downloads::make(stage)?;
    let mut told = Vec::new();
    for act in download::ACTS {
        let profile = downloads.profile(stage, act)?;
        for fault in [Fault::Broken, Fault::Full, Fault::Killed] {
            let strike = |stage: &Stage, place: &Place| {
                let injection = place.injection(fault);
                let was_hit = downloads.run(stage, act, &injection);
                was_hit.map_err(|err| Failure::new(format!("{act:?}, {injection}: {err}")))
            };
            told.push(strike_at(stage, &profile, fault, 6, strike)?);
        }
    }
    Ok(told.join("; "))
}

/// A fault in every call that the server makes in an upload.
fn each_call(stage: &mut Stage, fault: Fault, quick: usize) -> Result<String, Failure> {
    let uploads = Uploads::make(stage)?;
    let profile = uploads.profile_of_server(stage)?;
    let strike = |stage: &Stage, place: &Place| {
        let (thread, injection) = (&place.thread, place.injection(fault));
        // What undo keeps makes way where there is no room.
        let keeps_past = matches!(fault, Fault::Broken | Fault::Killed);
        let victim = Victim::Server(Threads::Named(thread));
        let run = uploads.run(stage, victim, &injection, keeps_past);
        let run = run.map_err(|err| Failure::new(format!("{thread}, {injection}: {err}")))?;
        Ok(run.struck.is_some())
    };
    strike_at(stage, &profile, fault, quick, strike)
}

/// Strikes at each place: every call of every thread until it is not made any more, or in a quick
/// run at `quick` places, as the seed has it.
fn strike_at(
    stage: &mut Stage,
    profile: &Profile,
    fault: Fault,
    quick: usize,
    strike: impl Fn(&Stage, &Place) -> Result<bool, Failure>,
) -> Result<String, Failure> {
    let mut random: Random = stage.random.branch();
    let is_wanted = |call: &str| fault.may_strike(call);
    let mut hits = 0;
    if stage.quick {
        let (some, in_all) = profile.some_places(quick, is_wanted, &mut random);
        for place in &some {
            hits += usize::from(strike(stage, place)?);
        }
        ensure(hits > 0, || "no fault came about".to_owned())?;
        let left_out = in_all.saturating_sub(hits);
        return Ok(format!("{hits} {fault:?}, {left_out} places left out"));
    }
    let mut kinds = 0;
    for (thread, call, times) in profile.calls().filter(|(_, call, _)| is_wanted(call)) {
        let place = |when| Place { thread: thread.to_owned(), call: call.to_owned(), when };
        let mut when = 1;
        while strike(stage, &place(when))? {
            when += 1;
            ensure(when <= times * 3 + 50, || format!("{thread} makes {call} without an end"))?;
        }
        hits += usize::try_from(when - 1).unwrap_or(0);
        kinds += 1;
    }
    ensure(hits > 0, || "no fault came about".to_owned())?;
    Ok(format!("{hits} {fault:?}, each of {kinds} kinds of calls until it is made no more"))
}

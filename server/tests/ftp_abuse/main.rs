//! That nothing is left behind: after each abuse the next client is served, and descriptors and
//! memory are back where they were. A program of its own, for it counts those of its process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod abuse;
#[path = "../support/mod.rs"]
mod support;

use abuse::{ABUSES, descriptors};
use cap::Cap;
use ferry_protocol::Rights;
use ferry_server::accounts::{Clock, Terms};
use rustix::process::{Resource, getrlimit, setrlimit};
use std::alloc::System;
use std::time::{Duration, Instant};
use support::Fixture;
use support::ftp::{assert_still_serving, loopback};

/// Counts the bytes that are in use, those of the clients too, which go with them.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

#[test]
fn abuse_leaves_nothing_behind() {
    let fixture = serve();
    for (name, abuse) in ABUSES {
        // What is made at first use, and grows to a size that it keeps, is no leak.
        for _ in 0..2 {
            abuse(&fixture);
            assert_still_serving(&fixture);
        }
        let before = Held::when_alone(&fixture);
        for _ in 0..3 {
            abuse(&fixture);
            assert_still_serving(&fixture);
        }
        let after = Held::settled(&fixture, before);
        println!("{name}: {before:?}, then {after:?}");
        assert!(after.is_no_more_than(before), "{name}: {before:?} became {after:?}");
    }
}

/// A server that has room for all that is done to it.
fn serve() -> Fixture {
    let mut files = getrlimit(Resource::Nofile);
    files.current = files.maximum;
    setrlimit(Resource::Nofile, files).unwrap();
    let terms = Terms { quota: Some(100_000), ..Terms::new(Rights::read_write()) };
    let change = |config: &mut ferry_server::config::Config| {
        config.guest = Some(Rights::read_write());
        config.limits.connections_max = 4000;
        config.limits.before_login_max = 3000;
        config.limits.before_login_per_address = 3000;
        config.limits.connections_per_address = 4000;
        config.penalties.exempt = vec!["127.0.0.1".parse().unwrap()];
        let mut ftp = loopback();
        ftp.active = true;
        config.ftp = Some(ftp);
    };
    support::serve_on_terms_with(&[("ann", terms)], Clock::default(), change).0
}

/// What the process holds.
#[derive(Clone, Copy, Debug)]
struct Held {
    descriptors: usize,
    bytes: usize,
}

impl Held {
    fn now() -> Self {
        Self { descriptors: descriptors(), bytes: MEMORY.allocated() }
    }

    /// When the server has let go of all connections.
    fn when_alone(fixture: &Fixture) -> Self {
        while fixture.server.counters().connections > 0 {
            std::thread::yield_now();
        }
        // A socket may be closed, and its memory freed, a moment after its connection was counted
        // out: the least of several looks is what is really held.
        let until = Instant::now() + Duration::from_millis(300);
        let mut least = Self::now();
        while Instant::now() < until {
            let now = Self::now();
            least.descriptors = least.descriptors.min(now.descriptors);
            least.bytes = least.bytes.min(now.bytes);
            std::thread::yield_now();
        }
        least
    }

    /// As soon as it is no more than before; else after a while.
    fn settled(fixture: &Fixture, before: Self) -> Self {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let now = Self::when_alone(fixture);
            if now.is_no_more_than(before) || Instant::now() > until {
                return now;
            }
        }
    }

    fn is_no_more_than(self, before: Self) -> bool {
        self.descriptors <= before.descriptors && self.bytes <= before.bytes + SLACK
    }
}

/// Tables that grow by steps, and a line of the record that is on its way.
const SLACK: usize = 64 * 1024;

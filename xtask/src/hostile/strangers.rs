//! Ten thousand that say nothing and a thousand that do a byte a second, beside those who work.

use super::at_work::{Carrier, ask_until, log_in_until};
use super::slow::{EACH, SlowOne};
use super::{connect_from, serve};
use crate::bench::figures::{Goal, Report, Samples, as_f64};
use crate::failure::{During as _, Failure};
use crate::ferry::{Server, Status};
use crate::load::Connection;
use crate::workspace::Programs;
use crate::{process, sys};
use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// How many strangers, and for how long.
struct Size {
    silent: usize,
    /// Of each of the four kinds of slow ones.
    slow_each: usize,
    /// From the accept to the end of a handshake: all have come, and are measured, before it.
    handshake_secs: u64,
    /// For a transfer that hardly moves.
    stall_secs: u64,
    /// How long they drip while others work; shorter than a message and a stall may last.
    window: Duration,
}

const WHOLE: Size = Size {
    silent: 10_000,
    slow_each: 250,
    handshake_secs: 60,
    stall_secs: 30,
    window: Duration::from_secs(10),
};
const QUICK: Size = Size {
    silent: 500,
    slow_each: 12,
    handshake_secs: 15,
    stall_secs: 10,
    window: Duration::from_secs(3),
};

impl Size {
    fn strangers(&self) -> usize {
        self.silent + 4 * self.slow_each
    }

    /// Room for all: here they are ended by deadlines, and none by a cap.
    fn configuration(&self) -> String {
        let Self { handshake_secs, stall_secs, .. } = self;
        format!(
            "[limits]\nconnections_max = 13000\nbefore_login_max = 12500\n\
             handshake_secs = {handshake_secs}\nstall_secs = {stall_secs}\n"
        )
    }

    fn share(&self, count: usize) -> f64 {
        (as_f64(count) / as_f64(self.strangers())).min(1.0)
    }
}

/// Opens them, measures beside them, and waits for their end.
pub(super) fn run(programs: &Programs, is_quick: bool, report: &mut Report) -> Result<(), Failure> {
    let size = if is_quick { QUICK } else { WHOLE };
    if sys::raise_open_files().during("limit of open files")? < size.strangers() as u64 + 1000 {
        return Err(Failure::new("too few open files are allowed: raise the limit (ulimit -Hn)"));
    }
    let room = tempfile::tempdir().during("room")?;
    let server = serve(programs, room.path(), &size.configuration())?;
    let large = File::create(room.path().join("share/large")).during("large file")?;
    large.set_len(LARGE_LEN).during("large file")?;
    let mut at_work = Connection::log_in(server.address)?;
    let before = process::memory_kib(server.pid(), "VmRSS")?;
    let mut crowd = Crowd::open(server.address, &size)?;
    let begin = wait_until_all_are_there(&server, size.strangers())?;
    // Before the others work, which takes memory too.
    let after = process::memory_kib(server.pid(), "VmRSS")?;
    let seen = Seen::beside(&mut crowd, &server, room.path(), &mut at_work, size.window)?;
    let end = Numbers::of(&server)?;
    let there = begin.connections.min(end.connections);
    report.add("strangers who were there throughout, of all", size.share(there), AT_LEAST_ALL);
    report.add("connections that were refused", as_f64(end.refused), Goal::AtMost(0.0));
    drop(at_work);
    let end = wait_for_end(&server, &size)?;
    report.add("strangers whom a deadline ended, of all", size.share(end.timed_out), AT_LEAST_ALL);
    report.add("connections that no deadline ended", as_f64(end.connections), Goal::AtMost(0.0));
    drop(crowd);
    let grown = as_f64(usize::try_from(after.saturating_sub(before)).unwrap_or(usize::MAX));
    seen.judge(grown / 1024.0, is_quick, report);
    stop(server)
}

/// All of them. Who is dropped hangs up.
struct Crowd {
    slow: Vec<SlowOne>,
    _silent: Vec<TcpStream>,
}

impl Crowd {
    /// Those with the longest deadline come last.
    fn open(server: SocketAddr, size: &Size) -> Result<Self, Failure> {
        let started = Instant::now();
        let each = |number| connect_from(number / EACH, server);
        let silent = (0..size.silent).map(each).collect::<Result<Vec<_>, _>>()?;
        let mut slow = SlowOne::greeting(size.slow_each, SLOW_FROM, server)?;
        slow.extend(SlowOne::at_work(size.slow_each, LOGGED_IN_FROM, server)?);
        let count = silent.len() + slow.len();
        println!("hostile: {count} strangers came in {:.1} s", started.elapsed().as_secs_f64());
        Ok(Self { slow, _silent: silent })
    }

    fn drip_until(&mut self, until: Instant) {
        for index in 0.. {
            for one in &mut self.slow {
                one.drip(index);
            }
            if Instant::now() >= until {
                break;
            }
            thread::sleep(Duration::from_secs(1));
        }
    }
}

/// What those at work saw.
struct Seen {
    latencies: Samples,
    guests: Samples,
    people: Samples,
    carried: Samples,
}

impl Seen {
    fn beside(
        crowd: &mut Crowd,
        server: &Server,
        room: &Path,
        at_work: &mut Connection,
        window: Duration,
    ) -> Result<Self, Failure> {
        let carrier = Carrier::new(server, room)?;
        let until = Instant::now() + window;
        thread::scope(|scope| {
            let drip = start(scope, "drip", || crowd.drip_until(until))?;
            let carry = start(scope, "carry", || carrier.carry_until(until))?;
            let log_in = start(scope, "log-in", || log_in_until(server.address, until))?;
            let latencies = ask_until(at_work, until)?;
            let carried = joined(carry)??;
            let (guests, people) = joined(log_in)??;
            joined(drip)?;
            Ok(Self { latencies, guests, people, carried })
        })
    }

    fn judge(&self, grown_mib: f64, is_quick: bool, report: &mut Report) {
        let counts = [&self.carried, &self.guests, &self.people].map(Samples::count);
        let [files, guests, people] = counts;
        println!(
            "hostile: {} small requests, {files} files there and back, {guests} guests, {people} \
             logins with a password beside them; {grown_mib:.1} MiB more with them",
            self.latencies.count()
        );
        if is_quick {
            return;
        }
        for (figure, value, goal) in [
            ("a small request beside strangers: p99 ms", self.latencies.quantile(0.99), 50.0),
            ("a guest's login beside strangers: median ms", self.guests.median(), 100.0),
            ("a login with a password beside them: median ms", self.people.median(), 300.0),
            ("8 MiB there and back beside them: median s", self.carried.median(), 3.0),
            ("memory for strangers: MiB", grown_mib, 64.0),
        ] {
            report.add(figure, value, Goal::AtMost(goal));
        }
    }
}

fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    act: impl FnOnce() -> T + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, T>, Failure> {
    let started = thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, act);
    started.during("could not start a thread")
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> Result<T, Failure> {
    thread.join().map_err(|_panic| Failure::new("a thread of the run panicked"))
}

/// What the server counts.
struct Numbers {
    connections: usize,
    refused: usize,
    timed_out: usize,
}

impl Numbers {
    fn of(server: &Server) -> Result<Self, Failure> {
        let json = Status::ask(server.programs(), server.state())?.json;
        let number = |name: &str| {
            let value = json[name].as_u64().during(format!("status without {name}"))?;
            usize::try_from(value).during(name)
        };
        Ok(Self {
            connections: number("connections")?,
            refused: number("refused")?,
            timed_out: number("timed_out")?,
        })
    }
}

/// The system takes connections before the server does. What comes of the wait is for the report.
fn wait_until_all_are_there(server: &Server, count: usize) -> Result<Numbers, Failure> {
    wait_for(server, Duration::from_secs(10), |now| now.connections >= count)
}

fn wait_for_end(server: &Server, size: &Size) -> Result<Numbers, Failure> {
    let longest = Duration::from_secs(size.handshake_secs) + AFTER_A_DEADLINE;
    wait_for(server, longest, |now| now.connections == 0)
}

/// Looks until it is as it should be, or the time is over.
fn wait_for(
    server: &Server,
    longest: Duration,
    is_so: impl Fn(&Numbers) -> bool,
) -> Result<Numbers, Failure> {
    let until = Instant::now() + longest;
    loop {
        let now = Numbers::of(server)?;
        if is_so(&now) || Instant::now() > until {
            return Ok(now);
        }
        thread::sleep(Duration::from_millis(200));
    }
}

fn stop(server: Server) -> Result<(), Failure> {
    let status = server.end(sys::Signal::TERM)?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("the server ended with {status}")))
    }
}

const AT_LEAST_ALL: Goal = Goal::AtLeast(1.0);
/// The first of the addresses of slow ones, beyond those of the silent.
const SLOW_FROM: usize = 1000;
const LOGGED_IN_FROM: usize = 2000;
/// More than the server and the system hold of it for who does not read.
const LARGE_LEN: u64 = 256 << 20;
/// For stalled transfers, the word of farewell, and a busy machine.
const AFTER_A_DEADLINE: Duration = Duration::from_secs(45);

//! Ten thousand that say nothing and a thousand that say a byte a second, beside one that works.

use super::{connect_from, serve};
use crate::bench::figures::{Goal, Report, Samples, as_f64};
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::load::Connection;
use crate::process;
use crate::workspace::Programs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Opens them, measures beside them, and waits for their end.
pub(super) fn run(programs: &Programs, is_quick: bool, report: &mut Report) -> Result<(), Failure> {
    let room = tempfile::tempdir().during("room")?;
    let server = serve(programs, room.path(), "[limits]\nconnections_max = 12000\n")?;
    let (silent, slow) = if is_quick { (500, 50) } else { (10_000, 1000) };
    let mut at_work = Connection::log_in(server.address)?;
    let before = process::memory_kib(server.pid(), "VmRSS")?;
    let started = Instant::now();
    let mut strangers = Vec::new();
    for number in 0..silent + slow {
        strangers.push(connect_from(number / EACH, server.address)?);
    }
    println!(
        "hostile: {} strangers came in {:.1} s",
        strangers.len(),
        started.elapsed().as_secs_f64()
    );
    let slow_ones = strangers.split_off(silent);
    let mut latencies = Samples::default();
    let mut newcomers = Samples::default();
    for byte in CLIENT_HELLO.iter().take(if is_quick { 2 } else { 5 }) {
        for mut socket in &slow_ones {
            // One that the server has ended already is what is waited for below.
            socket.write_all(&[*byte]).ok();
        }
        for _ in 0..REQUESTS_A_SECOND {
            latencies.push(timed(|| at_work.stat(b"/").map(drop))?);
            std::thread::sleep(Duration::from_millis(5));
        }
        newcomers.push(timed(|| Connection::log_in(server.address).map(drop))?);
    }
    let after = process::memory_kib(server.pid(), "VmRSS")?;
    let grown = as_f64(usize::try_from(after.saturating_sub(before)).unwrap_or(usize::MAX));
    println!("hostile: {:.1} MiB more with them", grown / 1024.0);
    let ended = wait_for_end(strangers.into_iter().chain(slow_ones))?;
    report.add("strangers that were ended at the deadline, of all", ended, Goal::AtLeast(1.0));
    if !is_quick {
        report.add(
            "one at work beside strangers: p99 ms",
            latencies.quantile(0.99),
            Goal::AtMost(50.0),
        );
        report.add(
            "a newcomer beside strangers: median ms",
            newcomers.median(),
            Goal::AtMost(100.0),
        );
        report.add("memory for strangers: MiB", grown / 1024.0, Goal::AtMost(64.0));
    }
    end(server)
}

fn end(server: Server) -> Result<(), Failure> {
    let status = server.end(crate::sys::Signal::TERM)?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("the server ended with {status}")))
    }
}

/// The share of connections that the server closes before long.
fn wait_for_end(strangers: impl Iterator<Item = TcpStream>) -> Result<f64, Failure> {
    let until = Instant::now() + DEADLINE;
    let (mut ended, mut all) = (0, 0);
    for mut socket in strangers {
        all += 1;
        let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        socket.set_read_timeout(Some(left)).during("socket")?;
        ended += usize::from(has_ended(&mut socket));
    }
    Ok(as_f64(ended) / as_f64(all.max(1)))
}

fn has_ended(socket: &mut TcpStream) -> bool {
    let mut room = [0; 256];
    loop {
        match socket.read(&mut room) {
            Ok(0) => return true,
            // A word of farewell.
            Ok(_) => {}
            Err(err) => {
                return !matches!(
                    err.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                );
            }
        }
    }
}

fn timed(act: impl FnOnce() -> Result<(), Failure>) -> Result<f64, Failure> {
    let started = Instant::now();
    act()?;
    Ok(started.elapsed().as_secs_f64() * 1000.0)
}

/// Connections from each address, below what an address may have before a login.
const EACH: usize = 60;
const REQUESTS_A_SECOND: u32 = 150;
/// The handshake's deadline is 10 s; the rest is for a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);
/// How the first record of a client begins.
const CLIENT_HELLO: [u8; 5] = [0x16, 0x03, 0x01, 0x02, 0x00];

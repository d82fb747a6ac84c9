//! Who works here while strangers hang about: small requests, whole files there and back by the
//! real client, and logins.

use super::{PASSWORD, timed};
use crate::bench::figures::Samples;
use crate::failure::{During as _, Failure};
use crate::ferry::{Server, VERB_MAX};
use crate::load::{Connection, LoginAnswer};
use crate::process;
use crate::random::Random;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// A file that is sent and fetched back, again and again.
pub(super) struct Carrier<'a> {
    server: &'a Server,
    room: &'a Path,
    source: PathBuf,
    content: Vec<u8>,
}

impl<'a> Carrier<'a> {
    /// Makes the file.
    pub(super) fn new(server: &'a Server, room: &'a Path) -> Result<Self, Failure> {
        let mut random = Random::new(1);
        let content: Vec<u8> =
            (0..FILE_LEN / 8).flat_map(|_| random.number().to_le_bytes()).collect();
        let source = room.join("source");
        fs::write(&source, &content).during(source.display())?;
        Ok(Self { server, room, source, content })
    }

    /// Sends it under a new name, fetches it and compares, until then but at least once: seconds
    /// for both ways, with the logins.
    pub(super) fn carry_until(&self, until: Instant) -> Result<Samples, Failure> {
        let mut seconds = Samples::default();
        for number in 0.. {
            let started = Instant::now();
            let url = format!("ferry://ann@{}/carried-{number}", self.server.address);
            let back = self.room.join(format!("back-{number}"));
            run(self.server.client("put").arg(&self.source).arg(&url), "put")?;
            run(self.server.client("get").arg(&url).arg(&back), "get")?;
            seconds.push(started.elapsed().as_secs_f64());
            if fs::read(&back).during(back.display())? != self.content {
                return Err(Failure::new(format!("{url} came back as another file")));
            }
            fs::remove_file(&back).during(back.display())?;
            if Instant::now() >= until {
                break;
            }
        }
        Ok(seconds)
    }
}

fn run(command: &mut Command, verb: &str) -> Result<(), Failure> {
    command.env("FERRY_PASSWORD", PASSWORD).args(["--retry-for", "30s"]);
    process::run(command, VERB_MAX)?.succeeded(&format!("ferry {verb} beside strangers")).map(drop)
}

/// Milliseconds of small requests, one after another.
pub(super) fn ask_until(connection: &mut Connection, until: Instant) -> Result<Samples, Failure> {
    let mut latencies = Samples::default();
    while Instant::now() < until {
        latencies.push(timed(|| connection.stat(b"/"))?);
        thread::sleep(Duration::from_millis(5));
    }
    Ok(latencies)
}

/// Milliseconds of whole logins, one guest's and one with a password every half second, until then
/// but at least once.
pub(super) fn log_in_until(
    server: SocketAddr,
    until: Instant,
) -> Result<(Samples, Samples), Failure> {
    let (mut guests, mut people) = (Samples::default(), Samples::default());
    loop {
        guests.push(timed(|| Connection::log_in(server).map(drop))?);
        people.push(timed(|| log_in_as_ann(server))?);
        if Instant::now() >= until {
            return Ok((guests, people));
        }
        thread::sleep(Duration::from_millis(500));
    }
}

fn log_in_as_ann(server: SocketAddr) -> Result<(), Failure> {
    let socket = TcpStream::connect(server).during("connect")?;
    match Connection::greet(socket)?.try_password("ann", PASSWORD)? {
        LoginAnswer::In => Ok(()),
        other => Err(Failure::new(format!("ann was not let in beside strangers: {other:?}"))),
    }
}

const FILE_LEN: usize = 8 << 20;

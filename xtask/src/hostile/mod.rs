//! Peers that mean ill, in numbers: silent, slow and guessing ones against the real program, while
//! a real client works. Prints figures and fails where a goal is missed.

mod at_work;
mod guesses;
mod name_times;
mod slow;
mod strangers;

use crate::bench::figures::Report;
use crate::failure::{During as _, Failure};
use crate::ferry::{Server, server_verb};
use crate::workspace::{Programs, root};
use crate::{process, sys};
use clap::Args;
use socket2::{Domain, Socket, Type};
use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How much of it.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Few of each, for a short time: judges who is ended, refused and let in, and of times only
    /// whether a name is told by a third.
    #[arg(long)]
    quick: bool,
}

/// Runs all of it and returns whether every goal was reached.
pub(crate) fn run(options: &Options) -> Result<bool, Failure> {
    sys::raise_open_files().during("limit of open files")?;
    let programs = Programs::build()?;
    let mut report = Report::default();
    strangers::run(&programs, options.quick, &mut report)?;
    guesses::run(&programs, options.quick, &mut report)?;
    race(options.quick)?;
    report.print();
    Ok(report.is_reached())
}

/// The race that the server's tests run for a moment, for a minute.
fn race(is_quick: bool) -> Result<(), Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(root())
        .args(["test", "--quiet", "--workspace", "--test", "race"])
        .args(["--", "--nocapture"])
        .env("FERRY_RACE_SECS", if is_quick { "3" } else { "60" })
        .status()
        .during("could not run cargo test")?;
    if status.success() { Ok(()) } else { Err(Failure::new("the race was lost: see above")) }
}

/// A server with a configuration and an account `ann`, whose password is [`PASSWORD`]. Its FTP
/// door is open.
fn serve(programs: &Programs, room: &Path, configuration: &str) -> Result<Server, Failure> {
    let share = room.join("share");
    std::fs::create_dir_all(&share).during(share.display())?;
    let (config, password) = (room.join("hostile.toml"), room.join("password"));
    std::fs::write(&config, configuration).during(config.display())?;
    std::fs::write(&password, PASSWORD).during(password.display())?;
    let mut add = server_verb(programs, &room.join("server-state"), "user");
    add.args(["add", "ann", "--rights", "write", "--password-file"]).arg(&password);
    process::run(&mut add, Duration::from_mins(1))?.succeeded("user add")?;
    let with_ftp = ["--ftp", "127.0.0.1:0", "--config"].map(OsStr::new);
    Server::serve_with(programs, &share, room, &[&with_ftp[..], &[config.as_os_str()]].concat())
}

/// Connects from the `number`-th address of the loopback network, each of which counts by itself.
fn connect_from(number: usize, address: SocketAddr) -> Result<TcpStream, Failure> {
    let socket = socket_from(number)?;
    socket.connect_timeout(&address.into(), CONNECT_MAX).during("connect")?;
    Ok(socket.into())
}

/// A socket at the `number`-th address.
fn socket_from(number: usize) -> Result<Socket, Failure> {
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let own = Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 1).to_bits().saturating_add(number));
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).during("socket")?;
    socket.bind(&SocketAddr::from((own, 0)).into()).during("bind")?;
    Ok(socket)
}

/// Milliseconds that it took.
fn timed(act: impl FnOnce() -> Result<(), Failure>) -> Result<f64, Failure> {
    let started = Instant::now();
    act()?;
    Ok(started.elapsed().as_secs_f64() * 1000.0)
}

/// The password of `ann`.
const PASSWORD: &str = "the right one";

const CONNECT_MAX: Duration = Duration::from_secs(10);

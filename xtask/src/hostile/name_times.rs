//! Whether time tells which names exist: refused logins with a name that has a password, one that
//! gets in by its devices alone, and names that nobody has, by both doors.

use super::{connect_from, serve, timed};
use crate::bench::figures::{Goal, Report, Samples};
use crate::failure::{During as _, Failure};
use crate::ferry::{Server, Status, VERB_MAX, server_verb};
use crate::load::{Connection, LoginAnswer};
use crate::process;
use crate::workspace::Programs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

/// One refused login by a door, from the `number`-th address, with a name: milliseconds from the
/// password to the answer.
type Attempt = fn(usize, SocketAddr, &str) -> Result<f64, Failure>;

/// Measures with penalties that last no time: what is left is what the check itself costs.
pub(super) fn run(
    programs: &Programs,
    room: &Path,
    is_quick: bool,
    report: &mut Report,
) -> Result<(), Failure> {
    std::fs::create_dir(room).during(room.display())?;
    let server = serve(programs, room, "[penalties]\nwindow_secs = 0.001\nthreshold = 1000000\n")?;
    let mut link = server_verb(programs, server.state(), "link");
    process::run(link.args(["--user", "cyn"]), VERB_MAX)?.succeeded("ferry-server link")?;
    // A name that costs no hash answers in a tenth of the time. A busy machine only ever adds to
    // it, often more than that: there the quickest tenth is compared.
    let (rounds, share, goal) = if is_quick { (100, 0.1, 33.0) } else { (1000, 0.5, 5.0) };
    for (door, address, attempt) in [
        ("Ferry", server.address, refused_by_ferry as Attempt),
        ("FTP", ftp_address(&server)?, refused_by_ftp),
    ] {
        let samples = measure(rounds, address, attempt)?;
        let times = samples.map(|samples| samples.quantile(share));
        let [with_password, with_device, of_nobody] = times;
        println!(
            "hostile: by {door} a refused login takes {with_password:.2} ms with a name that has a \
             password, {with_device:.2} ms with one of devices, {of_nobody:.2} ms with nobody's"
        );
        let least = times.into_iter().fold(f64::MAX, f64::min);
        let most = times.into_iter().fold(0.0, f64::max);
        let differ = (most - least) / most * 100.0;
        report.add(format!("times of names by {door} differ: %"), differ, Goal::AtMost(goal));
    }
    Ok(())
}

/// Milliseconds. Each name is the first as often as the others: what comes second finds the server
/// awake.
fn measure(rounds: usize, address: SocketAddr, attempt: Attempt) -> Result<[Samples; 3], Failure> {
    let mut samples = <[Samples; 3]>::default();
    for round in 0..rounds {
        let nobody = format!("bob{round}");
        let names = ["ann", "cyn", nobody.as_str()];
        let mut by_turns: Vec<_> = names.into_iter().zip(&mut samples).collect();
        by_turns.rotate_left(round % names.len());
        for (name, samples) in by_turns {
            samples.push(attempt(round, address, name)?);
        }
    }
    Ok(samples)
}

fn refused_by_ferry(from: usize, address: SocketAddr, name: &str) -> Result<f64, Failure> {
    let mut connection = Connection::greet(connect_from(from, address)?)?;
    timed(|| match connection.try_password(name, "not it")? {
        LoginAnswer::Refused => Ok(()),
        other => Err(Failure::new(format!("a wrong password of {name} was answered: {other:?}"))),
    })
}

fn refused_by_ftp(from: usize, address: SocketAddr, name: &str) -> Result<f64, Failure> {
    let socket = connect_from(from, address)?;
    socket.set_read_timeout(Some(VERB_MAX)).during("socket")?;
    let mut control = BufReader::new(socket);
    expect(&mut control, "220")?;
    say(&mut control, &format!("USER {name}"), "331")?;
    timed(|| say(&mut control, "PASS not it", "530"))
}

fn say(control: &mut BufReader<TcpStream>, line: &str, code: &str) -> Result<(), Failure> {
    control.get_mut().write_all(format!("{line}\r\n").as_bytes()).during("write")?;
    expect(control, code)
}

/// The last line of a reply has its code and a blank.
fn expect(control: &mut BufReader<TcpStream>, code: &str) -> Result<(), Failure> {
    loop {
        let mut line = String::new();
        control.read_line(&mut line).during("read")?;
        if line.starts_with(&format!("{code} ")) {
            return Ok(());
        }
        if !line.starts_with(code) && !line.starts_with(' ') {
            return Err(Failure::new(format!("{code} was due by FTP, not {line:?}")));
        }
    }
}

fn ftp_address(server: &Server) -> Result<SocketAddr, Failure> {
    let json = Status::ask(server.programs(), server.state())?.json;
    let address = json["ftp"][0].as_str().during("status without the FTP door")?;
    address.parse().during("address in status")
}

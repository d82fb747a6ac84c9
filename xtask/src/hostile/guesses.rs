//! Wrong logins: a thousand from one address and from two hundred, whether the person whose name
//! is tried still gets in, and whether time tells which names exist.

use super::{PASSWORD, connect_from, name_times, serve};
use crate::bench::figures::{Goal, Report, as_f64};
use crate::failure::{During as _, Failure};
use crate::load::{Connection, LoginAnswer};
use crate::workspace::Programs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

/// Guesses, and measures what it costs whom.
pub(super) fn run(programs: &Programs, is_quick: bool, report: &mut Report) -> Result<(), Failure> {
    let room = tempfile::tempdir().during("room")?;
    one_address(programs, &room.path().join("one"), report)?;
    many_addresses(programs, &room.path().join("many"), is_quick, report)?;
    name_times::run(programs, &room.path().join("timing"), is_quick, report)
}

/// One guess; `None` when the address is shut out.
fn guess(from: usize, address: SocketAddr, name: &str) -> Result<Option<LoginAnswer>, Failure> {
    match Connection::greet(connect_from(from, address)?) {
        Ok(mut connection) => connection.try_password(name, "not it").map(Some),
        Err(_) => Ok(None),
    }
}

fn gets_in(from: usize, address: SocketAddr) -> Result<f64, Failure> {
    let mut connection = Connection::greet(connect_from(from, address)?)?;
    let answer = connection.try_password("ann", PASSWORD)?;
    Ok(f64::from(u8::from(answer == LoginAnswer::In)))
}

fn one_address(programs: &Programs, room: &Path, report: &mut Report) -> Result<(), Failure> {
    std::fs::create_dir(room).during(room.display())?;
    let server = serve(programs, room, "")?;
    let mut heard = 0;
    for number in 0..1000 {
        heard += usize::from(guess(0, server.address, &format!("name{number}"))?.is_some());
    }
    report.add(
        "guesses of 1,000 from one address that were heard",
        as_f64(heard),
        Goal::AtMost(15.0),
    );
    report.add("ann gets in meanwhile", gets_in(1, server.address)?, Goal::AtLeast(1.0));
    Ok(())
}

fn many_addresses(
    programs: &Programs,
    room: &Path,
    is_quick: bool,
    report: &mut Report,
) -> Result<(), Failure> {
    std::fs::create_dir(room).during(room.display())?;
    let server = serve(programs, room, "")?;
    let addresses = if is_quick { 20 } else { 200 };
    let (mut refused, mut busy) = (0, 0);
    for round in 0..5 {
        for from in 0..addresses {
            // Half of them at the one name that there is, which its waits make slow.
            let name = if from % 2 == 0 { "ann".to_owned() } else { format!("name{round}-{from}") };
            // Waits of seconds for `ann` are sent and not waited for.
            let is_waited_for = name != "ann";
            match Connection::greet(connect_from(from, server.address)?) {
                Ok(mut connection) if is_waited_for => {
                    match connection.try_password(&name, "not it")? {
                        LoginAnswer::Refused => refused += 1,
                        LoginAnswer::Busy => busy += 1,
                        LoginAnswer::In => return Err(Failure::new("a guess was right")),
                    }
                }
                Ok(mut connection) => connection.send_password(&name, "not it")?,
                Err(_) => {}
            }
        }
    }
    println!("hostile: {addresses} addresses: {refused} refused, {busy} sent away");
    let started = Instant::now();
    report.add(
        "ann gets in under fire from many",
        gets_in(9999, server.address)?,
        Goal::AtLeast(1.0),
    );
    let waited = started.elapsed().as_secs_f64();
    report.add("ann under fire from many: seconds to get in", waited, Goal::AtMost(10.0));
    Ok(())
}

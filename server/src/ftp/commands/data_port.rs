//! Where data connections are made: PASV, PORT (RFC 959, section 4.1.2), EPSV, EPRT (RFC 2428).

use crate::door::Turn;
use crate::ftp::command::{Served, done};
use crate::ftp::control::ControlConnection;
use crate::ftp::data::{DataPlan, Passive, announced, at_port};
use crate::ftp::refusal::Refusal;
use crate::ftp::reply::Reply;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant;

/// PASV.
pub(in crate::ftp) fn pasv(
    control: &mut ControlConnection,
    _: &[u8],
    turn: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    expect_no_epsv_all(control)?;
    let config = &control.door.config;
    let Some(address) = announced(config, control.local.ip(), control.peer.ip()) else {
        return done(425, "PASV is for IPv4; send EPSV.");
    };
    let port = listen(control, turn.now)?;
    let [a, b, c, d] = address.octets();
    let (high, low) = (port >> 8, port & 0xff);
    done(227, format!("Entering Passive Mode ({a},{b},{c},{d},{high},{low})."))
}

/// EPSV.
pub(in crate::ftp) fn epsv(
    control: &mut ControlConnection,
    argument: &[u8],
    turn: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let is_v4 = control.local.ip().to_canonical().is_ipv4();
    match argument {
        b"" => {}
        b"1" if is_v4 => {}
        b"2" if !is_v4 => {}
        b"1" | b"2" => {
            let family = if is_v4 { 1 } else { 2 };
            return done(522, format!("Network protocol not supported, use ({family})."));
        }
        all if all.eq_ignore_ascii_case(b"ALL") => {
            control.dialogue.is_epsv_only = true;
            return done(200, "Only EPSV from now on.");
        }
        _ => return done(501, "Send EPSV alone, with 1 or 2, or EPSV ALL."),
    }
    let port = listen(control, turn.now)?;
    done(229, format!("Entering Extended Passive Mode (|||{port}|)."))
}

/// PORT.
pub(in crate::ftp) fn port(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    expect_no_epsv_all(control)?;
    let numbers: Option<Vec<u8>> = argument
        .split(|byte| *byte == b',')
        .map(|number| std::str::from_utf8(number).ok()?.trim().parse().ok())
        .collect();
    let Some(&[a, b, c, d, high, low]) = numbers.as_deref() else {
        return done(501, "Send PORT h1,h2,h3,h4,p1,p2.");
    };
    let address = IpAddr::V4(Ipv4Addr::new(a, b, c, d));
    plan_active(control, SocketAddr::new(address, u16::from_be_bytes([high, low])))
}

/// EPRT.
pub(in crate::ftp) fn eprt(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    expect_no_epsv_all(control)?;
    match parse_eprt(argument) {
        Some((b"1", address)) if address.is_ipv4() => plan_active(control, address),
        Some((b"2", address)) if address.is_ipv6() => plan_active(control, address),
        Some((b"1" | b"2", _)) | None => done(501, "Send EPRT |family|address|port|."),
        Some(_) => done(522, "Network protocol not supported, use (1,2)."),
    }
}

/// The family's number as it was written, and the address; that of a family that is none of ours is
/// not looked at.
fn parse_eprt(argument: &[u8]) -> Option<(&[u8], SocketAddr)> {
    let text = std::str::from_utf8(argument).ok()?;
    let delimiter = text.chars().next()?;
    let mut fields = text.split(delimiter).skip(1);
    let (family, address, port) = (fields.next()?, fields.next()?, fields.next()?);
    let address = match family {
        "1" | "2" => SocketAddr::new(address.parse().ok()?, port.parse().ok()?),
        _ => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
    };
    Some((family.as_bytes(), address))
}

/// Plans to connect to the client itself, and to nobody else: a server that can be sent anywhere
/// attacks others for whoever asks (RFC 2577, section 3).
fn plan_active(control: &mut ControlConnection, to: SocketAddr) -> Result<Served, Refusal> {
    control.dialogue.data = DataPlan::None;
    if !control.door.config.active {
        return done(502, "The server does not connect to clients; send PASV or EPSV.");
    }
    let client = control.peer.ip().to_canonical();
    if to.ip().to_canonical() != client || to.port() < LOW_PORTS {
        tracing::warn!(peer = %control.peer, %to, "a data connection elsewhere was asked for");
        return done(501, "Data goes to the client's own address, to a port from 1024 on.");
    }
    control.dialogue.data = DataPlan::Active(at_port(control.peer, to.port()));
    done(200, "The server will connect there.")
}

fn listen(control: &mut ControlConnection, now: Instant) -> Result<u16, Refusal> {
    let no_port = |err| {
        tracing::warn!("no data port: {err}");
        Refusal(Reply::new(425, "No data port is to be had now; try again."))
    };
    let (local, client) = (control.local, control.peer.ip());
    let ports = control.door.config.passive_ports.as_ref();
    // The one before goes first: a range of ports may have no other.
    control.dialogue.data = DataPlan::None;
    let until = now + control.door.limits.stall;
    let passive = Passive::open(local, client, ports, until).map_err(no_port)?;
    let port = passive.port().map_err(no_port)?;
    control.dialogue.data = DataPlan::Passive(passive);
    Ok(port)
}

fn expect_no_epsv_all(control: &ControlConnection) -> Result<(), Refusal> {
    if control.dialogue.is_epsv_only {
        return Err(Reply::new(501, "EPSV ALL was sent: send EPSV.").into());
    }
    Ok(())
}

/// Ports below this belong to services.
const LOW_PORTS: u16 = 1024;

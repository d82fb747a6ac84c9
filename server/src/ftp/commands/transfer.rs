//! Files: RETR, STOR, STOU, APPE, ABOR (RFC 959, section 4.1.3).

use crate::admission::DataPermit;
use crate::door::Turn;
use crate::ftp::command::{Served, done};
use crate::ftp::control::ControlConnection;
use crate::ftp::data::{
    Advance, Awaited, Cargo, DataConnection, DataPlan, Link, Passive, Prepared, Receiving, Sending,
    connect,
};
use crate::ftp::dialogue::Representation;
use crate::ftp::refusal::Refusal;
use crate::ftp::reply::{Reply, push_shown};
use crate::ftp::text::{FromClient, ToClient};
use crate::ftp::work::{Carrying, Phase, Work};
use crate::service::{Start, Stream};
use crate::wake::Pending;
use ferry_protocol::{IfExists, Range, RemotePath};
use std::io;
use std::net::TcpStream;
use std::sync::Arc;

/// RETR.
pub(in crate::ftp) fn retr(
    control: &mut ControlConnection,
    argument: &[u8],
    turn: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let offset = std::mem::take(&mut control.dialogue.restart);
    control.expect_calm(turn)?;
    let path = control.named_path(argument)?;
    let range = Range { offset, ..Range::ALL };
    let download = control.door.service.download(control.session()?, &path, range)?;
    let size = download.metadata().size;
    if offset > size {
        return done(554, format!("The file ends at {size}."));
    }
    let text = control.is_text().then(ToClient::default);
    let left = download.remaining();
    let opening = Reply::new(150, format!("Sending {left} bytes."));
    let cargo = Box::new(Sending::new(download, text));
    control.carry(cargo, &opening, format!("RETR {path}"), turn)
}

/// STOR. After REST it goes on with what there is (RFC 3659, section 5).
pub(in crate::ftp) fn stor(
    control: &mut ControlConnection,
    argument: &[u8],
    turn: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let start = match std::mem::take(&mut control.dialogue.restart) {
        0 => Start::Empty,
        offset => Start::At(offset),
    };
    let target = control.named_path(argument)?;
    let opening = Reply::new(150, "Send the content.");
    receive(control, stream(target, start)?, &opening, turn)
}

/// APPE.
pub(in crate::ftp) fn appe(
    control: &mut ControlConnection,
    argument: &[u8],
    turn: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let restart = std::mem::take(&mut control.dialogue.restart);
    let target = control.named_path(argument)?;
    if restart > 0 {
        return done(450, "APPE goes on at the end; REST is for STOR.");
    }
    let opening = Reply::new(150, "Send the rest of the content.");
    receive(control, stream(target, Start::End)?, &opening, turn)
}

/// STOU: a name that nobody has (RFC 1123, section 4.1.2.9). It is one that nobody will have
/// either until all content came, so that two at once do not end up with the same.
pub(in crate::ftp) fn stou(
    control: &mut ControlConnection,
    argument: &[u8],
    turn: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    if std::mem::take(&mut control.dialogue.restart) > 0 {
        return done(450, "STOU makes a new file; there is nothing to go on with.");
    }
    let wanted = if argument.is_empty() { b"file" } else { argument };
    let target = control.named_path(&unique(wanted)?)?;
    let mut text = b"FILE: ".to_vec();
    push_shown(&mut text, target.name().as_ref().map_or(&b""[..], |name| name.as_bytes()));
    let opening = Reply::new(150, text);
    let stream = Stream { if_exists: IfExists::Refuse, ..stream(target, Start::Empty)? };
    receive(control, stream, &opening, turn)
}

/// The name with a random number in it, before its ending if it has one.
fn unique(wanted: &[u8]) -> Result<Vec<u8>, Refusal> {
    let number = getrandom::u64().map_err(|err| {
        Refusal(Reply::new(451, format!("No random number is to be had: {err}.")))
    })?;
    let name_at = wanted.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let dot = wanted.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > name_at);
    let (stem, ending) = wanted.split_at(dot.unwrap_or(wanted.len()));
    Ok([stem, format!("-{number:016x}").as_bytes(), ending].concat())
}

/// ABOR. During a transfer it is answered after it; else a data port, if there is one, is closed.
pub(in crate::ftp) fn abor(
    control: &mut ControlConnection,
    _: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    if let Work::Carrying(carrying) = &mut control.work {
        carrying.aborts += 1;
        carrying.link.abort();
        return Ok(Served::Later);
    }
    if matches!(control.work, Work::Summing { .. }) {
        control.work = Work::None;
        control.reply(&Reply::new(426, "The checksum was given up."));
        return done(226, "ABOR is done.");
    }
    let had_port = !matches!(control.dialogue.data, DataPlan::None);
    control.dialogue.data = DataPlan::None;
    done(225, if had_port { "The data port is closed." } else { "No transfer to abort." })
}

/// An upload that takes the place of what has the name.
fn stream(target: RemotePath, start: Start) -> Result<Stream, Refusal> {
    let operation = super::new_operation()?;
    let if_exists = IfExists::Replace;
    Ok(Stream { target, start, if_exists, operation, expected: 0, sender: None })
}

fn receive(
    control: &mut ControlConnection,
    mut stream: Stream,
    opening: &Reply,
    turn: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    control.expect_calm(turn)?;
    stream.expected = std::mem::take(&mut control.dialogue.expected);
    stream.sender = Some(control.channel.watched_socket());
    let what = format!("STOR {}", stream.target);
    let door = Arc::clone(&control.door);
    let opened = door.service.upload_stream(control.session()?, &stream, &door.part_names)?;
    let text = control.is_text().then(FromClient::default);
    let close_notify = door.config.close_notify;
    let cargo = Receiving::new(opened, text, close_notify, control.waker.clone());
    control.carry(Box::new(cargo), opening, what, turn)
}

/// How a data connection begins.
enum Beginning {
    /// The client made it.
    Made(TcpStream),
    /// It is being made to the client.
    Connecting(TcpStream),
    /// The client has still to make it.
    Awaited(Passive),
}

impl ControlConnection {
    /// Sends a transfer away while the queues are too old.
    fn expect_calm(&self, turn: &Turn<'_>) -> Result<(), Refusal> {
        if turn.busy_retry_ms.is_none() {
            return Ok(());
        }
        self.door.metrics.shed.add(1);
        Err(Reply::new(450, "The server has too much to do; try again in a moment.").into())
    }

    fn is_text(&self) -> bool {
        self.dialogue.representation == Representation::Ascii
    }

    /// Opens the data connection and gives it its cargo. What fits into this turn is carried in
    /// it; the rest goes on in the pool.
    pub(in crate::ftp) fn carry(
        &mut self,
        cargo: Box<dyn Cargo>,
        opening: &Reply,
        what: String,
        turn: &mut Turn<'_>,
    ) -> Result<Served, Refusal> {
        let permit = self.data_permit()?;
        let beginning = self.open_data()?;
        let data_waker = self.door.intake.waker();
        let link = Arc::new(Link::new(data_waker));
        let prepared = Prepared {
            door: Arc::clone(&self.door),
            permit,
            cargo: Some(cargo),
            security: self.data_security(),
            link: Arc::clone(&link),
            control: self.waker.clone(),
            control_socket: self.channel.watched_socket(),
            opened_at: turn.now,
            report: None,
        };
        self.reply(opening);
        // Whoever uploads waits for it, and a download may be over when this turn is.
        self.send_replies().map_err(lost)?;
        match beginning {
            Beginning::Awaited(passive) => self.carry_later(passive, prepared, link, what),
            Beginning::Made(socket) => {
                self.carry_now(DataConnection::made(prepared, socket).map_err(lost)?, what, turn);
            }
            Beginning::Connecting(socket) => {
                let data = DataConnection::connecting(prepared, socket).map_err(lost)?;
                self.carry_now(data, what, turn);
            }
        }
        Ok(Served::Later)
    }

    /// Refuses what no data connection could carry.
    fn data_permit(&self) -> Result<DataPermit, Refusal> {
        self.check_protection()?;
        if matches!(self.dialogue.data, DataPlan::None) {
            return Err(no_plan());
        }
        let full = || Refusal(Reply::new(425, "The server has as many connections as it takes."));
        self.permit.for_data().ok_or_else(full)
    }

    fn open_data(&mut self) -> Result<Beginning, Refusal> {
        match std::mem::take(&mut self.dialogue.data) {
            DataPlan::None => Err(no_plan()),
            DataPlan::Active(address) => {
                connect(self.local, address).map(Beginning::Connecting).map_err(lost)
            }
            DataPlan::Passive(passive) => match passive.accept().map_err(lost)? {
                Some(socket) => Ok(Beginning::Made(socket)),
                None => Ok(Beginning::Awaited(passive)),
            },
        }
    }

    fn carry_later(
        &mut self,
        passive: Passive,
        mut prepared: Prepared,
        link: Arc<Link>,
        what: String,
    ) {
        let outcome = prepared.report_later();
        let awaited = Awaited::new(passive, prepared);
        let next = awaited.first();
        let waker = link.waker().clone();
        self.work = carrying(link, Phase::Moving(outcome), what);
        self.door.intake.take_in(Box::new(awaited), waker, next);
    }

    /// A small file is through within this turn, and costs no change of threads.
    fn carry_now(&mut self, mut data: DataConnection, what: String, turn: &mut Turn<'_>) {
        let link = data.link();
        self.channel.stow(turn.cipher);
        let advance = data.advance(turn);
        self.channel.unstow(turn.cipher);
        match advance {
            Advance::Ended(ended) => {
                self.work = carrying(link, Phase::Moving(Pending::never()), what);
                drop(data);
                self.transfer_ended(ended);
            }
            Advance::Next(next) => {
                let outcome = data.report_later();
                let waker = link.waker().clone();
                self.work = carrying(link, Phase::Moving(outcome), what);
                self.door.intake.take_in(Box::new(data), waker, next);
            }
        }
    }
}

fn no_plan() -> Refusal {
    Refusal(Reply::new(425, "Send PASV or EPSV first."))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn lost(err: io::Error) -> Refusal {
    Refusal(Reply::new(425, format!("No data connection: {err}.")))
}

fn carrying(link: Arc<Link>, phase: Phase, what: String) -> Work {
    Work::Carrying(Box::new(Carrying { link, phase, aborts: 0, what }))
}

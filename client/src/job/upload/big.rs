//! A big file on its way up: announce it and do what the server answers. It asks for the content
//! from an offset on ([`stream`](super::stream)), or for the segments that are missing
//! ([`segments`](super::segments)).

use super::item::Item;
use super::outgoing::Outgoing;
use super::segments::Stripe;
use super::stream::Stream;
use crate::connection::{Connection, Received};
use crate::job::lanes::Job;
use crate::journal::Held;
use crate::local_file;
use crate::{Error, Stage, sys};
use ferry_protocol::limits::SMALL_PUT_MAX;
use ferry_protocol::{
    Answer, Digest, Fault, PeerMisbehaved, Range, Request, Status, Stored, TransferId, feature,
};
use std::fs::{self, File};
use std::sync::Arc;

/// How the sending of one file ended.
pub(super) enum Sent {
    /// The server has it; the digest is of what was sent.
    Stored(Stored, Digest),
    /// The server refused it.
    Refused(Fault),
    /// It has to be sent again, from its start.
    Again,
    /// It cannot be sent.
    Failed(Error),
}

/// Sends a file, or the rest of one that the server holds a part of.
pub(super) fn send(
    connection: &mut Connection,
    job: &Job<'_>,
    item: &mut Item,
    invite: impl FnOnce(&Arc<Outgoing>),
) -> Result<Sent, Error> {
    let file = match open(item) {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(Sent::Again),
        Err(err) => return Ok(Sent::Failed(err)),
    };
    if item.size <= SMALL_PUT_MAX {
        // It has become a small one since it was planned; nobody asks for the content of such.
        return Ok(Sent::Again);
    }
    if !item.may_resume {
        let held = Held::ByServer(item.transfer);
        job.note_begun(&item.wanted.to_wire(), item.size, item.modified, held);
    }
    let number = connection.send(&Request::Put(item.put()))?;
    connection.flush()?;
    item.may_resume = true;
    match wait(connection)? {
        Answer::GoOn(go_on) => {
            Stream::new(connection, job, number, (file, &*item)).send(item, go_on)
        }
        Answer::Missing(missing) => {
            let outgoing = Outgoing::new(item).ok_or(PeerMisbehaved::UnexpectedAnswer)?;
            let mut stripe = Stripe::new(connection, job, &outgoing, number, file);
            stripe.lead(item, &missing, invite)
        }
        // A repeat of a put whose first answer was lost.
        Answer::Stored(stored) => {
            let digest = local_file::digest(&item.local, item.size);
            job.options.progress.add_bytes(item.size);
            Ok(digest.map_or_else(Sent::Failed, |digest| Sent::Stored(stored, digest)))
        }
        answer => refused(connection, answer),
    }
}

/// Helps another lane with a file, as far as that is still possible.
pub(super) fn help(
    connection: &mut Connection,
    job: &Job<'_>,
    outgoing: &Arc<Outgoing>,
) -> Result<(), Error> {
    let Ok(file) = sys::open_to_read(&outgoing.local) else { return Ok(()) };
    let metadata = file.metadata().ok();
    let is_same = metadata.is_some_and(|metadata| {
        metadata.len() == outgoing.put.size && sys::modified(&metadata) == outgoing.put.modified
    });
    if !is_same || !connection.uses(feature::SEGMENTS) {
        return Ok(());
    }
    let number = connection.send(&Request::Put(outgoing.put.clone()))?;
    connection.flush()?;
    match wait(connection)? {
        Answer::Missing(_) => Stripe::new(connection, job, outgoing, number, file).help(),
        // It is stored by now, or the server will not have two at once: the other lane goes on.
        _ => Ok(()),
    }
}

/// Has the server forget an upload of the file as it was before it changed. That it cannot, as
/// when it has forgotten it already, is no failure: what nobody goes on with is swept.
pub(super) fn abandon(connection: &mut Connection, stale: TransferId) -> Result<(), Error> {
    if !connection.uses(feature::SEGMENTS) {
        return Ok(());
    }
    match connection.ask(&Request::PartAbandon(stale), b"") {
        Ok(_) => Ok(()),
        Err(Error::Remote { fault, .. }) if fault.status != Status::BUSY => Ok(()),
        // As when the server has not yet noticed that the connection that sent it is lost.
        Err(err) => Err(err),
    }
}

/// Whether the file is another one than was to be sent.
pub(super) fn has_changed(item: &Item) -> bool {
    fs::metadata(&item.local).is_ok_and(|now| {
        now.is_file() && (now.len() != item.size || sys::modified(&now) != item.modified)
    })
}

/// Whether the server's file has the same content.
pub(super) fn is_equal(connection: &mut Connection, item: &Item) -> Result<bool, Error> {
    let request = Request::Digest { path: item.target.clone().into(), range: Range::ALL };
    let Answer::DigestIs(remote) = connection.ask(&request, &item.target.to_wire())? else {
        return Err(PeerMisbehaved::UnexpectedAnswer.into());
    };
    Ok(remote.file_size == item.size
        && remote.digest == local_file::digest(&item.local, item.size)?)
}

/// Opens the file. One that changed since it was planned is another upload; `None` where that has
/// to be begun anew, as the server holds what was sent of the old one, or it is a small one now.
fn open(item: &mut Item) -> Result<Option<File>, Error> {
    let local = |source| Error::local("open", &item.local, source);
    let file = sys::open_to_read(&item.local).map_err(local)?;
    let metadata = file.metadata().map_err(local)?;
    if !metadata.is_file() {
        return Err(Error::LocalRefused {
            path: item.local.clone(),
            what: "it is no regular file any more",
        });
    }
    let modified = sys::modified(&metadata);
    if metadata.len() != item.size || modified != item.modified {
        item.size = metadata.len();
        item.modified = modified;
        let was_begun = item.may_resume;
        item.renew()?;
        if was_begun || item.size <= SMALL_PUT_MAX {
            return Ok(None);
        }
    }
    Ok(Some(file))
}

pub(super) fn refused(connection: &Connection, answer: Answer) -> Result<Sent, Error> {
    match answer {
        Answer::Error(fault) if fault.status == Status::STOPPING => Err(Error::GoneAway(fault)),
        Answer::Error(fault) => Ok(Sent::Refused(fault)),
        other => match connection.judged(other, b"") {
            Err(err) => Err(err),
            Ok(_) => Err(PeerMisbehaved::UnexpectedAnswer.into()),
        },
    }
}

/// The next answer that is more than a sign of work.
pub(super) fn wait(connection: &mut Connection) -> Result<Answer, Error> {
    loop {
        if let Some(answer) = next_answer(connection)? {
            return Ok(answer);
        }
    }
}

pub(super) fn next_answer(connection: &mut Connection) -> Result<Option<Answer>, Error> {
    match connection.receive(Stage::Transfer)? {
        Received::Answer { answer: Answer::Progress(_), .. } => Ok(None),
        Received::Answer { answer, .. } => Ok(Some(answer)),
        Received::Content { .. } => Err(PeerMisbehaved::UnexpectedAnswer.into()),
    }
}

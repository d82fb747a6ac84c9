//! A big file on its way up: announce it, wait for "go on", send segments while hashing them and
//! looking for an answer, and end with the digest.

use super::item::{FAILURES_MAX, Item};
use crate::connection::{Connection, Received};
use crate::job::lanes::Job;
use crate::journal::Held;
use crate::local_file;
use crate::{Error, Stage, sys};
use ferry_protocol::limits::SEGMENT_LEN;
use ferry_protocol::{
    Answer, Digest, Fault, GoOn, Hasher, PeerMisbehaved, Range, Request, Status, Stored,
};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

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
) -> Result<Sent, Error> {
    let file = match open(item) {
        Ok(file) => file,
        Err(err) => return Ok(Sent::Failed(err)),
    };
    if !item.may_resume {
        let held = Held::ByServer(item.transfer);
        job.note_begun(&item.wanted.to_wire(), item.size, item.modified, held);
    }
    let number = connection.send(&Request::Put(item.put()))?;
    connection.flush()?;
    item.may_resume = true;
    let go_on = match wait(connection)? {
        Answer::GoOn(go_on) => go_on,
        // A repeat of a put whose first answer was lost.
        Answer::Stored(stored) => {
            let digest = local_file::digest(&item.local, item.size);
            job.options.progress.add_bytes(item.size);
            return Ok(digest.map_or_else(Sent::Failed, |digest| Sent::Stored(stored, digest)));
        }
        answer => return refused(connection, answer),
    };
    let name = item.source().to_vec();
    let mut sending =
        Sending { connection, job, name, number, file, hasher: Hasher::new(), counted: 0 };
    let sent = sending.run(item, go_on);
    let reached = sending.counted;
    if !matches!(sent, Ok(Sent::Stored(..))) {
        job.options.progress.take_bytes_back(reached);
    }
    item.reached = item.reached.max(reached);
    sent
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

struct Sending<'a> {
    connection: &'a mut Connection,
    job: &'a Job<'a>,
    name: Vec<u8>,
    number: u32,
    file: File,
    hasher: Hasher,
    counted: u64,
}

impl Sending<'_> {
    fn run(&mut self, item: &mut Item, go_on: GoOn) -> Result<Sent, Error> {
        if go_on.held > item.size || !self.holds_our_prefix(go_on) {
            item.renew()?;
            item.failures += 1;
            self.give_up()?;
            return Ok(if item.failures > FAILURES_MAX {
                Sent::Failed(changed(item))
            } else {
                Sent::Again
            });
        }
        self.count(go_on.held);
        if let Err(source) = self.file.seek(SeekFrom::Start(go_on.held)) {
            self.give_up()?;
            return Ok(Sent::Failed(Error::local("read", &item.local, source)));
        }
        let early = match self.content(item, go_on.held)? {
            Ok(early) => early,
            Err(err) => {
                self.give_up()?;
                return Ok(Sent::Failed(err));
            }
        };
        if let Some(answer) = early {
            // The answer came before the end: the server still needs to be told of the end.
            self.connection.send_part(self.number, &Request::PutCancel)?;
            self.connection.flush()?;
            return refused(self.connection, answer);
        }
        let digest = self.hasher.digest();
        self.connection.send_part(self.number, &Request::PutEnd(digest))?;
        self.connection.flush()?;
        match wait(self.connection)? {
            Answer::Stored(stored) => Ok(Sent::Stored(stored, digest)),
            answer => refused(self.connection, answer),
        }
    }

    /// Sends all segments from `offset` on. Stops early with an answer of the server, or with
    /// what is wrong with the file.
    fn content(
        &mut self,
        item: &Item,
        mut offset: u64,
    ) -> Result<Result<Option<Answer>, Error>, Error> {
        let segment_len = u64::from(SEGMENT_LEN);
        let mut buffer = vec![0; SEGMENT_LEN as usize];
        while offset < item.size {
            self.job.check()?;
            let len = (segment_len - offset % segment_len).min(item.size - offset);
            let segment = local_file::front(&mut buffer, len);
            if let Err(source) = self.file.read_exact(segment) {
                return Ok(Err(match source.kind() {
                    std::io::ErrorKind::UnexpectedEof => changed(item),
                    _ => Error::local("read", &item.local, source),
                }));
            }
            self.hasher.update(segment);
            self.connection.send_data(self.number, offset, segment)?;
            self.count(len);
            offset += len;
            if self.connection.look()?
                && let Some(answer) = next_answer(self.connection)?
            {
                return Ok(Ok(Some(answer)));
            }
        }
        let metadata = match self.file.metadata() {
            Ok(metadata) => metadata,
            Err(source) => return Ok(Err(Error::local("read", &item.local, source))),
        };
        if metadata.len() != item.size || sys::modified(&metadata) != item.modified {
            return Ok(Err(changed(item)));
        }
        Ok(Ok(None))
    }

    fn count(&mut self, bytes: u64) {
        self.counted += bytes;
        self.job.options.progress.add_bytes_of(&self.name, bytes);
    }

    fn holds_our_prefix(&mut self, go_on: GoOn) -> bool {
        if go_on.held == 0 {
            return true;
        }
        self.hasher = Hasher::new();
        let hashed = local_file::hash_front(&mut self.file, go_on.held, &mut self.hasher);
        hashed.is_ok() && self.hasher.digest() == go_on.held_digest
    }

    /// Tells the server to forget the upload and takes its answer.
    fn give_up(&mut self) -> Result<(), Error> {
        self.connection.send_part(self.number, &Request::PutCancel)?;
        self.connection.flush()?;
        wait(self.connection).map(drop)
    }
}

fn open(item: &mut Item) -> Result<File, Error> {
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
        item.renew()?;
    }
    Ok(file)
}

fn changed(item: &Item) -> Error {
    Error::LocalRefused {
        path: item.local.clone(),
        what: "it changed while it was sent; nothing was kept, send it again",
    }
}

fn refused(connection: &Connection, answer: Answer) -> Result<Sent, Error> {
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
fn wait(connection: &mut Connection) -> Result<Answer, Error> {
    loop {
        if let Some(answer) = next_answer(connection)? {
            return Ok(answer);
        }
    }
}

fn next_answer(connection: &mut Connection) -> Result<Option<Answer>, Error> {
    match connection.receive(Stage::Transfer)? {
        Received::Answer { answer: Answer::Progress(_), .. } => Ok(None),
        Received::Answer { answer, .. } => Ok(Some(answer)),
        Received::Content { .. } => Err(PeerMisbehaved::UnexpectedAnswer.into()),
    }
}

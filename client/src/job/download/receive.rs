//! One file's content in one stream: small files, and big ones of a server that knows no segments.

use super::incoming::changed;
use super::part::{Item, Part};
use crate::connection::{Connection, Received};
use crate::job::lanes::Job;
use crate::{Error, Stage};
use ferry_protocol::limits::SMALL_PUT_MAX;
use ferry_protocol::{Answer, Content, Digest, Hasher, PeerMisbehaved};

/// How the taking of one file ended.
pub(super) enum Taken {
    /// All of it is in the part, verified.
    Whole(Part),
    /// It failed; the connection is between two answers.
    Failed(Error),
    /// It failed here, and so much was still to come that the connection has to be given up.
    Cut(Error),
    /// The server asks to come back later.
    Busy(Error),
}

/// Bytes of content that are written in one go: a file system takes a few large writes more
/// cheaply than many small ones.
const PIECE_LEN: usize = 256 * 1024;

/// Content that is rather discarded than the connection given up.
const DISCARD_MAX: u64 = 4 * 1024 * 1024;

/// Takes the whole answer to a get. An error means that the connection is over.
pub(super) fn file(
    connection: &mut Connection,
    job: &Job<'_>,
    item: &mut Item,
    buffer: &mut Vec<u8>,
) -> Result<Taken, Error> {
    let wire = item.remote.to_wire();
    let Received::Answer { answer, .. } = connection.receive(Stage::Answer)? else {
        return Err(PeerMisbehaved::UnexpectedAnswer.into());
    };
    let content = match connection.judged(answer, &wire) {
        Ok(Answer::Content(content)) => content,
        Ok(_) => return Err(PeerMisbehaved::UnexpectedAnswer.into()),
        Err(err @ Error::Busy { .. }) => return Ok(Taken::Busy(err)),
        Err(err) => return Ok(Taken::Failed(err)),
    };
    let is_big = content.file_size > SMALL_PUT_MAX;
    if is_big {
        job.options.progress.begin(&wire, content.file_size);
    }
    let mut receiving = Receiving::new(job, item, content, buffer);
    let taken = receiving.run(connection, item);
    if !matches!(taken, Ok(Taken::Whole(_))) {
        job.options.progress.take_bytes_back(receiving.counted);
    }
    if is_big {
        job.options.progress.end(&wire);
    }
    taken
}

struct Receiving<'a> {
    job: &'a Job<'a>,
    name: Vec<u8>,
    content: Content,
    /// `None` once it failed, and why it did.
    part: Result<Part, Option<Error>>,
    hasher: Hasher,
    /// Content that waits for more, so that it is written in one go.
    buffer: &'a mut Vec<u8>,
    filled: usize,
    next_offset: u64,
    counted: u64,
}

impl<'a> Receiving<'a> {
    fn new(job: &'a Job<'a>, item: &Item, content: Content, buffer: &'a mut Vec<u8>) -> Self {
        let part = if content.len == content.file_size {
            Part::create(&item.local, &job.part_prefix(), content)
        } else {
            Err(changed(&item.remote))
        };
        Self {
            job,
            name: item.remote.to_wire(),
            content,
            part: part.map_err(Some),
            hasher: Hasher::new(),
            buffer,
            filled: 0,
            next_offset: 0,
            counted: 0,
        }
    }

    fn run(&mut self, connection: &mut Connection, item: &mut Item) -> Result<Taken, Error> {
        loop {
            let left = self.content.file_size - self.next_offset;
            if let Err(reason) = &mut self.part
                && left > DISCARD_MAX
            {
                return Ok(Taken::Cut(reason.take().unwrap_or_else(|| changed(&item.remote))));
            }
            match connection.receive(Stage::Transfer)? {
                Received::Content { offset, len } => self.message(connection, offset, len)?,
                Received::Answer { answer, .. } => {
                    return match connection.judged(answer, &self.name) {
                        Ok(Answer::ContentEnd(digest)) => Ok(self.ended(item, digest)),
                        Ok(_) => Err(PeerMisbehaved::UnexpectedAnswer.into()),
                        Err(err @ Error::Busy { .. }) => Ok(Taken::Busy(err)),
                        Err(err) => Ok(Taken::Failed(err)),
                    };
                }
            }
            self.job.check()?;
        }
    }

    /// Takes one data message.
    fn message(
        &mut self,
        connection: &mut Connection,
        offset: u64,
        len: usize,
    ) -> Result<(), Error> {
        if offset != self.next_offset {
            return Err(PeerMisbehaved::WrongOffset.into());
        }
        if len == 0 || len as u64 > self.content.file_size - offset {
            return Err(PeerMisbehaved::TooMuchContent.into());
        }
        let end = self.filled + len;
        if self.buffer.len() < end {
            self.buffer.resize(end, 0);
        }
        connection.take_content(self.buffer.get_mut(self.filled..end).unwrap_or_default())?;
        self.filled = end;
        self.next_offset += len as u64;
        if end >= PIECE_LEN || self.next_offset == self.content.file_size {
            self.hand_over();
        }
        Ok(())
    }

    /// Gives what has come to the part, or drops it where there is none any more.
    fn hand_over(&mut self) {
        let filled = std::mem::take(&mut self.filled);
        let Ok(part) = &self.part else { return };
        let content = self.buffer.get(..filled).unwrap_or_default();
        self.hasher.update(content);
        if let Err(err) = part.write(content) {
            self.part = Err(Some(err));
            return;
        }
        self.counted += filled as u64;
        self.job.options.progress.add_bytes_of(&self.name, filled as u64);
    }

    fn ended(&mut self, item: &mut Item, digest: Digest) -> Taken {
        let mut part = match std::mem::replace(&mut self.part, Err(None)) {
            Ok(part) => part,
            Err(reason) => {
                return Taken::Failed(reason.unwrap_or_else(|| changed(&item.remote)));
            }
        };
        if self.hasher.digest() != digest || self.hasher.len() != self.content.file_size {
            return Taken::Failed(Error::Corrupt { path: item.remote.to_string() });
        }
        (item.size, item.modified) = (self.content.file_size, self.content.modified);
        match part.dress() {
            Ok(()) => Taken::Whole(part),
            Err(err) => Taken::Failed(err),
        }
    }
}

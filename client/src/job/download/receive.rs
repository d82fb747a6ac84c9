//! One file's content on its way from the connection to its part, hashed while it is hot.

use super::part::{Item, Part};
use super::sink::{Filling, Piece, Sink};
use crate::connection::{Connection, Received};
use crate::job::lanes::Job;
use crate::journal::Held;
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

/// Takes the whole answer to a get. An error means that the connection is over; what came of a
/// big file stays with its item, to go on from there.
pub(super) fn file(
    connection: &mut Connection,
    job: &Job<'_>,
    item: &mut Item,
    own: &mut Piece,
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
    let mut receiving = Receiving::new(job, item, content);
    let taken = receiving.run(connection, item, own);
    if is_big {
        job.options.progress.end(&wire);
    }
    if !matches!(taken, Ok(Taken::Whole(_))) {
        let is_stopped = |err: &Error| err.is_cancelled() && job.is_noted();
        let keeps =
            is_big && taken.as_ref().is_err_and(|err| err.is_retryable() || is_stopped(err));
        receiving.leave(item, keeps);
    }
    taken
}

struct Receiving<'a> {
    job: &'a Job<'a>,
    name: Vec<u8>,
    content: Content,
    sink: Option<Sink>,
    failed: Option<Error>,
    /// Content that waits for more, so that it is written in one go.
    piece: Option<Piece>,
    next_offset: u64,
    end: u64,
    counted: u64,
}

impl<'a> Receiving<'a> {
    fn new(job: &'a Job<'a>, item: &mut Item, content: Content) -> Self {
        let part = match item.part.take() {
            Some(mut part) if is_same(&part, content) => {
                part.content = content;
                Ok(part)
            }
            Some(_) => Err(changed(item)),
            None if content.len != content.file_size => Err(changed(item)),
            None => Part::create(&item.local, &job.part_prefix(), content)
                .inspect(|part| note_begun(job, item, part)),
        };
        let counted = part.as_ref().map_or(0, Part::held);
        let sink = part.and_then(|part| Sink::new(part, content.len > SMALL_PUT_MAX));
        let (sink, failed) = match sink {
            Ok(sink) => (Some(sink), None),
            Err(err) => (None, Some(err)),
        };
        let next_offset = content.file_size.saturating_sub(content.len);
        Self {
            job,
            name: item.remote.to_wire(),
            content,
            sink,
            failed,
            piece: None,
            next_offset,
            end: content.file_size,
            counted,
        }
    }

    fn run(
        &mut self,
        connection: &mut Connection,
        item: &mut Item,
        own: &mut Piece,
    ) -> Result<Taken, Error> {
        loop {
            if self.failed.is_some() && self.end - self.next_offset > DISCARD_MAX {
                return Ok(self
                    .failed
                    .take()
                    .map_or_else(|| Taken::Cut(changed(item)), Taken::Cut));
            }
            match connection.receive(Stage::Transfer)? {
                Received::Content { offset, len } => {
                    self.message(connection, offset, len, own)?;
                }
                Received::Answer { answer, .. } => {
                    let answer = match connection.judged(answer, &item.remote.to_wire()) {
                        Ok(answer) => answer,
                        Err(err @ Error::Busy { .. }) => return Ok(Taken::Busy(err)),
                        Err(err) => return Ok(Taken::Failed(err)),
                    };
                    let Answer::ContentEnd(digest) = answer else {
                        return Err(PeerMisbehaved::UnexpectedAnswer.into());
                    };
                    return Ok(self.ended(item, digest));
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
        own: &mut Piece,
    ) -> Result<(), Error> {
        if offset != self.next_offset {
            return Err(PeerMisbehaved::WrongOffset.into());
        }
        if len == 0 || len as u64 > self.end - offset {
            return Err(PeerMisbehaved::TooMuchContent.into());
        }
        let mut piece = match (self.piece.take(), &self.sink) {
            (Some(piece), _) => piece,
            (None, Some(sink)) => sink.piece(own),
            (None, None) => std::mem::take(own),
        };
        connection.take_content(piece.room(len))?;
        self.next_offset += len as u64;
        if self.sink.is_some() && piece.len() < PIECE_LEN && self.next_offset < self.end {
            self.piece = Some(piece);
        } else {
            self.hand_over(piece, own);
        }
        Ok(())
    }

    /// Gives a piece to the part, or drops it where there is none any more.
    fn hand_over(&mut self, piece: Piece, own: &mut Piece) {
        let len = piece.len() as u64;
        let Some(sink) = &mut self.sink else {
            *own = piece.cleared();
            return;
        };
        let (done, goes_on) = sink.write(piece);
        if let Some(done) = done {
            *own = done;
        }
        if goes_on {
            self.counted += len;
            self.job.options.progress.add_bytes_of(&self.name, len);
        } else {
            self.failed = self.finish().err();
        }
    }

    /// The part with all that came, or why it could not be written.
    fn finish(&mut self) -> Result<Filling, Error> {
        let sink = self.sink.take().ok_or(Error::Cancelled)?;
        let mut filling = sink.finish()?;
        filling.failed.take().map_or(Ok(filling), Err)
    }

    fn ended(&mut self, item: &mut Item, digest: Digest) -> Taken {
        if let Some(err) = self.failed.take() {
            return Taken::Failed(err);
        }
        let Filling { part, rest, .. } = match self.finish() {
            Ok(filling) => filling,
            Err(err) => return Taken::Failed(err),
        };
        let own = rest.as_ref().map_or_else(|| part.hasher.digest(), Hasher::digest);
        if own != digest || part.held() != self.content.file_size {
            return Taken::Failed(Error::Corrupt { path: item.remote.to_string() });
        }
        (item.size, item.modified) = (part.held(), part.content.modified);
        match part.dress() {
            Ok(()) => Taken::Whole(part),
            Err(err) => Taken::Failed(err),
        }
    }

    /// Keeps the part for another try, or forgets it.
    fn leave(mut self, item: &mut Item, keeps: bool) {
        if let Some(piece) = self.piece.take() {
            self.hand_over(piece, &mut Piece::default());
        }
        match self.finish() {
            Ok(filling) if keeps => item.part = Some(filling.part),
            _ => self.job.options.progress.take_bytes_back(self.counted),
        }
    }
}

/// Small files are fetched again rather than noted.
fn note_begun(job: &Job<'_>, item: &Item, part: &Part) {
    let Content { file_size, modified, .. } = part.content;
    if file_size > SMALL_PUT_MAX {
        let held = Held::InPart(part.path().to_path_buf());
        job.note_begun(item.target(), file_size, modified, held);
    }
}

/// Whether an answer goes on exactly where the part ends, in the same file.
fn is_same(part: &Part, content: Content) -> bool {
    part.content.file_size == content.file_size
        && part.content.modified == content.modified
        && content.file_size.checked_sub(content.len) == Some(part.held())
}

fn changed(item: &Item) -> Error {
    Error::Untrustworthy {
        subject: item.remote.to_string(),
        what: "it changed between two answers; try again",
    }
}

//! Where a file's content goes as it comes: into its part. A big file's is hashed and written on
//! a thread of its own, so that the next piece is decrypted meanwhile.

use super::part::Part;
use crate::Error;
use crossbeam_channel::{Receiver, Sender, bounded};
use ferry_protocol::Hasher;
use std::io;
use std::thread::JoinHandle;

/// The way into a part.
pub(super) enum Sink {
    /// On the caller's thread.
    Here(Filling),
    /// On a thread of its own.
    Apart(Writer),
}

/// A part that is being filled.
pub(super) struct Filling {
    pub(super) part: Part,
    /// Digest of what comes now, where a part was there before.
    pub(super) rest: Option<Hasher>,
    /// Why it could not be filled further.
    pub(super) failed: Option<Error>,
}

/// Content on its way, in a buffer that is used again.
#[derive(Default)]
pub(super) struct Piece {
    bytes: Vec<u8>,
    len: usize,
}

impl Piece {
    /// Bytes of content in it.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Room for `len` bytes more, which the caller fills.
    pub(super) fn room(&mut self, len: usize) -> &mut [u8] {
        let start = self.len;
        self.len += len;
        if self.bytes.len() < self.len {
            self.bytes.resize(self.len, 0);
        }
        self.bytes.get_mut(start..self.len).unwrap_or_default()
    }

    pub(super) fn cleared(self) -> Self {
        Self { len: 0, ..self }
    }

    fn content(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// A thread that fills a part. It owns the part until [`Sink::finish`].
pub(super) struct Writer {
    full: Sender<Piece>,
    spare: Receiver<Piece>,
    thread: JoinHandle<Filling>,
}

impl Sink {
    /// Content of a few segments is not worth a thread.
    pub(super) fn new(part: Part, is_big: bool) -> Result<Self, Error> {
        let rest = (part.held() > 0).then(Hasher::new);
        let filling = Filling { part, rest, failed: None };
        if is_big { Writer::start(filling).map(Self::Apart) } else { Ok(Self::Here(filling)) }
    }

    /// An empty piece; `own` serves where there is no thread.
    pub(super) fn piece(&self, own: &mut Piece) -> Piece {
        match self {
            Self::Here(_) => std::mem::take(own),
            // A thread that ended early tells why when it is finished.
            Self::Apart(writer) => writer.spare.recv().unwrap_or_default(),
        }
    }

    /// Takes a piece. Returns it empty, if it is done with it, and whether more can come.
    pub(super) fn write(&mut self, piece: Piece) -> (Option<Piece>, bool) {
        match self {
            Self::Here(filling) => {
                let goes_on = filling.take(piece.content());
                (Some(piece.cleared()), goes_on)
            }
            Self::Apart(writer) => (None, writer.full.send(piece).is_ok()),
        }
    }

    /// Waits until all is written.
    pub(super) fn finish(self) -> Result<Filling, Error> {
        match self {
            Self::Here(filling) => Ok(filling),
            Self::Apart(Writer { full, spare, thread }) => {
                drop((full, spare));
                thread.join().map_err(|_panic| thread_failed(io::Error::other("it panicked")))
            }
        }
    }
}

impl Writer {
    fn start(mut filling: Filling) -> Result<Self, Error> {
        let (full, pieces) = bounded::<Piece>(PIECES);
        let (done, spare) = bounded(PIECES);
        for _ in 0..PIECES {
            // The channel has just been made to hold as many.
            done.try_send(Piece::default()).ok();
        }
        let thread = std::thread::Builder::new().name("ferry-writer".to_owned()).spawn(move || {
            for piece in pieces {
                if !filling.take(piece.content()) {
                    break;
                }
                // Nobody waits for it any more once the last one was sent.
                done.try_send(piece.cleared()).ok();
            }
            filling
        });
        Ok(Self { full, spare, thread: thread.map_err(thread_failed)? })
    }
}

impl Filling {
    /// Hashes and writes; `false` once that failed.
    fn take(&mut self, piece: &[u8]) -> bool {
        if let Some(rest) = &mut self.rest {
            rest.update(piece);
        }
        if let Err(err) = self.part.write(piece) {
            self.failed = Some(err);
        }
        self.failed.is_none()
    }
}

fn thread_failed(source: io::Error) -> Error {
    Error::local("start a thread to write", std::path::Path::new("a part"), source)
}

/// Pieces on their way to the thread and back.
const PIECES: usize = 6;

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

/// A thread that fills a part. It owns the part until [`Sink::finish`].
pub(super) struct Writer {
    full: Sender<Vec<u8>>,
    spare: Receiver<Vec<u8>>,
    thread: JoinHandle<Filling>,
}

impl Sink {
    /// Content of a few segments is not worth a thread.
    pub(super) fn new(part: Part, is_big: bool) -> Result<Self, Error> {
        let rest = (part.held() > 0).then(Hasher::new);
        let filling = Filling { part, rest, failed: None };
        if is_big { Writer::start(filling).map(Self::Apart) } else { Ok(Self::Here(filling)) }
    }

    /// A buffer for the next piece; `own` serves where there is no thread.
    pub(super) fn buffer(&self, own: &mut Vec<u8>) -> Vec<u8> {
        match self {
            Self::Here(_) => std::mem::take(own),
            // A thread that ended early tells why when it is finished.
            Self::Apart(writer) => writer.spare.recv().unwrap_or_default(),
        }
    }

    /// Takes a piece. Returns its buffer, if it is done with it, and whether more can come.
    pub(super) fn write(&mut self, piece: Vec<u8>) -> (Option<Vec<u8>>, bool) {
        match self {
            Self::Here(filling) => {
                let goes_on = filling.take(&piece);
                (Some(piece), goes_on)
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
        let (full, pieces) = bounded::<Vec<u8>>(BUFFERS);
        let (done, spare) = bounded(BUFFERS);
        for _ in 0..BUFFERS {
            // The channel has just been made to hold as many.
            done.try_send(Vec::new()).ok();
        }
        let thread = std::thread::Builder::new().name("ferry-writer".to_owned()).spawn(move || {
            for piece in pieces {
                if !filling.take(&piece) {
                    break;
                }
                // Nobody waits for buffers any more once the last piece was sent.
                done.try_send(piece).ok();
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
const BUFFERS: usize = 6;

//! The content of a big file in one stream, for a server that takes no segments: hashed while it
//! is sent, with an eye on the server's answer, and ended with the digest.

use super::big::{Sent, next_answer, refused, wait};
use super::item::Item;
use super::segments::changed;
use crate::connection::Connection;
use crate::job::lanes::Job;
use crate::job::verdict::FAILURES_MAX;
use crate::local_file;
use crate::{Error, sys};
use ferry_protocol::limits::SEGMENT_LEN;
use ferry_protocol::{Answer, GoOn, Hasher, Request};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

/// A file that is being sent.
pub(super) struct Stream<'a> {
    connection: &'a mut Connection,
    job: &'a Job<'a>,
    number: u32,
    file: File,
    hasher: Hasher,
    /// The name under which its progress is told.
    name: Vec<u8>,
    counted: u64,
}

impl<'a> Stream<'a> {
    pub(super) fn new(
        connection: &'a mut Connection,
        job: &'a Job<'a>,
        number: u32,
        (file, item): (File, &Item),
    ) -> Self {
        let (hasher, name) = (Hasher::new(), item.source().to_vec());
        Self { connection, job, number, file, hasher, name, counted: 0 }
    }

    /// Sends what the server does not hold, and the digest.
    pub(super) fn send(&mut self, item: &mut Item, go_on: GoOn) -> Result<Sent, Error> {
        let sent = self.run(item, go_on);
        if !matches!(sent, Ok(Sent::Stored(..))) {
            self.job.options.progress.take_bytes_back(self.counted);
        }
        item.reached = item.reached.max(self.counted);
        sent
    }

    fn run(&mut self, item: &mut Item, go_on: GoOn) -> Result<Sent, Error> {
        if go_on.held > item.size || !self.holds_our_prefix(go_on) {
            item.renew()?;
            item.failures += 1;
            self.give_up()?;
            return Ok(if item.failures > FAILURES_MAX {
                Sent::Failed(changed(&item.local))
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
                    std::io::ErrorKind::UnexpectedEof => changed(&item.local),
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
            return Ok(Err(changed(&item.local)));
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

//! Checksums that other programs know, of a stored file or of a range of it.

use super::{Task, TaskOutcome, TaskState, Turns, room};
use crate::service::{Error, Result, Service, Session};
use crate::storage::{FileState, Reader};
use crate::values::{KeptValues, Kind};
use crate::wake::Waker;
use ferry_protocol::{Progress, Range, RemotePath, Rights};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use std::sync::Arc;

/// A way to compute a checksum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// SHA-256 (FIPS 180-4).
    #[default]
    Sha256,
    /// SHA-512 (FIPS 180-4).
    Sha512,
    /// SHA-1 (FIPS 180-4), for those who know no other.
    Sha1,
    /// MD5 (RFC 1321), for those who know no other.
    Md5,
    /// CRC-32 as in zip files (ISO 3309).
    Crc32,
}

enum State {
    Sha256(Sha256),
    Sha512(Sha512),
    Sha1(Sha1),
    Md5(Md5),
    Crc32(crc32fast::Hasher),
}

impl Service {
    /// Computes a checksum of a stored file, or of a range of it.
    pub(crate) fn checksum(
        &self,
        session: &Session,
        path: &RemotePath,
        range: Range,
        algorithm: Algorithm,
    ) -> Result<Task> {
        session.view.may(Rights::READ, "read", path)?;
        let reader = session.view.storage.open(path)?;
        let size = reader.metadata().size;
        let end = range.offset.saturating_add(range.len_within(size));
        let is_whole = (range.offset, end) == (0, size);
        let seen = reader.state().filter(|_| is_whole);
        let known = seen.and_then(|seen| session.view.kept.value(&seen.stamp, algorithm.kind()));
        if let Some(value) = known {
            return Ok(Task::ready(TaskOutcome::Checksum { value: value.to_vec(), end }));
        }
        let keep = seen.map(|seen| (Arc::clone(&session.view.kept), seen, algorithm.kind()));
        let path = path.clone();
        let state = State::new(algorithm);
        Ok(Task(Box::new(ChecksumFile { reader, path, next: range.offset, end, state, keep })))
    }
}

struct ChecksumFile {
    reader: Box<dyn Reader>,
    path: RemotePath,
    next: u64,
    end: u64,
    state: State,
    /// Where to keep the value of a whole file.
    keep: Option<(Arc<KeptValues>, FileState, Kind)>,
}

impl Algorithm {
    fn kind(self) -> Kind {
        match self {
            Self::Sha256 => Kind::Sha256,
            Self::Sha512 => Kind::Sha512,
            Self::Sha1 => Kind::Sha1,
            Self::Md5 => Kind::Md5,
            Self::Crc32 => Kind::Crc32,
        }
    }
}

impl Turns for ChecksumFile {
    fn turn(&mut self, buffer: &mut [u8], _: &Waker) -> Result<TaskState> {
        if self.next < self.end {
            let room = room(buffer, self.end - self.next);
            if self.reader.read_at(self.next, room)? < room.len() {
                return Err(Error::Changed(self.path.clone()));
            }
            self.state.update(room);
            self.next += room.len() as u64;
            return Ok(TaskState::Running(Progress { done: self.next, total: self.end }));
        }
        if !self.reader.is_unchanged()? {
            return Err(Error::Changed(self.path.clone()));
        }
        let value = self.state.value();
        if let Some((kept, seen, kind)) = &self.keep {
            kept.keep(*seen, *kind, &value);
        }
        Ok(TaskState::Finished(TaskOutcome::Checksum { value, end: self.end }))
    }
}

impl State {
    fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
            Algorithm::Sha1 => Self::Sha1(Sha1::new()),
            Algorithm::Md5 => Self::Md5(Md5::new()),
            Algorithm::Crc32 => Self::Crc32(crc32fast::Hasher::new()),
        }
    }

    fn update(&mut self, content: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(content),
            Self::Sha512(hasher) => hasher.update(content),
            Self::Sha1(hasher) => hasher.update(content),
            Self::Md5(hasher) => hasher.update(content),
            Self::Crc32(hasher) => hasher.update(content),
        }
    }

    fn value(&self) -> Vec<u8> {
        match self {
            Self::Sha256(hasher) => hasher.clone().finalize().to_vec(),
            Self::Sha512(hasher) => hasher.clone().finalize().to_vec(),
            Self::Sha1(hasher) => hasher.clone().finalize().to_vec(),
            Self::Md5(hasher) => hasher.clone().finalize().to_vec(),
            Self::Crc32(hasher) => hasher.clone().finalize().to_be_bytes().to_vec(),
        }
    }
}

//! Reading local files: small ones whole, big ones for their digest.

use crate::{Error, sys};
use ferry_protocol::limits::SMALL_PUT_MAX;
use ferry_protocol::{Digest, Hasher, Timestamp};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// What a small file was when it was read.
pub(crate) struct SmallFile {
    pub(crate) size: u64,
    pub(crate) modified: Timestamp,
}

/// Why a file could not be read whole.
pub(crate) enum ReadError {
    Io(io::Error),
    /// It is longer than a small file may be.
    Grown,
    /// It changed while it was read.
    Changed,
    NoFile,
}

impl ReadError {
    pub(crate) fn into_error(self, path: &Path) -> Error {
        let what = match self {
            Self::Io(source) => return Error::local("read", path, source),
            Self::Grown | Self::Changed => "it changed while it was read; send it again",
            Self::NoFile => "it is no regular file any more",
        };
        Error::LocalRefused { path: path.to_path_buf(), what }
    }
}

/// Reads a file of at most [`SMALL_PUT_MAX`] bytes into `content`, as one state of it.
pub(crate) fn read_small(path: &Path, content: &mut Vec<u8>) -> Result<SmallFile, ReadError> {
    let mut file = sys::open_to_read(path).map_err(ReadError::Io)?;
    let before = file.metadata().map_err(ReadError::Io)?;
    if !before.is_file() {
        return Err(ReadError::NoFile);
    }
    if before.len() > SMALL_PUT_MAX {
        return Err(ReadError::Grown);
    }
    let len = usize::try_from(before.len()).unwrap_or(usize::MAX);
    // One byte more than there should be, so that one read also finds the end.
    content.resize(len + 1, 0);
    let mut filled = 0;
    loop {
        match file.read(content.get_mut(filled..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(err) if err.kind() == io::ErrorKind::Interrupted => continue,
            Err(err) => return Err(ReadError::Io(err)),
        }
        if filled > len {
            return Err(ReadError::Changed);
        }
        if filled == len {
            break;
        }
    }
    let after = file.metadata().map_err(ReadError::Io)?;
    let modified = sys::modified(&before);
    if filled != len || after.len() != before.len() || sys::modified(&after) != modified {
        return Err(ReadError::Changed);
    }
    content.truncate(len);
    Ok(SmallFile { size: before.len(), modified })
}

/// The first `len` bytes of a buffer that is at least as long.
pub(crate) fn front(buffer: &mut [u8], len: u64) -> &mut [u8] {
    let len = usize::try_from(len).unwrap_or(usize::MAX).min(buffer.len());
    buffer.get_mut(..len).unwrap_or_default()
}

/// The digest of a file that must have `size` bytes, computed on all processors.
pub(crate) fn digest(path: &Path, size: u64) -> Result<Digest, Error> {
    let local = |source| Error::local("read", path, source);
    let mut file = sys::open_to_read(path).map_err(local)?;
    let mut hasher = Hasher::new();
    hash_front(&mut file, size, &mut hasher).map_err(local)?;
    if file.metadata().map_err(local)?.len() != size {
        return Err(ReadError::Changed.into_error(path));
    }
    Ok(hasher.digest())
}

/// Hashes the first `len` bytes of a file that stands at its start.
pub(crate) fn hash_front(file: &mut File, len: u64, hasher: &mut Hasher) -> io::Result<()> {
    let mut buffer = vec![0; usize::try_from(len.min(BUFFER_LEN)).unwrap_or(0)];
    let mut left = len;
    while left > 0 {
        let piece = front(&mut buffer, left);
        file.read_exact(piece)?;
        if piece.len() >= PARALLEL_MIN {
            hasher.update_parallel(piece);
        } else {
            hasher.update(piece);
        }
        left -= piece.len() as u64;
    }
    Ok(())
}

/// Bytes read at once: enough for every processor to have some.
const BUFFER_LEN: u64 = 1024 * 1024;

/// Below this, telling other processors costs more than it saves.
const PARALLEL_MIN: usize = 128 * 1024;

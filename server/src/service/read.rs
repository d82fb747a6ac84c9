//! Downloads: a file's bytes in order, their digest, and the proof that it did not change.

use super::fetch::Fetch;
use super::pace::Pace;
use super::sent_values::SentValues;
use super::view::View;
use super::{Error, Result, Service, Session};
use crate::audit::{Action, Deed};
use crate::storage::{Metadata, Reader};
use crate::values::KeptValues;
use ferry_protocol::{
    Digest, Hasher, Range, RemotePath, Rights, SegmentRange, SegmentValue, segment_count,
    segment_start,
};
use std::fmt;
use std::fs::File;
use std::sync::Arc;
use std::time::Instant;

/// An open download.
pub(crate) struct Download {
    reader: Box<dyn Reader>,
    pace: Arc<Pace>,
    kept: Arc<KeptValues>,
    path: RemotePath,
    proof: Proof,
    start: u64,
    next: u64,
    end: u64,
    record: Record,
}

/// Where it is told what came of it.
enum Record {
    /// It is a deed of its own.
    Alone(Deed),
    /// It is a part of one.
    Part(Arc<Fetch>),
}

/// How the content is proved to its receiver.
enum Proof {
    /// By the digest of all that was sent.
    Digest(Hasher),
    /// By the value of each segment.
    Values(SentValues),
}

/// What [`Download::next_piece`] yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Content in the buffer.
    Content {
        /// Where it belongs in the file.
        offset: u64,
        /// Bytes of it.
        len: usize,
    },
    /// The value of the segment that came last.
    Value(SegmentValue),
    /// All was read, and the file is as it was; the digest, unless segments were asked for.
    End(Option<Digest>),
}

impl Service {
    /// Opens a range of a file for download.
    pub(crate) fn download(
        &self,
        session: &Session,
        path: &RemotePath,
        range: Range,
    ) -> Result<Download> {
        let deed = session.view.deed(Action::Download, path);
        let record = Record::Alone(deed.clone());
        let opened = open(&session.view, path, |_| record).map(|download| download.of(range));
        if let Err(err) = &opened {
            deed.failed(err);
        }
        opened
    }

    /// Opens some segments of a file for download.
    pub(crate) fn download_segments(
        &self,
        session: &mut Session,
        path: &RemotePath,
        range: SegmentRange,
    ) -> Result<Download> {
        let (view, goes_on) = (&session.view, &mut session.fetch);
        let record = |size| {
            let fetch = self.fetches.join(view, path, size);
            *goes_on = Some(Arc::clone(&fetch));
            Record::Part(fetch)
        };
        let opened = open(view, path, record).and_then(|download| download.of_segments(range));
        opened.inspect_err(|err| match &session.fetch {
            Some(fetch) if fetch.is_of(path) => fetch.failed(err),
            _ => session.view.deed(Action::Download, path).failed(err),
        })
    }
}

fn open(view: &View, path: &RemotePath, record: impl FnOnce(u64) -> Record) -> Result<Download> {
    view.may(Rights::READ, "read", path)?;
    let reader = view.storage.open(path)?;
    let record = record(reader.metadata().size);
    let path = path.clone();
    let (pace, kept) = (Arc::clone(&view.pace), Arc::clone(&view.kept));
    let proof = Proof::Digest(Hasher::new());
    Ok(Download { reader, pace, kept, path, proof, start: 0, next: 0, end: 0, record })
}

impl Download {
    fn of(mut self, range: Range) -> Self {
        self.start = range.offset;
        self.next = range.offset;
        self.end = range.offset.saturating_add(range.len_within(self.metadata().size));
        self
    }

    /// The same for some segments, of a file that has several.
    fn of_segments(mut self, range: SegmentRange) -> Result<Self> {
        let size = self.metadata().size;
        if segment_count(size).is_none_or(|count| count < 2) {
            return Err(NO_SEGMENTS);
        }
        let known = self.reader.state().and_then(|state| self.kept.segments(&state.stamp));
        self.proof = Proof::Values(SentValues::from(range.first, known));
        let offset = segment_start(range.first);
        let len = segment_start(range.end()).saturating_sub(offset);
        Ok(self.of(Range { offset, len }))
    }

    /// Length, time and permission bits of the file.
    pub(crate) fn metadata(&self) -> Metadata {
        self.reader.metadata()
    }

    /// Bytes that are still to come.
    pub(crate) fn remaining(&self) -> u64 {
        self.end.saturating_sub(self.next)
    }

    /// When to go on, if the account has fetched enough for now.
    pub(crate) fn wait_until(&self, now: Instant) -> Option<Instant> {
        self.pace.down()?.wait_until(now)
    }

    /// Fills `buffer` with the next bytes, as far as they go without crossing a segment's border.
    pub(crate) fn next_piece(&mut self, buffer: &mut [u8], segment_len: u64) -> Result<Piece> {
        let piece = self.piece(buffer, segment_len);
        match &piece {
            Ok(Piece::Content { .. } | Piece::Value(_)) => {}
            Ok(Piece::End(digest)) => {
                if let (Some(digest), Record::Alone(deed)) = (digest, &self.record) {
                    deed.is_of(*digest);
                }
                self.settle(&Ok(0));
            }
            Err(err) => self.record.failed(err),
        }
        piece
    }

    fn piece(&mut self, buffer: &mut [u8], segment_len: u64) -> Result<Piece> {
        if let Some(value) = self.due_value() {
            return Ok(Piece::Value(value));
        }
        let offset = self.next;
        let to_border = segment_len - offset % segment_len;
        let len = self.fill(buffer, to_border)?;
        let content = buffer.get(..len).unwrap_or_default();
        let is_whole = len as u64 == to_border || self.next == self.end;
        match &mut self.proof {
            Proof::Digest(hasher) if len == 0 => return Ok(Piece::End(Some(hasher.digest()))),
            Proof::Values(values) if len == 0 => {
                if let Some(state) = self.reader.state() {
                    values.teach(&self.kept, state);
                    if let Record::Part(fetch) = &self.record {
                        let (first, values) = values.learned();
                        fetch.sent(state, first, values);
                    }
                }
                return Ok(Piece::End(None));
            }
            Proof::Digest(hasher) => hasher.update(content),
            Proof::Values(values) => values.take(content, is_whole),
        }
        Ok(Piece::Content { offset, len })
    }

    /// The value of a segment that was read to its end; the next one begins.
    fn due_value(&mut self) -> Option<SegmentValue> {
        match &mut self.proof {
            Proof::Values(values) => values.due(),
            Proof::Digest(_) => None,
        }
    }

    /// Fills `buffer` with the next bytes, at most `len_max`, for a peer that compares no digest.
    /// Returns their count: 0 means that all was read, and that the file is as it was.
    pub(crate) fn read(&mut self, buffer: &mut [u8], len_max: u64) -> Result<usize> {
        let filled = self.fill(buffer, len_max);
        self.settle(&filled);
        filled
    }

    /// The rest as it lies in a file of this system, or a piece of it where the account has a rate:
    /// the file, the offset and the count of bytes. Whoever sends some of it says so by [`Download::sent`], and reads on at the end, by
    /// [`Download::read`], to be told that the file is as it was.
    pub(crate) fn rest_of_file(&self) -> Option<(&File, u64, u64)> {
        let file = self.reader.file().filter(|_| self.remaining() > 0)?;
        let len_max = self.pace.down().map_or(u64::MAX, |_| PACED_LEN);
        Some((file, self.next, self.remaining().min(len_max)))
    }

    /// So many bytes of [`Download::rest_of_file`] were sent; none means that the file has become
    /// shorter.
    pub(crate) fn sent(&mut self, count: usize) -> Result<()> {
        if count == 0 {
            let changed = Error::Changed(self.path.clone());
            self.record.failed(&changed);
            return Err(changed);
        }
        self.next += count as u64;
        if let Some(down) = self.pace.down() {
            down.spend(count);
        }
        Ok(())
    }

    /// Records the end, if this is it.
    fn settle(&self, filled: &Result<usize>) {
        match (filled, &self.record) {
            (Ok(0), Record::Alone(deed)) => {
                deed.moved(self.next.saturating_sub(self.start));
                deed.done();
            }
            (Ok(_), _) => {}
            (Err(err), record) => record.failed(err),
        }
    }

    fn fill(&mut self, buffer: &mut [u8], len_max: u64) -> Result<usize> {
        if self.next == self.end {
            return self.finish();
        }
        let wanted = self.remaining().min(len_max);
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX).min(buffer.len());
        let room = buffer.get_mut(..wanted).unwrap_or_default();
        let len = self.reader.read_at(self.next, room)?;
        if len < wanted {
            return Err(Error::Changed(self.path.clone()));
        }
        self.next += len as u64;
        if let Some(down) = self.pace.down() {
            down.spend(len);
        }
        Ok(len)
    }

    fn finish(&self) -> Result<usize> {
        if self.reader.is_unchanged()? { Ok(0) } else { Err(Error::Changed(self.path.clone())) }
    }
}

impl Record {
    fn failed(&self, err: &Error) {
        match self {
            Self::Alone(deed) => deed.failed(err),
            Self::Part(fetch) => fetch.failed(err),
        }
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        let moved = self.next.saturating_sub(self.start);
        match &self.record {
            Record::Alone(deed) => deed.moved(moved),
            Record::Part(fetch) => fetch.moved(moved),
        }
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Download({}, {} bytes to come)", self.path, self.remaining())
    }
}

/// Bytes that an account with a rate moves on credit at the most.
const PACED_LEN: u64 = 1024 * 1024;

/// Why segments cannot be asked for.
pub(super) const NO_SEGMENTS: Error =
    Error::Nonsense("only a file of two or more segments has values; ask for its digest");

//! A big file on its way down by segments, as the lanes that fetch it share it.

use super::part::Item;
use crate::job::striped::Striped;
use crate::sync::AtomicBool;
use crate::{Error, sys};
use ferry_protocol::{
    Content, RemotePath, SegmentRange, SegmentValue, StoredDigest, StoredValues, Timestamp,
    segment_start,
};
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A big file, the part that it fills, and how far it is.
pub(super) struct Incoming {
    pub(super) remote: RemotePath,
    pub(super) segments: Striped,
    size: u64,
    modified: Timestamp,
    file: Arc<File>,
    has_changed: AtomicBool,
}

impl Incoming {
    /// `None` for a file of more segments than can be counted, and without a part.
    pub(super) fn new(item: &mut Item) -> Option<Arc<Self>> {
        let file = Arc::clone(&item.part.as_ref()?.file);
        let values = std::mem::take(&mut item.values);
        let name = item.remote.to_wire();
        Some(Arc::new(Self {
            segments: Striped::new(&item.local, &name, item.size, values)?,
            remote: item.remote.clone(),
            size: item.size,
            modified: item.modified,
            file,
            has_changed: AtomicBool::new(false),
        }))
    }

    /// Whether the server tells of the file that was begun, and of these segments of it.
    pub(super) fn is_announced(&self, content: Content, range: SegmentRange) -> bool {
        self.is_same(content.file_size, content.modified)
            && content.len == self.segments.bytes(range)
    }

    /// Whether values are those of the file that was begun.
    pub(super) fn has_values(&self, stored: &StoredValues) -> bool {
        self.is_same(stored.file_size, stored.modified)
    }

    /// Whether a digest is that of the file that was begun.
    pub(super) fn has_digest(&self, stored: StoredDigest) -> bool {
        self.is_same(stored.file_size, stored.modified)
    }

    fn is_same(&self, size: u64, modified: Timestamp) -> bool {
        (size, modified) == (self.size, self.modified)
    }

    /// The file is another one by now: what came of it is worth nothing.
    pub(super) fn change(&self) {
        self.has_changed.store(true, Ordering::SeqCst);
        self.segments.end(None);
    }

    pub(super) fn has_changed(&self) -> bool {
        self.has_changed.load(Ordering::SeqCst)
    }

    /// The value of a segment as the part holds it; `None` if it does not.
    pub(super) fn value_of_part(&self, index: u32, buffer: &mut [u8]) -> Option<SegmentValue> {
        let content = buffer.get_mut(..self.segments.len_of(index))?;
        sys::read_exact_at(&self.file, content, segment_start(index)).ok()?;
        SegmentValue::of(index, content)
    }

    /// Writes a segment that was proved.
    pub(super) fn write(&self, index: u32, content: &[u8]) -> io::Result<()> {
        sys::write_all_at(&self.file, content, segment_start(index))
    }
}

/// Why a file is fetched anew, if it has to be told in the end.
pub(super) fn changed(remote: &RemotePath) -> Error {
    Error::Untrustworthy {
        subject: remote.to_string(),
        what: "it changed between two answers; try again",
    }
}

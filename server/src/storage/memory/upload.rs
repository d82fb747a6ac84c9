//! Uploads into memory, as strict as an object store.

use super::Memory;
use super::tree::{File, KeptAttributes, Node, Part};
use crate::storage::{Author, Error, ErrorKind, FolderId, Published, Result, Upload};
use ferry_protocol::limits::SEGMENT_LEN;
use ferry_protocol::{Attributes, IfExists, Name, RemotePath, TransferId, UndoId, UndoReason};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// Where an upload lies.
pub(super) struct Place {
    storage: Memory,
    folder: RemotePath,
    target: RemotePath,
    name: Name,
    transfer: TransferId,
}

impl Place {
    pub(super) fn of(storage: &Memory, target: &RemotePath, transfer: TransferId) -> Result<Self> {
        let (Some(folder), Some(name)) = (target.parent(), target.name()) else {
            return Err(Error::new(ErrorKind::IsAFolder, target));
        };
        Ok(Self { storage: storage.clone(), folder, target: target.clone(), name, transfer })
    }

    fn err(&self, kind: ErrorKind) -> Error {
        Error::new(kind, &self.target)
    }

    /// Marks the upload as in use, and takes what was left of it.
    fn claim(&self) -> Result<Option<BTreeMap<u64, Vec<u8>>>> {
        let mut root = self.storage.root.lock();
        let parts = &mut root.folder_mut(&self.folder)?.parts;
        match parts.insert(self.transfer.0, Part::InUse) {
            Some(Part::InUse) => Err(self.err(ErrorKind::InUse)),
            Some(Part::Left { chunks, .. }) => Ok(Some(chunks)),
            None => Ok(None),
        }
    }

    /// Takes the mark away, and leaves `part` if there is one.
    fn leave(&self, part: Option<Part>) {
        let mut root = self.storage.root.lock();
        // Its folder may be gone, and the part with it.
        if let Ok(folder) = root.folder_mut(&self.folder) {
            match part {
                Some(part) => folder.parts.insert(self.transfer.0, part),
                None => folder.parts.remove(&self.transfer.0),
            };
        }
    }
}

/// Content by the index of its chunk.
type Chunks = BTreeMap<u64, Vec<u8>>;

/// An upload into chunks.
pub(super) struct MemoryUpload {
    place: Place,
    chunks: Mutex<Chunks>,
    sealed: Option<KeptAttributes>,
    is_kept: bool,
}

impl MemoryUpload {
    pub(super) fn begin(place: Place) -> Result<Self> {
        place.claim()?;
        Ok(Self { place, chunks: Mutex::default(), sealed: None, is_kept: true })
    }

    pub(super) fn resume(place: Place) -> Result<Self> {
        let Some(chunks) = place.claim()? else {
            place.leave(None);
            return Err(place.err(ErrorKind::NoPart));
        };
        Ok(Self { place, chunks: Mutex::new(chunks), sealed: None, is_kept: true })
    }

    /// Checks that each piece is the next of its chunk, before any is written.
    fn check(&self, chunks: &Chunks, offset: u64, content: &[u8]) -> Result<()> {
        for (start, _) in pieces(offset, content) {
            let held = chunks.get(&(start / CHUNK_LEN)).map_or(0, Vec::len) as u64;
            if start % CHUNK_LEN != held {
                return Err(self.place.err(ErrorKind::Unsupported));
            }
        }
        Ok(())
    }

    /// All content in order, which has no gap.
    fn content(&self) -> Vec<u8> {
        self.chunks.lock().values().flatten().copied().collect()
    }
}

impl Upload for MemoryUpload {
    fn chunk_len(&self) -> u64 {
        CHUNK_LEN
    }

    fn held(&self) -> u64 {
        let mut held = 0;
        for (index, chunk) in &*self.chunks.lock() {
            if index * CHUNK_LEN != held {
                break;
            }
            held += chunk.len() as u64;
        }
        held
    }

    fn holds(&self, start: u64, end: u64) -> bool {
        let chunks = self.chunks.lock();
        (start / CHUNK_LEN..end.div_ceil(CHUNK_LEN)).all(|index| {
            let wanted = (end - index * CHUNK_LEN).min(CHUNK_LEN);
            chunks.get(&index).is_some_and(|chunk| chunk.len() as u64 >= wanted)
        })
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let chunks = self.chunks.lock();
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let start = offset.saturating_add(filled as u64);
            let chunk = chunks.get(&(start / CHUNK_LEN)).map_or(&[][..], Vec::as_slice);
            match copy_from(chunk, start % CHUNK_LEN, rest) {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }

    fn write(&self, offset: u64, content: &[u8]) -> Result<()> {
        if self.sealed.is_some() {
            return Err(self.place.err(ErrorKind::Unsupported));
        }
        let mut chunks = self.chunks.lock();
        self.check(&chunks, offset, content)?;
        for (start, piece) in pieces(offset, content) {
            chunks.entry(start / CHUNK_LEN).or_default().extend_from_slice(piece);
        }
        Ok(())
    }

    fn forget_chunk(&self, start: u64) -> Result<()> {
        self.chunks.lock().remove(&(start / CHUNK_LEN));
        Ok(())
    }

    fn seal(&mut self, attributes: Attributes) -> Result<()> {
        let written: usize = self.chunks.get_mut().values().map(Vec::len).sum();
        if self.held() != written as u64 {
            return Err(self.place.err(ErrorKind::Unsupported));
        }
        self.sealed.get_or_insert_with(|| KeptAttributes::now(0o644)).set(attributes);
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn publish(
        mut self: Box<Self>,
        if_exists: IfExists,
        by: &Author,
    ) -> std::result::Result<Box<dyn Published>, (Error, Box<dyn Upload>)> {
        let Some(attributes) = self.sealed else {
            return Err((self.place.err(ErrorKind::Unsupported), self));
        };
        let file = File { content: self.content().into(), attributes };
        let content = Arc::clone(&file.content);
        let replaced = match self.place.put(file, if_exists, by) {
            Ok(replaced) => replaced,
            Err(err) => return Err((err, self)),
        };
        self.is_kept = false;
        let (storage, target) = (self.place.storage.clone(), self.place.target.clone());
        Ok(Box::new(MemoryPublished { storage, target, content, replaced }))
    }

    fn abandon(mut self: Box<Self>) -> Result<()> {
        self.is_kept = false;
        Ok(())
    }
}

impl Place {
    fn put(&self, file: File, if_exists: IfExists, by: &Author) -> Result<Option<UndoId>> {
        let mut root = self.storage.root.lock();
        let (folder, name) = root.place_mut(&self.target, ErrorKind::IsAFolder)?;
        folder.check_free(&self.name, if_exists, &self.target)?;
        let old = folder.children.insert(name.as_bytes().into(), Node::File(file));
        let mut kept = self.storage.kept.lock();
        Ok(old.map(|old| kept.add(UndoReason::Replaced, &self.target, old, by)))
    }
}

impl Drop for MemoryUpload {
    fn drop(&mut self) {
        let is_sealed = self.sealed.is_some();
        let mut chunks = std::mem::take(self.chunks.get_mut());
        chunks.retain(|_, chunk| is_sealed || chunk.len() as u64 == CHUNK_LEN);
        let part = Part::Left { chunks, since: Instant::now() };
        self.place.leave(self.is_kept.then_some(part));
    }
}

struct MemoryPublished {
    storage: Memory,
    target: RemotePath,
    content: Arc<[u8]>,
    replaced: Option<UndoId>,
}

impl Published for MemoryPublished {
    fn folder_id(&self) -> FolderId {
        FolderId(0, 0)
    }

    fn sync_folder(&self) -> Result<()> {
        Ok(())
    }

    fn take_back(self: Box<Self>) -> Result<()> {
        let mut root = self.storage.root.lock();
        let (folder, name) = root.place_mut(&self.target, ErrorKind::IsAFolder)?;
        let is_own = |node: &Node| matches!(node, Node::File(file) if Arc::ptr_eq(&file.content, &self.content));
        if folder.children.get(name.as_bytes()).is_some_and(is_own) {
            let before = self.replaced.and_then(|id| self.storage.kept.lock().take(id));
            match before {
                Some(node) => folder.children.insert(name.as_bytes().into(), node),
                None => folder.children.remove(name.as_bytes()),
            };
        }
        Ok(())
    }
}

/// Copies what `content` has from `offset` on, and returns the count of bytes.
pub(super) fn copy_from(content: &[u8], offset: u64, buffer: &mut [u8]) -> usize {
    let rest = usize::try_from(offset).ok().and_then(|start| content.get(start..));
    let rest = rest.unwrap_or_default();
    let count = rest.len().min(buffer.len());
    buffer[..count].copy_from_slice(&rest[..count]);
    count
}

/// Cuts `content` at the borders of chunks; each piece comes with its offset.
fn pieces(offset: u64, content: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let mut rest = content;
    let mut start = offset;
    std::iter::from_fn(move || {
        let room = usize::try_from(CHUNK_LEN - start % CHUNK_LEN).unwrap_or(usize::MAX);
        let (piece, behind) = rest.split_at(room.min(rest.len()));
        let at = start;
        (start, rest) = (start + piece.len() as u64, behind);
        (!piece.is_empty()).then_some((at, piece))
    })
}

/// Bytes of a chunk: two segments.
const CHUNK_LEN: u64 = 2 * SEGMENT_LEN as u64;

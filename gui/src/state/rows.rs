//! [`Rows`]: what a folder holds, in columns, so that a million rows take little room and are
//! handed from thread to thread without copying.

use std::sync::Arc;

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowKind {
    /// A folder.
    Folder,
    /// A file.
    File,
    /// A link that leads nowhere or out of what is shared.
    Link,
    /// A pipe, socket or device.
    Other,
}

/// One row as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// Its name, in bytes.
    pub name: &'a [u8],
    /// What it is.
    pub kind: RowKind,
    /// Whether a link leads there: it is all that the link leads to, but is removed as a link.
    pub is_linked: bool,
    /// Its length in bytes; 0 for what is no file.
    pub size: u64,
    /// When it was changed last, in nanoseconds since 1970 UTC; `None` when nobody knows.
    pub modified: Option<i64>,
}

/// Rows in the order in which they came. An index stays good while rows are added. Clones share
/// all but the last few.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    chunks: Vec<Arc<Chunk>>,
    len: usize,
}

/// Rows in a chunk: a power of two.
const CHUNK_ROWS: usize = 4096;

#[derive(Clone, Debug, Default)]
struct Chunk {
    names: Texts,
    /// Names in lower case, for the filter.
    folded: Texts,
    /// Keys whose order is that of the names, as a person counts.
    keys: Texts,
    kinds: Vec<RowKind>,
    links: Vec<bool>,
    sizes: Vec<u64>,
    times: Vec<i64>,
}

/// Many texts in one piece of memory.
#[derive(Clone, Debug, Default)]
struct Texts {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Texts {
    fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
    }

    fn at(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(index).copied().unwrap_or(0);
        self.bytes.get(start.unwrap_or(0) as usize..end as usize).unwrap_or_default()
    }
}

impl Rows {
    /// No rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a row at the end.
    pub fn push(&mut self, row: &Row<'_>) {
        if self.len.is_multiple_of(CHUNK_ROWS) {
            self.chunks.push(Arc::default());
        }
        if let Some(chunk) = self.chunks.last_mut() {
            Arc::make_mut(chunk).push(row);
            self.len += 1;
        }
    }

    /// The row's name, in bytes.
    #[must_use]
    pub fn name(&self, index: u32) -> &[u8] {
        self.chunk(index).map_or(b"", |(chunk, at)| chunk.names.at(at))
    }

    /// What the row is.
    #[must_use]
    pub fn kind(&self, index: u32) -> RowKind {
        let kind = self.chunk(index).and_then(|(chunk, at)| chunk.kinds.get(at));
        kind.copied().unwrap_or(RowKind::Other)
    }

    /// Whether a link leads there.
    #[must_use]
    pub fn is_linked(&self, index: u32) -> bool {
        self.chunk(index).and_then(|(chunk, at)| chunk.links.get(at)).copied().unwrap_or(false)
    }

    /// Its length in bytes.
    #[must_use]
    pub fn size(&self, index: u32) -> u64 {
        self.chunk(index).and_then(|(chunk, at)| chunk.sizes.get(at)).copied().unwrap_or(0)
    }

    /// When it was changed last, in nanoseconds since 1970.
    #[must_use]
    pub fn modified(&self, index: u32) -> Option<i64> {
        let time = self.chunk(index).and_then(|(chunk, at)| chunk.times.get(at)).copied();
        time.filter(|time| *time != UNKNOWN_TIME)
    }

    /// A key whose order is that of the names.
    #[must_use]
    pub fn key(&self, index: u32) -> &[u8] {
        self.chunk(index).map_or(b"", |(chunk, at)| chunk.keys.at(at))
    }

    /// The row with this name.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<u32> {
        self.indices().find(|index| self.name(*index) == name)
    }

    /// All indices.
    pub fn indices(&self) -> impl Iterator<Item = u32> + use<> {
        0..u32::try_from(self.len).unwrap_or(u32::MAX)
    }

    /// Marks, in a list as long as the rows, those whose name holds `wanted`, which is folded.
    #[must_use]
    pub fn matching(&self, wanted: &[u8]) -> Vec<bool> {
        let finder = memchr::memmem::Finder::new(wanted);
        let mut marks = Vec::with_capacity(self.len);
        for chunk in &self.chunks {
            let rows = 0..chunk.kinds.len();
            marks.extend(rows.map(|at| finder.find(chunk.folded.at(at)).is_some()));
        }
        marks
    }

    fn chunk(&self, index: u32) -> Option<(&Chunk, usize)> {
        let index = index as usize;
        let chunk = self.chunks.get(index / CHUNK_ROWS)?;
        Some((chunk, index % CHUNK_ROWS))
    }
}

impl Chunk {
    fn push(&mut self, row: &Row<'_>) {
        let folded = fold(row.name);
        self.names.push(|bytes| bytes.extend_from_slice(row.name));
        self.folded.push(|bytes| bytes.extend_from_slice(&folded));
        self.keys.push(|bytes| write_key(bytes, &folded));
        self.kinds.push(row.kind);
        self.links.push(row.is_linked);
        self.sizes.push(row.size);
        self.times.push(row.modified.unwrap_or(UNKNOWN_TIME));
    }
}

/// A name, or what is looked for in names, without the difference of case.
#[must_use]
pub fn fold(name: &[u8]) -> Vec<u8> {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    match std::str::from_utf8(name) {
        Ok(text) => text.to_lowercase().into_bytes(),
        Err(_) => name.to_ascii_lowercase(),
    }
}

/// A key whose order is that of names, as a person counts.
#[must_use]
pub fn name_key(name: &[u8]) -> Vec<u8> {
    let mut key = Vec::new();
    write_key(&mut key, &fold(name));
    key
}

/// Writes numbers so that their bytes order as they count: how many digits, then the digits.
fn write_key(key: &mut Vec<u8>, folded: &[u8]) {
    let mut rest = folded;
    while let Some((first, after)) = rest.split_first() {
        if !first.is_ascii_digit() {
            key.push(*first);
            rest = after;
            continue;
        }
        let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, after) = rest.split_at(len);
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        let digits = digits.get(zeros.min(len - 1)..).unwrap_or_default();
        key.push(b'0');
        key.push(u8::try_from(digits.len()).unwrap_or(u8::MAX));
        key.extend_from_slice(digits);
        rest = after;
    }
}

const UNKNOWN_TIME: i64 = i64::MIN;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_order_as_a_person_counts() {
        let mut names = ["b", "a10", "A9", "a1", "a100", "a", "Ä", "a2b", "a02a"];
        names.sort_by_key(|name| name_key(name.as_bytes()));
        assert_eq!(names, ["a", "a1", "a02a", "a2b", "A9", "a10", "a100", "b", "Ä"]);
    }

    #[test]
    fn rows_keep_what_they_were_told_over_many_chunks() {
        let mut rows = Rows::new();
        for index in 0..10_000_u64 {
            let name = format!("Row {index}");
            rows.push(&Row {
                name: name.as_bytes(),
                kind: RowKind::File,
                is_linked: index == 4097,
                size: index,
                modified: (index != 7).then_some(5),
            });
        }
        let shared = rows.clone();
        let (kind, is_linked) = (RowKind::Folder, false);
        rows.push(&Row { name: b"last", kind, is_linked, size: 0, modified: None });
        assert_eq!((shared.len(), rows.len()), (10_000, 10_001));
        assert_eq!(rows.name(4096), b"Row 4096");
        assert_eq!(rows.size(9999), 9999);
        assert_eq!((rows.modified(7), rows.modified(8)), (None, Some(5)));
        assert_eq!(rows.kind(10_000), RowKind::Folder);
        assert_eq!([4096, 4097, 4098].map(|row| rows.is_linked(row)), [false, true, false]);
        assert_eq!(rows.find(b"last"), Some(10_000));
        let marks = rows.matching(b"row 99");
        assert_eq!(marks.iter().filter(|mark| **mark).count(), 111);
        assert_eq!(rows.name(4_000_000), b"");
    }
}

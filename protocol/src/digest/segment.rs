//! Chaining values of segments (`blake3::hazmat`; BLAKE3 paper, section 2.1): a file of two or
//! more segments is a tree whose left subtrees are powers of two, so the values of its segments
//! give its ordinary digest, whatever order they were computed in. A file of one segment or none
//! has no values: its digest is all there is.

use crate::Digest;
use crate::limits::SEGMENT_LEN;
use blake3::hazmat::{ChainingValue, HasherExt as _, Mode};
use blake3::hazmat::{merge_subtrees_non_root, merge_subtrees_root};
use data_encoding::HEXLOWER;
use std::collections::BTreeMap;
use std::fmt;

/// The chaining value of one segment of a file that has more than one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SegmentValue([u8; 32]);

impl SegmentValue {
    /// Bytes of a value.
    pub const LEN: usize = 32;

    /// Wraps the bytes of a value.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The value's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// The value of the segment with this index. `content` is the whole segment; `None` if it is
    /// empty or longer than [`SEGMENT_LEN`].
    #[must_use]
    pub fn of(index: u32, content: &[u8]) -> Option<Self> {
        let mut hasher = SegmentHasher::new(index);
        hasher.update(content);
        hasher.value()
    }
}

impl fmt::Debug for SegmentValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        HEXLOWER.encode_write(&self.0, f)
    }
}

/// Computes the value of one segment as its content goes by.
#[derive(Clone)]
pub struct SegmentHasher {
    hasher: Box<blake3::Hasher>,
    /// Bytes taken; one more than a segment stands for all that are too many.
    taken: u64,
}

impl SegmentHasher {
    /// Starts at the first byte of the segment with this index.
    #[must_use]
    pub fn new(index: u32) -> Self {
        let mut hasher = Box::new(blake3::Hasher::new());
        hasher.set_input_offset(segment_start(index));
        Self { hasher, taken: 0 }
    }

    /// Takes the next bytes. What lies behind the segment's end is not taken, and then there is
    /// no value.
    pub fn update(&mut self, content: &[u8]) {
        if self.has_room(content) {
            self.hasher.update(content);
        }
    }

    /// The same on all processors; worth it from about 128 KiB at a time.
    pub fn update_parallel(&mut self, content: &[u8]) {
        if self.has_room(content) {
            self.hasher.update_rayon(content);
        }
    }

    /// The value of all bytes taken; `None` if they are none, or more than a segment has.
    #[must_use]
    pub fn value(&self) -> Option<SegmentValue> {
        let is_segment = self.taken > 0 && self.taken <= u64::from(SEGMENT_LEN);
        is_segment.then(|| SegmentValue(self.hasher.finalize_non_root()))
    }

    /// Counts what comes; `false` if it is more than a segment has.
    fn has_room(&mut self, content: &[u8]) -> bool {
        let taken = self.taken.saturating_add(u64::try_from(content.len()).unwrap_or(u64::MAX));
        self.taken = taken.min(u64::from(SEGMENT_LEN).saturating_add(1));
        taken <= u64::from(SEGMENT_LEN)
    }
}

impl fmt::Debug for SegmentHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SegmentHasher({} bytes)", self.taken)
    }
}

/// Values of a file's segments, as far as they are known. It takes memory for those alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentValues {
    values: BTreeMap<u32, SegmentValue>,
}

impl SegmentValues {
    /// Nothing known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a segment's value, in place of one that was known.
    pub fn insert(&mut self, index: u32, value: SegmentValue) {
        self.values.insert(index, value);
    }

    /// Forgets a segment's value.
    pub fn remove(&mut self, index: u32) {
        self.values.remove(&index);
    }

    /// A segment's value, if it is known.
    #[must_use]
    pub fn get(&self, index: u32) -> Option<SegmentValue> {
        self.values.get(&index).copied()
    }

    /// Segments whose value is known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether no value is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The segments of a file of `count` whose value is not known: the first and the count of each
    /// range, in order.
    pub fn gaps(&self, count: u32) -> impl Iterator<Item = (u32, u32)> {
        let mut next = 0;
        let known = self.values.keys().copied().filter(move |index| *index < count);
        known.chain(std::iter::once(count)).filter_map(move |index| {
            let gap = (next, index.saturating_sub(next));
            next = index.saturating_add(1);
            (gap.1 > 0).then_some(gap)
        })
    }

    /// The values known, in the order of their segments.
    pub fn iter(&self) -> impl Iterator<Item = (u32, SegmentValue)> {
        self.values.iter().map(|(index, value)| (*index, *value))
    }

    /// The ordinary digest of a file of `count` segments, or `None` while a value is missing, and
    /// for fewer than two segments: the digest of those is the digest of their content.
    #[must_use]
    pub fn digest(&self, count: u32) -> Option<Digest> {
        let values: Option<Vec<ChainingValue>> =
            (0..count).map(|index| self.values.get(&index).map(|value| value.0)).collect();
        let values = values?;
        let (left, right) = split(&values)?;
        let root = merge_subtrees_root(&subtree(left)?, &subtree(right)?, Mode::Hash);
        Some(Digest::from_bytes(*root.as_bytes()))
    }
}

/// Segments of a file of `size` bytes; `None` for more than can be counted (a pebibyte).
#[must_use]
pub fn segment_count(size: u64) -> Option<u32> {
    u32::try_from(size.div_ceil(u64::from(SEGMENT_LEN))).ok()
}

/// The offset of a segment's first byte.
#[must_use]
pub fn segment_start(index: u32) -> u64 {
    u64::from(index).saturating_mul(u64::from(SEGMENT_LEN))
}

/// Bytes of a segment of a file of `size` bytes; 0 behind its end.
#[must_use]
pub fn segment_len(index: u32, size: u64) -> u32 {
    let rest = size.saturating_sub(segment_start(index));
    u32::try_from(rest).map_or(SEGMENT_LEN, |rest| rest.min(SEGMENT_LEN))
}

/// The value of a subtree that is not the root. Its depth is the logarithm of the count.
fn subtree(values: &[ChainingValue]) -> Option<ChainingValue> {
    match values {
        [] => None,
        [value] => Some(*value),
        _ => {
            let (left, right) = split(values)?;
            Some(merge_subtrees_non_root(&subtree(left)?, &subtree(right)?, Mode::Hash))
        }
    }
}

/// Splits so that the left side is the largest power of two that leaves a right side.
fn split(values: &[ChainingValue]) -> Option<(&[ChainingValue], &[ChainingValue])> {
    if values.len() < 2 {
        return None;
    }
    let left = values.len().div_ceil(2).next_power_of_two();
    values.split_at_checked(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(len: usize) -> Vec<u8> {
        (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect()
    }

    #[test]
    fn segment_values_give_the_ordinary_digest_in_any_order() {
        let segment = usize::try_from(SEGMENT_LEN).unwrap();
        for (count, tail) in [(2, 0), (1, 1), (2, 1), (3, 0), (4, 77), (6, 1025), (7, 0)] {
            let content = content(count * segment + tail);
            let mut values = SegmentValues::new();
            let total = segment_count(u64::try_from(content.len()).unwrap()).unwrap();
            for (index, piece) in content.chunks(segment).enumerate().rev() {
                assert_eq!(values.digest(total), None, "one is missing");
                let index = u32::try_from(index).unwrap();
                values.insert(index, SegmentValue::of(index, piece).unwrap());
            }
            let digest = values.digest(total);
            assert_eq!(digest, Some(Digest::of(&content)), "{count} segments and {tail}");
        }
    }

    #[test]
    fn a_value_is_the_same_in_whatever_pieces_its_content_comes() {
        let content = content(usize::try_from(SEGMENT_LEN).unwrap());
        let mut hasher = SegmentHasher::new(3);
        content.chunks(1000).for_each(|piece| hasher.update(piece));
        assert_eq!(hasher.value(), SegmentValue::of(3, &content));
        let mut hasher = SegmentHasher::new(3);
        content.chunks(100_000).for_each(|piece| hasher.update_parallel(piece));
        assert_eq!(hasher.value(), SegmentValue::of(3, &content));
        assert_ne!(hasher.value(), SegmentValue::of(2, &content), "its place counts");
    }

    #[test]
    fn what_is_no_segment_has_no_value() {
        let segment = usize::try_from(SEGMENT_LEN).unwrap();
        assert_eq!(SegmentValue::of(0, b""), None);
        assert_eq!(SegmentValue::of(1, &vec![0; segment + 1]), None);
    }

    #[test]
    fn fewer_than_two_segments_give_no_digest() {
        let mut values = SegmentValues::new();
        assert_eq!(values.digest(0), None);
        values.insert(0, SegmentValue::from_bytes([0; 32]));
        assert_eq!(values.digest(1), None);
    }

    #[test]
    fn what_is_not_known_is_named() {
        let mut values = SegmentValues::new();
        assert_eq!(values.gaps(3).collect::<Vec<_>>(), [(0, 3)]);
        for index in [1, 2, 5, 9] {
            values.insert(index, SegmentValue::from_bytes([0; 32]));
        }
        assert_eq!(values.gaps(8).collect::<Vec<_>>(), [(0, 1), (3, 2), (6, 2)]);
        assert_eq!(values.gaps(0).count(), 0);
        values.remove(2);
        assert_eq!(values.gaps(6).collect::<Vec<_>>(), [(0, 1), (2, 3)]);
    }

    #[test]
    fn segments_are_counted_and_measured() {
        let segment = u64::from(SEGMENT_LEN);
        for (size, count) in [(0, 0), (1, 1), (segment, 1), (segment + 1, 2), (9 * segment, 9)] {
            assert_eq!(segment_count(size), Some(count));
        }
        assert_eq!(segment_count(u64::MAX), None);
        assert_eq!(segment_len(1, segment + 5), 5);
        assert_eq!(segment_len(0, segment + 5), SEGMENT_LEN);
        assert_eq!(segment_len(2, segment + 5), 0);
    }
}

//! Chaining values of segments (`blake3::hazmat`; BLAKE3 paper, section 2.1): a file of two or
//! more segments is a tree whose left subtrees are powers of two, so the values of its segments
//! give its ordinary digest, whatever order they were computed in.

use crate::Digest;
use crate::limits::SEGMENT_LEN;
use blake3::hazmat::merge_subtrees_root;
use blake3::hazmat::{ChainingValue, HasherExt as _, Mode, merge_subtrees_non_root};

/// The values of a file's segments, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentDigests {
    values: Vec<ChainingValue>,
}

impl SegmentDigests {
    /// The value of the segment with this index, of a file that has more than one. `content` is
    /// the whole segment; `None` if it is empty or longer than [`SEGMENT_LEN`].
    #[must_use]
    pub fn value_of(index: u32, content: &[u8]) -> Option<ChainingValue> {
        let len = u32::try_from(content.len()).ok()?;
        if len == 0 || len > SEGMENT_LEN {
            return None;
        }
        let offset = u64::from(index).saturating_mul(u64::from(SEGMENT_LEN));
        let mut hasher = blake3::Hasher::new();
        hasher.set_input_offset(offset);
        hasher.update(content);
        Some(hasher.finalize_non_root())
    }

    /// Appends the next segment's value.
    pub fn push(&mut self, value: ChainingValue) {
        self.values.push(value);
    }

    /// The file's ordinary digest, or `None` for fewer than two segments: the digest of those is
    /// the digest of their content.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        let (left, right) = split(&self.values)?;
        let root = merge_subtrees_root(&subtree(left)?, &subtree(right)?, Mode::Hash);
        Some(Digest::from_bytes(*root.as_bytes()))
    }
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

    #[test]
    fn segment_values_give_the_ordinary_digest() {
        let segment = usize::try_from(SEGMENT_LEN).unwrap();
        for (count, tail) in [(2, 0), (1, 1), (2, 1), (3, 0), (4, 77), (6, 1025), (7, 0)] {
            let content: Vec<u8> =
                (0..count * segment + tail).map(|i| u8::try_from(i % 251).unwrap()).collect();
            let mut values = SegmentDigests::default();
            for (index, piece) in content.chunks(segment).enumerate() {
                let index = u32::try_from(index).unwrap();
                values.push(SegmentDigests::value_of(index, piece).unwrap());
            }
            assert_eq!(values.digest(), Some(Digest::of(&content)), "{count} segments and {tail}");
        }
    }

    #[test]
    fn what_is_no_segment_has_no_value() {
        let segment = usize::try_from(SEGMENT_LEN).unwrap();
        assert_eq!(SegmentDigests::value_of(0, b""), None);
        assert_eq!(SegmentDigests::value_of(1, &vec![0; segment + 1]), None);
    }

    #[test]
    fn fewer_than_two_segments_have_no_values() {
        let mut values = SegmentDigests::default();
        assert_eq!(values.digest(), None);
        values.push([0; 32]);
        assert_eq!(values.digest(), None);
    }
}

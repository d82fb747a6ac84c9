//! A set of segments, kept as ranges that neither touch nor overlap.

use ferry_protocol::SegmentRange;
use std::collections::BTreeMap;

/// Segments: the count of each range by its first.
#[derive(Debug, Default)]
pub(super) struct SegmentSet(BTreeMap<u32, u32>);

impl SegmentSet {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the segments of a range. Returns those that were not there already.
    pub(super) fn add(&mut self, range: SegmentRange) -> Vec<SegmentRange> {
        if range.count == 0 {
            return Vec::new();
        }
        let added = self.gaps(range);
        let (mut first, mut end) = (range.first, range.end());
        while let Some((start, stop)) = self.last_until(end).filter(|(_, stop)| *stop >= first) {
            self.0.remove(&start);
            (first, end) = (first.min(start), end.max(stop));
        }
        self.0.insert(first, end - first);
        added
    }

    /// Takes the lowest segments, at most `count_max` and at most up to a multiple of it.
    pub(super) fn take_front(&mut self, count_max: u32) -> Option<SegmentRange> {
        let (first, count) = self.0.pop_first()?;
        let border = count_max - first % count_max;
        let taken = count.min(border);
        if taken < count {
            self.0.insert(first + taken, count - taken);
        }
        Some(SegmentRange { first, count: taken })
    }

    /// The segments of a range that are not in the set.
    fn gaps(&self, range: SegmentRange) -> Vec<SegmentRange> {
        let mut gaps = Vec::new();
        let mut next = range.first;
        let before = self.last_until(range.first);
        let behind = self.0.range(range.first.saturating_add(1)..range.end());
        let behind = behind.map(|(first, count)| (*first, first + count));
        for (start, stop) in before.into_iter().chain(behind) {
            if start > next {
                gaps.push(SegmentRange { first: next, count: start - next });
            }
            next = next.max(stop);
        }
        if next < range.end() {
            gaps.push(SegmentRange { first: next, count: range.end() - next });
        }
        gaps
    }

    /// The last range that begins at or before a segment: its first, and what lies behind it.
    fn last_until(&self, index: u32) -> Option<(u32, u32)> {
        self.0.range(..=index).next_back().map(|(first, count)| (*first, first + count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn indices(ranges: impl IntoIterator<Item = SegmentRange>) -> Vec<u32> {
        ranges.into_iter().flat_map(|range| range.first..range.end()).collect()
    }

    proptest! {
        /// What comes in any order, and twice, comes out once and in order.
        #[test]
        fn it_is_a_set(ranges in prop::collection::vec((0_u32..40, 0_u32..12), 0..12), max in 1_u32..9) {
            let (mut set, mut model) = (SegmentSet::default(), BTreeSet::new());
            for (first, count) in ranges {
                let added = indices(set.add(SegmentRange { first, count }));
                let expected: Vec<_> = (first..first + count).filter(|i| model.insert(*i)).collect();
                prop_assert_eq!(added, expected);
            }
            let taken: Vec<_> = std::iter::from_fn(|| set.take_front(max)).collect();
            for range in &taken {
                prop_assert!(range.first / max == (range.end() - 1) / max, "{:?}", range);
            }
            prop_assert_eq!(indices(taken), model.into_iter().collect::<Vec<_>>());
        }
    }
}

//! Values of files that are read piece by piece, perhaps by several connections.

use super::Stamp;
use ferry_protocol::{SegmentValue, SegmentValues, segment_count};
use std::collections::HashMap;

/// Values of files of which not all are known yet.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    files: HashMap<Stamp, SegmentValues>,
    count: usize,
}

impl Gathering {
    /// Adds values of segments from the `first` on. Returns those of all segments once they are
    /// known, one after another.
    pub(super) fn add(
        &mut self,
        stamp: Stamp,
        first: u32,
        values: &[SegmentValue],
    ) -> Option<Vec<u8>> {
        let count = segment_count(stamp.size)?;
        if self.count + values.len() > VALUES_MAX {
            // Others are given up rather than this one: they are read now or never.
            self.files.retain(|other, _| *other == stamp);
            self.count = self.files.values().map(SegmentValues::len).sum();
        }
        if self.count + values.len() > VALUES_MAX {
            return None;
        }
        let known = self.files.entry(stamp).or_default();
        let before = known.len();
        (first..count).zip(values).for_each(|(index, value)| known.insert(index, *value));
        self.count += known.len() - before;
        if known.len() < count as usize {
            return None;
        }
        let all = self.files.remove(&stamp)?;
        self.count -= all.len();
        Some(all.iter().flat_map(|(_, value)| *value.as_bytes()).collect())
    }
}

/// Values that are gathered at the most, about 60 bytes each: those of 64 GiB.
const VALUES_MAX: usize = 262_144;

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(size: u64) -> Stamp {
        Stamp { device: 1, inode: 1, size, modified: (0, 0), changed: (0, 0) }
    }

    fn value(n: u8) -> SegmentValue {
        SegmentValue::from_bytes([n; 32])
    }

    #[test]
    fn pieces_in_any_order_come_together() {
        let mut gathering = Gathering::default();
        let size = 3 * 256 * 1024;
        assert_eq!(gathering.add(stamp(size), 2, &[value(3), value(9)]), None);
        assert_eq!(gathering.add(stamp(size + 1), 0, &[value(7)]), None, "another file");
        assert_eq!(gathering.add(stamp(size), 2, &[value(3)]), None, "the same again");
        let all = gathering.add(stamp(size), 0, &[value(1), value(2)]).unwrap();
        assert_eq!(all, [[1; 32], [2; 32], [3; 32]].concat());
        assert_eq!(gathering.count, 1);
    }

    #[test]
    fn memory_is_bounded() {
        let mut gathering = Gathering::default();
        let many = vec![value(1); VALUES_MAX / 2 + 1];
        gathering.add(stamp(1 << 48), 0, &many);
        gathering.add(stamp(1 << 47), 0, &many);
        assert_eq!((gathering.files.len(), gathering.count), (1, many.len()));
        let too_many = vec![value(1); VALUES_MAX + 1];
        assert_eq!(gathering.add(stamp(1 << 46), 0, &too_many), None);
        assert_eq!(gathering.count, 0);
    }
}

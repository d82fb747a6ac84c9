//! What tells one state of one file from every other.

use ferry_protocol::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One state of one file. Times are whole seconds since 1970 and nanoseconds above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// The file system.
    pub device: u64,
    /// The file on it.
    pub inode: u64,
    /// Bytes.
    pub size: u64,
    /// Last modification of the content, which anybody can set.
    pub modified: (i64, u32),
    /// Last change of content, attributes or name, which nobody can set.
    pub changed: (i64, u32),
}

/// How sure it is that a stamp stands for one content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// The file changed so lately that it may change once more within the same tick of the clock,
    /// and its stamp stay as it is.
    None,
    /// A change would show, unless it comes through a memory map that was written to before.
    UnlessMapped,
    /// A change would show. After a power cut the file system may remember the stamp and not the
    /// content, which was perhaps not written yet.
    UntilRestart,
    /// A change would show, and the content is on stable storage.
    Lasting,
}

/// A file's stamp when it was looked at, before any of its content was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileState {
    /// The stamp.
    pub stamp: Stamp,
    /// What it is good for.
    pub certainty: Certainty,
}

impl FileState {
    /// The state of a file that is looked at now.
    pub(crate) fn seen(stamp: Stamp, now: SystemTime) -> Self {
        let (secs, nanos) = stamp.changed;
        let since_epoch = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        // A time in the future has no age.
        let age = u64::try_from(secs)
            .ok()
            .and_then(|secs| since_epoch.checked_sub(Duration::new(secs, nanos)));
        let certainty = match age {
            Some(age) if age >= WRITTEN_AFTER => Certainty::Lasting,
            Some(age) if age >= MAPPED_AFTER => Certainty::UntilRestart,
            Some(age) if age >= TICK_MAX => Certainty::UnlessMapped,
            _ => Certainty::None,
        };
        Self { stamp, certainty }
    }

    /// The state of a file that was stored just now with the modification `set`. Its name is as
    /// young as its stamp; but whoever writes to it sets another modification, if `set` is not
    /// that of these days anyway.
    pub(crate) fn stored(stamp: Stamp, set: Timestamp) -> Self {
        let changed = Timestamp::from_parts(stamp.changed.0, stamp.changed.1);
        let apart = Duration::from_nanos(set.0.abs_diff(changed.0));
        let is_kept = set.to_parts() == stamp.modified && apart >= TICK_MAX;
        let certainty = if is_kept { Certainty::Lasting } else { Certainty::None };
        Self { stamp, certainty }
    }
}

impl Stamp {
    pub(super) const LEN: usize = 48;

    pub(super) fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let fields = [self.device, self.inode, self.size]
            .into_iter()
            .map(u64::to_be_bytes)
            .chain([self.modified.0, self.changed.0].map(i64::to_be_bytes))
            .flatten()
            .chain([self.modified.1, self.changed.1].into_iter().flat_map(u32::to_be_bytes));
        bytes.iter_mut().zip(fields).for_each(|(byte, field)| *byte = field);
        bytes
    }
}

/// No file system that a server shares has a coarser clock.
const TICK_MAX: Duration = Duration::from_secs(2);

/// Who writes through a memory map changes the stamp with the first write to a page, and not again
/// until the system has written that page: 30 seconds later, and 5 for the flush.
const MAPPED_AFTER: Duration = Duration::from_mins(1);

/// Systems write what was changed within a minute; this leaves room for slow and lazy ones.
const WRITTEN_AFTER: Duration = Duration::from_hours(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(modified: (i64, u32), changed: (i64, u32)) -> Stamp {
        Stamp { device: 1, inode: 2, size: 3, modified, changed }
    }

    fn at(secs: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(secs)
    }

    #[test]
    fn a_file_that_changed_lately_is_not_sure() {
        let seen = |changed, now| FileState::seen(stamp((5, 0), changed), at(now)).certainty;
        assert_eq!(seen((1000, 0), 1000), Certainty::None);
        assert_eq!(seen((1000, 1), 1002), Certainty::None);
        assert_eq!(seen((1000, 0), 1002), Certainty::UnlessMapped);
        assert_eq!(seen((1000, 1), 1060), Certainty::UnlessMapped);
        assert_eq!(seen((1000, 0), 1060), Certainty::UntilRestart);
        assert_eq!(seen((1000, 0), 1000 + 3600), Certainty::Lasting);
        assert_eq!(seen((5000, 0), 1000), Certainty::None, "from the future");
        assert_eq!(seen((-5, 0), 1000), Certainty::None, "a clock that was never set");
    }

    #[test]
    fn a_stored_file_is_sure_if_a_write_would_change_its_modification() {
        let stored = |modified, set: (i64, u32)| {
            let stamp = stamp(modified, (1000, 7));
            FileState::stored(stamp, Timestamp::from_parts(set.0, set.1)).certainty
        };
        assert_eq!(stored((500, 9), (500, 9)), Certainty::Lasting);
        assert_eq!(stored((2000, 0), (2000, 0)), Certainty::Lasting, "from the future");
        assert_eq!(stored((999, 0), (999, 0)), Certainty::None, "written just now");
        assert_eq!(stored((501, 0), (500, 9)), Certainty::None, "somebody changed it since");
    }

    #[test]
    fn every_field_counts() {
        let one = stamp((1, 2), (3, 4));
        let others = [
            Stamp { device: 9, ..one },
            Stamp { inode: 9, ..one },
            Stamp { size: 9, ..one },
            Stamp { modified: (9, 2), ..one },
            Stamp { modified: (1, 9), ..one },
            Stamp { changed: (9, 4), ..one },
            Stamp { changed: (3, 9), ..one },
        ];
        assert!(others.iter().all(|other| other.to_bytes() != one.to_bytes()));
    }
}

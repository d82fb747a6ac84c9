//! Downloads by segments as one deed: a file takes many requests, perhaps over several connections,
//! and is recorded once.

use super::Session;
use super::view::View;
use crate::audit::{Action, Deed};
use crate::values::{Certainty, FileState, Stamp};
use ferry_protocol::{Digest, RemotePath, SegmentValue, SegmentValues, segment_count};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// The fetches that are under way.
#[derive(Default)]
pub(super) struct Fetches(Mutex<HashMap<Key, Weak<Fetch>>>);

/// Who fetches what.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    account: String,
    from: IpAddr,
    path: RemotePath,
}

/// A file that one account fetches from one place. It is done when its digest was told at the end,
/// or all of it went over. Who had some of it already fetches less: that is recorded too.
pub(super) struct Fetch {
    key: Key,
    fetches: Arc<Fetches>,
    deed: Deed,
    size: u64,
    moved: AtomicU64,
    is_over: AtomicBool,
    sent: Mutex<Sent>,
}

impl Fetches {
    /// The fetch that goes on with `path`, or a new one.
    pub(super) fn join(self: &Arc<Self>, view: &View, path: &RemotePath, size: u64) -> Arc<Fetch> {
        let from = view.presence.origin().peer.ip();
        let key = Key { account: view.account.name.clone(), from, path: path.clone() };
        let mut open = self.0.lock();
        let known = open.get(&key).and_then(Weak::upgrade).filter(|fetch| fetch.goes_on(size));
        known.unwrap_or_else(|| {
            let fetch = Arc::new(Fetch {
                key: key.clone(),
                fetches: Arc::clone(self),
                deed: view.deed(Action::Download, path),
                size,
                moved: AtomicU64::new(0),
                is_over: AtomicBool::new(false),
                sent: Mutex::default(),
            });
            open.insert(key, Arc::downgrade(&fetch));
            fetch
        })
    }
}

impl Fetch {
    fn goes_on(&self, size: u64) -> bool {
        self.size == size && !self.is_over.load(Ordering::SeqCst)
    }

    /// Whether it is the fetch of this file, and not over.
    pub(super) fn is_of(&self, path: &RemotePath) -> bool {
        self.key.path == *path && !self.is_over.load(Ordering::SeqCst)
    }

    /// So many bytes went over.
    pub(super) fn moved(&self, bytes: u64) {
        let moved = self.moved.fetch_add(bytes, Ordering::SeqCst).saturating_add(bytes);
        self.deed.moved(moved);
    }

    /// Values of segments from the `first` on that went over, while the file was in this state
    /// before and after.
    pub(super) fn sent(&self, state: FileState, first: u32, values: &[SegmentValue]) {
        if state.certainty > Certainty::None {
            self.sent.lock().add(state.stamp, first, values);
        }
    }

    /// The digest of what went over, if that was all of a file that is still in this state.
    pub(super) fn digest(&self, stamp: &Stamp) -> Option<Digest> {
        self.sent.lock().digest(stamp)
    }

    /// It was refused, or failed.
    pub(super) fn failed(&self, why: &impl fmt::Display) {
        self.is_over.store(true, Ordering::SeqCst);
        self.deed.failed(why);
    }

    /// The digest of what was fetched is told.
    pub(super) fn done(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        let moved = self.moved.load(Ordering::SeqCst);
        if moved < self.size {
            self.deed.remark(&format!("{moved} of {} bytes went over, then the digest", self.size));
        }
        self.deed.done();
    }
}

/// What went over of one state of a file. Values of a file that changed within the last minute are
/// not kept, since it may be changed by a memory map and no stamp show it; but this digest is of the
/// content that the receiver has, as is that behind a file in one stream.
#[derive(Debug, Default)]
struct Sent {
    stamp: Option<Stamp>,
    values: SegmentValues,
    /// A segment went over twice and was another the second time.
    is_torn: bool,
}

impl Sent {
    fn add(&mut self, stamp: Stamp, first: u32, values: &[SegmentValue]) {
        if self.stamp != Some(stamp) {
            *self = Self { stamp: Some(stamp), ..Self::default() };
        }
        for (index, value) in (first..).zip(values) {
            let known = self.values.get(index);
            self.is_torn |= known.is_some_and(|known| known != *value);
            if known.is_none() && self.values.len() < SENT_MAX {
                self.values.insert(index, *value);
            }
        }
    }

    fn digest(&self, stamp: &Stamp) -> Option<Digest> {
        if self.is_torn || self.stamp.as_ref() != Some(stamp) {
            return None;
        }
        self.values.digest(segment_count(stamp.size)?)
    }
}

/// Values that one fetch remembers, about 60 bytes each: those of 16 GiB. The digest of a larger
/// file that changed within the last minute is read.
const SENT_MAX: usize = 65_536;

impl Drop for Fetch {
    fn drop(&mut self) {
        if *self.moved.get_mut() >= self.size {
            self.deed.done();
        }
        let mut open = self.fetches.0.lock();
        // Another may have taken its place.
        if open.get(&self.key).is_some_and(|fetch| fetch.strong_count() == 0) {
            open.remove(&self.key);
        }
    }
}

impl Session {
    /// The session asks for the digest of what it fetched, which ends that fetch.
    pub(super) fn closes_fetch_of(&mut self, path: &RemotePath) -> Option<Arc<Fetch>> {
        self.fetch.take_if(|fetch| fetch.is_of(path))
    }
}

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fetch({})", self.key.path)
    }
}

impl fmt::Debug for Fetches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fetches({})", self.0.lock().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: u64 = 3 * 256 * 1024;

    fn stamp(inode: u64) -> Stamp {
        Stamp { device: 1, inode, size: SIZE, modified: (0, 0), changed: (0, 0) }
    }

    fn value(n: u8) -> SegmentValue {
        SegmentValue::from_bytes([n; 32])
    }

    #[test]
    fn pieces_in_any_order_give_the_digest_of_what_went_over() {
        let mut sent = Sent::default();
        sent.add(stamp(1), 2, &[value(3)]);
        sent.add(stamp(1), 0, &[value(1)]);
        assert_eq!(sent.digest(&stamp(1)), None, "one is missing");
        sent.add(stamp(1), 0, &[value(1), value(2)]);
        let mut all = SegmentValues::new();
        (0..).zip(1..=3).for_each(|(index, n)| all.insert(index, value(n)));
        assert_eq!(sent.digest(&stamp(1)), all.digest(3));
        assert_eq!(sent.digest(&stamp(2)), None, "it is another file by now");
    }

    #[test]
    fn what_changed_meanwhile_has_none() {
        let mut sent = Sent::default();
        sent.add(stamp(1), 0, &[value(1), value(2)]);
        sent.add(stamp(2), 2, &[value(3)]);
        assert_eq!(sent.digest(&stamp(2)), None, "only one segment is of this state");
        sent.add(stamp(2), 0, &[value(1), value(2)]);
        assert!(sent.digest(&stamp(2)).is_some());
        sent.add(stamp(2), 1, &[value(9)]);
        assert_eq!(sent.digest(&stamp(2)), None, "its stamp stands for two contents");
    }
}

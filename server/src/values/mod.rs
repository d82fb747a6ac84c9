//! Values of files that the server has read or verified, so that nobody reads them a second time:
//! BLAKE3 values of segments, and checksums that other programs ask for. What is kept belongs to one
//! state of a file ([`Stamp`]) and is never served for another. It is a help and no truth: it may be
//! lost at any time, and whatever is not whole is computed again.
//!
//! Files that lasted on stable storage are kept in a log in the state folder, others in memory.

mod gathering;
mod learned;
mod log;
mod stamp;

pub(crate) use learned::Learned;
pub use stamp::{Certainty, FileState, Stamp};

use ferry_protocol::limits::SMALL_PUT_MAX;
use ferry_protocol::{SegmentValue, SegmentValues, segment_count};
use gathering::Gathering;
use log::{Log, Place, VALUE_LEN_MAX};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// What is kept of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// The values of all its segments, one after another.
    Segments = 1,
    Sha256 = 2,
    Sha1 = 3,
    Md5 = 4,
    Crc32 = 5,
    Sha512 = 6,
}

type Key = [u8; KEY_LEN];

/// The kept values.
pub(crate) struct KeptValues(Mutex<Desk>);

struct Desk {
    /// `None` where the state folder does not take it.
    log: Option<Log>,
    index: HashMap<Key, (Place, u64)>,
    /// What was used or learned last.
    recent: HashMap<Key, (Arc<[u8]>, u64)>,
    recent_bytes: usize,
    /// Counts uses, so that what was not used for long goes first.
    uses: u64,
    gathering: Gathering,
    bounds: Bounds,
}

/// How much is kept.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    log_bytes: u64,
    log_entries: usize,
    recent_bytes: usize,
    recent_entries: usize,
}

/// Values of all segments of one file.
#[derive(Clone, Debug)]
pub(crate) struct AllValues(Arc<[u8]>);

impl AllValues {
    /// A segment's value; `None` behind the file's end.
    pub(crate) fn value(&self, index: u32) -> Option<SegmentValue> {
        let (chunks, _) = self.0.as_chunks::<{ SegmentValue::LEN }>();
        chunks.get(index as usize).map(|bytes| SegmentValue::from_bytes(*bytes))
    }

    /// All of them, for computing a digest.
    pub(crate) fn to_values(&self) -> SegmentValues {
        let mut values = SegmentValues::new();
        let (chunks, _) = self.0.as_chunks::<{ SegmentValue::LEN }>();
        (0..).zip(chunks).for_each(|(index, bytes)| {
            values.insert(index, SegmentValue::from_bytes(*bytes));
        });
        values
    }
}

impl KeptValues {
    /// Opens what is kept in the state folder.
    pub(crate) fn open(state_dir: &Path) -> Self {
        Self::open_within(state_dir, BOUNDS)
    }

    fn open_within(state_dir: &Path, bounds: Bounds) -> Self {
        let path = state_dir.join(FILE_NAME);
        let (log, found) = match Log::open(&path) {
            Ok((log, found)) => (Some(log), found),
            Err(err) => {
                tracing::warn!(
                    "{} cannot be used ({err}): digests are computed again after a restart",
                    path.display()
                );
                (None, Vec::new())
            }
        };
        let index: HashMap<_, _> =
            found.into_iter().zip(1..).map(|((key, place), used)| (key, (place, used))).collect();
        let uses = index.len() as u64 + 1;
        let (recent, gathering) = (HashMap::new(), Gathering::default());
        Self(Mutex::new(Desk { log, index, recent, recent_bytes: 0, uses, gathering, bounds }))
    }

    /// Whether something is kept of files of this size. Smaller ones are read and hashed in about
    /// a millisecond at most, while a record for each would cost a third of the pace at which small
    /// files are stored, and fill the log.
    pub(crate) fn is_worth_it(size: u64) -> bool {
        size > SMALL_PUT_MAX
    }

    /// What is kept of a file in this state.
    pub(crate) fn value(&self, stamp: &Stamp, kind: Kind) -> Option<Arc<[u8]>> {
        self.0.lock().value(&key_of(stamp, kind))
    }

    /// The values of all segments of a file in this state.
    pub(crate) fn segments(&self, stamp: &Stamp) -> Option<AllValues> {
        let value = self.value(stamp, Kind::Segments)?;
        let count = segment_count(stamp.size)? as usize;
        (value.len() == count * SegmentValue::LEN).then_some(AllValues(value))
    }

    /// Keeps what was computed of a file that was in this state before it was read, and is still.
    pub(crate) fn keep(&self, state: FileState, kind: Kind, value: &[u8]) {
        if state.certainty >= Certainty::UntilRestart && Self::is_worth_it(state.stamp.size) {
            let key = key_of(&state.stamp, kind);
            self.0.lock().keep(key, value, state.certainty == Certainty::Lasting);
        }
    }

    /// Keeps values of some segments, from the `first` on, of a file that was in this state before
    /// they were read, and is still, once all of its segments are known.
    pub(crate) fn learn(&self, state: FileState, first: u32, values: &[SegmentValue]) {
        let stamp = state.stamp;
        if state.certainty < Certainty::UntilRestart || !Self::is_worth_it(stamp.size) {
            return;
        }
        let mut desk = self.0.lock();
        if desk.knows(&key_of(&stamp, Kind::Segments)) {
            return;
        }
        let all = desk.gathering.add(stamp, first, values);
        drop(desk);
        if let Some(all) = all {
            self.keep(state, Kind::Segments, &all);
        }
    }
}

impl Desk {
    fn knows(&self, key: &Key) -> bool {
        self.recent.contains_key(key) || self.index.contains_key(key)
    }

    fn value(&mut self, key: &Key) -> Option<Arc<[u8]>> {
        self.uses += 1;
        if let Some((value, used)) = self.recent.get_mut(key) {
            *used = self.uses;
            return Some(Arc::clone(value));
        }
        let (place, used) = self.index.get_mut(key)?;
        *used = self.uses;
        let read = self.log.as_ref()?.read(key, *place);
        let Some(value) = read else {
            tracing::warn!("a kept value was altered on the disk; it is computed again");
            self.index.remove(key);
            return None;
        };
        let value: Arc<[u8]> = value.into();
        self.remember(*key, &value);
        Some(value)
    }

    fn keep(&mut self, key: Key, value: &[u8], lasts: bool) {
        if value.len() > VALUE_LEN_MAX as usize || (self.knows(&key) && !lasts) {
            return;
        }
        self.uses += 1;
        self.remember(key, &value.into());
        if lasts && !self.index.contains_key(&key) {
            self.write(key, value).unwrap_or_else(|err| {
                tracing::warn!("no more values are kept until a restart: {err}");
                self.log = None;
                self.index.clear();
            });
        }
    }

    fn write(&mut self, key: Key, value: &[u8]) -> io::Result<()> {
        let Some(log) = &mut self.log else { return Ok(()) };
        let is_full = log.len() + value.len() as u64 > self.bounds.log_bytes
            || self.index.len() >= self.bounds.log_entries;
        if is_full {
            let kept = latest_half(&self.index, self.bounds);
            let places = log.keep(kept.iter().map(|(_, (place, _))| *place))?;
            let moved = kept.into_iter().zip(places);
            self.index = moved.map(|((key, (_, used)), place)| (key, (place, used))).collect();
        }
        let place = log.append(&key, value)?;
        self.index.insert(key, (place, self.uses));
        Ok(())
    }

    /// Puts a value among the recent ones; where they are too many, the older half goes.
    fn remember(&mut self, key: Key, value: &Arc<[u8]>) {
        let replaced = self.recent.insert(key, (Arc::clone(value), self.uses));
        self.recent_bytes += value.len();
        self.recent_bytes -= replaced.map_or(0, |(value, _)| value.len());
        let Bounds { recent_bytes, recent_entries, .. } = self.bounds;
        if self.recent_bytes > recent_bytes || self.recent.len() > recent_entries {
            let mut uses: Vec<u64> = self.recent.values().map(|(_, used)| *used).collect();
            uses.sort_unstable();
            let middle = uses.get(uses.len() / 2).copied().unwrap_or(0);
            self.recent.retain(|_, (_, used)| *used >= middle);
            self.recent_bytes = self.recent.values().map(|(value, _)| value.len()).sum();
        }
    }
}

/// The entries that were used last, up to half of the bounds, those used first before the others.
fn latest_half(index: &HashMap<Key, (Place, u64)>, bounds: Bounds) -> Vec<(Key, (Place, u64))> {
    let mut entries: Vec<_> = index.iter().map(|(key, entry)| (*key, *entry)).collect();
    entries.sort_unstable_by_key(|(_, (_, used))| std::cmp::Reverse(*used));
    let mut left = bounds.log_bytes / 2;
    let latest = entries.into_iter().take(bounds.log_entries / 2).take_while(|(_, (place, _))| {
        let fits = place.len() <= left;
        left = left.saturating_sub(place.len());
        fits
    });
    let mut latest: Vec<_> = latest.collect();
    latest.reverse();
    latest
}

fn key_of(stamp: &Stamp, kind: Kind) -> Key {
    let mut key = [kind as u8; KEY_LEN];
    key.iter_mut().zip(stamp.to_bytes()).for_each(|(byte, stamp)| *byte = stamp);
    key
}

impl fmt::Debug for KeptValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeptValues({} on disk)", self.0.lock().index.len())
    }
}

/// A stamp and a kind.
const KEY_LEN: usize = Stamp::LEN + 1;

const FILE_NAME: &str = "values.log";

/// On the disk the values of half a tebibyte; in memory, those of 128 GiB.
const BOUNDS: Bounds = Bounds {
    log_bytes: 64 * 1024 * 1024,
    log_entries: 65_536,
    recent_bytes: 16 * 1024 * 1024,
    recent_entries: 4096,
};

#[cfg(test)]
mod tests;

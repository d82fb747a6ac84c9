//! What passed through a proxy: counted, held back at a limit, and at each fault measured for what
//! nobody can have proved yet, so that it may travel again.

use ferry_protocol::limits::SEGMENT_LEN;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Where bytes go: up to the server, or down to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Up,
    Down,
}

/// A value for each way.
#[derive(Debug, Default)]
struct Ways<T> {
    up: T,
    down: T,
}

impl<T> Ways<T> {
    fn of(&self, way: Way) -> &T {
        match way {
            Way::Up => &self.up,
            Way::Down => &self.down,
        }
    }
}

/// Everything that passes, TLS and all.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    flows: Ways<Flow>,
    links: Mutex<Vec<Arc<Link>>>,
    cuts: AtomicU64,
}

impl Traffic {
    /// Bytes that passed.
    pub(super) fn passed(&self, way: Way) -> u64 {
        self.flows.of(way).passed.load(Ordering::Relaxed)
    }

    /// Lets no more than so many bytes pass in all, until the next call.
    pub(super) fn hold(&self, way: Way, limit: u64) {
        self.flows.of(way).limit.store(limit, Ordering::Relaxed);
    }

    /// A connection that begins.
    pub(super) fn open(&self) -> Arc<Link> {
        let link = Arc::<Link>::default();
        self.links.lock().push(Arc::clone(&link));
        link
    }

    /// Connections that began.
    pub(super) fn links(&self) -> usize {
        self.links.lock().len()
    }

    /// A process at one end is about to be killed: notes what is on its way over all connections.
    pub(super) fn note_fault(&self) {
        self.links.lock().iter().filter(|link| !link.is_over()).for_each(|link| link.note_fault());
    }

    /// The proxy cuts a connection.
    pub(super) fn note_cut(&self, link: &Link) {
        link.note_fault();
        self.cuts.fetch_add(1, Ordering::Relaxed);
    }

    /// Connections that were cut.
    pub(super) fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }

    /// Bytes that were in flight at all faults together.
    pub(super) fn in_flight(&self, way: Way) -> u64 {
        self.links.lock().iter().map(|link| link.passages.of(way).lock().in_flight()).sum()
    }

    /// Counts up to `wanted` bytes of a connection as passed, as many as the limit lets.
    pub(super) fn grant(&self, link: &Link, way: Way, wanted: usize) -> usize {
        let granted = self.flows.of(way).grant(wanted as u64);
        link.passages.of(way).lock().add(granted, Instant::now());
        usize::try_from(granted).unwrap_or(wanted)
    }
}

/// All connections together, one way.
#[derive(Debug)]
struct Flow {
    passed: AtomicU64,
    limit: AtomicU64,
}

impl Default for Flow {
    fn default() -> Self {
        Self { passed: AtomicU64::new(0), limit: AtomicU64::new(u64::MAX) }
    }
}

impl Flow {
    fn grant(&self, wanted: u64) -> u64 {
        let limit = self.limit.load(Ordering::Relaxed);
        let raise = |passed| Some(passed + wanted.min(limit.saturating_sub(passed)));
        let before = self.passed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, raise);
        // It is always raised: an error would be what it was as well.
        wanted.min(limit.saturating_sub(before.unwrap_or_else(|passed| passed)))
    }
}

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Link {
    passages: Ways<Mutex<Passage>>,
    is_over: AtomicBool,
}

impl Link {
    /// Nothing passes any more.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    fn note_fault(&self) {
        for way in [Way::Up, Way::Down] {
            self.passages.of(way).lock().note_fault(Instant::now());
        }
    }
}

/// One way of one connection.
#[derive(Debug, Default)]
struct Passage {
    passed: u64,
    /// When how many bytes passed, as far back as [`PROOF_DELAY`].
    recent: VecDeque<(Instant, u64)>,
    /// What had passed at the fault, and how much of that was unproved.
    fault: Option<(u64, u64)>,
}

impl Passage {
    fn add(&mut self, count: u64, now: Instant) {
        self.passed += count;
        self.recent.push_back((now, count));
        self.forget_old(now);
    }

    fn forget_old(&mut self, now: Instant) {
        let is_old = |(then, _): &(Instant, u64)| now.duration_since(*then) > PROOF_DELAY;
        while self.recent.front().is_some_and(is_old) {
            self.recent.pop_front();
        }
    }

    /// The first fault of a connection is its end.
    fn note_fault(&mut self, now: Instant) {
        if self.fault.is_some() {
            return;
        }
        self.forget_old(now);
        let recent: u64 = self.recent.iter().map(|(_, count)| count).sum();
        self.fault = Some((self.passed, self.passed.min(u64::from(SEGMENT_LEN) + recent)));
    }

    /// What was unproved at the fault, and all that came behind it: what lay in the sender's socket
    /// when it was killed still passes.
    fn in_flight(&self) -> u64 {
        self.fault.map_or(0, |(passed, unproved)| unproved + self.passed - passed)
    }
}

/// Time in which what passed may be known to nobody: until the answer to a small file, which waits
/// for its barrier, is noted by the client's journal, 50 ms later. A large file needs no answer, but
/// all of a segment.
const PROOF_DELAY: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    const SEGMENT: u64 = SEGMENT_LEN as u64;

    #[test]
    fn what_passed_long_ago_is_not_in_flight_but_for_a_segment() {
        let (mut passage, start) = (Passage::default(), Instant::now());
        passage.add(10 * SEGMENT, start);
        passage.add(1000, start + PROOF_DELAY * 2);
        assert_eq!(passage.in_flight(), 0, "without a fault nothing is");
        passage.note_fault(start + PROOF_DELAY * 2);
        assert_eq!(passage.in_flight(), SEGMENT + 1000);
        passage.add(7, start + PROOF_DELAY * 3);
        passage.note_fault(start + PROOF_DELAY * 3);
        assert_eq!(passage.in_flight(), SEGMENT + 1007, "what comes behind is, and once");
    }

    #[test]
    fn no_more_is_in_flight_than_passed_and_no_more_passes_than_may() {
        let traffic = Traffic::default();
        let link = traffic.open();
        traffic.hold(Way::Up, 100);
        assert_eq!(traffic.grant(&link, Way::Up, 70), 70);
        assert_eq!(traffic.grant(&link, Way::Up, 70), 30);
        assert_eq!(traffic.grant(&link, Way::Up, 70), 0);
        assert_eq!(traffic.grant(&link, Way::Down, 70), 70);
        traffic.note_fault();
        assert_eq!((traffic.in_flight(Way::Up), traffic.passed(Way::Up)), (100, 100));
        link.end();
        traffic.open();
        traffic.note_fault();
        assert_eq!((traffic.in_flight(Way::Up), traffic.links()), (100, 2));
    }
}

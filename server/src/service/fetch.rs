//! Downloads by segments as one deed: a file takes many requests, perhaps over several connections,
//! and is recorded once.

use super::Session;
use super::view::View;
use crate::audit::{Action, Deed};
use ferry_protocol::RemotePath;
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

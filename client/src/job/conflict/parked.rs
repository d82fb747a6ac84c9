//! Files that are set aside until their conflict is decided.

use super::{ConflictId, Ruling};
use crate::sync::Mutex;
use std::collections::BTreeMap;

/// What a queue carries, and what can be told what to do about its conflict.
pub(in crate::job) trait Ruled {
    fn ruled(self, ruling: Ruling) -> Self;

    /// Leaves what came of it for another process to go on with.
    fn leave(self);
}

/// The files of one job that wait for a decision. Their number is bounded by the tray's.
pub(in crate::job) struct Parked<T>(Mutex<BTreeMap<ConflictId, T>>);

impl<T> Parked<T> {
    pub(in crate::job) fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    pub(in crate::job) fn insert(&self, id: ConflictId, item: T) {
        self.0.lock().insert(id, item);
    }

    pub(in crate::job) fn take(&self, id: ConflictId) -> Option<T> {
        self.0.lock().remove(&id)
    }

    /// The files that nobody decided about.
    pub(in crate::job) fn into_rest(self) -> impl Iterator<Item = T> {
        self.0.into_inner().into_values()
    }
}

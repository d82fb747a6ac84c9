//! Files that are set aside until their conflict is decided.

use super::{ConflictId, Ruling};
use parking_lot::Mutex;
use std::collections::HashMap;

/// What a queue carries, and what can be told what to do about its conflict.
pub(in crate::job) trait Ruled {
    fn ruled(self, ruling: Ruling) -> Self;

    /// Leaves what came of it for another process to go on with.
    fn leave(self);
}

/// The files of one job that wait for a decision. Their number is bounded by the tray's.
pub(in crate::job) struct Parked<T>(Mutex<HashMap<ConflictId, T>>);

impl<T> Parked<T> {
    pub(in crate::job) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    pub(in crate::job) fn insert(&self, id: ConflictId, item: T) {
        self.0.lock().insert(id, item);
    }

    /// Leaves the files to another process, in which their conflicts wait again.
    pub(in crate::job) fn leave(&self)
    where
        T: Ruled,
    {
        self.0.lock().drain().for_each(|(_, item)| item.leave());
    }

    pub(in crate::job) fn take(&self, id: ConflictId) -> Option<T> {
        self.0.lock().remove(&id)
    }
}

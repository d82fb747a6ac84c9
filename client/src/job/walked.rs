//! Walks of the server's trees that were made before the job, so that it need not make them again.

use ferry_protocol::{Entry, RemotePath};
use std::collections::HashMap;

/// Walks by their roots.
#[derive(Debug, Default)]
pub struct Walked(HashMap<Vec<u8>, Vec<Entry>>);

impl Walked {
    /// Keeps all entries of a walk.
    pub(crate) fn insert(&mut self, root: &RemotePath, entries: Vec<Entry>) {
        self.0.insert(root.to_wire(), entries);
    }

    /// The entries of a walk; given out once.
    pub(crate) fn take(&mut self, root: &RemotePath) -> Option<Vec<Entry>> {
        self.0.remove(&root.to_wire())
    }
}

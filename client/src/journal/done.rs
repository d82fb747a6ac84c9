//! What is remembered of a file that is done: 16 bytes that stand for its source, target, size
//! and time, so that a file which changed since is taken for another one.

use ferry_protocol::{Digest, Timestamp};
use std::collections::HashSet;

/// Stands for one file in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DoneKey(pub(crate) [u8; Self::LEN]);

impl DoneKey {
    pub(super) const LEN: usize = 16;

    /// `salt` is random and the job's own: nobody can make two files meet in one key.
    pub(crate) fn of(
        salt: &[u8],
        source: &[u8],
        target: &[u8],
        size: u64,
        modified: Timestamp,
    ) -> Self {
        let mut text = Vec::with_capacity(salt.len() + source.len() + target.len() + 25);
        text.extend(salt);
        text.extend(source);
        // No path holds it.
        text.push(0);
        text.extend(target);
        text.push(0);
        text.extend(size.to_be_bytes());
        text.extend(modified.0.to_be_bytes());
        let digest = Digest::of(&text);
        let mut key = [0; Self::LEN];
        key.copy_from_slice(digest.as_bytes().get(..Self::LEN).unwrap_or(&[0; Self::LEN]));
        Self(key)
    }
}

/// The files that were done when the journal was opened.
#[derive(Debug, Default)]
pub(super) struct DoneSet(HashSet<DoneKey>);

impl DoneSet {
    /// Adds the keys that were written in one go.
    pub(super) fn add_batch(&mut self, batch: &[u8]) {
        self.0.extend(batch.as_chunks().0.iter().map(|key| DoneKey(*key)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn contains(&self, key: DoneKey) -> bool {
        self.0.contains(&key)
    }
}

//! What was done, how often it was tried, and how often it came through.

use std::collections::BTreeMap;

/// Counts by operation. A race in which nothing ever comes through shows nothing.
#[derive(Debug, Default)]
pub(crate) struct Tally(BTreeMap<&'static str, Count>);

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    tried: u64,
    done: u64,
}

impl Tally {
    /// One attempt at an operation.
    pub(crate) fn add(&mut self, operation: &'static str, is_done: bool) {
        let count = self.0.entry(operation).or_default();
        count.tried += 1;
        count.done += u64::from(is_done);
    }

    /// Those that never came through, with the attempts at each.
    pub(crate) fn never_done(&self) -> Vec<(&'static str, u64)> {
        let never = self.0.iter().filter(|(_, count)| count.done == 0);
        never.map(|(operation, count)| (*operation, count.tried)).collect()
    }

    /// Operations there are.
    pub(crate) fn operations(&self) -> usize {
        self.0.len()
    }
}

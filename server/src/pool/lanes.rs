//! The two lanes: small requests, and what used up a whole turn.

use super::queue::Worker;
use super::slot::Slot;
use crate::door::Lane;
use std::collections::VecDeque;

/// Connections whose turn has come.
#[derive(Debug)]
pub(super) struct Lanes {
    control: VecDeque<Slot>,
    bulk: VecDeque<Slot>,
    /// What either holds at most.
    capacity: usize,
}

impl Lanes {
    pub(super) fn new(capacity: usize) -> Self {
        Self { control: VecDeque::new(), bulk: VecDeque::new(), capacity }
    }

    /// Puts a connection into its lane; it is handed back where that is full.
    pub(super) fn push(&mut self, slot: Slot) -> Result<(), Slot> {
        let lane = match slot.lane() {
            Lane::Control => &mut self.control,
            Lane::Bulk => &mut self.bulk,
        };
        if lane.len() >= self.capacity {
            return Err(slot);
        }
        lane.push_back(slot);
        Ok(())
    }

    /// The next connection for a worker: small requests come first.
    pub(super) fn next_for(&mut self, worker: Worker) -> Option<Slot> {
        let small = self.control.pop_front();
        if worker.only_control { small } else { small.or_else(|| self.bulk.pop_front()) }
    }

    /// The lane that the next connection is in; `None` if there is none.
    pub(super) fn first(&self) -> Option<Lane> {
        match (self.control.is_empty(), self.bulk.is_empty()) {
            (false, _) => Some(Lane::Control),
            (true, false) => Some(Lane::Bulk),
            (true, true) => None,
        }
    }
}

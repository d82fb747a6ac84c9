//! What a server has answered and may not have on stable storage yet. A barrier vouches for it
//! only within one epoch: where the server was started anew meanwhile, or one of its syncs failed,
//! such files are proved again, or sent again, in another round of the job.

use super::lanes::Job;
use super::noted::FileState;
use crate::Error;
use crate::journal::DoneKey;
use ferry_protocol::Epoch;
use std::collections::HashSet;

/// Rounds in which files are proved again, before a server that always fails is given up.
pub(super) const ROUNDS_MAX: usize = 5;

/// The files, and whether one epoch holds for all of them.
#[derive(Debug, Default)]
pub(super) struct Unsynced {
    /// That of the first connection of this round.
    epoch: Option<Epoch>,
    /// Whether a later one was another.
    is_in_doubt: bool,
    /// What the server answered in this round.
    files: Vec<DoneKey>,
    /// What is left of the round before; `None` in the first, which sends all files.
    to_prove: Option<HashSet<DoneKey>>,
}

impl Unsynced {
    /// Takes note of the epoch in which a connection begins, or a barrier was passed.
    pub(super) fn note_epoch(&mut self, epoch: Epoch) {
        self.is_in_doubt |= *self.epoch.get_or_insert(epoch) != epoch;
    }

    /// Takes note of a file that the server has, and may lose.
    pub(super) fn add(&mut self, file: DoneKey) {
        self.files.push(file);
    }

    /// Whether a file is one of those that this round proves again; it is not, once it has ended.
    pub(super) fn has_proved(&mut self, file: DoneKey) -> bool {
        self.to_prove.as_mut().is_some_and(|left| left.remove(&file))
    }

    /// What was not looked at comes in again, with what was.
    fn begin_round(&mut self) {
        let mut files: HashSet<_> = std::mem::take(&mut self.files).into_iter().collect();
        files.extend(self.to_prove.take().unwrap_or_default());
        *self = Self { to_prove: Some(files), ..Self::default() };
    }
}

impl Job<'_> {
    /// Whether this round proves what an earlier one sent.
    pub(super) fn is_proving(&self) -> bool {
        self.unsynced.lock().to_prove.is_some()
    }

    /// Whether this round has nothing to do with a file: it is durable, or was told of otherwise.
    pub(super) fn passes_over(&self, file: FileState<'_>) -> bool {
        let key = self.key(file);
        self.unsynced.lock().to_prove.as_ref().is_some_and(|left| !left.contains(&key))
    }

    /// Whether a barrier can vouch for this round no more.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.unsynced.lock().is_in_doubt
    }

    /// Takes note of a barrier. Returns whether it vouches for all that the server answered.
    pub(super) fn synced(&self, epoch: Epoch) -> bool {
        let mut unsynced = self.unsynced.lock();
        unsynced.note_epoch(epoch);
        if unsynced.is_in_doubt {
            return false;
        }
        let files = std::mem::take(&mut unsynced.files);
        if let Some(journal) = &self.options.journal {
            journal.files_synced(files);
        }
        true
    }

    /// Begins a round that proves what the server may have lost.
    pub(super) fn prove_again(&self) {
        self.unsynced.lock().begin_round();
        self.count_folders_anew();
        // Its epoch is that of its login; what this round sends belongs to the present one.
        drop(self.take_spare());
    }

    /// An error if a round came to its end and has not found all that it was to prove: sources
    /// changed or went meanwhile, and nobody knows whether the server has what was sent of them.
    pub(super) fn check_proved(&self) -> Result<(), Error> {
        let left = self.unsynced.lock().to_prove.as_ref().map_or(0, HashSet::len);
        if left == 0 { Ok(()) } else { Err(self.unproved(left)) }
    }

    /// What is told where the rounds are over and all is in doubt still.
    pub(super) fn never_proved(&self) -> Error {
        self.unproved(self.unsynced.lock().to_prove.as_ref().map_or(0, HashSet::len))
    }

    fn unproved(&self, files: usize) -> Error {
        Error::Unproved { server: self.site.server.clone(), files }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Epoch = Epoch { run: [1; 16], failed_syncs: 0 };

    #[test]
    fn another_run_and_a_failed_sync_are_other_epochs() {
        for other in [Epoch { run: [2; 16], ..FIRST }, Epoch { failed_syncs: 1, ..FIRST }] {
            let mut unsynced = Unsynced::default();
            for epoch in [FIRST, FIRST] {
                unsynced.note_epoch(epoch);
            }
            assert!(!unsynced.is_in_doubt);
            unsynced.note_epoch(other);
            // Also if it comes back, as a server does that is restored from an image.
            unsynced.note_epoch(FIRST);
            assert!(unsynced.is_in_doubt);
            unsynced.begin_round();
            unsynced.note_epoch(other);
            assert!(!unsynced.is_in_doubt);
        }
    }

    #[test]
    fn a_round_that_is_cut_short_leaves_its_files_to_the_next() {
        let mut unsynced = Unsynced::default();
        let [one, two] = [DoneKey([1; 16]), DoneKey([2; 16])];
        unsynced.add(one);
        unsynced.add(two);
        unsynced.begin_round();
        assert!(unsynced.has_proved(one) && !unsynced.has_proved(one));
        unsynced.add(one);
        unsynced.begin_round();
        assert!(unsynced.has_proved(one) && unsynced.has_proved(two));
    }
}

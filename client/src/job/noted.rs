//! What a job notes in its journal, and what it finds there of earlier runs. Without a journal
//! nothing is noted and nothing is found.

use super::conflict::Ruling;
use super::lanes::Job;
use super::report::FinalOutcome;
use crate::journal::{DoneKey, Ended, Held, UnderWay};
use crate::sources::Source;
use crate::{Conflict, Error, random};
use ferry_protocol::limits::SMALL_PUT_MAX;
use ferry_protocol::{Entry, RemotePath, Timestamp, TransferId};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// A file of a job in the state in which it is moved.
#[derive(Clone, Copy)]
pub(super) struct FileState<'a> {
    /// The source's path as bytes.
    pub(super) source: &'a [u8],
    /// The path that was wanted for it.
    pub(super) wanted: &'a [u8],
    /// The path that it got.
    pub(super) target: &'a [u8],
    pub(super) size: u64,
    pub(super) modified: Timestamp,
    /// Whether it may not be on stable storage before the job's last barrier. Then it is no
    /// file that another run may pass over.
    pub(super) is_unsynced: bool,
}

/// An upload that an earlier run began, and the state of the file then.
#[derive(Clone, Copy)]
pub(super) struct BegunUpload {
    pub(super) transfer: TransferId,
    pub(super) size: u64,
    pub(super) modified: Timestamp,
}

/// The staged file of a download that an earlier run began, and the state of the source then.
#[derive(Clone, Debug)]
pub(super) struct BegunPart {
    pub(super) path: PathBuf,
    pub(super) size: u64,
    pub(super) modified: Timestamp,
}

impl Job<'_> {
    /// Whether an earlier run did anything.
    pub(super) fn has_done(&self) -> bool {
        self.options.journal.as_ref().is_some_and(|journal| journal.has_done())
    }

    /// Whether an earlier run did this file. If so it is told and counted.
    pub(super) fn was_done(&self, file: FileState<'_>) -> bool {
        let journal = self.options.journal.as_ref().filter(|journal| journal.has_done());
        let was_done = journal.is_some_and(|journal| journal.was_done(self.key(file)));
        if was_done {
            self.add_file(file.size);
            self.options.progress.add_bytes(file.size);
            self.finish_file(file, FinalOutcome::DoneBefore);
        }
        was_done
    }

    /// Tells of a planned file that ended, and notes it. One that was proved again was told of.
    pub(super) fn finish_file(&self, file: FileState<'_>, outcome: FinalOutcome) {
        let is_there = matches!(outcome, FinalOutcome::Done | FinalOutcome::AlreadyThere);
        let key = (is_there || self.is_proving()).then(|| self.key(file));
        let was_awaited = key.is_some_and(|key| self.unsynced.lock().has_proved(key));
        let was_told = is_there && was_awaited;
        let key = key.filter(|_| is_there);
        if let Some(key) = key.filter(|_| file.is_unsynced) {
            self.unsynced.lock().add(key);
        }
        if let Some(journal) = &self.options.journal {
            let done = key.filter(|_| !file.is_unsynced);
            let ended = if was_told { Ended::Again } else { outcome.ended() };
            journal.file_ended(done, file.source, file.wanted, ended);
        }
        if !was_told {
            self.options.progress.add_planned(u64::from(self.is_proving()), 0);
            self.finish(file.source, file.target, file.size, outcome);
        }
        if self.open_files.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.conflicts.wake();
        }
    }

    /// What stands for a file in its state.
    pub(super) fn key(&self, file: FileState<'_>) -> DoneKey {
        let FileState { source, wanted, size, modified, .. } = file;
        match &self.options.journal {
            Some(journal) => journal.key(source, wanted, size, modified),
            None => DoneKey::of(b"", source, wanted, size, modified),
        }
    }

    /// The upload that an earlier run began of a file.
    pub(super) fn begun_upload(&self, target: &[u8]) -> Option<BegunUpload> {
        let UnderWay { size, modified, held, .. } =
            self.options.journal.as_ref()?.take_begun(target)?;
        match held {
            Held::ByServer(transfer) => Some(BegunUpload { transfer, size, modified }),
            Held::InPart(_) => None,
        }
    }

    /// The id of an upload that no earlier run is known to have begun. Of a small file nothing is
    /// noted before it is sent: its id is the same in every run, so that what a server that was
    /// killed holds of it is overwritten, and no part is left.
    pub(super) fn new_transfer(&self, file: FileState<'_>) -> Result<TransferId, Error> {
        match &self.options.journal {
            Some(journal) if file.size <= SMALL_PUT_MAX => {
                Ok(journal.small_transfer(file.source, file.wanted))
            }
            _ => random::transfer_id(),
        }
    }

    /// The staged file in which an earlier run began to download this one.
    pub(super) fn begun_part(&self, target: &[u8]) -> Option<BegunPart> {
        let UnderWay { size, modified, held, .. } =
            self.options.journal.as_ref()?.take_begun(target)?;
        match held {
            Held::InPart(path) => Some(BegunPart { path, size, modified }),
            Held::ByServer(_) => None,
        }
    }

    /// Notes where the bytes of a big file will be.
    pub(super) fn note_begun(&self, target: &[u8], size: u64, modified: Timestamp, held: Held) {
        if let Some(journal) = &self.options.journal {
            journal.file_begun(UnderWay { target: target.to_vec(), size, modified, held });
        }
    }

    /// Notes a decision, and the rule, which may have become another with it.
    pub(super) fn note_decision(&self, conflict: &Conflict, ruling: Ruling) {
        let Some(journal) = &self.options.journal else { return };
        // Who refuses for want of somebody to ask has decided nothing for the next time.
        if ruling != Ruling::Refuse {
            journal.conflict_decided(conflict, ruling);
        }
        if let Some(rule) = self.conflicts.lasting_rule() {
            journal.rule_changed(rule);
        }
    }

    /// Closes the tray. Notes what was decided there and not acted on, so that it need not be
    /// decided again, and a rule that became another with nothing to decide.
    pub(super) fn close_tray(&self) {
        for (conflict, ruling) in self.conflicts.close() {
            self.note_decision(&conflict, ruling);
        }
        let rule = self.conflicts.lasting_rule().filter(|rule| *rule != self.began_with);
        if let Some((rule, journal)) = rule.zip(self.options.journal.as_ref()) {
            journal.rule_changed(rule);
        }
    }

    /// Whether another process can go on with what this one leaves.
    pub(super) fn is_noted(&self) -> bool {
        self.options.journal.is_some()
    }

    /// The walk of a tree, if it was made already.
    pub(super) fn walked(&self, root: &RemotePath) -> Option<Vec<Entry>> {
        self.options.walked.as_ref()?.lock().take(root)
    }

    /// What lies in a folder here, if it was looked through already.
    pub(super) fn walked_folder(&self, folder: &Path) -> Option<Vec<Source>> {
        self.options.walked.as_ref()?.lock().take_folder(folder)
    }

    /// Removes the staged files that a killed process of this job left in a folder, but for
    /// those that are gone on with.
    pub(super) fn sweep(&self, folder: &Path) {
        let Some(journal) = &self.options.journal else { return };
        // What cannot be listed cannot be swept; whoever needs the folder tells.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let is_old = journal.is_old_part(entry.file_name().as_encoded_bytes());
            if is_old && !journal.has_begun_part(&entry.path()) {
                drop(fs::remove_file(entry.path()));
            }
        }
    }

    /// How the names of staged files begin.
    pub(super) fn part_prefix(&self) -> String {
        let journal = self.options.journal.as_ref();
        journal.map_or_else(|| ".ferry-part-".to_owned(), |journal| journal.part_prefix())
    }
}

//! Finished files that wait for each other, so that one flush of the disk serves many.

use super::part::{Item, Part, Placing};
use crate::job::lanes::Job;
use crate::job::report::FinalOutcome;
use crate::{Error, sys};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// Files that are whole and verified, and have no name yet.
#[derive(Default)]
pub(super) struct Finished {
    files: Vec<(Item, Part)>,
    bytes: u64,
}

impl Finished {
    /// Adds a file. Returns whether it is time to place all.
    pub(super) fn add(&mut self, item: Item, part: Part) -> bool {
        self.bytes += part.size();
        self.files.push((item, part));
        self.files.len() >= FILES_MAX || self.bytes >= BYTES_MAX
    }

    /// Brings the files to stable storage and gives them their names. Returns those whose name
    /// somebody took meanwhile; they keep their parts.
    pub(super) fn place(&mut self, job: &Job<'_>) -> Vec<Item> {
        let mut files = std::mem::take(&mut self.files);
        self.bytes = 0;
        let synced = sys::sync_files(files.iter().map(|(_, part)| &*part.file));
        let mut folders = BTreeSet::new();
        let mut placed = Vec::with_capacity(files.len());
        for (item, part) in &mut files {
            let result = match &synced {
                Ok(()) => part.place(&item.local, item.placing).map(|name| {
                    folders.extend(name.parent().map(Path::to_path_buf));
                }),
                Err(err) => Err(Error::local("sync", &item.local, copy(err))),
            };
            placed.push(result);
        }
        let here = |folder: &Path| folder.as_os_str().is_empty();
        let kept = folders
            .iter()
            .map(|folder| if here(folder) { ".".as_ref() } else { folder.as_path() })
            .try_for_each(sys::sync_folder);
        let mut taken = Vec::new();
        for ((mut item, part), placed) in files.into_iter().zip(placed) {
            let outcome = match (placed, &kept) {
                (Err(Error::TargetExists { .. }), _) if item.placing == Placing::New => {
                    job.options.progress.take_bytes_back(item.size);
                    item.part = Some(part);
                    taken.push(item);
                    continue;
                }
                (Err(err), _) => FinalOutcome::Failed(err),
                (_, Err(err)) => {
                    FinalOutcome::Failed(Error::local("sync the folder of", &item.local, copy(err)))
                }
                (Ok(()), Ok(())) => FinalOutcome::Done,
            };
            item.end(job, outcome);
        }
        taken
    }
}

fn copy(err: &io::Error) -> io::Error {
    err.raw_os_error().map_or_else(|| err.kind().into(), io::Error::from_raw_os_error)
}

/// Finished files that share a flush of the disk, and their bytes.
const FILES_MAX: usize = 128;
const BYTES_MAX: u64 = 64 * 1024 * 1024;

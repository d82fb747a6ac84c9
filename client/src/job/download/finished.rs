//! Finished files that wait for each other, so that one flush of the disk serves many.

use super::part::{Item, Part, Placing};
use crate::job::lanes::Job;
use crate::job::report::FinalOutcome;
use crate::{Error, sys};
use std::fs::File;
use std::io;
use std::path::PathBuf;

/// Files that are whole and verified, and wait for the flush.
#[derive(Default)]
pub(super) struct Finished {
    files: Vec<(Item, Whole)>,
    bytes: u64,
}

/// The content of a finished file.
pub(super) enum Whole {
    /// It has no name yet.
    Part(Part),
    /// It lay under this name, equal to the server's. Whoever put it there may have been killed
    /// before the flush.
    There(File, PathBuf),
}

impl Whole {
    fn file(&self) -> &File {
        match self {
            Self::Part(part) => &part.file,
            Self::There(file, _) => file,
        }
    }

    /// Gives it its name, and returns that.
    fn place(&mut self, item: &Item) -> Result<PathBuf, Error> {
        match self {
            Self::Part(part) => part.place(&item.local, item.placing),
            Self::There(_, name) => Ok(name.clone()),
        }
    }
}

impl Finished {
    /// Adds a file. Returns whether it is time to place all.
    pub(super) fn add(&mut self, item: Item, whole: Whole) -> bool {
        self.bytes += item.size;
        self.files.push((item, whole));
        self.files.len() >= FILES_MAX || self.bytes >= BYTES_MAX
    }

    /// Brings the files to stable storage and gives them their names. Returns those whose name
    /// somebody took meanwhile, or whose file there somebody changed; they keep their parts.
    pub(super) fn place(&mut self, job: &Job<'_>) -> Vec<Item> {
        let mut files = std::mem::take(&mut self.files);
        self.bytes = 0;
        let synced = sys::sync_files(files.iter().map(|(_, whole)| whole.file()));
        let mut placed = Vec::with_capacity(files.len());
        for (item, whole) in &mut files {
            placed.push(match &synced {
                Ok(()) => whole.place(item),
                Err(err) => Err(Error::local("sync", &item.local, copy(err))),
            });
        }
        let kept = sync_folders(placed.iter().flatten());
        let mut taken = Vec::new();
        for ((mut item, whole), placed) in files.into_iter().zip(placed) {
            let outcome = match (placed, whole, &kept) {
                (Err(Error::TargetExists { .. }), Whole::Part(part), _)
                    if item.placing != Placing::KeepBoth =>
                {
                    item.placing = Placing::New;
                    job.options.progress.take_bytes_back(item.size);
                    item.part = Some(part);
                    taken.push(item);
                    continue;
                }
                (Err(err), ..) => FinalOutcome::Failed(err),
                (Ok(name), whole, Err(err)) => {
                    if let Whole::Part(part) = whole {
                        part.take_back(&name, item.placing);
                    }
                    FinalOutcome::Failed(Error::local("sync the folder of", &item.local, copy(err)))
                }
                (Ok(_), Whole::Part(_), Ok(())) => FinalOutcome::Done,
                (Ok(_), Whole::There(..), Ok(())) => FinalOutcome::AlreadyThere,
            };
            item.end(job, outcome);
        }
        taken
    }
}

/// Brings the folders of these names to stable storage.
fn sync_folders<'a>(names: impl Iterator<Item = &'a PathBuf>) -> io::Result<()> {
    sys::sync_folders(&names.filter_map(|name| Some(name.parent()?.to_path_buf())).collect())
}

fn copy(err: &io::Error) -> io::Error {
    err.raw_os_error().map_or_else(|| err.kind().into(), io::Error::from_raw_os_error)
}

/// Finished files that share a flush of the disk, and their bytes.
const FILES_MAX: usize = 128;
const BYTES_MAX: u64 = 64 * 1024 * 1024;

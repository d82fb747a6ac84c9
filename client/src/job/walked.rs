//! Walks that were made before the job, so that it need not make them again: those of the
//! server's trees, and those of folders here.

use crate::sources::Source;
use ferry_protocol::{Entry, RemotePath};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Walks of the server's trees by their roots, and what lies in folders here. It has a bound:
/// what is not in it is walked by the job.
#[derive(Debug, Default)]
pub struct Walked {
    trees: HashMap<Vec<u8>, Vec<Entry>>,
    folders: HashMap<PathBuf, Vec<Source>>,
    sources_count: usize,
}

impl Walked {
    /// Sources of folders here that are kept.
    const SOURCES_MAX: usize = 50_000;

    /// Keeps all entries of a walk.
    pub(crate) fn insert(&mut self, root: &RemotePath, entries: Vec<Entry>) {
        self.trees.insert(root.to_wire(), entries);
    }

    /// The entries of a walk; given out once.
    pub(crate) fn take(&mut self, root: &RemotePath) -> Option<Vec<Entry>> {
        self.trees.remove(&root.to_wire())
    }

    /// Keeps what lies in a folder here, unless too much is kept already.
    pub(crate) fn keep_folder(&mut self, folder: PathBuf, sources: Vec<Source>) {
        if self.sources_count + sources.len() <= Self::SOURCES_MAX {
            self.sources_count += sources.len();
            self.folders.insert(folder, sources);
        }
    }

    /// What lies in a folder here, if it was kept.
    pub(crate) fn folder(&self, folder: &Path) -> Option<&[Source]> {
        self.folders.get(folder).map(Vec::as_slice)
    }

    /// The same; given out once.
    pub(crate) fn take_folder(&mut self, folder: &Path) -> Option<Vec<Source>> {
        self.folders.remove(folder)
    }
}

//! What the server does while its disk is recorded: files come and are replaced, one after the
//! other and many at once, some into new folders; then some are removed, renamed, and brought back
//! by undo. Before each step it is noted that it begins, and at once when the server said that it
//! is durable.

use super::Recipe;
use super::content::Version;
use super::disk::{Event, Log};
use super::history::{AWAY, History, Place, Step, own_folder};
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::load::Connection;
use crate::random::Random;
use crate::sys;
use crate::workspace::Programs;
use ferry_protocol::{Change, IfExists, Removal, RequestedPath, UndoId};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

/// Serves `share`, and has a server after the other do its share of the work on it.
pub(super) fn run(
    programs: &Programs,
    share: &Path,
    recipe: Recipe,
    log: &Log,
    random: &mut Random,
) -> Result<History, Failure> {
    let room = tempfile::tempdir().during("no temporary folder")?;
    let config = room.path().join("config.toml");
    let arguments = [OsStr::new("--config"), config.as_os_str()];
    let mut history = History::default();
    let mut versions = 0..VERSIONS;
    for durability in recipe.durabilities() {
        // Nothing that is kept may be given up meanwhile.
        let text = format!("durability = \"{durability}\"\n[undo]\ndisk_percent = 90\n");
        fs::write(&config, text).during("configuration")?;
        let server = Server::serve_with(programs, share, room.path(), &arguments)?;
        let connection = Connection::log_in(server.address)?;
        let by_segments = Connection::log_in_for_segments(server.address)?;
        let mut work = Work { connection, by_segments, history: &mut history, log, random, recipe };
        for version in versions.by_ref().take(VERSIONS as usize / recipe.durabilities().len()) {
            work.store_all(version)?;
            work.change_some()?;
        }
        drop(work);
        server.end(sys::TERMINATE)?;
    }
    Ok(history)
}

struct Work<'a> {
    connection: Connection,
    /// For some of the large files.
    by_segments: Connection,
    history: &'a mut History,
    log: &'a Log,
    random: &'a mut Random,
    recipe: Recipe,
}

impl Work<'_> {
    /// A version of every file, in random order and batches.
    fn store_all(&mut self, version: u32) -> Result<(), Failure> {
        let mut files: Vec<u32> = (0..FILES).collect();
        while !files.is_empty() {
            let count = 1 + self.random.index(BATCH_MAX.min(files.len()));
            let batch: Vec<Version> = (0..count)
                .map(|_| files.swap_remove(self.random.index(files.len())))
                .map(|file| Version { file, version })
                .collect();
            self.store(&batch)?;
        }
        Ok(())
    }

    fn store(&mut self, batch: &[Version]) -> Result<(), Failure> {
        for folder in batch.iter().filter_map(|version| own_folder(version.file)) {
            self.connection.make_folder(&folder, self.random)?;
        }
        let (large, small): (Vec<Version>, Vec<Version>) =
            batch.iter().partition(|version| version.is_large());
        let mut steps = Vec::new();
        for version in small {
            let (path, step) = self.begin_storing(version);
            self.connection.send_small(&path, &version.content(), self.random)?;
            steps.push(step);
        }
        for step in steps {
            self.connection.stored()?;
            self.log.note(Event::Durable(step));
        }
        for version in large {
            let (path, step) = self.begin_storing(version);
            let content = version.content();
            if self.random.once_in(2) {
                self.by_segments.upload_by_segments(&path, &content, self.random)?;
            } else {
                self.connection.upload_large(&path, &content, self.random)?;
            }
            self.log.note(Event::Durable(step));
        }
        Ok(())
    }

    fn begin_storing(&mut self, version: Version) -> (String, Step) {
        let (place, step) = self.history.of(version.file).store(version.version);
        self.log.note(Event::Begun(step));
        (place.path(version.file), step)
    }

    /// Removes, renames and brings back some files, and now and then asks for a sync, which is
    /// what makes names durable.
    fn change_some(&mut self) -> Result<(), Failure> {
        self.connection.make_folder(AWAY, self.random)?;
        let mut unsynced = Vec::new();
        for _ in 0..CHANGES {
            let file = u32::try_from(self.random.below(FILES.into())).unwrap_or(0);
            unsynced.extend(self.change(file)?);
            if self.recipe == Recipe::Unsynced || self.random.once_in(4) {
                self.sync(&mut unsynced)?;
            }
        }
        self.sync(&mut unsynced)
    }

    fn sync(&mut self, unsynced: &mut Vec<Step>) -> Result<(), Failure> {
        if self.recipe == Recipe::Promised {
            self.connection.sync()?;
        }
        unsynced.drain(..).for_each(|step| self.log.note(Event::Durable(step)));
        Ok(())
    }

    fn change(&mut self, file: u32) -> Result<Option<Step>, Failure> {
        match self.random.below(3) {
            0 => self.remove(file),
            1 => self.rename(file),
            _ => self.bring_back(file),
        }
    }

    fn remove(&mut self, file: u32) -> Result<Option<Step>, Failure> {
        let life = self.history.of(file);
        let Some((place, _)) = life.now() else { return Ok(None) };
        let step = life.remove();
        let change = Change::Remove { path: path_of(place, file)?, removal: Removal::File };
        self.make(step, change).map(Some)
    }

    fn rename(&mut self, file: u32) -> Result<Option<Step>, Failure> {
        let life = self.history.of(file);
        let Some((place, _)) = life.now() else { return Ok(None) };
        let step = life.rename();
        let (from, to) = (path_of(place, file)?, path_of(place.other(), file)?);
        self.make(step, Change::Rename { from, to, replace: false }).map(Some)
    }

    /// Undoes the removal or replacement that was last.
    fn bring_back(&mut self, file: u32) -> Result<Option<Step>, Failure> {
        let Some((lay, _)) = self.history.of(file).kept_last() else { return Ok(None) };
        let id = self.kept_at(&lay.path(file))?;
        let brought_back = self.history.of(file).bring_back();
        let (place, step) = brought_back.during("nothing is kept")?;
        let (to, if_exists) = (path_of(place, file)?, IfExists::Replace);
        self.make(step, Change::Undo { id, to, if_exists }).map(Some)
    }

    /// The newest thing that undo keeps and that lay there.
    fn kept_at(&mut self, path: &str) -> Result<UndoId, Failure> {
        let below = path.trim_start_matches('/').as_bytes();
        let kept = self.connection.kept()?;
        let found = kept.iter().find(|kept| kept.entry.name == below);
        found.map(|kept| kept.id).during(format!("undo does not know {path}"))
    }

    fn make(&mut self, step: Step, change: Change) -> Result<Step, Failure> {
        self.log.note(Event::Begun(step));
        self.connection.change(change, self.random)?;
        Ok(step)
    }
}

fn path_of(place: Place, file: u32) -> Result<RequestedPath, Failure> {
    RequestedPath::parse(place.path(file).as_bytes()).during("path")
}

/// Files, and how often each is uploaded.
const FILES: u32 = 40;
const VERSIONS: u32 = 4;
/// Changes of names after each round of uploads.
const CHANGES: usize = 30;
/// Uploads on their way at once: some share a barrier, some do not.
const BATCH_MAX: usize = 20;

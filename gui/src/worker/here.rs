//! This computer's disk.

use super::Outbox;
use super::list::Gathering;
use super::problem::{self, Failed};
use super::saved::Saved;
use crate::action::Event;
use crate::request::Work;
use crate::state::dialog::Doomed;
use crate::state::place::Place;
use crate::state::problem::Problem;
use crate::state::rows::{Row, RowKind};
use crate::state::servers::SavedServer;
use crate::state::side::Side;
use crate::text::problems as text;
use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::time::UNIX_EPOCH;

/// This computer, as one thread works on it.
pub(super) struct Here<'a> {
    /// The servers that were saved.
    pub(super) saved: &'a mut Saved,
    pub(super) outbox: &'a Outbox,
    /// The listing that is wanted now.
    pub(super) wanted: &'a AtomicU64,
}

impl Here<'_> {
    pub(super) fn perform(&mut self, work: Work) {
        match work {
            Work::Load => self.load(),
            Work::SaveServers(servers) => self.save(&servers),
            Work::List { place, generation, .. } => self.list(&place, generation),
            Work::MakeFolder(_, place) => {
                let made = fs::create_dir(place.to_path());
                let summary = || text::cannot_make(&place.to_string());
                self.tell(made.map(|()| Some(place.clone())), summary);
            }
            Work::Rename { from, to, .. } => {
                let renamed = ferry_client::rename_new(&from.to_path(), &to.to_path());
                self.tell(renamed.map(|()| Some(to)), || text::cannot_rename(&from.to_string()));
            }
            Work::Remove(_, places) => self.remove(&places),
            _ => {}
        }
    }

    fn save(&mut self, servers: &[SavedServer]) {
        match self.saved.write(servers.to_vec()) {
            Ok(merged) if merged == servers => {}
            // Another window had something to add.
            Ok(merged) => self.outbox.send(Event::Servers(merged)),
            Err(err) => {
                let problem = problem::of_disk(text::CANNOT_SAVE.to_owned(), &err);
                self.changed(None, Some(problem));
            }
        }
    }

    fn load(&mut self) {
        match self.saved.read() {
            Ok(servers) => self.outbox.send(Event::Servers(servers)),
            Err(problem) => self.changed(None, Some(problem)),
        }
        let home = std::env::home_dir().unwrap_or_else(|| PathBuf::from("/"));
        self.outbox.send(Event::Home(Place::from_path(&home)));
    }

    fn list(&self, place: &Place, generation: u64) {
        let mut gathering = Gathering::new(self.outbox, (Side::Here, generation), self.wanted);
        match read_folder(&place.to_path(), &mut gathering) {
            Ok(()) => gathering.finish(),
            Err(err) => self.outbox.send(Event::ListFailed {
                side: Side::Here,
                generation,
                problem: problem::of_disk(text::cannot_list(&place.to_string()), &err),
            }),
        }
    }

    /// Removes one after the other; what cannot be removed is said once and stops no other.
    fn remove(&self, places: &[(Place, Doomed)]) {
        let mut failed = Failed::default();
        for (place, doomed) in places {
            let path = place.to_path();
            let removed = match doomed {
                Doomed::Folder => fs::remove_dir_all(&path),
                Doomed::File | Doomed::Link => fs::remove_file(&path),
            };
            if let Err(err) = removed {
                let summary = || text::cannot_remove(&place.to_string());
                failed.note(|| problem::of_disk(summary(), &err));
            }
        }
        self.changed(None, failed.problem());
    }

    fn tell(&self, done: io::Result<Option<Place>>, summary: impl FnOnce() -> String) {
        match done {
            Ok(made) => self.changed(made, None),
            Err(err) => self.changed(None, Some(problem::of_disk(summary(), &err))),
        }
    }

    fn changed(&self, made: Option<Place>, problem: Option<Problem>) {
        self.outbox.send(Event::Changed { side: Side::Here, made, problem });
    }
}

fn read_folder(path: &Path, gathering: &mut Gathering<'_>) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        push(gathering, &entry?);
        gathering.tell();
        if gathering.is_void() {
            break;
        }
    }
    Ok(())
}

fn push(gathering: &mut Gathering<'_>, entry: &DirEntry) {
    // A link is what it leads to; one that leads nowhere, and what is gone already, is itself.
    let own = entry.metadata().ok();
    let is_linked = own.as_ref().is_some_and(Metadata::is_symlink);
    let metadata = if is_linked { fs::metadata(entry.path()).ok() } else { own };
    let kind = metadata.as_ref().map_or(RowKind::Link, kind_of);
    let size = match kind {
        RowKind::File => metadata.as_ref().map_or(0, Metadata::len),
        _ => 0,
    };
    gathering.push(&Row {
        name: entry.file_name().as_encoded_bytes(),
        kind,
        is_linked,
        size,
        modified: metadata.as_ref().and_then(modified),
    });
}

fn kind_of(metadata: &Metadata) -> RowKind {
    if metadata.is_dir() {
        RowKind::Folder
    } else if metadata.is_file() {
        RowKind::File
    } else {
        RowKind::Other
    }
}

/// When a file was changed, in nanoseconds since 1970.
pub(super) fn modified(metadata: &Metadata) -> Option<i64> {
    let modified = metadata.modified().ok()?;
    match modified.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).ok(),
        Err(before) => i64::try_from(before.duration().as_nanos()).ok().map(|nanos| -nanos),
    }
}

//! Preflight: whether entries would fit into a folder, all that stands in the way told at once.

use super::view::View;
use super::{Result, Service, Session};
use crate::storage::{self, ErrorKind};
use ferry_protocol::{
    Entry, EntryKind, Fitness, Name, Preflight, PreflightEntry, Problem, RemotePath, Rights,
    Status, twin_key,
};
use std::collections::HashMap;
use std::time::Instant;

impl Service {
    /// Looks at a folder and names that are to come into it, and promises the job its room.
    pub(crate) fn preflight(&self, session: &Session, asked: &Preflight) -> Result<Fitness> {
        let view = &session.view;
        let folder = asked.folder.resolve(&session.directory)?;
        view.may_see(&folder)?;
        let mut fitness = Fitness::default();
        let entry = nearest(view, &folder)?;
        fitness.folder_exists = entry.is_some();
        if entry.is_some_and(|entry| entry.kind != EntryKind::Folder) {
            fitness.add(blocking(Status::NOT_A_FOLDER, b""));
        }
        look_at_rights(view, &folder, &mut fitness);
        look_at_room(view, asked, &folder, &mut fitness);
        let present = if fitness.folder_exists { Present::of(view, &folder) } else { None };
        for entry in &asked.entries {
            look_at(view, &folder, entry, present.as_ref(), &mut fitness);
        }
        Ok(fitness)
    }
}

/// Promises the job its room, unless it may put nothing into the folder: what takes room from others
/// has to be able to use it.
fn look_at_room(view: &View, asked: &Preflight, folder: &RemotePath, fitness: &mut Fitness) {
    let Some(space) = space_near(view, folder) else { return };
    let (now, disk) = (Instant::now(), space.disk);
    let key = (view.account.name.clone(), asked.job.0);
    let promised = view.promises.to_others(&key, disk, now);
    fitness.available = space.available.saturating_sub(promised);
    let is_blocked = fitness.problems.iter().any(|problem| problem.is_blocking);
    if asked.bytes > fitness.available {
        // Of what is there already the job may need no bytes at all.
        let is_blocking = !asked.entries.iter().any(|entry| is_there(view, folder, entry));
        fitness.add(Problem { is_blocking, ..blocking(Status::NO_SPACE, b"") });
    } else if asked.bytes == 0 || !is_blocked {
        view.promises.promise(key, disk, asked.bytes, now);
    }
}

/// Refuses a large upload that would take room which was promised to another account's job.
pub(super) fn leaves_promised_room(view: &View, target: &RemotePath, size: u64) -> Result<()> {
    let Some(space) = space_near(view, target) else { return Ok(()) };
    let promised = view.promises.to_other_accounts(&view.account.name, space.disk, Instant::now());
    if promised > 0 && size > space.available.saturating_sub(promised) {
        return Err(storage::Error::new(ErrorKind::NoSpace, target).into());
    }
    Ok(())
}

/// The folder's own entry; `None` where it is still to be made.
fn nearest(view: &View, folder: &RemotePath) -> Result<Option<Entry>> {
    match view.storage.stat(folder) {
        Ok(entry) => Ok(Some(entry)),
        Err(err) if err.kind() == ErrorKind::NotFound => Ok(None),
        Err(err) => Err(err.into()),
    }
}

/// The space where the folder is or will be: that of the nearest folder that is there.
fn space_near(view: &View, folder: &RemotePath) -> Option<storage::Space> {
    let mut at = folder.clone();
    loop {
        match view.storage.space(&at) {
            Ok(space) => return Some(space),
            Err(_) => at = at.parent()?,
        }
    }
}

fn look_at_rights(view: &View, folder: &RemotePath, fitness: &mut Fitness) {
    if view.may(Rights::WRITE, "write", folder).is_err() {
        fitness.add(blocking(Status::DENIED, b""));
    } else if fitness.folder_exists
        && let Err(err) = view.storage.check_writable(folder)
    {
        let status = match err.kind() {
            ErrorKind::ReadOnly => Status::READ_ONLY,
            _ => Status::NO_PERMISSION,
        };
        fitness.add(blocking(status, b""));
    }
}

fn look_at(
    view: &View,
    folder: &RemotePath,
    entry: &PreflightEntry,
    present: Option<&Present>,
    fitness: &mut Fitness,
) {
    let parsed = Name::parse(&entry.name).and_then(|name| folder.join(&name));
    let Ok(path) = parsed else {
        fitness.add(blocking(Status::BAD_NAME, &entry.name));
        return;
    };
    match view.storage.stat(&path) {
        Ok(there) if entry.is_folder && there.kind != EntryKind::Folder => {
            fitness.add(blocking(Status::NOT_A_FOLDER, &entry.name));
        }
        Ok(there) if !entry.is_folder && there.kind == EntryKind::Folder => {
            fitness.add(blocking(Status::IS_A_FOLDER, &entry.name));
        }
        // Names that a file system cannot hold are refused by a mere look at them.
        Err(err) if matches!(err.kind(), ErrorKind::BadName | ErrorKind::TooLarge) => {
            fitness.add(blocking(Status::UNFIT_NAME, &entry.name));
        }
        found => {
            let Some(twin) = present.and_then(|present| present.twin(&entry.name)) else { return };
            // Where a twin is found under the new name, the file system takes both for one.
            fitness.add(Problem {
                status: Status::TWIN,
                is_blocking: found.is_ok(),
                name: entry.name.clone(),
                other: twin.to_vec(),
            });
        }
    }
}

fn is_there(view: &View, folder: &RemotePath, entry: &PreflightEntry) -> bool {
    let path = Name::parse(&entry.name).and_then(|name| folder.join(&name));
    path.is_ok_and(|path| view.storage.stat(&path).is_ok())
}

fn blocking(status: Status, name: &[u8]) -> Problem {
    Problem { status, is_blocking: true, name: name.to_vec(), other: Vec::new() }
}

/// The names of a folder, by what they share with their twins.
struct Present(HashMap<Vec<u8>, Vec<Vec<u8>>>);

impl Present {
    /// `None` for a folder that cannot be listed, or has too many names to look through.
    fn of(view: &View, folder: &RemotePath) -> Option<Self> {
        let mut listing = view.list(folder).ok()?;
        let mut names: HashMap<Vec<u8>, Vec<Vec<u8>>> = HashMap::new();
        for _ in 0..LOOKED_THROUGH_MAX / LISTED_AT_ONCE {
            let entries = listing.next_entries(LISTED_AT_ONCE).ok()?;
            if entries.is_empty() {
                return Some(Self(names));
            }
            for entry in entries {
                names.entry(twin_key(&entry.name)).or_default().push(entry.name);
            }
        }
        None
    }

    /// A name that is not this one, but shares its key, unless this very name is there too.
    fn twin(&self, name: &[u8]) -> Option<&[u8]> {
        let twins = self.0.get(&twin_key(name))?;
        let is_there = twins.iter().any(|twin| twin == name);
        if is_there { None } else { twins.first().map(Vec::as_slice) }
    }
}

/// Names of a folder that are looked through for twins; a turn of a worker has to end.
const LOOKED_THROUGH_MAX: usize = 10_000;
const LISTED_AT_ONCE: usize = 500;

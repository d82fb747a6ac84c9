//! Changes of names and attributes.

use super::task::{CopyFile, CopyTarget, RemoveTree, Task};
use super::view::View;
use super::{Error, Result, Service, Session, undo};
use crate::audit::{Action, Deed};
use crate::storage::{self, Author, ErrorKind};
use ferry_protocol::{
    Attributes, Change, EntryKind, IfExists, OperationId, RemotePath, Removal, RequestedPath,
    Rights, TransferId,
};
use std::sync::Arc;

impl Service {
    /// Makes a change. What can take long is returned as a task, to be run in turns.
    pub(crate) fn change(
        &self,
        session: &Session,
        change: &Change,
        operation: OperationId,
    ) -> Result<Option<Task>> {
        let deed = deed_of(session, change)?;
        match self.make(session, change, operation, &deed) {
            Ok(None) => {
                deed.done();
                Ok(None)
            }
            Ok(Some(task)) => Ok(Some(task.recorded(deed))),
            Err(err) => {
                deed.failed(&err);
                Err(err)
            }
        }
    }

    fn make(
        &self,
        session: &Session,
        change: &Change,
        operation: OperationId,
        deed: &Deed,
    ) -> Result<Option<Task>> {
        let by = session.author(operation);
        let resolve = |path: &RequestedPath| path.resolve(&session.directory);
        match change {
            Change::MakeDirectory { path, with_parents } => {
                make_directory(&session.view, &resolve(path)?, *with_parents)?;
            }
            Change::Rename { from, to, replace } => {
                let if_exists = if *replace { IfExists::Replace } else { IfExists::Refuse };
                rename(&session.view, (&resolve(from)?, &resolve(to)?), if_exists, &by)?;
            }
            Change::Remove { path, removal } => {
                return remove(&session.view, resolve(path)?, *removal, by);
            }
            Change::SetAttributes { path, attributes } => {
                set_attributes(&session.view, &resolve(path)?, *attributes)?;
            }
            Change::Copy { from, to, if_exists } => {
                let (from, to) = (resolve(from)?, resolve(to)?);
                // The operation's id is random: it serves as the id of the copy's part.
                let transfer = TransferId(operation.0);
                let copy =
                    Copy { from, to, if_exists: *if_exists, transfer, by, deed: deed.clone() };
                return self.copy(&session.view, copy).map(Some);
            }
            Change::Undo { id, to, if_exists } => {
                undo::bring_back(&session.view, *id, &resolve(to)?, *if_exists, &by)?;
            }
            Change::UndoForget { id } => undo::forget(&session.view, *id)?,
            _ => return Err(Error::Nonsense("this server does not know this change")),
        }
        Ok(None)
    }

    fn copy(&self, view: &View, copy: Copy) -> Result<Task> {
        let Copy { from, to, if_exists, transfer, by, deed } = copy;
        view.may(Rights::READ, "read", &from)?;
        view.may(Rights::WRITE, "write", &to)?;
        let reader = view.storage.open(&from)?;
        let is_taken = match view.storage.stat(&to) {
            Ok(entry) if entry.kind == EntryKind::Folder => {
                return Err(storage::Error::new(ErrorKind::IsAFolder, &to).into());
            }
            Ok(_) => true,
            Err(_) => false,
        };
        if is_taken && if_exists == IfExists::Refuse {
            return Err(storage::Error::new(ErrorKind::AlreadyExists, &to).into());
        }
        let upload = view.storage.begin_upload(&to, transfer, reader.metadata().size)?;
        let storage = Arc::clone(&view.storage);
        let target = CopyTarget { storage, path: to, if_exists, by, deed };
        Ok(CopyFile::open(reader, upload, target, self.commits.clone()))
    }
}

/// A copy that was asked for.
struct Copy {
    from: RemotePath,
    to: RemotePath,
    if_exists: IfExists,
    transfer: TransferId,
    by: Author,
    deed: Deed,
}

/// What the record calls a change.
fn deed_of(session: &Session, change: &Change) -> Result<Deed> {
    let resolve = |path: &RequestedPath| path.resolve(&session.directory);
    let deed = |action, path| Ok::<_, Error>(session.view.deed(action, &resolve(path)?));
    match change {
        Change::MakeDirectory { path, .. } => deed(Action::MakeDirectory, path),
        Change::Rename { from, to, .. } => Ok(deed(Action::Rename, from)?.to(&resolve(to)?)),
        Change::Remove { path, .. } => deed(Action::Remove, path),
        Change::SetAttributes { path, .. } => deed(Action::SetAttributes, path),
        Change::Undo { to, .. } => deed(Action::Undo, to),
        Change::UndoForget { .. } => Ok(session.view.deed(Action::UndoForget, &RemotePath::root())),
        Change::Copy { from, to, .. } => Ok(deed(Action::Copy, from)?.to(&resolve(to)?)),
        _ => Err(Error::Nonsense("this server does not know this change")),
    }
}

/// Makes what is missing above `target`.
pub(super) fn make_parents(view: &View, target: &RemotePath) -> Result<()> {
    let Some(parent) = target.parent() else { return Ok(()) };
    let mut folder = RemotePath::root();
    for name in parent.names() {
        folder = folder.join_all(name)?;
        if let Err(denied) = view.may(Rights::MAKE, "make folders", &folder) {
            // A folder that is there need not be made.
            view.may_see(&folder)?;
            view.storage.stat(&folder).map_err(|_missing| denied)?;
            continue;
        }
        match view.storage.make_directory(&folder) {
            Err(err) if err.kind() == ErrorKind::AlreadyExists => {}
            made => made?,
        }
    }
    Ok(())
}

fn make_directory(view: &View, path: &RemotePath, with_parents: bool) -> Result<()> {
    view.may(Rights::MAKE, "make folders", path)?;
    let made = match view.storage.make_directory(path) {
        Err(err) if with_parents && err.kind() == ErrorKind::NotFound => {
            make_parents(view, path)?;
            view.storage.make_directory(path)
        }
        made => made,
    };
    match made {
        Err(err) if with_parents && err.kind() == ErrorKind::AlreadyExists => {
            let is_folder = view.storage.stat(path)?.kind == EntryKind::Folder;
            if is_folder { Ok(()) } else { Err(err.into()) }
        }
        made => Ok(made?),
    }
}

fn rename(
    view: &View,
    (from, to): (&RemotePath, &RemotePath),
    if_exists: IfExists,
    by: &Author,
) -> Result<()> {
    view.may(Rights::RENAME, "rename", from)?;
    view.may(Rights::RENAME, "rename", to)?;
    if from.is_root() || to.is_root() {
        return Err(Error::Nonsense("the shared folder itself cannot be renamed"));
    }
    if to != from && to.starts_with(from) {
        return Err(Error::Nonsense("a folder cannot be moved into itself"));
    }
    view.may_move(from)?;
    view.may_move(to)?;
    view.gains_nothing(from, to)?;
    if if_exists == IfExists::Replace {
        view.may(Rights::DELETE, "delete", to)?;
    }
    Ok(view.storage.rename(from, to, if_exists, by)?)
}

fn set_attributes(view: &View, path: &RemotePath, attributes: Attributes) -> Result<()> {
    view.may(Rights::WRITE, "write", path)?;
    if path.is_root() {
        return Err(Error::Nonsense("the shared folder itself cannot be changed"));
    }
    Ok(view.storage.set_attributes(path, attributes)?)
}

fn remove(view: &View, path: RemotePath, removal: Removal, by: Author) -> Result<Option<Task>> {
    view.may(Rights::DELETE, "delete", &path)?;
    if path.is_root() {
        return Err(Error::Nonsense("the shared folder itself cannot be removed"));
    }
    view.may_move(&path)?;
    match removal {
        Removal::File => view.storage.remove_file(&path, &by)?,
        Removal::EmptyFolder => view.storage.remove_directory(&path)?,
        Removal::Tree => {
            if !view.storage.remove_tree(&path, &by)? {
                return RemoveTree::open(&view.storage, path, by).map(Some);
            }
        }
    }
    Ok(None)
}

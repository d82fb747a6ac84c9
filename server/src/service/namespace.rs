//! Changes of names and attributes.

use super::task::{CopyFile, RemoveTree, Task};
use super::{Error, Result, Service, Session};
use crate::storage::{self, ErrorKind};
use ferry_protocol::{
    Attributes, Change, EntryKind, IfExists, RemotePath, Removal, RequestedPath, Rights, TransferId,
};

impl Service {
    /// Makes a change. What can take long is returned as a task, to be run in turns.
    pub(crate) fn change(
        &self,
        session: &Session,
        change: &Change,
        spare_id: TransferId,
    ) -> Result<Option<Task>> {
        let resolve = |path: &RequestedPath| path.resolve(&session.directory);
        match change {
            Change::MakeDirectory { path, with_parents } => {
                self.make_directory(session, &resolve(path)?, *with_parents)?;
            }
            Change::Rename { from, to, replace } => {
                session.may(Rights::RENAME, "rename")?;
                let if_exists = if *replace { IfExists::Replace } else { IfExists::Refuse };
                self.rename(session, &resolve(from)?, &resolve(to)?, if_exists)?;
            }
            Change::Remove { path, removal } => {
                return self.remove(session, resolve(path)?, *removal);
            }
            Change::SetAttributes { path, attributes } => {
                session.may(Rights::WRITE, "write")?;
                self.set_attributes(&resolve(path)?, *attributes)?;
            }
            Change::Copy { from, to, if_exists } => {
                session.may(Rights::READ, "read")?;
                session.may(Rights::WRITE, "write")?;
                let (from, to) = (resolve(from)?, resolve(to)?);
                return self.copy(&from, to, *if_exists, spare_id).map(Some);
            }
            _ => return Err(Error::Nonsense("this server does not know this change")),
        }
        Ok(None)
    }

    /// Makes what is missing above `target`.
    pub(super) fn make_parents(&self, session: &Session, target: &RemotePath) -> Result<()> {
        session.may(Rights::MAKE, "make folders")?;
        let Some(parent) = target.parent() else { return Ok(()) };
        let mut folder = RemotePath::root();
        for name in parent.names() {
            folder = folder.join_all(name)?;
            match self.storage.make_directory(&folder) {
                Err(err) if err.kind() == ErrorKind::AlreadyExists => {}
                made => made?,
            }
        }
        Ok(())
    }

    fn make_directory(
        &self,
        session: &Session,
        path: &RemotePath,
        with_parents: bool,
    ) -> Result<()> {
        session.may(Rights::MAKE, "make folders")?;
        let made = match self.storage.make_directory(path) {
            Err(err) if with_parents && err.kind() == ErrorKind::NotFound => {
                self.make_parents(session, path)?;
                self.storage.make_directory(path)
            }
            made => made,
        };
        match made {
            Err(err) if with_parents && err.kind() == ErrorKind::AlreadyExists => {
                let is_folder = self.storage.stat(path)?.kind == EntryKind::Folder;
                if is_folder { Ok(()) } else { Err(err.into()) }
            }
            made => Ok(made?),
        }
    }

    fn rename(
        &self,
        session: &Session,
        from: &RemotePath,
        to: &RemotePath,
        if_exists: IfExists,
    ) -> Result<()> {
        if from.is_root() || to.is_root() {
            return Err(Error::Nonsense("the shared folder itself cannot be renamed"));
        }
        if to != from && to.starts_with(from) {
            return Err(Error::Nonsense("a folder cannot be moved into itself"));
        }
        if if_exists == IfExists::Replace {
            session.may(Rights::DELETE, "delete")?;
        }
        Ok(self.storage.rename(from, to, if_exists)?)
    }

    fn set_attributes(&self, path: &RemotePath, attributes: Attributes) -> Result<()> {
        if path.is_root() {
            return Err(Error::Nonsense("the shared folder itself cannot be changed"));
        }
        Ok(self.storage.set_attributes(path, attributes)?)
    }

    fn remove(
        &self,
        session: &Session,
        path: RemotePath,
        removal: Removal,
    ) -> Result<Option<Task>> {
        session.may(Rights::DELETE, "delete")?;
        if path.is_root() {
            return Err(Error::Nonsense("the shared folder itself cannot be removed"));
        }
        match removal {
            Removal::File => self.storage.remove_file(&path)?,
            Removal::EmptyFolder => self.storage.remove_directory(&path)?,
            Removal::Tree => return RemoveTree::open(&self.storage, path).map(Some),
        }
        Ok(None)
    }

    fn copy(
        &self,
        from: &RemotePath,
        to: RemotePath,
        if_exists: IfExists,
        spare_id: TransferId,
    ) -> Result<Task> {
        let reader = self.storage.open(from)?;
        let is_taken = match self.storage.stat(&to) {
            Ok(entry) if entry.kind == EntryKind::Folder => {
                return Err(storage::Error::new(ErrorKind::IsAFolder, &to).into());
            }
            Ok(_) => true,
            Err(_) => false,
        };
        if is_taken && if_exists == IfExists::Refuse {
            return Err(storage::Error::new(ErrorKind::AlreadyExists, &to).into());
        }
        let upload = self.storage.begin_upload(&to, spare_id, reader.metadata().size)?;
        Ok(CopyFile::open(reader, upload, to, if_exists, self.commits.clone()))
    }
}

//! Requests that change names on the server.

use super::Client;
use crate::Error;
use crate::job::{NUMBERED_MAX, numbered};
use ferry_protocol::{
    Attributes, Change, DecodeError, IfExists, Name, RemotePath, Removal, Status,
};

/// Whether a new folder's parents are made with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parents {
    /// They must be there, and the folder must not.
    Needed,
    /// They are made too, and a folder that is there is success.
    Make,
}

impl Client {
    /// Makes a folder.
    pub fn make_directory(&mut self, path: &RemotePath, parents: Parents) -> Result<(), Error> {
        let change = Change::MakeDirectory {
            path: path.clone().into(),
            with_parents: parents == Parents::Make,
        };
        self.change(change, path)
    }

    /// Renames a file or folder.
    pub fn rename(
        &mut self,
        from: &RemotePath,
        to: &RemotePath,
        if_exists: IfExists,
    ) -> Result<(), Error> {
        let change = Change::Rename {
            from: from.clone().into(),
            to: to.clone().into(),
            replace: if_exists == IfExists::Replace,
        };
        self.change(change, from)
    }

    /// Removes a file, an empty folder or a tree.
    pub fn remove(&mut self, path: &RemotePath, removal: Removal) -> Result<(), Error> {
        let change = Change::Remove { path: path.clone().into(), removal };
        self.change(change, path)
    }

    /// Sets time and permission bits.
    pub fn set_attributes(
        &mut self,
        path: &RemotePath,
        attributes: Attributes,
    ) -> Result<(), Error> {
        let change = Change::SetAttributes { path: path.clone().into(), attributes };
        self.change(change, path)
    }

    /// Copies a file within the server.
    pub fn copy(
        &mut self,
        from: &RemotePath,
        to: &RemotePath,
        if_exists: IfExists,
    ) -> Result<(), Error> {
        let change = Change::Copy { from: from.clone().into(), to: to.clone().into(), if_exists };
        self.change(change, from)
    }
}

/// Does something at `wanted`, or where that name is taken beside it, as `name (1)` and on.
/// Returns where it was done.
pub(crate) fn in_free_place(
    wanted: &RemotePath,
    mut act: impl FnMut(&RemotePath) -> Result<(), Error>,
) -> Result<RemotePath, Error> {
    let mut place = wanted.clone();
    for count in 1..=NUMBERED_MAX {
        match act(&place) {
            Err(err) if err.status() == Some(Status::EXISTS) => place = beside(wanted, count)?,
            done => return done.map(|()| place),
        }
    }
    Err(Error::TargetExists { path: wanted.to_string() })
}

fn beside(wanted: &RemotePath, count: u32) -> Result<RemotePath, Error> {
    let name = wanted.name().map(|name| numbered(name.as_bytes(), count)).unwrap_or_default();
    let parent = wanted.parent().unwrap_or_else(RemotePath::root);
    let path = Name::parse(&name).and_then(|name| parent.join(&name));
    Ok(path.map_err(DecodeError::from)?)
}

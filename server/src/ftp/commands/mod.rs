//! The commands, each in a small room of its own that names the section it follows.

pub(super) mod attributes;
pub(super) mod checksum;
pub(super) mod data_port;
pub(super) mod directory;
pub(super) mod feature;
pub(super) mod listing;
pub(super) mod login;
pub(super) mod parameter;
pub(super) mod security;
pub(super) mod site;
pub(super) mod stored;
pub(super) mod transfer;

use super::control::ControlConnection;
use super::path;
use super::refusal::Refusal;
use super::reply::Reply;
use crate::service::Session;
use ferry_protocol::{Change, OperationId, RemotePath};

impl ControlConnection {
    /// The session, for commands that are served after the login only.
    pub(super) fn session(&self) -> Result<&Session, Refusal> {
        let missing = || Refusal(Reply::new(530, "Log in with USER and PASS first."));
        self.session.as_ref().ok_or_else(missing)
    }

    /// The path that an argument means.
    pub(super) fn path(&self, argument: &[u8]) -> Result<RemotePath, Refusal> {
        Ok(path::resolve(&self.session()?.directory, argument)?)
    }

    /// The path that an argument means which must not be empty.
    pub(super) fn named_path(&self, argument: &[u8]) -> Result<RemotePath, Refusal> {
        if argument.is_empty() {
            return Err(Reply::new(501, "Name a file or folder.").into());
        }
        self.path(argument)
    }

    /// Has the service make a change that takes no time.
    pub(super) fn change(&self, change: &Change) -> Result<(), Refusal> {
        match self.door.service.change(self.session()?, change, new_operation()?)? {
            None => Ok(()),
            Some(_) => Err(Reply::new(451, "The change takes too long here.").into()),
        }
    }
}

/// The id of one command's doing, which FTP does not name.
fn new_operation() -> Result<OperationId, Refusal> {
    let mut id = [0; 16];
    let lacking = |err| Refusal(Reply::new(451, format!("No random numbers: {err}.")));
    getrandom::fill(&mut id).map_err(lacking)?;
    Ok(OperationId(id))
}

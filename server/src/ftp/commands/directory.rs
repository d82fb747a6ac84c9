//! Folders: PWD, CWD, CDUP, MKD, RMD (RFC 959, section 4.1) and their old names (RFC 1123,
//! section 4.1.3.1).

use crate::door::Turn;
use crate::ftp::command::{Served, done};
use crate::ftp::control::ControlConnection;
use crate::ftp::refusal::Refusal;
use crate::ftp::reply::quoted;
use ferry_protocol::{Change, RemotePath, Removal};

/// PWD.
pub(in crate::ftp) fn pwd(
    control: &mut ControlConnection,
    _: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let mut text = quoted(&control.session()?.directory.to_wire());
    text.extend_from_slice(b" is the current folder.");
    done(257, text)
}

/// CWD.
pub(in crate::ftp) fn cwd(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let path = if argument.is_empty() { RemotePath::root() } else { control.path(argument)? };
    enter(control, path)
}

/// CDUP.
pub(in crate::ftp) fn cdup(
    control: &mut ControlConnection,
    _: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let above = control.path(b"..")?;
    enter(control, above)
}

fn enter(control: &mut ControlConnection, path: RemotePath) -> Result<Served, Refusal> {
    let Some(session) = control.session.as_mut() else {
        return done(530, "Log in with USER and PASS first.");
    };
    let mut text = quoted(&path.to_wire());
    control.door.service.change_directory(session, path)?;
    text.extend_from_slice(b" is the current folder.");
    done(250, text)
}

/// MKD.
pub(in crate::ftp) fn mkd(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let path = control.named_path(argument)?;
    let mut text = quoted(&path.to_wire());
    control.change(&Change::MakeDirectory { path: path.into(), with_parents: false })?;
    text.extend_from_slice(b" was made.");
    done(257, text)
}

/// RMD.
pub(in crate::ftp) fn rmd(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let path = control.named_path(argument)?;
    control.change(&Change::Remove { path: path.into(), removal: Removal::EmptyFolder })?;
    done(250, "The folder was removed.")
}

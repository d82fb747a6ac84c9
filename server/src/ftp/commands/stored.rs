//! Names and attributes of what is stored: DELE, RNFR, RNTO (RFC 959, section 4.1.3), SIZE, MDTM
//! (RFC 3659, sections 3 and 4), MFMT (draft-somers-ftp-mfxx), AVBL (draft-peterson-streamlined-ftp).

use super::parameter::number;
use crate::door::Turn;
use crate::ftp::command::{Served, done};
use crate::ftp::control::ControlConnection;
use crate::ftp::dialogue::Representation;
use crate::ftp::refusal::Refusal;
use crate::ftp::time::{parse_time_value, time_value};
use ferry_protocol::{Attributes, Change, EntryKind, RemotePath, Removal, Timestamp};

/// DELE.
pub(in crate::ftp) fn dele(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let path = control.named_path(argument)?;
    control.change(&Change::Remove { path: path.into(), removal: Removal::File })?;
    done(250, "The file was removed.")
}

/// RNFR.
pub(in crate::ftp) fn rnfr(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let path = control.named_path(argument)?;
    if path.is_root() {
        return done(550, "The shared folder itself cannot be renamed.");
    }
    control.door.service.stat(control.session()?, &path)?;
    control.dialogue.rename_from = Some(path);
    done(350, "Send RNTO and the new name.")
}

/// RNTO. A file may take the place of another, as everywhere in FTP.
pub(in crate::ftp) fn rnto(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let Some(from) = control.dialogue.rename_from.take() else {
        return done(503, "Send RNFR first.");
    };
    let to = control.named_path(argument)?;
    let replace = control.door.service.stat(control.session()?, &to).is_ok();
    control.change(&Change::Rename { from: from.into(), to: to.into(), replace })?;
    done(250, "Renamed.")
}

/// SIZE: of the content as RETR sends it, so not in TYPE A, where that depends on its lines.
pub(in crate::ftp) fn size(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let path = control.named_path(argument)?;
    if control.dialogue.representation == Representation::Ascii {
        return done(550, "SIZE counts bytes: send TYPE I first.");
    }
    let entry = control.entry(&path)?;
    if entry.kind != EntryKind::File {
        return done(550, "Not a file.");
    }
    done(213, entry.size.to_string())
}

/// MDTM; with a time before the path it sets it, as some programs want it.
pub(in crate::ftp) fn mdtm(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let path = control.named_path(argument)?;
    match control.door.service.stat(control.session()?, &path) {
        Ok(entry) => done(213, time_value(entry.modified)),
        Err(missing) => match split_time(argument) {
            Some((modified, path)) => set_time(control, modified, path),
            None => Err(missing.into()),
        },
    }
}

/// MFMT.
pub(in crate::ftp) fn mfmt(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    match split_time(argument) {
        Some((modified, path)) => set_time(control, modified, path),
        None => done(501, "Send MFMT YYYYMMDDHHMMSS and a path."),
    }
}

/// AVBL.
pub(in crate::ftp) fn avbl(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let path = control.path(argument)?;
    let space = control.door.service.space(control.session()?, &path)?;
    done(213, space.available.to_string())
}

/// A time and the path behind it.
pub(super) fn split_time(argument: &[u8]) -> Option<(Timestamp, &[u8])> {
    let space = argument.iter().position(|byte| *byte == b' ')?;
    let (time, path) = argument.split_at(space);
    let time = time.strip_suffix(b"Z").unwrap_or(time);
    Some((parse_time_value(time)?, path.get(1..)?))
}

fn set_time(
    control: &ControlConnection,
    modified: Timestamp,
    argument: &[u8],
) -> Result<Served, Refusal> {
    let path = control.named_path(argument)?;
    let mut text = format!("Modify={}; ", time_value(modified)).into_bytes();
    text.extend_from_slice(argument);
    control.set_attributes(path, Attributes { modified: Some(modified), permissions: None })?;
    done(213, text)
}

impl ControlConnection {
    /// Sets time or permission bits.
    pub(super) fn set_attributes(
        &self,
        path: RemotePath,
        attributes: Attributes,
    ) -> Result<(), Refusal> {
        self.change(&Change::SetAttributes { path: path.into(), attributes })
    }
}

/// Permission bits as people write them, in octal.
pub(super) fn octal(text: &[u8]) -> Option<u32> {
    number(text)?;
    u32::from_str_radix(std::str::from_utf8(text).ok()?, 8).ok().filter(|mode| *mode <= 0o7777)
}

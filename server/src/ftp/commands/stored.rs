//! Names and sizes of what is stored: DELE, RNFR, RNTO (RFC 959, section 4.1.3), SIZE (RFC 3659,
//! section 4), AVBL (draft-peterson-streamlined-ftp).

use crate::door::Turn;
use crate::ftp::command::{Served, done};
use crate::ftp::control::ControlConnection;
use crate::ftp::dialogue::Representation;
use crate::ftp::refusal::Refusal;
use ferry_protocol::{Change, EntryKind, Removal};

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
    let (entry, _) = control.entry(&path)?;
    if entry.kind != EntryKind::File {
        return done(550, "Not a file.");
    }
    done(213, entry.size.to_string())
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

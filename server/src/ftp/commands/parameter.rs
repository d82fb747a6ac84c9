//! How content travels: TYPE, MODE, STRU (RFC 959, section 4.1.2), ALLO, and REST (RFC 3659,
//! section 5).

use crate::door::Turn;
use crate::ftp::command::{Served, done};
use crate::ftp::control::ControlConnection;
use crate::ftp::dialogue::Representation;
use crate::ftp::refusal::Refusal;

/// TYPE.
pub(in crate::ftp) fn type_(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let (representation, text) = match argument.to_ascii_uppercase().as_slice() {
        b"I" | b"L8" | b"L 8" => (Representation::Image, "Content travels as it is."),
        b"A" | b"A N" => (Representation::Ascii, "Line ends are converted."),
        b"" => return done(501, "Send TYPE I or TYPE A."),
        _ => return done(504, "Types here are I and A."),
    };
    control.dialogue.representation = representation;
    if representation == Representation::Ascii {
        // An offset that came before counts bytes, too.
        control.dialogue.restart = 0;
    }
    done(200, text)
}

/// MODE.
pub(in crate::ftp) fn mode(
    _: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    match argument.to_ascii_uppercase().as_slice() {
        b"S" => done(200, "Stream mode."),
        b"" => done(501, "Send MODE S."),
        _ => done(504, "The mode here is S."),
    }
}

/// STRU.
pub(in crate::ftp) fn stru(
    _: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    match argument.to_ascii_uppercase().as_slice() {
        b"F" => done(200, "File structure."),
        b"" => done(501, "Send STRU F."),
        _ => done(504, "The structure here is F."),
    }
}

/// ALLO: room that the upload to follow will need. What does not fit is refused now.
pub(in crate::ftp) fn allo(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let size = argument.split(|byte| *byte == b' ').next().unwrap_or_default();
    let Some(size) = number(size) else { return done(501, "Send ALLO and a size in bytes.") };
    let session = control.session()?;
    let space = control.door.service.space(session, &session.directory)?;
    if size > space.available {
        return done(552, format!("There are {} bytes left.", space.available));
    }
    control.dialogue.expected = size;
    done(200, "There is room.")
}

/// REST: where the transfer that follows at once begins.
pub(in crate::ftp) fn rest(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let Some(offset) = number(argument) else { return done(501, "Send REST and an offset.") };
    if offset > 0 && control.dialogue.representation == Representation::Ascii {
        return done(501, "Offsets count bytes: send TYPE I first.");
    }
    control.dialogue.restart = offset;
    done(350, format!("The next transfer begins at {offset}."))
}

/// A number in digits; `None` for anything else.
pub(in crate::ftp) fn number(text: &[u8]) -> Option<u64> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

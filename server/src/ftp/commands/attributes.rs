//! Times and permission bits of what is stored: MDTM (RFC 3659, section 3), MFMT and MFF
//! (draft-somers-ftp-mfxx).

use super::parameter::number;
use crate::door::Turn;
use crate::ftp::command::{Served, done};
use crate::ftp::control::ControlConnection;
use crate::ftp::refusal::Refusal;
use crate::ftp::time::{parse_time_value, time_value};
use ferry_protocol::{Attributes, Change, Permissions, RemotePath, Timestamp};

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

/// MFF: facts as MLST writes them, of which time and permission bits can be set.
pub(in crate::ftp) fn mff(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let space = argument.iter().position(|byte| *byte == b' ').unwrap_or(argument.len());
    let (facts, path) = argument.split_at(space);
    let path = path.get(1..).unwrap_or_default();
    let attributes = match settable(facts) {
        Ok(attributes) if !path.is_empty() => attributes,
        Err(Unfit::Unknown) => return done(504, "MFF sets modify and UNIX.mode."),
        _ => return done(501, "Send MFF, facts such as modify=YYYYMMDDHHMMSS; and a path."),
    };
    control.set_attributes(control.named_path(path)?, attributes)?;
    done(213, [facts, b" ", path].concat())
}

/// Why a fact cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unfit {
    /// None of those that can be.
    Unknown,
    /// What it says makes no sense.
    Nonsense,
}

fn settable(facts: &[u8]) -> Result<Attributes, Unfit> {
    let mut attributes = Attributes { modified: None, permissions: None };
    for fact in facts.split(|byte| *byte == b';').filter(|fact| !fact.is_empty()) {
        let equals = fact.iter().position(|byte| *byte == b'=').ok_or(Unfit::Nonsense)?;
        let (name, value) = fact.split_at(equals);
        let value = value.get(1..).unwrap_or_default();
        if name.eq_ignore_ascii_case(b"modify") {
            attributes.modified = Some(parse_time_value(value).ok_or(Unfit::Nonsense)?);
        } else if name.eq_ignore_ascii_case(b"UNIX.mode") {
            let mode = octal(value).ok_or(Unfit::Nonsense)?;
            attributes.permissions = Some(Permissions::from_mode(mode));
        } else {
            return Err(Unfit::Unknown);
        }
    }
    if attributes == (Attributes { modified: None, permissions: None }) {
        return Err(Unfit::Nonsense);
    }
    Ok(attributes)
}

/// A time and the path behind it.
fn split_time(argument: &[u8]) -> Option<(Timestamp, &[u8])> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_that_can_be_set_are_read_and_others_are_not() {
        let modified = Some(Timestamp::from_parts(951_827_696, 0));
        let permissions = Some(Permissions::from_mode(0o640));
        for (facts, expected) in [
            (&b"modify=20000229123456;"[..], Ok(Attributes { modified, permissions: None })),
            (b"UNIX.MODE=0640", Ok(Attributes { modified: None, permissions })),
            (b"unix.mode=640;Modify=20000229123456;", Ok(Attributes { modified, permissions })),
            (b"create=20000229123456;", Err(Unfit::Unknown)),
            (b"modify=now;", Err(Unfit::Nonsense)),
            (b"modify", Err(Unfit::Nonsense)),
            (b";", Err(Unfit::Nonsense)),
            (b"", Err(Unfit::Nonsense)),
        ] {
            assert_eq!(settable(facts), expected, "{}", facts.escape_ascii());
        }
    }
}

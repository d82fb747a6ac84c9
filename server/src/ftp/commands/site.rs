//! SITE (RFC 959, section 4.1.3): HELP, CHMOD, UTIME in both its forms, and UNDO.

use super::attributes::octal;
use crate::door::Turn;
use crate::ftp::command::{Served, done};
use crate::ftp::control::ControlConnection;
use crate::ftp::refusal::Refusal;
use crate::ftp::reply::Reply;
use crate::ftp::time::{parse_time_value, time_value};
use ferry_protocol::{Attributes, Change, IfExists, Permissions, Timestamp};

/// SITE.
pub(in crate::ftp) fn site(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let (word, rest) = first_word(argument);
    match word.to_ascii_uppercase().as_slice() {
        b"HELP" => {
            Ok(Served::Reply(Reply::lines(214, "SITE commands here:", SYNTAXES, "End of help.")))
        }
        b"CHMOD" => chmod(control, rest),
        b"UTIME" => utime(control, rest),
        b"UNDO" if rest.is_empty() => what_can_be_undone(control),
        b"UNDO" => undo(control, rest),
        b"" => done(501, "Name a SITE command; SITE HELP lists them."),
        _ => done(504, "No such SITE command; SITE HELP lists them."),
    }
}

/// The SITE commands with their arguments, for HELP.
const SYNTAXES: [&str; 4] = ["CHMOD MODE PATH", "HELP", "UNDO [PATH]", "UTIME YYYYMMDDHHMMSS PATH"];

/// How a SITE command is written, by its word in capitals.
pub(super) fn syntax(word: &[u8]) -> Option<&'static str> {
    SYNTAXES.into_iter().find(|syntax| syntax.split(' ').next().map(str::as_bytes) == Some(word))
}

fn chmod(control: &ControlConnection, argument: &[u8]) -> Result<Served, Refusal> {
    let (mode, path) = first_word(argument);
    let Some(mode) = octal(mode).filter(|_| !path.is_empty()) else {
        return done(501, "Send SITE CHMOD, three octal digits and a path.");
    };
    let permissions = Some(Permissions::from_mode(mode));
    let path = control.named_path(path)?;
    control.set_attributes(path, Attributes { modified: None, permissions })?;
    done(200, "The permissions are set.")
}

/// `UTIME TIME PATH`, or `UTIME PATH ATIME MTIME CTIME UTC`.
fn utime(control: &ControlConnection, argument: &[u8]) -> Result<Served, Refusal> {
    let Some((modified, path)) = time_first(argument).or_else(|| time_last(argument)) else {
        return done(501, "Send SITE UTIME YYYYMMDDHHMMSS and a path.");
    };
    let path = control.named_path(path)?;
    control.set_attributes(path, Attributes { modified: Some(modified), permissions: None })?;
    done(200, "The time is set.")
}

fn time_first(argument: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (time, path) = first_word(argument);
    let padded = if time.len() == 12 { [time, b"00"].concat() } else { time.to_vec() };
    Some((parse_time_value(&padded)?, path)).filter(|(_, path)| !path.is_empty())
}

fn time_last(argument: &[u8]) -> Option<(Timestamp, &[u8])> {
    let mut words = argument.rsplitn(5, |byte| *byte == b' ');
    let zone = words.next()?;
    let (_changed, modified, _accessed) = (words.next()?, words.next()?, words.next()?);
    let path = words.next()?;
    if !zone.eq_ignore_ascii_case(b"UTC") {
        return None;
    }
    Some((parse_time_value(modified)?, path))
}

/// The newest things that may be brought back, with the time at which each was replaced or removed.
fn what_can_be_undone(control: &ControlConnection) -> Result<Served, Refusal> {
    let page = control.door.service.undo_page(control.session()?, None, None)?;
    let lines = page.entries.iter().take(UNDO_SHOWN).map(|kept| {
        let mut line = time_value(kept.kept_at).into_bytes();
        line.extend_from_slice(b" /");
        line.extend_from_slice(&kept.entry.name);
        line
    });
    Ok(Served::Reply(Reply::lines(214, "SITE UNDO brings back:", lines, "End of list.")))
}

/// Brings back the newest thing that had this path.
fn undo(control: &ControlConnection, argument: &[u8]) -> Result<Served, Refusal> {
    let path = control.named_path(argument)?;
    let mut before = None;
    for _ in 0..UNDO_PAGES {
        let page = control.door.service.undo_page(control.session()?, None, before)?;
        let kept = page.entries.iter().find(|kept| kept.entry.name == path.as_relative_bytes());
        if let Some(kept) = kept {
            let to = path.clone().into();
            let if_exists = IfExists::Replace;
            control.change(&Change::Undo { id: kept.id, to, if_exists })?;
            return done(250, "It is back.");
        }
        if page.next.is_none() {
            break;
        }
        before = page.next;
    }
    done(550, "Nothing that had this path is kept.")
}

fn first_word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == b' ').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.get(1..).unwrap_or_default())
}

/// Things that SITE UNDO names.
const UNDO_SHOWN: usize = 100;

/// Pages of kept things that are looked through for one path.
const UNDO_PAGES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_utime_are_understood() {
        let expected = Timestamp::from_parts(951_827_696, 0);
        assert_eq!(time_first(b"20000229123456 a b"), Some((expected, &b"a b"[..])));
        let long = b"a b 20010101000000 20000229123456 20010101000000 UTC";
        assert_eq!(time_first(long), None);
        assert_eq!(time_last(long), Some((expected, &b"a b"[..])));
    }
}

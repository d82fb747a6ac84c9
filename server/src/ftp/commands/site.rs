//! SITE (RFC 959, section 4.1.3): HELP, CHMOD, and UTIME in both its forms.

use super::stored::octal;
use crate::door::Turn;
use crate::ftp::command::{Served, done};
use crate::ftp::control::ControlConnection;
use crate::ftp::refusal::Refusal;
use crate::ftp::reply::Reply;
use crate::ftp::time::parse_time_value;
use ferry_protocol::{Attributes, Permissions, Timestamp};

/// SITE.
pub(in crate::ftp) fn site(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let (word, rest) = first_word(argument);
    match word.to_ascii_uppercase().as_slice() {
        b"HELP" => {
            let lines = ["CHMOD MODE PATH", "UTIME YYYYMMDDHHMMSS PATH"];
            Ok(Served::Reply(Reply::lines(214, "SITE commands here:", lines, "End of help.")))
        }
        b"CHMOD" => chmod(control, rest),
        b"UTIME" => utime(control, rest),
        b"" => done(501, "Name a SITE command; SITE HELP lists them."),
        _ => done(504, "No such SITE command; SITE HELP lists them."),
    }
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

fn first_word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == b' ').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.get(1..).unwrap_or_default())
}

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

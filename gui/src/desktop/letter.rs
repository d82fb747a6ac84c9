//! What one start of the program writes to another.

use super::HandedOver;
use std::ffi::OsString;
use std::io::{self, Read as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Instant;

/// Longest letter, in bytes.
const LETTER_MAX: usize = 64 * 1024;
/// The answer to one that was understood.
pub(super) const UNDERSTOOD: &[u8] = b"ok";

/// All that comes until the other side is done, or the time is up.
pub(super) fn read(stream: &mut UnixStream, until: Instant) -> io::Result<Vec<u8>> {
    let (mut letter, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || letter.len() > LETTER_MAX {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut chunk)? {
            0 => return Ok(letter),
            count => letter.extend(chunk.iter().take(count)),
        }
    }
}

/// A wish as it is sent.
pub(super) fn write(wish: &HandedOver) -> Vec<u8> {
    let (word, value) = match wish {
        HandedOver::Raise => ("raise", &b""[..]),
        HandedOver::Open(address) => ("open", address.as_bytes()),
        HandedOver::Share(folder) => ("share", folder.as_os_str().as_bytes()),
    };
    [word.as_bytes(), b"\n", value].concat()
}

/// A wish as it was sent; `None` for what is none.
pub(super) fn open(letter: &[u8]) -> Option<HandedOver> {
    let end = letter.iter().position(|byte| *byte == b'\n')?;
    let (word, value) = (letter.get(..end)?, letter.get(end + 1..)?);
    match word {
        b"raise" => Some(HandedOver::Raise),
        b"open" => Some(HandedOver::Open(String::from_utf8(value.to_owned()).ok()?)),
        b"share" => Some(HandedOver::Share(PathBuf::from(OsString::from_vec(value.to_owned())))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_arrive_as_they_were_sent() {
        for wish in [
            HandedOver::Raise,
            HandedOver::Open("ferry://nas/é#fp=x".to_owned()),
            HandedOver::Share(PathBuf::from(OsString::from_vec(b"/a\n\xff".to_vec()))),
        ] {
            assert_eq!(open(&write(&wish)), Some(wish));
        }
    }
}

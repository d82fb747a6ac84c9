//! Names as the system takes them, and the names of parts. The one place that knows what a name
//! is on which system.

use ferry_protocol::limits::RESERVED_PREFIX;
use ferry_protocol::{RemotePath, TransferId};
use std::borrow::Cow;
use std::io;
use std::path::Path;

/// The path below the root as the system takes it; the root itself is `.`.
pub(super) fn system_path(path: &RemotePath) -> io::Result<Cow<'_, Path>> {
    if path.is_root() {
        return Ok(Cow::Borrowed(Path::new(".")));
    }
    from_bytes(path.as_relative_bytes())
}

/// Bytes are bytes.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems cannot take every name")]
fn from_bytes(bytes: &[u8]) -> io::Result<Cow<'_, Path>> {
    use std::os::unix::ffi::OsStrExt as _;
    Ok(Cow::Borrowed(Path::new(std::ffi::OsStr::from_bytes(bytes))))
}

/// Elsewhere a name is text.
#[cfg(not(unix))]
fn from_bytes(bytes: &[u8]) -> io::Result<Cow<'_, Path>> {
    std::str::from_utf8(bytes)
        .map(|text| Cow::Borrowed(Path::new(text)))
        .map_err(|err| io::Error::new(io::ErrorKind::InvalidFilename, err))
}

/// Whether the name is Ferry's own, which no client sees.
pub(super) fn is_reserved(name: &[u8]) -> bool {
    name.starts_with(RESERVED_PREFIX)
}

/// The name of the part of an upload: `.ferry-part-` and 32 hexadecimal digits.
pub(super) fn part_name(transfer: TransferId) -> [u8; PART_NAME_LEN] {
    let mut name = [0; PART_NAME_LEN];
    let (prefix, digits) = name.split_at_mut(PART_PREFIX.len());
    prefix.copy_from_slice(PART_PREFIX);
    for (pair, byte) in digits.chunks_exact_mut(2).zip(transfer.0) {
        pair.copy_from_slice(&[hex_digit(byte >> 4), hex_digit(byte & 0xf)]);
    }
    name
}

/// The upload whose part has this name; `None` if it is no part's name.
pub(super) fn transfer_of(name: &[u8]) -> Option<TransferId> {
    let digits = name.strip_prefix(PART_PREFIX)?;
    let digits: &[u8; 32] = digits.try_into().ok()?;
    let mut id = [0; 16];
    for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair.iter().try_fold(0, |byte, digit| Some(byte << 4 | value_of(*digit)?))?;
    }
    Some(TransferId(id))
}

fn hex_digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + value - 10 }
}

fn value_of(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

const PART_PREFIX: &[u8] = b".ferry-part-";
pub(super) const PART_NAME_LEN: usize = PART_PREFIX.len() + 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_name_and_its_transfer_belong_together() {
        let transfer = TransferId([0, 1, 0x2f, 0xa9, 0xff, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        let name = part_name(transfer);
        assert_eq!(&name, b".ferry-part-00012fa9ff05060708090a0b0c0d0e0f");
        assert_eq!(transfer_of(&name), Some(transfer));
        assert!(is_reserved(&name));
        for other in [&b".ferry-part-"[..], &name[..43], b".ferry-undo", b"a", &{
            let mut upper = name;
            upper[17] = b'F';
            upper
        }] {
            assert_eq!(transfer_of(other), None);
        }
    }
}

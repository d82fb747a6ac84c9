//! Checksums of what is stored: HASH (draft-bryan-ftpext-hash), and the commands that older
//! programs know.

use super::feature::name_of;
use crate::door::Turn;
use crate::ftp::command::Served;
use crate::ftp::control::ControlConnection;
use crate::ftp::refusal::Refusal;
use crate::ftp::reply::Reply;
use crate::ftp::work::Work;
use crate::service::Algorithm;
use data_encoding::{HEXLOWER, HEXUPPER};
use ferry_protocol::Range;

/// HASH, by the algorithm that OPTS HASH chose.
pub(in crate::ftp) fn hash(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let algorithm = control.dialogue.algorithm;
    let answer = match algorithm {
        Algorithm::Sha256 => {
            |value: &[u8], end, name: &[u8]| hashed(Algorithm::Sha256, value, end, name)
        }
        Algorithm::Sha1 => {
            |value: &[u8], end, name: &[u8]| hashed(Algorithm::Sha1, value, end, name)
        }
        Algorithm::Md5 => |value: &[u8], end, name: &[u8]| hashed(Algorithm::Md5, value, end, name),
        Algorithm::Crc32 => {
            |value: &[u8], end, name: &[u8]| hashed(Algorithm::Crc32, value, end, name)
        }
    };
    begin(control, argument, algorithm, answer)
}

/// XCRC.
pub(in crate::ftp) fn xcrc(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    begin(control, argument, Algorithm::Crc32, bare)
}

/// XMD5.
pub(in crate::ftp) fn xmd5(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    begin(control, argument, Algorithm::Md5, bare)
}

/// XSHA1.
pub(in crate::ftp) fn xsha1(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    begin(control, argument, Algorithm::Sha1, bare)
}

/// XSHA256.
pub(in crate::ftp) fn xsha256(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    begin(control, argument, Algorithm::Sha256, bare)
}

fn begin(
    control: &mut ControlConnection,
    argument: &[u8],
    algorithm: Algorithm,
    answer: fn(&[u8], u64, &[u8]) -> Reply,
) -> Result<Served, Refusal> {
    let path = control.named_path(argument)?;
    let service = &control.door.service;
    let task = service.checksum(control.session()?, &path, Range::ALL, algorithm)?;
    control.work = Work::Summing { task, answer, name: argument.to_vec() };
    Ok(Served::Later)
}

/// The algorithm, the range, the value and the name.
fn hashed(algorithm: Algorithm, value: &[u8], end: u64, name: &[u8]) -> Reply {
    let (algorithm, value) = (name_of(algorithm), HEXLOWER.encode(value));
    let mut text = format!("{algorithm} 0-{end} {value} ").into_bytes();
    text.extend_from_slice(name);
    Reply::new(213, text)
}

fn bare(value: &[u8], _: u64, _: &[u8]) -> Reply {
    Reply::new(250, HEXUPPER.encode(value))
}

//! Checksums of what is stored: HASH (draft-bryan-ftpext-hash), MD5 (draft-twine-ftpmd5), and the
//! commands that older programs know.

use super::feature::name_of;
use crate::door::Turn;
use crate::ftp::command::Served;
use crate::ftp::control::ControlConnection;
use crate::ftp::refusal::Refusal;
use crate::ftp::reply::Reply;
use crate::ftp::work::Work;
use crate::service::Algorithm;
use data_encoding::{HEXLOWER, HEXUPPER};
use ferry_protocol::{Range, RemotePath};

/// How a checksum is told.
#[derive(Clone, Copy, Debug)]
pub(in crate::ftp) enum Form {
    /// With its algorithm, the range and the name.
    Hash(Algorithm),
    /// Behind the name.
    Named,
    /// Alone.
    Bare,
}

impl Form {
    /// The reply.
    pub(in crate::ftp) fn reply(self, value: &[u8], end: u64, name: &[u8]) -> Reply {
        match self {
            Self::Hash(algorithm) => {
                let (algorithm, value) = (name_of(algorithm), HEXLOWER.encode(value));
                let facts = format!("{algorithm} 0-{end} {value} ");
                Reply::new(213, [facts.as_bytes(), name].concat())
            }
            Self::Named => {
                let value = HEXLOWER.encode(value);
                Reply::new(251, [name, b" ", value.as_bytes()].concat())
            }
            Self::Bare => Reply::new(250, HEXUPPER.encode(value)),
        }
    }
}

/// HASH, by the algorithm that OPTS HASH chose.
pub(in crate::ftp) fn hash(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let algorithm = control.dialogue.algorithm;
    begin(control, argument, algorithm, Form::Hash(algorithm))
}

/// MD5.
pub(in crate::ftp) fn md5(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    begin(control, argument, Algorithm::Md5, Form::Named)
}

/// XCRC.
pub(in crate::ftp) fn xcrc(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    begin(control, argument, Algorithm::Crc32, Form::Bare)
}

/// XMD5.
pub(in crate::ftp) fn xmd5(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    begin(control, argument, Algorithm::Md5, Form::Bare)
}

/// XSHA1.
pub(in crate::ftp) fn xsha1(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    begin(control, argument, Algorithm::Sha1, Form::Bare)
}

/// XSHA256.
pub(in crate::ftp) fn xsha256(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    begin(control, argument, Algorithm::Sha256, Form::Bare)
}

/// XSHA512.
pub(in crate::ftp) fn xsha512(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    begin(control, argument, Algorithm::Sha512, Form::Bare)
}

fn begin(
    control: &mut ControlConnection,
    argument: &[u8],
    algorithm: Algorithm,
    form: Form,
) -> Result<Served, Refusal> {
    let path = path_of(control, argument)?;
    let service = &control.door.service;
    let task = service.checksum(control.session()?, &path, Range::ALL, algorithm)?;
    control.work = Work::Summing { task, form, name: argument.to_vec() };
    Ok(Served::Later)
}

/// The file that an argument means. `WinSCP` quotes a name with a space in it, as no RFC says.
fn path_of(control: &ControlConnection, argument: &[u8]) -> Result<RemotePath, Refusal> {
    let path = control.named_path(argument)?;
    let quoted = argument.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    match quoted {
        Some(name) if control.door.service.stat(control.session()?, &path).is_err() => {
            control.named_path(name)
        }
        _ => Ok(path),
    }
}

//! Bodies of messages: [`Request`]s of the client and [`Answer`]s of the server, one file a
//! family. Content itself is not here: a data message's body is its [`DataPrefix`] and raw bytes.

mod answer;
mod device;
mod fault;
mod greeting;
mod history;
mod listing;
mod namespace;
mod preflight;
mod request;
mod segments;
mod transfer;
mod undo;
mod upload;

pub use answer::Answer;
pub use device::{
    DEVICE_EXPORTER_LABEL, DEVICE_EXPORTER_LEN, Device, DeviceKey, DeviceLogin, InvitationSecret,
    Redeem,
};
pub use fault::{Busy, Fault};
pub use greeting::{
    Account, Epoch, Hello, Rights, Secret, ServerStatus, Token, Welcome, WireLimits,
};
pub use history::{History, HistoryAction, HistoryEntry, HistoryResult};
pub use listing::Page;
pub use namespace::{Attributes, Change, OperationId, Progress, Removal, Space};
pub use preflight::{Fitness, Preflight, PreflightEntry, Problem};
pub use request::Request;
pub use segments::{Missing, PartEntry, PartPage, PutValues, SegmentRange, StoredValues};
pub use transfer::{Content, DATA_PREFIX_LEN, DataPrefix, Range, StoredDigest};
pub use undo::{UndoEntry, UndoGroup, UndoId, UndoPage, UndoReason};
pub use upload::{GoOn, IfExists, Put, Stored, TransferId};

use crate::limits::PATH_MAX;
use crate::{DecodeError, Reader, RemotePath, RequestedPath, Writer};

fn encode_path(writer: &mut Writer<'_>, path: &RequestedPath) {
    writer.string(&path.to_wire());
}

fn decode_path(reader: &mut Reader<'_>) -> Result<RequestedPath, DecodeError> {
    // A string that is too long is a bad path here and no malformed message.
    Ok(RequestedPath::parse(reader.string(usize::from(u16::MAX), "path")?)?)
}

/// A path as servers write it: with its leading slash, so that one path has one form.
fn decode_path_from_root(reader: &mut Reader<'_>) -> Result<RemotePath, DecodeError> {
    let bytes = reader.string(PATH_MAX, "path")?;
    if !bytes.starts_with(b"/") {
        return Err(DecodeError::BadValue("path"));
    }
    Ok(RemotePath::parse(bytes)?)
}

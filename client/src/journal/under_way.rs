//! A big file that was begun and is not done: what it takes to go on with it.

use ferry_protocol::{Timestamp, TransferId};
use std::path::PathBuf;

/// One big file that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnderWay {
    /// The target's path as bytes, which is what it is found by.
    pub(crate) target: Vec<u8>,
    /// The source's size in bytes and time, as they were when it was begun.
    pub(crate) size: u64,
    pub(crate) modified: Timestamp,
    /// Where its bytes are.
    pub(crate) held: Held,
}

/// Where the bytes of an unfinished file are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// In a part at the server, found by the upload's id.
    ByServer(TransferId),
    /// In a staged file here.
    InPart(PathBuf),
}

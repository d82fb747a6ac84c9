//! Ids of what is kept, which are in the order of time.

use ferry_protocol::UndoId;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

/// An id that begins with the time, so that ids are in the order of time.
pub(super) fn new_id() -> io::Result<UndoId> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(io::Error::other)?;
    let (time, _) = id.split_at_mut(8);
    time.copy_from_slice(&now_nanos().to_be_bytes());
    Ok(UndoId(id))
}

pub(super) fn now_nanos() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds since 1970 at which the thing was taken.
pub(super) fn nanos_of(id: UndoId) -> u64 {
    id.0.first_chunk().map_or(0, |time| u64::from_be_bytes(*time))
}

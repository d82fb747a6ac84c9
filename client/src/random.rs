//! Random ids, from the system's generator.

use crate::Error;
use ferry_protocol::{OperationId, TransferId, UndoGroup};
use std::io;

#[cfg(test)]
use crate::sync::simulation;

pub(crate) fn operation_id() -> Result<OperationId, Error> {
    Ok(OperationId(sixteen().map_err(no_randomness)?))
}

pub(crate) fn transfer_id() -> Result<TransferId, Error> {
    Ok(TransferId(sixteen().map_err(no_randomness)?))
}

pub(crate) fn undo_group() -> Result<UndoGroup, Error> {
    Ok(UndoGroup(sixteen().map_err(no_randomness)?))
}

/// 32 hexadecimal digits, for names that nobody else has.
pub(crate) fn hex_name() -> io::Result<String> {
    Ok(TransferId(sixteen()?).to_string())
}

/// A number from 0 up to, but not including, `end`.
pub(crate) fn below(end: u64) -> u64 {
    let bytes = sixteen().unwrap_or_default();
    let value = bytes.iter().fold(0_u64, |value, byte| value.rotate_left(8) ^ u64::from(*byte));
    value % end.max(1)
}

fn sixteen() -> io::Result<[u8; 16]> {
    let mut bytes = [0; 16];
    #[cfg(test)]
    if simulation::is_running() {
        return Ok(bytes.map(|_| simulation::byte()));
    }
    getrandom::fill(&mut bytes).map_err(|err| io::Error::other(err.to_string()))?;
    Ok(bytes)
}

fn no_randomness(source: io::Error) -> Error {
    Error::Local { action: "get random numbers from", path: "the system".into(), source }
}

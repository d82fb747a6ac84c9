//! Random ids, from the system's generator.

use crate::Error;
use ferry_protocol::{OperationId, TransferId, UndoGroup};
use std::cell::RefCell;
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
    STOCK.with_borrow_mut(|stock| stock.take(&mut bytes))?;
    Ok(bytes)
}

thread_local! {
    static STOCK: RefCell<Stock> = const { RefCell::new(Stock { bytes: [0; STOCK_LEN], used: STOCK_LEN }) };
}

/// Random bytes that were not given out yet: every small file takes sixteen, and the system is asked
/// once for sixteen files.
struct Stock {
    bytes: [u8; STOCK_LEN],
    used: usize,
}

const STOCK_LEN: usize = 256;

impl Stock {
    fn take(&mut self, into: &mut [u8; 16]) -> io::Result<()> {
        if self.used + into.len() > STOCK_LEN {
            let filled = getrandom::fill(&mut self.bytes);
            filled.map_err(|err| io::Error::other(err.to_string()))?;
            self.used = 0;
        }
        let bytes = self.bytes.get(self.used..self.used + into.len()).unwrap_or_default();
        into.copy_from_slice(bytes);
        self.used += into.len();
        Ok(())
    }
}

fn no_randomness(source: io::Error) -> Error {
    Error::Local { action: "get random numbers from", path: "the system".into(), source }
}

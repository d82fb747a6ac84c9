//! Entry points of the fuzz targets in `client/fuzz`, and of the ordinary test that runs their
//! corpus. Each takes any bytes and panics only where the crate breaks a promise. No part of the
//! crate's interface.

use crate::address::Address;
use crate::journal;
use std::path::Path;

/// A link is refused, or means the same when it is written again, without its invitation, which is
/// never written.
pub fn link(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for parsed in [Address::parse(text), Address::parse_typed(text)] {
        match parsed {
            Ok(address) => {
                let written = Address::parse(&address.to_string());
                assert_eq!(written, Ok(Address { invitation: None, ..address }));
            }
            Err(err) => assert!(!err.to_string().is_empty()),
        }
    }
}

/// What lies in a journal's place is read or refused; `scratch` is a file that may be overwritten.
pub fn journal(input: &[u8], scratch: &Path) {
    let id = journal::JobId::random();
    if std::fs::write(scratch, input).is_ok()
        && let Ok(id) = id
    {
        journal::record(scratch, &id, false).ok();
        journal::details(scratch, &id, false).ok();
        journal::begun(scratch).ok();
    }
}

//! Putting a file in the place of another, which goes aside: in every moment the name stands for
//! one of the two.

use crate::sys::{self, Place};
use std::io;

/// Puts `from` in the place of `to`, whose old file goes to `aside`. Returns whether it did: some
/// file systems can neither link nor exchange.
pub(super) fn swap_in(from: Place<'_>, to: Place<'_>, aside: Place<'_>) -> io::Result<bool> {
    match sys::link(to, aside) {
        Ok(()) => {
            if let Err(err) = sys::rename(from, to) {
                sys::remove_file(aside.0, aside.1)?;
                return Err(err);
            }
            return Ok(true);
        }
        // Another user's file may not be linked; exchanging names needs no right to the file.
        Err(err) if sys::is_no_link(&err) => {}
        Err(err) if has_no_room(&err) => {}
        // One disk that is mounted twice: its files go by without being kept.
        Err(err) if is_another_place(&err) => return sys::rename(from, to).map(|()| false),
        Err(err) => return Err(err),
    }
    exchange_in(from, to, aside)
}

/// The same without a link: the two change places, and the old one goes aside then.
pub(super) fn exchange_in(from: Place<'_>, to: Place<'_>, aside: Place<'_>) -> io::Result<bool> {
    match sys::exchange(from, to) {
        Ok(()) => {
            if let Err(err) = sys::rename(from, aside) {
                sys::exchange(from, to)?;
                return Err(err);
            }
            Ok(true)
        }
        Err(err) if sys::is_no_exchange(&err) => {
            tracing::warn!("this file system cannot keep what is replaced");
            sys::rename(from, to).map(|()| false)
        }
        Err(err) => Err(err),
    }
}

pub(super) fn has_no_room(err: &io::Error) -> bool {
    matches!(err.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

pub(super) fn is_another_place(err: &io::Error) -> bool {
    err.kind() == io::ErrorKind::CrossesDevices
}

pub(super) fn is_held(err: &io::Error) -> bool {
    matches!(err.kind(), io::ErrorKind::ResourceBusy | io::ErrorKind::PermissionDenied)
}

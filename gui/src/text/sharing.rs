//! Texts of the shared folder's dialog.

/// Above the dialog.
pub const TITLE: &str = "Sharing a folder";
/// While nobody else is let in.
pub const ALONE: &str = "Only this window can reach it.";
/// While others are let in.
pub const OPEN: &str = "Anybody with this link can reach it over your network.";
/// Lets others in.
pub const WIDEN: &str = "Let others in";
/// Lets nobody in again.
pub const NARROW: &str = "Close it to others";
/// Guests may read.
pub const READ: &str = "They may only read";
/// Guests may change.
pub const WRITE: &str = "They may add and change files";
/// It stays.
pub const KEEP_RUNNING: &str = "Keep sharing when this window closes";
/// It stops.
pub const STOP: &str = "Stop sharing";
/// Goes there.
pub const SHOW: &str = "Show it here";
/// Copies the link.
pub const COPY_LINK: &str = "Copy link";
/// The link's field.
pub const LINK: &str = "Link for others";
/// The code, for screen readers.
pub const CODE: &str = "QR code of the link";
/// Beside the code.
pub const CODE_HINT: &str = "Send the link, or let another device's camera read the code.";
/// On the connect screen, while a folder is shared.
#[must_use]
pub fn shared_now(folder: &str) -> String {
    format!("This computer shares {folder}.")
}

/// What was asked did not work.
pub const FAILED: &str = "Sharing did not work";
/// The server has ended and nobody had asked for it.
pub const ENDED: &str = "The folder is not shared any more";
/// Why, and what to do.
pub const ENDED_REMEDY: &str = "Its server has ended. Press Share a folder to share it again.";
/// Another folder is shared.
#[must_use]
pub fn already_shared(folder: &str) -> String {
    format!("{folder} is shared already; stop sharing it first")
}
/// There is no thread that asks the server.
pub const NOBODY_STEERS: &str = "This computer has no room for another thread. Close other \
    programs, then start this one again.";
/// There is no place for the server's key.
pub const NO_STATE_FOLDER: &str =
    "this user has no home folder to keep the server's key in; set FERRY_STATE_DIR";
/// This program cannot be run again.
#[must_use]
pub fn no_program(why: &str) -> String {
    format!("cannot find this program: {why}")
}

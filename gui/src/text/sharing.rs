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

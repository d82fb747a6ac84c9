//! Every text that the window shows, in one place.

pub mod connect;
pub mod dialogs;
pub mod format;
pub mod kept;
pub mod obstacles;
pub mod panes;
pub mod problems;
pub mod sharing;
pub mod start;
pub mod transfers;

/// The app's name.
pub const APP: &str = "Ferry";

//! How the app looks: colours, sizes, type and icons, light and dark. Views name tokens, never
//! numbers or colours of their own.

pub mod icons;
mod style;
pub mod tokens;
mod typeface;

pub use style::install;
pub use tokens::Tokens;
pub use typeface::{body, heading, icon, icon_filled, medium, small, strong};

//! Controls and pieces that views are put together from. They know the theme and nothing of the
//! state.

mod bidi;
mod button;
mod choice;
mod field;
mod panel;
mod progress;
mod qr;
mod words;

pub use button::{Button, Look};
pub use choice::{choice_card, segments};
pub use field::Field;
pub use panel::{banner, card, divider, empty, key_cap};
pub use progress::progress_bar;
pub use qr::qr_code;
pub use words::{Words, hint, label_width, line, words};

//! The app's letters: its own face for Latin, Greek and Cyrillic, what egui brings and the system
//! has for all other scripts, and one set of icons.

use super::tokens::size;
use egui::{FontData, FontDefinitions, FontFamily, FontId};
use std::sync::Arc;

const FACES: [(&str, &[u8]); 5] = [
    (REGULAR, include_bytes!("../../assets/FerrySans-Regular.otf")),
    (MEDIUM, include_bytes!("../../assets/FerrySans-Medium.otf")),
    (SEMI_BOLD, include_bytes!("../../assets/FerrySans-SemiBold.otf")),
    (ICONS, include_bytes!("../../assets/Icons-Regular.ttf")),
    (ICONS_FILLED, include_bytes!("../../assets/Icons-Fill.ttf")),
];

const REGULAR: &str = "ferry-regular";
const MEDIUM: &str = "ferry-medium";
const SEMI_BOLD: &str = "ferry-semi-bold";
const ICONS: &str = "ferry-icons";
const ICONS_FILLED: &str = "ferry-icons-filled";

/// All faces, each with what stands in for letters that it lacks.
pub(super) fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    for (name, bytes) in FACES {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let others = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    for (family, face) in [
        (FontFamily::Proportional, REGULAR),
        (FontFamily::Name(MEDIUM.into()), MEDIUM),
        (FontFamily::Name(SEMI_BOLD.into()), SEMI_BOLD),
        (FontFamily::Name(ICONS.into()), ICONS),
        (FontFamily::Name(ICONS_FILLED.into()), ICONS_FILLED),
    ] {
        let faces = [face.to_owned()].into_iter().chain(others.iter().cloned());
        fonts.families.insert(family, faces.collect());
    }
    fonts
}

/// Text.
#[must_use]
pub fn body() -> FontId {
    FontId::proportional(size::TEXT)
}

/// Small text.
#[must_use]
pub fn small() -> FontId {
    FontId::proportional(size::TEXT_SMALL)
}

/// Text of buttons and titles of columns.
#[must_use]
pub fn medium() -> FontId {
    FontId::new(size::TEXT, FontFamily::Name(MEDIUM.into()))
}

/// Text that stands out.
#[must_use]
pub fn strong() -> FontId {
    FontId::new(size::TEXT, FontFamily::Name(SEMI_BOLD.into()))
}

/// Titles.
#[must_use]
pub fn heading() -> FontId {
    FontId::new(size::TEXT_HEADING, FontFamily::Name(SEMI_BOLD.into()))
}

/// An icon in lines.
#[must_use]
pub fn icon(points: f32) -> FontId {
    FontId::new(points, FontFamily::Name(ICONS.into()))
}

/// An icon that is filled.
#[must_use]
pub fn icon_filled(points: f32) -> FontId {
    FontId::new(points, FontFamily::Name(ICONS_FILLED.into()))
}

//! The app's icon, for window lists that do not know its desktop file.

use egui::IconData;

/// The icon in 128 pixels; an empty one, which means none, if the picture were broken.
#[must_use]
pub fn icon() -> IconData {
    eframe::icon_data::from_png_bytes(PICTURE).unwrap_or_default()
}

const PICTURE: &[u8] = include_bytes!("../../assets/icon/ferry-128.png");

#[cfg(test)]
mod tests {
    #[test]
    fn the_picture_is_whole() {
        let icon = super::icon();
        assert_eq!((icon.width, icon.height), (128, 128));
    }
}

//! Colours and sizes by what they mean.

use egui::Color32;

/// Colours of one theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Behind everything.
    pub background: Color32,
    /// Lists and cards.
    pub surface: Color32,
    /// What floats above: menus, dialogs.
    pub raised: Color32,
    /// Under the pointer.
    pub hovered: Color32,
    /// Pressed.
    pub pressed: Color32,
    /// Lines between areas.
    pub border: Color32,
    /// Lines around controls.
    pub control_border: Color32,
    /// Text.
    pub text: Color32,
    /// Text that stands back.
    pub text_weak: Color32,
    /// What is active, or to be done next.
    pub accent: Color32,
    /// The same under the pointer.
    pub accent_hovered: Color32,
    /// Text on it.
    pub on_accent: Color32,
    /// Behind what is chosen.
    pub chosen: Color32,
    /// Behind what is chosen on the side that is not active.
    pub chosen_inactive: Color32,
    /// Folders.
    pub folder: Color32,
    /// It went well.
    pub good: Color32,
    /// It needs a look.
    pub warn: Color32,
    /// Behind what needs a look.
    pub warn_soft: Color32,
    /// It went wrong.
    pub bad: Color32,
    /// Behind what went wrong.
    pub bad_soft: Color32,
    /// The part of a bar that is not filled.
    pub track: Color32,
    /// Over the window, below a dialog.
    pub veil: Color32,
}

const LIGHT: Tokens = Tokens {
    background: rgb(0xF3_F5_F8),
    surface: rgb(0xFF_FF_FF),
    raised: rgb(0xFF_FF_FF),
    hovered: rgb(0xEE_F1_F5),
    pressed: rgb(0xE3_E8_EE),
    border: rgb(0xE1_E5_EB),
    control_border: rgb(0xCB_D2_DB),
    text: rgb(0x1A_20_2A),
    text_weak: rgb(0x5D_68_78),
    accent: rgb(0x1F_5F_CC),
    accent_hovered: rgb(0x1A_52_B2),
    on_accent: rgb(0xFF_FF_FF),
    chosen: rgb(0xDC_E8_FB),
    chosen_inactive: rgb(0xE9_ED_F2),
    folder: rgb(0x3B_7D_DD),
    good: rgb(0x1B_80_50),
    warn: rgb(0x9A_5B_00),
    warn_soft: rgb(0xFF_F4_DD),
    bad: rgb(0xBE_2F_2A),
    bad_soft: rgb(0xFD_EC_EB),
    track: rgb(0xE3_E8_EE),
    veil: Color32::from_black_alpha(90),
};

const DARK: Tokens = Tokens {
    background: rgb(0x14_17_1C),
    surface: rgb(0x1B_1F_26),
    raised: rgb(0x23_28_31),
    hovered: rgb(0x27_2D_37),
    pressed: rgb(0x2F_36_42),
    border: rgb(0x2A_30_3A),
    control_border: rgb(0x3C_45_53),
    text: rgb(0xE7_EA_EF),
    text_weak: rgb(0x9A_A5_B4),
    accent: rgb(0x6A_A5_FF),
    accent_hovered: rgb(0x8A_B9_FF),
    on_accent: rgb(0x0C_16_26),
    chosen: rgb(0x21_38_5C),
    chosen_inactive: rgb(0x2A_30_3A),
    folder: rgb(0x6A_A5_FF),
    good: rgb(0x55_C9_8F),
    warn: rgb(0xE8_B0_55),
    warn_soft: rgb(0x38_2C_17),
    bad: rgb(0xF4_7D_75),
    bad_soft: rgb(0x3A_1F_20),
    track: rgb(0x2F_36_42),
    veil: Color32::from_black_alpha(150),
};

impl Tokens {
    /// Those of a theme.
    #[must_use]
    pub const fn of_theme(theme: egui::Theme) -> &'static Self {
        match theme {
            egui::Theme::Light => &LIGHT,
            egui::Theme::Dark => &DARK,
        }
    }

    /// Those of the theme that is drawn.
    #[must_use]
    pub fn of(ui: &egui::Ui) -> &'static Self {
        if ui.visuals().dark_mode { &DARK } else { &LIGHT }
    }
}

const fn rgb(hex: u32) -> Color32 {
    let [_, red, green, blue] = hex.to_be_bytes();
    Color32::from_rgb(red, green, blue)
}

/// Spaces, in points.
pub mod space {
    /// Between what belongs together.
    pub const XS: f32 = 4.0;
    /// Between controls.
    pub const S: f32 = 8.0;
    /// Inside of a card.
    pub const M: f32 = 12.0;
    /// Around areas.
    pub const L: f32 = 16.0;
    /// Inside of a dialog.
    pub const XL: f32 = 24.0;
}

/// Sizes, in points.
pub mod size {
    /// Height of a row in a list.
    pub const ROW: f32 = 28.0;
    /// Height of a control.
    pub const CONTROL: f32 = 30.0;
    /// Height of a row of column titles.
    pub const COLUMN_TITLES: f32 = 28.0;
    /// Corners of controls.
    pub const CORNER: u8 = 6;
    /// Corners of cards and dialogs.
    pub const CORNER_LARGE: u8 = 10;
    /// Icons beside text.
    pub const ICON: f32 = 16.0;
    /// Icons of empty places.
    pub const ICON_LARGE: f32 = 40.0;
    /// A bar of progress.
    pub const BAR: f32 = 4.0;
    /// Small text.
    pub const TEXT_SMALL: f32 = 12.0;
    /// Text.
    pub const TEXT: f32 = 13.5;
    /// Titles.
    pub const TEXT_HEADING: f32 = 20.0;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance as WCAG 2 defines it.
    fn luminance(color: Color32) -> f32 {
        let linear = egui::Rgba::from(color);
        0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b()
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_is_readable_on_what_it_stands_on() {
        for tokens in [LIGHT, DARK] {
            for ground in [tokens.background, tokens.surface, tokens.raised, tokens.chosen] {
                assert!(contrast(tokens.text, ground) >= 7.0, "{ground:?}");
                assert!(contrast(tokens.text_weak, ground) >= 4.5, "{ground:?}");
            }
            assert!(contrast(tokens.on_accent, tokens.accent) >= 4.5);
            assert!(contrast(tokens.bad, tokens.bad_soft) >= 4.5);
            assert!(contrast(tokens.warn, tokens.warn_soft) >= 4.5);
            assert!(contrast(tokens.good, tokens.surface) >= 4.5);
            assert!(contrast(tokens.accent, tokens.surface) >= 4.5);
        }
    }
}

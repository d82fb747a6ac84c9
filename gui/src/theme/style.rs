//! egui's own controls, dressed in the tokens.

use super::tokens::{Tokens, size, space};
use super::typeface;
use egui::style::{Selection, TextCursorStyle, WidgetVisuals, Widgets};
use egui::{Color32, CornerRadius, Margin, Shadow, Stroke, Style, TextStyle, Theme, Visuals, vec2};

/// Gives a window its letters and colours, light and dark.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(typeface::definitions());
    for theme in [Theme::Light, Theme::Dark] {
        ctx.style_mut_of(theme, |style| dress(style, theme));
    }
}

fn dress(style: &mut Style, theme: Theme) {
    let tokens = Tokens::of_theme(theme);
    style.text_styles = [
        (TextStyle::Small, typeface::small()),
        (TextStyle::Body, typeface::body()),
        (TextStyle::Button, typeface::medium()),
        (TextStyle::Heading, typeface::heading()),
        (TextStyle::Monospace, egui::FontId::monospace(size::TEXT_SMALL)),
    ]
    .into();
    style.spacing.item_spacing = vec2(space::S, space::S);
    style.spacing.button_padding = vec2(space::M, 6.0);
    style.spacing.interact_size.y = size::CONTROL;
    style.spacing.menu_margin = Margin::same(6);
    style.spacing.scroll.floating = true;
    style.spacing.tooltip_width = 360.0;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.6;
    style.animation_time = 0.08;
    style.scroll_animation = egui::style::ScrollAnimation::none();
    style.visuals = visuals(tokens, theme);
}

fn visuals(tokens: &Tokens, theme: Theme) -> Visuals {
    let shadow = |blur, offset, alpha| Shadow {
        offset: [0, offset],
        blur,
        spread: 0,
        color: Color32::from_black_alpha(alpha),
    };
    Visuals {
        override_text_color: None,
        weak_text_color: Some(tokens.text_weak),
        widgets: widgets(tokens),
        selection: Selection { bg_fill: tokens.chosen, stroke: Stroke::new(1.5, tokens.accent) },
        hyperlink_color: tokens.accent,
        faint_bg_color: tokens.hovered,
        extreme_bg_color: tokens.surface,
        text_edit_bg_color: Some(tokens.surface),
        code_bg_color: tokens.hovered,
        warn_fg_color: tokens.warn,
        error_fg_color: tokens.bad,
        // A cursor that blinks would draw the window twice a second while nothing happens.
        text_cursor: TextCursorStyle {
            blink: false,
            stroke: Stroke::new(1.5, tokens.accent),
            ..TextCursorStyle::default()
        },
        window_corner_radius: CornerRadius::same(size::CORNER_LARGE),
        window_shadow: shadow(32, 12, 60),
        window_fill: tokens.raised,
        window_stroke: Stroke::new(1.0, tokens.border),
        menu_corner_radius: CornerRadius::same(8),
        panel_fill: tokens.background,
        popup_shadow: shadow(16, 6, 40),
        ..match theme {
            Theme::Light => Visuals::light(),
            Theme::Dark => Visuals::dark(),
        }
    }
}

fn widgets(tokens: &Tokens) -> Widgets {
    let plain = WidgetVisuals {
        bg_fill: tokens.surface,
        weak_bg_fill: tokens.surface,
        bg_stroke: Stroke::new(1.0, tokens.control_border),
        corner_radius: CornerRadius::same(size::CORNER),
        fg_stroke: Stroke::new(1.0, tokens.text),
        expansion: 0.0,
    };
    let over = |fill, border| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, border),
        ..plain
    };
    Widgets {
        noninteractive: WidgetVisuals {
            bg_stroke: Stroke::new(1.0, tokens.border),
            bg_fill: tokens.background,
            weak_bg_fill: tokens.background,
            ..plain
        },
        inactive: plain,
        hovered: over(tokens.hovered, tokens.control_border),
        active: over(tokens.pressed, tokens.accent),
        open: over(tokens.hovered, tokens.control_border),
    }
}
